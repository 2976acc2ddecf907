package user

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/hub"
	"cartograph/internal/id"
	"cartograph/internal/inbox"
	"cartograph/internal/limiter"
	"cartograph/internal/outbox"
	"cartograph/internal/wakeup"
	"cartograph/subgraphs/user/db"
)

// Service implements the use cases of accounts. Each acts for the caller in its
// context.
type Service struct {
	pool     *pgxpool.Pool
	outbox   *outbox.Outbox
	events   *inbox.Mux
	hasher   *hasher
	counting *limiter.Fair // of password attempts, by network
	keys     *keyring
	resets   *wakeup.Signal  // of RunResets
	inboxes  hub.Hub[string] // by user ID: a notification arrived

	pushKey     string // public; empty accepts no push subscriptions
	pushPrivate bool   // addresses of push services are accepted

	sealer sealer
	now    func() time.Time
	sleep  func(context.Context, time.Duration) error // until an attempt's turn
	log    *slog.Logger

	staffSecondFactor bool // staff without one have the scopes of customers
}

// NewService returns a Service on a migrated database.
func NewService(pool *pgxpool.Pool, o *outbox.Outbox, log *slog.Logger) *Service {
	s := &Service{pool: pool, outbox: o, hasher: newHasher(), counting: newCounting(), resets: wakeup.New(), now: time.Now, sleep: sleep, log: log}
	s.keys = &keyring{pool: pool, now: s.Now}
	s.events = inbox.NewMux("user", o)
	inbox.OnDirect(s.events, s.staffActed)
	inbox.On(s.events, s.webhookPaused)
	s.handleNotifications()
	return s
}

// Configure applies what is configured. Without it secrets of second factors are stored
// unencrypted, and staff need none.
func (s *Service) Configure(cfg Config) (err error) {
	s.staffSecondFactor = cfg.StaffSecondFactor
	s.sealer, err = newSealer(cfg.EncryptionKeys)
	return err
}

// Topics are the topics to subscribe Handle to.
func (s *Service) Topics() []event.Topic { return s.events.Topics() }

// Handle handles an event of another service.
func (s *Service) Handle(ctx context.Context, e event.Envelope) error { return s.events.Handle(ctx, e) }

// Now is the current time with the precision of the database, a microsecond.
func (s *Service) Now() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// sleep returns after d, or with an error when ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	if !wakeup.Sleep(ctx, d) {
		return context.Cause(ctx)
	}
	return nil
}

// Me is the caller's account; nil for guests.
func (s *Service) Me(ctx context.Context) (*User, error) {
	caller := auth.From(ctx)
	if caller.Kind != auth.User {
		return nil, nil
	}
	return s.User(ctx, caller.ID)
}

// VisibleUsers returns users in the order of ids, nil for those that do not exist
// and for those of whom the caller sees nothing: the two look the same.
func (s *Service) VisibleUsers(ctx context.Context, ids []string) ([]*User, error) {
	users, err := s.UsersByID(ctx, ids)
	for i, u := range users {
		if u != nil && u.name == nil {
			users[i] = nil
		}
	}
	return users, err
}

// User is a user by ID, as far as the caller may see it, or nil.
func (s *Service) User(ctx context.Context, userID string) (*User, error) {
	users, err := s.UsersByID(ctx, []string{userID})
	if err != nil {
		return nil, err
	}
	return users[0], nil
}

// UsersByID returns users in the order of ids, each as far as the caller may see
// it, nil where there is none. It is for callers that have a reference to the user,
// from an order or a cart; others get VisibleUsers.
func (s *Service) UsersByID(ctx context.Context, ids []string) ([]*User, error) {
	caller, users, known := auth.From(ctx), make([]*User, len(ids)), wellFormed(id.User, ids)
	if len(known) == 0 {
		return users, nil
	}
	rows, err := db.New(s.pool).UsersByIDs(ctx, known)
	if err != nil {
		return nil, fmt.Errorf("users by id: %w", err)
	}
	for i, userID := range ids {
		if at := slices.IndexFunc(rows, func(r db.User) bool { return r.ID == userID }); at >= 0 {
			users[i] = visibleTo(caller, rows[at])
		}
	}
	return users, nil
}

// AddressesByID returns addresses in the order of ids, nil where the caller may
// not see one.
func (s *Service) AddressesByID(ctx context.Context, ids []string) ([]*Address, error) {
	caller, known := auth.From(ctx), wellFormed(id.Address, ids)
	found := make([]*Address, len(ids))
	if len(known) == 0 || (caller.Kind != auth.User && !maySeeAll(caller)) {
		return found, nil
	}
	rows, err := db.New(s.pool).AddressesByIDs(ctx, db.AddressesByIDsParams{
		IDs: known, UserID: caller.ID, Anybodys: maySeeAll(caller),
	})
	if err != nil {
		return nil, fmt.Errorf("addresses by id: %w", err)
	}
	for i, addressID := range ids {
		if at := slices.IndexFunc(rows, func(r db.Address) bool { return r.ID == addressID }); at >= 0 {
			found[i] = addressOf(rows[at])
		}
	}
	return found, nil
}

// AddressBooks are the addresses of users, in the order of the users and, for
// each, of their creation; nil where the caller may not see them, or there is
// no such user.
func (s *Service) AddressBooks(ctx context.Context, users []*User) ([][]*Address, error) {
	var ids []string
	for _, u := range users {
		if u.hasPrivate() {
			ids = append(ids, u.ID)
		}
	}
	books := make([][]*Address, len(users))
	if len(ids) == 0 {
		return books, nil
	}
	rows, err := db.New(s.pool).AddressesOfUsers(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("addresses of users: %w", err)
	}
	for i, u := range users {
		if !u.hasPrivate() {
			continue
		}
		books[i] = []*Address{}
		for _, r := range rows {
			if r.UserID == u.ID {
				books[i] = append(books[i], addressOf(r))
			}
		}
	}
	return books, nil
}

// DefaultAddresses are the users' defaults for a purpose, in the order of the
// users; nil where there is none, or the caller may not see it.
func (s *Service) DefaultAddresses(ctx context.Context, users []*User, purpose Purpose) ([]*Address, error) {
	ids, defaults := make([]string, 0, len(users)), make([]*Address, len(users))
	for _, u := range users {
		if addressID := u.defaultFor(purpose); addressID != nil {
			ids = append(ids, *addressID)
		}
	}
	if len(ids) == 0 {
		return defaults, nil
	}
	found, err := s.AddressesByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	next := 0
	for i, u := range users {
		if u.defaultFor(purpose) != nil {
			defaults[i] = found[next]
			next++
		}
	}
	return defaults, nil
}

func (u *User) defaultFor(p Purpose) *string {
	switch {
	case !u.hasPrivate():
		return nil
	case p.Billing:
		return u.private.defaultBilling
	default:
		return u.private.defaultShipping
	}
}

// wellFormed filters ids by the prefix of their type. The others cannot exist,
// and some of them are text that Postgres rejects (a zero byte for example).
func wellFormed(prefix id.Prefix, ids []string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(s string) bool { return id.PrefixOf(s) != prefix })
}
