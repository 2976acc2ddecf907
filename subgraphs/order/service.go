package order

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/auth"
	"cartograph/internal/hub"
	"cartograph/internal/idempotency"
	"cartograph/internal/inbox"
	"cartograph/internal/limiter"
	"cartograph/internal/outbox"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/order/db"
)

// Ports are the peer services that are called while a client waits.
type Ports struct {
	Carts     Carts
	Catalogue Catalogue
	Inventory Inventory
	Payments  Payments
	Profiles  Profiles
}

// Carts is the cart service.
type Carts interface {
	ReadCarts(context.Context, *rpcv1.ReadCartsRequest) (*rpcv1.ReadCartsResponse, error)
}

// Catalogue is the product service, whose prices are binding.
type Catalogue interface {
	PriceVariants(context.Context, *rpcv1.PriceVariantsRequest) (*rpcv1.PriceVariantsResponse, error)
}

// Inventory owns the stock. Except for Join and Extend, each call repeats a
// request that was committed as an event; see advance.go.
type Inventory interface {
	Join(context.Context, *rpcv1.JoinRequest) (*rpcv1.JoinResponse, error)
	Hold(context.Context, *rpcv1.HoldRequest) (*rpcv1.HoldResponse, error)
	Extend(context.Context, *rpcv1.ExtendRequest) (*rpcv1.HoldResponse, error)
	Release(context.Context, *rpcv1.ReleaseRequest) (*rpcv1.HoldResponse, error)
	Commit(context.Context, *rpcv1.CommitRequest) (*rpcv1.HoldResponse, error)
}

// Payments owns the money. Except for FindGiftCard, each call repeats a request that
// was committed as an event; see advance.go.
type Payments interface {
	Authorize(context.Context, *rpcv1.AuthorizeRequest) (*rpcv1.PaymentState, error)
	Capture(context.Context, *rpcv1.CaptureRequest) (*rpcv1.PaymentState, error)
	Cancel(context.Context, *rpcv1.CancelRequest) (*rpcv1.CancelResponse, error)
	FindGiftCard(context.Context, *rpcv1.FindGiftCardRequest) (*rpcv1.FindGiftCardResponse, error)
}

// Profiles is the user service.
type Profiles interface {
	Contact(context.Context, *rpcv1.ContactRequest) (*rpcv1.ContactResponse, error)
}

// Service has the commands, queries and jobs of checkouts and orders.
type Service struct {
	pool  *pgxpool.Pool
	out   *outbox.Outbox
	ports Ports
	cfg   Config
	now   func() time.Time // for delivery windows only: expiry is by the database's clock
	log   *slog.Logger

	changed hub.Hub[string] // by checkout id: the checkout or its order changed
	paid    hub.Hub[string] // by checkout id: a payment changed, which does not raise a version
	events  *inbox.Mux

	expected inbox.Expected // events whose facts were applied from a response

	carts   *cartCalls
	line    *lineCalls
	recalls *idempotency.Recalls // of a crowd that is refused
	short   shortVariants

	// A burst of buyers must not take the processors from purchases that have
	// begun: what they do not get in time falls back to events, at twice the cost.
	reading, opening, placing *limiter.Limiter
}

// NewService returns a service on a migrated database.
func NewService(pool *pgxpool.Pool, out *outbox.Outbox, ports Ports, cfg Config, now func() time.Time, log *slog.Logger) *Service {
	s := &Service{pool: pool, out: out, ports: ports, cfg: cfg, now: now, log: log}
	s.short, s.recalls = newShortVariants(), idempotency.NewRecalls(pool)
	s.carts = newCartCalls(ports.Carts.ReadCarts, s.short.last)
	s.line = newLineCalls(waitingLine{ports.Inventory.Join, db.New(pool).OccupiedCarts})
	s.events = s.newMux(out)
	s.opening, s.placing = newLimiter(cfg.MaxConcurrent, cfg), newLimiter(2*cfg.MaxConcurrent, cfg)
	// Most of a crowd that comes too late is refused after its cart was read: the more of
	// them at once, the fewer calls they need.
	s.reading = newLimiter(readingPerOpening*cfg.MaxConcurrent, cfg)
	return s
}

const readingPerOpening = 8

// queuePerSlot bounds the queue of a limiter: a command of a sold-out product
// takes a few milliseconds, so this many pass in the queue timeout.
const queuePerSlot = 64

func newLimiter(concurrent int, cfg Config) *limiter.Limiter {
	return limiter.New(limiter.Config{Concurrent: concurrent, Queue: queuePerSlot * concurrent, Timeout: cfg.QueueTimeout})
}

// acquire admits a command or refuses it as RATE_LIMITED: while it is early enough to
// carry it out before the caller's deadline.
func acquire(ctx context.Context, l *limiter.Limiter, needed time.Duration) error {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadlineCause(ctx, deadline.Add(-needed), limiter.ErrQueueTimeout)
		defer cancel()
	}
	err := l.Acquire(ctx)
	if errors.Is(err, limiter.ErrOverloaded) {
		return overloaded()
	}
	return err
}

// Now is the service's clock.
func (s *Service) Now() time.Time { return s.now() }

// readScope is whose checkouts and orders a caller may read.
func readScope(caller auth.Caller) (everyones bool, owners []string) {
	return caller.Kind == auth.Service || caller.Has("orders:read"), caller.Owners()
}

// Checkouts returns checkouts in the sequence of ids, nil for those that do not
// exist or that the caller may not read.
func (s *Service) Checkouts(ctx context.Context, ids []string) ([]*Checkout, error) {
	everyones, owners := readScope(auth.From(ctx))
	rows, err := db.New(s.pool).Checkouts(ctx, db.CheckoutsParams{IDs: ids, Everyones: everyones, Owners: owners})
	if err != nil {
		return nil, fmt.Errorf("read checkouts: %w", err)
	}
	byID := make(map[string]*Checkout, len(rows))
	for _, row := range rows {
		c, err := checkoutOf(row)
		if err != nil {
			return nil, err
		}
		byID[c.ID] = &c
	}
	return inSequence(ids, byID), nil
}

// Checkout is Checkouts for one id.
func (s *Service) Checkout(ctx context.Context, id string) (*Checkout, error) {
	return first(s.Checkouts(ctx, []string{id}))
}

// Orders returns orders in the sequence of ids, nil for those that do not exist
// or that the caller may not read.
func (s *Service) Orders(ctx context.Context, ids []string) ([]*Order, error) {
	everyones, owners := readScope(auth.From(ctx))
	rows, err := db.New(s.pool).Orders(ctx, db.OrdersParams{IDs: ids, Everyones: everyones, Owners: owners})
	if err != nil {
		return nil, fmt.Errorf("read orders: %w", err)
	}
	byID, err := ordersBy(rows, func(o *Order) string { return o.ID })
	return inSequence(ids, byID), err
}

// Order is Orders for one id.
func (s *Service) Order(ctx context.Context, id string) (*Order, error) {
	return first(s.Orders(ctx, []string{id}))
}

// OrdersOfCheckouts returns the orders of checkouts that the caller was allowed
// to read, nil where there is none.
func (s *Service) OrdersOfCheckouts(ctx context.Context, checkoutIDs []string) ([]*Order, error) {
	byCheckout, err := ordersOf(ctx, db.New(s.pool), checkoutIDs)
	return inSequence(checkoutIDs, byCheckout), err
}

func ordersOf(ctx context.Context, q *db.Queries, checkoutIDs []string) (map[string]*Order, error) {
	rows, err := q.OrdersOfCheckouts(ctx, checkoutIDs)
	if err != nil {
		return nil, fmt.Errorf("read orders of checkouts: %w", err)
	}
	all := make([]db.OrdersRow, len(rows))
	for i, row := range rows {
		all[i] = db.OrdersRow(row)
	}
	return ordersBy(all, func(o *Order) string { return o.CheckoutID })
}

func ordersBy(rows []db.OrdersRow, key func(*Order) string) (map[string]*Order, error) {
	out := make(map[string]*Order, len(rows))
	for _, row := range rows {
		o, err := orderOf(row)
		if err != nil {
			return nil, err
		}
		out[key(o)] = o
	}
	return out, nil
}

func inSequence[T any](keys []string, by map[string]*T) []*T {
	out := make([]*T, len(keys))
	for i, key := range keys {
		out[i] = by[key]
	}
	return out
}

func first[T any](found []*T, err error) (*T, error) {
	if err != nil {
		return nil, err
	}
	return found[0], nil
}
