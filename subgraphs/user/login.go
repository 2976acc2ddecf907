package user

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/optional"
	"cartograph/internal/outbox"
	"cartograph/internal/pg"
	"cartograph/subgraphs/user/db"
)

// Registration is the input of Register.
type Registration struct {
	Email       string
	Password    string
	DisplayName string
	Locale      string
}

func (r Registration) checked() (Registration, error) {
	var c checks
	r.Email = normalEmail(r.Email)
	c.add(checkEmail(r.Email), "input", "email")
	c.add(checkPassword(r.Password, r.Email), "input", "password")
	r.DisplayName = c.line(r.DisplayName, "name", 1, maxDisplayName, "input", "displayName")
	c.add(checkLocale(r.Locale), "input", "locale")
	return r, c.err()
}

// Register creates an account and signs in. A guest becomes that user.
//
// The check for a taken address only spares the cost of hashing. Of concurrent
// registrations the unique constraint lets one pass.
func (s *Service) Register(ctx context.Context, r Registration) (*Tokens, *User, error) {
	r, err := r.checked()
	if err != nil {
		return nil, nil, err
	}
	taken, err := db.New(s.pool).EmailTaken(ctx, r.Email)
	if err != nil {
		return nil, nil, fmt.Errorf("register: %w", err)
	}
	if taken {
		return nil, nil, emailTaken()
	}
	hash, err := s.hasher.hash(ctx, r.Password)
	if err != nil {
		return nil, nil, err
	}
	key, err := s.keys.signing(ctx)
	if err != nil {
		return nil, nil, err
	}
	row := db.User{
		ID: id.New(id.User), Email: r.Email, PasswordHash: hash, DisplayName: r.DisplayName,
		Locale: r.Locale, Roles: []string{string(Customer)}, CreatedAt: s.Now(),
	}
	var tokens *Tokens
	err = s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		if _, err := createUser(ctx, tx, row); err != nil {
			return err
		}
		tokens, err = s.signIn(ctx, tx, key, row, "")
		return err
	})
	if pg.IsUnique(err, "users_email_is_used_once") {
		return nil, nil, emailTaken()
	}
	if err != nil {
		return nil, nil, fmt.Errorf("register: %w", err)
	}
	return tokens, userOf(row), nil
}

// createUser stores a user and its UserRegistered event. It reports false if the
// ID exists already.
func createUser(ctx context.Context, tx pgx.Tx, row db.User) (bool, error) {
	n, err := db.New(tx).CreateUser(ctx, db.CreateUserParams{
		ID: row.ID, Email: row.Email, PasswordHash: row.PasswordHash, DisplayName: row.DisplayName,
		Phone: row.Phone, Locale: row.Locale, Roles: row.Roles, Now: row.CreatedAt,
	})
	if err != nil || n == 0 {
		return false, err
	}
	return true, outbox.Write(ctx, tx, event.UserRegistered{
		UserID: row.ID, Email: row.Email, DisplayName: row.DisplayName, Locale: row.Locale,
	})
}

// signIn creates a session for a user. A guest who signs in becomes that user for
// good: the first account to claim a guest keeps it, so that nobody who obtains
// a guest's token later can merge that guest's cart into another account. The
// session of the guest is revoked.
func (s *Service) signIn(ctx context.Context, tx pgx.Tx, key signingKey, row db.User, deviceToken string) (*Tokens, error) {
	guestID, err := s.claimGuest(ctx, tx, row.ID)
	if err != nil {
		return nil, err
	}
	q := db.New(tx)
	deviceToken, err = s.rememberDevice(ctx, q, row.ID, deviceToken)
	if err != nil {
		return nil, err
	}
	tokens, err := s.openSession(ctx, q, key, &row, guestID)
	if err == nil {
		tokens.DeviceToken = &deviceToken
	}
	return tokens, err
}

// claimGuest returns the guest that the caller was before and is the user from now
// on; nil if the caller is no guest or another user's.
func (s *Service) claimGuest(ctx context.Context, tx pgx.Tx, userID string) (*string, error) {
	caller, q, now := auth.From(ctx), db.New(tx), s.Now()
	if caller.Kind != auth.Guest {
		return nil, nil
	}
	guestID := &caller.ID
	first, err := q.ClaimGuest(ctx, db.ClaimGuestParams{GuestID: caller.ID, UserID: userID, Now: now})
	if errors.Is(err, pgx.ErrNoRows) {
		guestID, err = nil, nil
	}
	if err != nil {
		return nil, err
	}
	if first {
		if err := outbox.Write(ctx, tx, event.GuestClaimed{GuestID: caller.ID, UserID: userID}); err != nil {
			return nil, err
		}
	}
	return guestID, q.RevokeGuestSessions(ctx, db.RevokeGuestSessionsParams{GuestID: &caller.ID, Now: &now})
}

// Credentials are the input of Login.
type Credentials struct {
	Email       string
	Password    string
	DeviceToken *string // of an earlier sign-in on the same device
}

// Login signs in by password. An unknown address gets the same answer as a wrong
// password, after the same time: it costs one hash too.
func (s *Service) Login(ctx context.Context, c Credentials) (*Tokens, *User, error) {
	c.Email = normalEmail(c.Email)
	counted, err := s.countLogin(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	row, err := s.userByEmail(ctx, c.Email)
	if errors.Is(err, pgx.ErrNoRows) {
		if err := s.hasher.matchNothing(ctx, c.Password); err != nil {
			return nil, nil, err
		}
		if err := s.countFailure(ctx, counted, nil); err != nil {
			return nil, nil, err
		}
		return nil, nil, invalidCredentials()
	}
	if err != nil {
		return nil, nil, fmt.Errorf("login: %w", err)
	}
	if err := s.verify(ctx, c.Password, row.PasswordHash); err != nil {
		if fault.KindOf(err) == fault.Unauthenticated {
			err = errors.Join(s.countFailure(ctx, counted, &row), err)
		}
		return nil, nil, err
	}
	tokens, err := s.completeLogin(ctx, counted, row, c)
	if err != nil {
		return nil, nil, fmt.Errorf("login of %s: %w", row.ID, err)
	}
	return tokens, userOf(row), nil
}

// countLogin waits for the attempt's turn.
func (s *Service) countLogin(ctx context.Context, c Credentials) (attempt, error) {
	deviceToken, known := optional.Value(c.DeviceToken), false
	if deviceToken != "" && checkEmail(c.Email) == nil {
		var err error
		known, err = db.New(s.pool).DeviceOfAccount(ctx, db.DeviceOfAccountParams{TokenHash: hashOf(deviceToken), Email: c.Email})
		if err != nil {
			return attempt{}, fmt.Errorf("find device: %w", err)
		}
	}
	counted := loginAttempt(auth.From(ctx), c.Email, deviceToken, known)
	return counted, s.awaitAttempt(ctx, counted)
}

// userByEmail returns pgx.ErrNoRows for an unknown and for an invalid address.
func (s *Service) userByEmail(ctx context.Context, email string) (db.User, error) {
	if checkEmail(email) != nil {
		return db.User{}, pgx.ErrNoRows
	}
	return db.New(s.pool).UserByEmail(ctx, email)
}

func (s *Service) verify(ctx context.Context, password, hash string) error {
	right, err := s.hasher.matches(ctx, password, hash)
	if err != nil {
		return fmt.Errorf("verify password: %w", err)
	}
	if !right {
		return invalidCredentials()
	}
	return nil
}

// completeLogin creates the session after the password was verified. It locks the
// user and compares the hash again: a password change that committed since the
// verification has revoked all sessions, and this one would escape it. A hash of
// outdated cost is replaced while the password is at hand. Hashing happens before
// the transaction, which would otherwise hold a row lock for 20 ms of CPU.
func (s *Service) completeLogin(ctx context.Context, counted attempt, row db.User, c Credentials) (*Tokens, error) {
	key, err := s.keys.signing(ctx)
	if err != nil {
		return nil, err
	}
	renewed := row.PasswordHash
	if outdated(renewed) {
		if renewed, err = s.hasher.hash(ctx, c.Password); err != nil {
			return nil, err
		}
	}
	var tokens *Tokens
	err = s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		q := db.New(tx)
		now, err := q.LockUser(ctx, row.ID)
		if err != nil {
			return err
		}
		if now.PasswordHash != row.PasswordHash {
			return invalidCredentials()
		}
		if renewed != row.PasswordHash {
			_, err := q.SetPasswordHash(ctx, db.SetPasswordHashParams{ID: row.ID, OldHash: row.PasswordHash, NewHash: renewed})
			if err != nil {
				return err
			}
		}
		if err := counted.reset(ctx, q); err != nil {
			return err
		}
		tokens, err = s.signIn(ctx, tx, key, now, optional.Value(c.DeviceToken))
		return err
	})
	return tokens, err
}
