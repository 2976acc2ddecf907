package cart

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/address"
	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/hub"
	"cartograph/internal/id"
	"cartograph/internal/inbox"
	"cartograph/internal/message"
	"cartograph/internal/money"
	"cartograph/internal/outbox"
	"cartograph/subgraphs/cart/db"
)

// Service implements the use cases of carts. Each acts for the caller in its
// context.
type Service struct {
	pool       *pgxpool.Pool
	outbox     *outbox.Outbox
	events     *inbox.Mux
	prices     *Prices
	currencies []string        // in which the shop sells; the first is the default
	shopURL    string          // base of the shop's pages
	changes    hub.Hub[string] // ids of carts, and of variants whose price changed
	now        func() time.Time
	cfg        Config
	log        *slog.Logger
}

// NewService returns a Service on a migrated database, for a shop that sells in the
// currencies and has its pages at shopURL.
func NewService(pool *pgxpool.Pool, o *outbox.Outbox, prices *Prices, cfg Config, currencies []string, shopURL string, log *slog.Logger) *Service {
	s := &Service{pool: pool, outbox: o, events: inbox.NewMux("cart", o), prices: prices, cfg: cfg, currencies: currencies, shopURL: shopURL, now: time.Now, log: log}
	s.registerHandlers()
	return s
}

// ActiveCart is the caller's active cart, or nil if there is none. It first
// merges the cart that the user had as a guest.
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
	if len(rows) > 1 || rows[0].Cart.OwnerID != caller.ID {
		if err := s.mergeGuest(ctx); err != nil {
			return nil, err
		}
		if rows, err = db.New(s.pool).ActiveCarts(ctx, []string{caller.ID}); err != nil || len(rows) == 0 {
			return nil, err
		}
	}
	return snapshotOf(rows[0])
}

// Cart is one of the caller's carts by ID, or nil.
func (s *Service) Cart(ctx context.Context, cartID string) (*Cart, error) {
	carts, err := s.CartsByID(ctx, []string{cartID})
	if err != nil {
		return nil, err
	}
	return carts[0], nil
}

// CartsByID returns carts in the order of ids, nil where the caller may not see
// one. Staff with carts:read and our own services see every cart.
func (s *Service) CartsByID(ctx context.Context, ids []string) ([]*Cart, error) {
	caller := auth.From(ctx)
	owners := caller.Owners()
	switch {
	case caller.Kind == auth.Service, caller.Has("carts:read"):
		owners = []string{}
	case len(owners) == 0:
		return make([]*Cart, len(ids)), nil
	}
	rows, err := db.New(s.pool).CartsByIDs(ctx, db.CartsByIDsParams{IDs: ids, Owners: owners})
	if err != nil {
		return nil, fmt.Errorf("carts by id: %w", err)
	}
	byID := make(map[string]*Cart, len(rows))
	for _, r := range rows {
		if byID[r.Cart.ID], err = snapshotOf(db.ActiveCartsRow(r)); err != nil {
			return nil, err
		}
	}
	carts := make([]*Cart, len(ids))
	for i, cartID := range ids {
		carts[i] = byID[cartID]
		if c := carts[i]; c != nil && !caller.MaySeeCustomer(c.OwnerID) {
			c.Note, c.hidesPostalCode = nil, true
		}
	}
	return carts, nil
}

// ActiveCartsOf returns the active carts of users in the order of userIDs, nil
// where there is none or the caller may not see it: users see their own, staff
// with carts:read and customers:read every cart.
func (s *Service) ActiveCartsOf(ctx context.Context, userIDs []string) ([]*Cart, error) {
	caller := auth.From(ctx)
	carts := make([]*Cart, len(userIDs))
	if caller.Has("carts:read") && caller.MaySeeCustomer("") {
		rows, err := db.New(s.pool).ActiveCarts(ctx, userIDs)
		if err != nil {
			return nil, fmt.Errorf("active carts: %w", err)
		}
		found, err := byOwner(rows)
		if err != nil {
			return nil, err
		}
		for i, userID := range userIDs {
			carts[i] = found[userID]
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

// Quantities returns the quantity of each variant in the caller's active cart,
// in the order of variantIDs.
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

// Quote is the current cost of the cart. Prices are looked up once per Cart
// value: the fields of one response must agree with each other, and resolve
// concurrently.
func (s *Service) Quote(ctx context.Context, c *Cart) (*Quote, error) {
	c.pricing.Do(func() {
		codes, o := c.DiscountCodes, offered{}
		if c.Status != Active { // it is not bought any more, and its codes may be used up by the order
			codes = nil
		} else if o, c.quoteErr = s.promotionsOf(ctx, c); c.quoteErr != nil {
			return
		}
		c.quote = c.price(s.prices.Offers(ctx, c.Currency, c.variantIDs()), codes, o, s.now())
	})
	return &c.quote, c.quoteErr
}

// promotionsOf are the promotions that were read with the cart; one that was changed is
// read without them.
func (s *Service) promotionsOf(ctx context.Context, c *Cart) (offered, error) {
	if c.promotions == nil {
		return s.promotionsFor(ctx, s.pool, c.OwnerID, c.DiscountCodes)
	}
	return s.offer(c.promotions, c.DiscountCodes)
}

// target is the cart that a use case changes: the one with the ID, otherwise
// the caller's active cart, which is created for the market if there is none.
type target struct {
	cartID *string
	market market
}

// market is the currency and country that a cart is bought in.
type market struct{ currency, country string }

// marketOf is the market of a new cart. A currency that is given must be one in
// which the shop sells: nothing can be added to a cart in another. The currency of
// the caller is such a one already if the request came through the router; else the
// shop's default is taken, as the router does.
func (s *Service) marketOf(ctx context.Context, currency, country string) (market, error) {
	if currency != "" {
		if err := s.checkCurrency(currency); err != nil {
			return market{}, err
		}
	}
	if country != "" {
		if err := checkCountry(country); err != nil {
			return market{}, err
		}
	}
	caller := auth.From(ctx)
	m := market{cmp.Or(currency, caller.Currency), cmp.Or(country, caller.Country)}
	if !slices.Contains(s.currencies, m.currency) {
		m.currency = s.currencies[0]
	}
	return m, nil
}

func (s *Service) checkCurrency(currency string) error {
	if slices.Contains(s.currencies, currency) {
		return nil
	}
	return fault.Localized(fault.Invalid, "cart.unsold_currency",
		message.Args{"currency": currency, "currencies": strings.Join(s.currencies, ", ")}).At("input", "currencyCode")
}

func checkCountry(country string) error {
	if address.IsCountry(country) {
		return nil
	}
	return fault.Localized(fault.Invalid, "address.unknown_country", message.Args{"country": country}).At("input", "countryCode")
}

// change runs fn on the target, locked until the end of the transaction, and
// increments its version. Concurrent changes of a cart are serialised by the
// row lock, so a rule that fn checks holds when the change commits.
func (s *Service) change(ctx context.Context, target target, fn func(tx pgx.Tx, c *Cart) error) (*Cart, error) {
	if auth.From(ctx).ID == "" {
		return nil, signInFirst()
	}
	if target.cartID == nil {
		if err := s.mergeGuest(ctx); err != nil {
			return nil, err
		}
	}
	var changed *Cart
	err := s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		c, err := s.lock(ctx, tx, target)
		if err != nil {
			return err
		}
		if err := c.checkOpen(); err != nil {
			return err
		}
		if err := fn(tx, c); err != nil {
			return err
		}
		changed, err = s.publish(ctx, tx, c.ID)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("change cart: %w", err)
	}
	s.changes.Notify(changed.ID)
	return changed, nil
}

func (s *Service) lock(ctx context.Context, tx pgx.Tx, target target) (*Cart, error) {
	caller, q := auth.From(ctx), db.New(tx)
	var row db.Cart
	if target.cartID != nil {
		found, err := q.LockCart(ctx, db.LockCartParams{ID: *target.cartID, Owners: caller.Owners()})
		if errors.Is(err, pgx.ErrNoRows) {
			return nil, notFound()
		}
		if err != nil {
			return nil, err
		}
		row = found
	} else {
		active, err := q.CreateCart(ctx, db.CreateCartParams{
			ID: id.New(id.Cart), OwnerID: caller.ID, Currency: target.market.currency, Country: target.market.country,
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

// publish increments the version of a changed cart and writes its CartChanged
// event, in the transaction of the change.
func (s *Service) publish(ctx context.Context, tx pgx.Tx, cartID string) (*Cart, error) {
	row, lines, err := db.IncrementVersion(ctx, tx, cartID)
	if err != nil {
		return nil, err
	}
	c := cartOf(row, lines)
	return c, outbox.Write(ctx, tx, event.CartChanged{CartID: c.ID, OwnerID: c.OwnerID, Version: c.Version})
}

// cartOf converts a row and the rows of its lines.
func cartOf(r db.Cart, lines []db.CartLine) *Cart {
	c := &Cart{
		ID: r.ID, OwnerID: r.OwnerID, Status: Status(r.Status), Currency: r.Currency, Country: r.Country, PostalCode: r.PostalCode, Note: r.Note,
		DiscountCodes: r.DiscountCodes, Version: int(r.Version), CheckoutIDs: r.CheckoutIds, Abandoned: r.AbandonedAt != nil, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
	for _, w := range r.Warnings {
		c.warnings = append(c.warnings, Warning{Code: WarningCode(w.Code), VariantID: w.VariantID, Title: w.Title, Requested: w.Requested, Kept: w.Kept})
	}
	for _, l := range lines {
		c.Lines = append(c.Lines, lineOf(l))
	}
	return c
}

// snapshotOf converts a cart that was read in one statement with its lines.
func snapshotOf(r db.ActiveCartsRow) (*Cart, error) {
	lines, err := db.LinesOf(r.Lines)
	if err != nil {
		return nil, fmt.Errorf("cart %s: %w", r.Cart.ID, err)
	}
	c := cartOf(r.Cart, lines)
	c.promotions = r.Promotions
	return c, nil
}

func byOwner(rows []db.ActiveCartsRow) (map[string]*Cart, error) {
	carts := make(map[string]*Cart, len(rows))
	for _, r := range rows {
		c, err := snapshotOf(r)
		if err != nil {
			return nil, err
		}
		carts[c.OwnerID] = c
	}
	return carts, nil
}

// load reads the lines of carts whose rows are locked. A change of lines locks the
// cart first, so the second statement sees no other version than the first one
// did. Without the lock it would.
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
