package cart

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/hub"
	"cartograph/internal/id"
	"cartograph/internal/money"
	"cartograph/internal/outbox"
	"cartograph/subgraphs/cart/db"
)

// Service is the cart's use cases. Each acts for the caller of its context.
type Service struct {
	pool    *pgxpool.Pool
	outbox  *outbox.Outbox
	prices  *Prices
	changes hub.Hub[string] // cart ids, and variant ids whose price moved
	now     func() time.Time
	log     *slog.Logger
}

// NewService returns a Service on a migrated database.
func NewService(pool *pgxpool.Pool, o *outbox.Outbox, prices *Prices, log *slog.Logger) *Service {
	return &Service{pool: pool, outbox: o, prices: prices, now: time.Now, log: log}
}

// ActiveCart is the caller's active cart, or nil if there is none. A user who
// had a cart as a guest finds both in one.
func (s *Service) ActiveCart(ctx context.Context) (*Cart, error) {
	caller := auth.From(ctx)
	if caller.ID == "" {
		return nil, nil
	}
	rows, err := db.New(s.pool).ActiveCarts(ctx, caller.Owners())
	if err != nil {
		return nil, fmt.Errorf("active cart of %s: %w", caller.ID, err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	if len(rows) > 1 || rows[0].OwnerID != caller.ID {
		if err := s.mergeGuest(ctx, caller); err != nil {
			return nil, err
		}
		if rows, err = db.New(s.pool).ActiveCarts(ctx, []string{caller.ID}); err != nil || len(rows) == 0 {
			return nil, err
		}
	}
	carts, err := load(ctx, db.New(s.pool), rows[:1])
	if err != nil {
		return nil, err
	}
	return carts[0], nil
}

// Cart is one of the caller's carts by its id, or nil.
func (s *Service) Cart(ctx context.Context, cartID string) (*Cart, error) {
	carts, err := s.CartsByID(ctx, []string{cartID})
	if err != nil {
		return nil, err
	}
	return carts[0], nil
}

// CartsByID finds carts that the caller may see, in the order of ids; the
// others are nil. Staff with carts:read and our own services see all.
func (s *Service) CartsByID(ctx context.Context, ids []string) ([]*Cart, error) {
	caller := auth.From(ctx)
	owners := caller.Owners()
	switch {
	case caller.Kind == auth.Service, caller.Has("carts:read"):
		owners = []string{}
	case len(owners) == 0:
		return make([]*Cart, len(ids)), nil
	}
	q := db.New(s.pool)
	rows, err := q.CartsByIDs(ctx, db.CartsByIDsParams{IDs: ids, Owners: owners})
	if err != nil {
		return nil, fmt.Errorf("carts by id: %w", err)
	}
	found, err := load(ctx, q, rows)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]*Cart, len(found))
	for _, c := range found {
		byID[c.ID] = c
	}
	carts := make([]*Cart, len(ids))
	for i, cartID := range ids {
		carts[i] = byID[cartID]
	}
	return carts, nil
}

// ActiveCartsOf finds the active carts of users, in the order of their ids. A
// caller sees their own; staff with carts:read see all.
func (s *Service) ActiveCartsOf(ctx context.Context, userIDs []string) ([]*Cart, error) {
	caller := auth.From(ctx)
	carts := make([]*Cart, len(userIDs))
	if caller.Has("carts:read") {
		rows, err := db.New(s.pool).ActiveCarts(ctx, userIDs)
		if err != nil {
			return nil, fmt.Errorf("active carts: %w", err)
		}
		found, err := load(ctx, db.New(s.pool), rows)
		if err != nil {
			return nil, err
		}
		for i, userID := range userIDs {
			for _, c := range found {
				if c.OwnerID == userID {
					carts[i] = c
				}
			}
		}
		return carts, nil
	}
	for i, userID := range userIDs {
		if userID != caller.ID {
			continue
		}
		c, err := s.ActiveCart(ctx)
		if err != nil {
			return nil, err
		}
		carts[i] = c
	}
	return carts, nil
}

// Quantities tells how many of each variant the caller's active cart holds, in
// the order of variantIDs.
func (s *Service) Quantities(ctx context.Context, variantIDs []string) ([]int, error) {
	quantities := make([]int, len(variantIDs))
	owners := auth.From(ctx).Owners()
	if len(owners) == 0 {
		return quantities, nil
	}
	rows, err := db.New(s.pool).QuantitiesOfOwner(ctx, db.QuantitiesOfOwnerParams{Owners: owners, VariantIDs: variantIDs})
	if err != nil {
		return nil, fmt.Errorf("quantities in cart: %w", err)
	}
	held := make(map[string]int, len(rows))
	for _, r := range rows {
		held[r.VariantID] = int(r.Quantity)
	}
	for i, variantID := range variantIDs {
		quantities[i] = held[variantID]
	}
	return quantities, nil
}

// Quote is what the cart costs now. However often it is asked of one Cart
// value, prices are looked up once.
func (s *Service) Quote(ctx context.Context, c *Cart) Quote {
	c.pricing.Do(func() {
		c.quote = c.price(s.prices.Offers(ctx, c.Currency, c.variantIDs()), s.now())
	})
	return c.quote
}

// change runs fn on one of the caller's carts, locked, and gives the cart its
// next version. Without an id it is the active cart, opened if need be.
func (s *Service) change(ctx context.Context, cartID *string, fn func(tx pgx.Tx, c *Cart) error) (*Cart, error) {
	caller := auth.From(ctx)
	if caller.ID == "" {
		return nil, fault.New(fault.Unauthenticated, "Sign in, or start a guest session, to have a cart.")
	}
	if cartID == nil {
		if err := s.mergeGuest(ctx, caller); err != nil {
			return nil, err
		}
	}
	var changed *Cart
	err := s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		c, err := s.lock(ctx, tx, caller, cartID)
		if err != nil {
			return err
		}
		if err := c.checkOpen(); err != nil {
			return err
		}
		if err := fn(tx, c); err != nil {
			return err
		}
		changed, err = s.touch(ctx, tx, c.ID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("change cart: %w", err)
	}
	s.changes.Notify(changed.ID)
	return changed, nil
}

func (s *Service) lock(ctx context.Context, tx pgx.Tx, caller auth.Caller, cartID *string) (*Cart, error) {
	q := db.New(tx)
	var row db.Cart
	if cartID != nil {
		found, err := q.LockCart(ctx, db.LockCartParams{ID: *cartID, Owners: caller.Owners()})
		if errors.Is(err, pgx.ErrNoRows) {
			return nil, notFound()
		}
		if err != nil {
			return nil, err
		}
		row = found
	} else {
		active, err := q.CreateCart(ctx, db.CreateCartParams{
			ID: id.New(id.Cart), OwnerID: caller.ID, Currency: caller.Currency, Country: caller.Country,
		})
		if err != nil {
			return nil, err
		}
		if active.Fresh {
			return cartOf(active.Cart, nil), nil
		}
		row = active.Cart
	}
	carts, err := load(ctx, q, []db.Cart{row})
	if err != nil {
		return nil, err
	}
	return carts[0], nil
}

// touch gives a changed cart its next version and tells the world, in the same
// transaction as the change itself.
func (s *Service) touch(ctx context.Context, tx pgx.Tx, cartID string) (*Cart, error) {
	row, lines, err := db.Touch(ctx, tx, cartID)
	if err != nil {
		return nil, err
	}
	c := cartOf(row, lines)
	return c, outbox.Write(ctx, tx, event.CartChanged{CartID: c.ID, OwnerID: c.OwnerID, Version: c.Version})
}

// cartOf makes a Cart of its row and those of its lines.
func cartOf(r db.Cart, lines []db.CartLine) *Cart {
	c := &Cart{
		ID: r.ID, OwnerID: r.OwnerID, Status: Status(r.Status), Currency: r.Currency, Country: r.Country, Note: r.Note,
		Version: int(r.Version), CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
	for _, l := range lines {
		c.Lines = append(c.Lines, lineOf(l))
	}
	return c
}

// load reads the lines of carts.
func load(ctx context.Context, q *db.Queries, rows []db.Cart) ([]*Cart, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	carts, byID, ids := make([]*Cart, len(rows)), make(map[string]*Cart, len(rows)), make([]string, len(rows))
	for i, r := range rows {
		c := cartOf(r, nil)
		carts[i], byID[r.ID], ids[i] = c, c, r.ID
	}
	lines, err := q.LinesOfCarts(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("lines of carts: %w", err)
	}
	for _, l := range lines {
		c := byID[l.CartID]
		c.Lines = append(c.Lines, lineOf(l))
	}
	return carts, nil
}

func lineOf(r db.CartLine) Line {
	return Line{
		ID: r.ID, VariantID: r.VariantID, Quantity: int(r.Quantity), AddedAt: r.AddedAt,
		Added:    money.Money{Minor: r.UnitMinorAdded, Currency: r.Currency},
		Seen:     money.Money{Minor: r.UnitMinorSeen, Currency: r.Currency},
		Last:     money.Money{Minor: r.UnitMinorLast, Currency: r.Currency},
		Snapshot: Snapshot{ProductID: r.ProductID, SKU: r.Sku, Title: r.Title, Subtitle: r.Subtitle, ImageURL: r.ImageUrl},
	}
}
