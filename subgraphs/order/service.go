package order

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/hub"
	"cartograph/internal/inbox"
	"cartograph/internal/outbox"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/order/db"
)

// Ports are the other services, as far as a purchase needs their answer now.
type Ports struct {
	Carts     Carts
	Catalogue Catalogue
	Inventory Inventory
	Payments  Payer
	Profiles  Profiles
}

// Carts knows what a customer intends to buy.
type Carts interface {
	ReadCart(context.Context, *rpcv1.ReadCartRequest) (*rpcv1.ReadCartResponse, error)
}

// Catalogue knows what things cost.
type Catalogue interface {
	PriceVariants(context.Context, *rpcv1.PriceVariantsRequest) (*rpcv1.PriceVariantsResponse, error)
}

// Inventory keeps the stock. But for Extend, its answers only hurry what our
// events bring about anyway.
type Inventory interface {
	Hold(context.Context, *rpcv1.HoldRequest) (*rpcv1.HoldResponse, error)
	Extend(context.Context, *rpcv1.ExtendRequest) (*rpcv1.HoldResponse, error)
	Release(context.Context, *rpcv1.ReleaseRequest) (*rpcv1.HoldResponse, error)
	Commit(context.Context, *rpcv1.CommitRequest) (*rpcv1.HoldResponse, error)
}

// Payer moves the money. Its answers only hurry what our events bring about
// anyway.
type Payer interface {
	Authorize(context.Context, *rpcv1.AuthorizeRequest) (*rpcv1.PaymentState, error)
	Capture(context.Context, *rpcv1.CaptureRequest) (*rpcv1.PaymentState, error)
	Cancel(context.Context, *rpcv1.CancelRequest) (*rpcv1.CancelResponse, error)
}

// Profiles knows how to reach users.
type Profiles interface {
	Contact(context.Context, *rpcv1.ContactRequest) (*rpcv1.ContactResponse, error)
}

// Service is what can be done with checkouts and orders.
type Service struct {
	pool  *pgxpool.Pool
	out   *outbox.Outbox
	ports Ports
	cfg   Config
	now   func() time.Time // for delivery windows only: what is over, the database says
	log   *slog.Logger

	changed hub.Hub[string] // of checkout ids: those who watch look again
	paid    hub.Hub[string] // the same, and show what they find even if it is of the same version
	once    func(context.Context, event.Envelope) error

	learned inbox.Foreseen // events that tell what answers told

	opening, placing *gate
}

// NewService returns a service on a migrated database.
func NewService(pool *pgxpool.Pool, out *outbox.Outbox, ports Ports, cfg Config, now func() time.Time, log *slog.Logger) *Service {
	s := &Service{pool: pool, out: out, ports: ports, cfg: cfg, now: now, log: log}
	s.once = inbox.Once(out, "order", s.handle)
	s.opening, s.placing = newGate(cfg.AtOnce, cfg.Patience), newGate(2*cfg.AtOnce, cfg.Patience)
	return s
}

// Now is the service's clock.
func (s *Service) Now() time.Time { return s.now() }

// readable is whose checkouts and orders a caller may read.
func readable(by auth.Caller) (everyones bool, owners []string) {
	return by.Kind == auth.Service || by.Has("orders:read"), by.Owners()
}

// Checkouts returns the caller's checkouts in the sequence of ids, nil for
// those that are not there or not the caller's.
func (s *Service) Checkouts(ctx context.Context, ids []string) ([]*Checkout, error) {
	everyones, owners := readable(auth.From(ctx))
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

// Checkout returns a checkout of the caller, or nil.
func (s *Service) Checkout(ctx context.Context, id string) (*Checkout, error) {
	return first(s.Checkouts(ctx, []string{id}))
}

// Orders returns the caller's orders in the sequence of ids, nil for those
// that are not there or not the caller's.
func (s *Service) Orders(ctx context.Context, ids []string) ([]*Order, error) {
	everyones, owners := readable(auth.From(ctx))
	rows, err := db.New(s.pool).Orders(ctx, db.OrdersParams{IDs: ids, Everyones: everyones, Owners: owners})
	if err != nil {
		return nil, fmt.Errorf("read orders: %w", err)
	}
	byID, err := ordersBy(rows, func(o *Order) string { return o.ID })
	return inSequence(ids, byID), err
}

// Order returns an order of the caller, or nil.
func (s *Service) Order(ctx context.Context, id string) (*Order, error) {
	return first(s.Orders(ctx, []string{id}))
}

// OrdersOfCheckouts returns what became of checkouts, nil where nothing did.
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
