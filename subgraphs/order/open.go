package order

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/idempotency"
	"cartograph/internal/money"
	"cartograph/internal/outbox"
	"cartograph/internal/pg"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/order/db"
)

// Opening asks for a checkout of a cart.
type Opening struct {
	CartID      string
	CartVersion *int // refuse any other
	Delivery    Delivery
	Key         string // idempotency key
}

// openingInput is what an Opening means, for its idempotency key.
type openingInput struct{ CartID string }

const opOpen = "checkoutCreate"

// Open prices a cart and holds its stock. An older open checkout of the cart
// ends. If the stock is not there, the checkout comes back cancelled, with a
// ShortageError.
func (s *Service) Open(ctx context.Context, in Opening) (*Checkout, error) {
	by := auth.From(ctx)
	if by.ID == "" {
		return nil, signIn()
	}
	if err := in.Delivery.check(); err != nil {
		return nil, err
	}
	leave, err := s.opening.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	earlier, err := idempotency.Recall(ctx, s.pool, by.ID, opOpen, in.Key, openingInput{in.CartID})
	if err != nil {
		return nil, err
	}
	if earlier != "" {
		return held(s.own(ctx, earlier))
	}
	return s.openAs(ctx, by, in, true)
}

// Requote opens a new checkout of the same cart, at today's prices and with
// the same contact data, in place of one that is not ordered.
func (s *Service) Requote(ctx context.Context, checkoutID string) (*Checkout, error) {
	by := auth.From(ctx)
	old, err := s.own(ctx, checkoutID)
	if err != nil {
		return nil, err
	}
	if old.Status == CheckoutPlacing || old.Status == CheckoutCompleted {
		return old, old.checkOpen()
	}
	in := Opening{CartID: old.CartID, Delivery: Delivery{
		Email: old.Email, Shipping: old.ShippingAddress, Billing: old.BillingAddress, Preferred: old.MethodID,
	}}
	return s.openAs(ctx, by, in, false)
}

// held adds to a checkout why it holds nothing if it was rejected.
func held(c *Checkout, err error) (*Checkout, error) {
	if err == nil && c.Hold.Status == HoldRejected {
		err = &ShortageError{c.Hold.Shortages}
	}
	return c, err
}

// own is a checkout that the caller may change.
func (s *Service) own(ctx context.Context, id string) (*Checkout, error) {
	c, err := s.Checkout(ctx, id)
	if err == nil && (c == nil || !auth.From(ctx).Owns(c.OwnerID)) {
		return nil, noCheckout()
	}
	return c, err
}

func (s *Service) openAs(ctx context.Context, by auth.Caller, in Opening, claim bool) (*Checkout, error) {
	c, lines, err := s.draft(ctx, by, in)
	if err != nil {
		return nil, err
	}
	earlier, replaced, err := s.store(ctx, by, in, c, lines, claim)
	if err != nil {
		return nil, fmt.Errorf("open checkout of %s: %w", in.CartID, err)
	}
	if earlier != "" {
		return held(s.own(ctx, earlier))
	}
	// The older checkout's stock first: it may be the last there is.
	for _, old := range replaced {
		s.changed.Notify(old)
		s.release(ctx, old)
	}
	if p := s.askHold(ctx, c, lines, holdBudget); p != nil {
		c = &p.Checkout
	}
	return held(c, nil)
}

// draft builds a checkout from what the other services say now.
func (s *Service) draft(ctx context.Context, by auth.Caller, in Opening) (*Checkout, []Line, error) {
	cart, err := s.ports.Carts.ReadCart(ctx, &rpcv1.ReadCartRequest{CartId: in.CartID, OwnerIds: by.Owners()})
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil, fault.New(fault.NotFound, "There is no such cart.").At("input", "cartId")
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read cart %s: %w", in.CartID, err)
	}
	if err := checkCart(cart, in.CartVersion); err != nil {
		return nil, nil, err
	}
	var prices *rpcv1.PriceVariantsResponse
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		prices, err = s.ports.Catalogue.PriceVariants(gctx, &rpcv1.PriceVariantsRequest{VariantIds: variantsOf(cart), Currency: cart.GetCurrency()})
		return err
	})
	g.Go(func() error { return s.lookUp(gctx, by, &in.Delivery, true) })
	if err := g.Wait(); err != nil {
		return nil, nil, err
	}
	return newCheckout(by, cart, prices, in.Delivery)
}

func checkCart(cart *rpcv1.ReadCartResponse, version *int) error {
	switch {
	case cart.GetStatus() != "ACTIVE":
		return notReady("This cart was checked out already.")
	case len(cart.GetLines()) == 0:
		return notReady("This cart is empty.")
	case version != nil && *version != int(cart.GetVersion()):
		return fault.New(fault.Conflict, "The cart has changed. Please look again.").At("input", "expectedCartVersion")
	case !money.Known(cart.GetCurrency()):
		return notReady("We do not sell in %q.", cart.GetCurrency())
	}
	for _, l := range cart.GetLines() {
		if l.GetQuantity() < 1 || l.GetQuantity() > maxQuantity {
			return notReady("A line may hold 1 to %d.", maxQuantity)
		}
	}
	return nil
}

func variantsOf(cart *rpcv1.ReadCartResponse) []string {
	out := make([]string, len(cart.GetLines()))
	for i, l := range cart.GetLines() {
		out[i] = l.GetVariantId()
	}
	return out
}

// newCheckout prices a cart. It is refused whole if any of it cannot be
// bought.
func newCheckout(by auth.Caller, cart *rpcv1.ReadCartResponse, prices *rpcv1.PriceVariantsResponse, d Delivery) (*Checkout, []Line, error) {
	c := &Checkout{
		ID: id.New(id.Checkout), OwnerID: cart.GetOwnerId(), CartID: cart.GetCartId(), CartVersion: int(cart.GetVersion()),
		Status: CheckoutOpen, Version: 1, Locale: by.Locale, Country: cart.GetCountry(),
		Costs: Costs{Total: money.Zero(cart.GetCurrency())},
		Hold:  Hold{Status: HoldPending, ExtensionsLeft: extensions},
	}
	if !isCountry(c.Country) {
		c.Country = by.Country
	}
	priced := map[string]*rpcv1.PricedVariant{}
	for _, p := range prices.GetVariants() {
		priced[p.GetVariantId()] = p
	}
	lines := make([]Line, len(cart.GetLines()))
	for i, l := range cart.GetLines() {
		line, grams, err := newLine(priced[l.GetVariantId()], int(l.GetQuantity()), cart.GetCurrency())
		if err != nil {
			return nil, nil, err
		}
		lines[i] = line
		c.WeightGrams += grams
	}
	return c, lines, c.say(d, lines)
}

// newLine prices a line. How much there is, the stock itself decides: what the
// catalogue shows is a copy.
func newLine(p *rpcv1.PricedVariant, quantity int, currency string) (Line, int, error) {
	switch {
	case p == nil || p.GetCurrency() != currency || p.GetPriceMinor() < 0:
		return Line{}, 0, notReady("Something in the cart is no longer sold. Please take it out.")
	case !p.GetCanBuy() && p.GetAvailable() > 0:
		return Line{}, 0, notReady("%s cannot be bought right now.", p.GetTitle())
	case p.GetMaxPerOrder() > 0 && quantity > int(p.GetMaxPerOrder()):
		return Line{}, 0, notReady("Of %s at most %d can be bought at once.", p.GetTitle(), p.GetMaxPerOrder())
	}
	return Line{
		ID: id.New(id.OrderLine), ProductID: p.GetProductId(), VariantID: p.GetVariantId(), Quantity: quantity,
		Snapshot: Snapshot{
			Title: p.GetTitle(), Subtitle: optional(p.GetSubtitle()), SKU: p.GetSku(), ImageURL: optional(p.GetImageUrl()),
		},
		UnitPrice: money.Money{Minor: p.GetPriceMinor(), Currency: currency},
	}, int(p.GetWeightGrams()) * quantity, nil
}

// store writes the checkout in place of the cart's older open ones. It returns
// the checkout that an earlier send of the same command opened, if any, and
// those that were replaced.
func (s *Service) store(ctx context.Context, by auth.Caller, in Opening, c *Checkout, lines []Line, claim bool) (earlier string, replaced []string, err error) {
	err = s.out.InTx(ctx, func(tx pgx.Tx) error {
		if claim {
			earlier, err = idempotency.Claim(ctx, tx, by.ID, opOpen, in.Key, openingInput{in.CartID}, c.ID)
			if err != nil || earlier != "" {
				return err
			}
		}
		if replaced, err = s.endOpen(ctx, tx, in.CartID); err != nil {
			return err
		}
		return s.insert(ctx, tx, c, lines)
	})
	return earlier, replaced, err
}

// endOpen cancels the cart's open checkouts. Until tx ends, nobody else opens
// one.
func (s *Service) endOpen(ctx context.Context, tx pgx.Tx, cartID string) ([]string, error) {
	q := db.New(tx)
	if err := db.New(pg.Patient(tx)).LockCart(ctx, cartID); err != nil {
		return nil, err
	}
	rows, err := q.OpenCheckoutsOfCart(ctx, cartID)
	if err != nil {
		return nil, err
	}
	var ended []string
	for _, row := range rows {
		c, err := checkoutOf(db.CheckoutsRow(row))
		if err != nil {
			return nil, err
		}
		if err := s.apply(ctx, hold(tx, c, nil), Outcome{Kind: CheckoutGivenUp}); err != nil {
			return nil, err
		}
		ended = append(ended, c.ID)
	}
	return ended, nil
}

func (s *Service) insert(ctx context.Context, tx pgx.Tx, c *Checkout, lines []Line) error {
	p, err := s.insertion(c)
	if err != nil {
		return err
	}
	for i, l := range lines {
		p.LineIDs, p.Positions = append(p.LineIDs, l.ID), append(p.Positions, int32(i+1))
		p.ProductIDs, p.VariantIDs = append(p.ProductIDs, l.ProductID), append(p.VariantIDs, l.VariantID)
		p.Skus, p.Titles = append(p.Skus, l.Snapshot.SKU), append(p.Titles, l.Snapshot.Title)
		p.Subtitles, p.ImageURLs = append(p.Subtitles, deref(l.Snapshot.Subtitle)), append(p.ImageURLs, deref(l.Snapshot.ImageURL))
		p.Quantities, p.Units = append(p.Quantities, int32(l.Quantity)), append(p.Units, l.UnitPrice.Minor)
		p.Taxes, p.Totals = append(p.Taxes, l.Tax.Minor), append(p.Totals, l.Total.Minor)
	}
	times, err := db.New(tx).OpenCheckout(ctx, p)
	if err != nil {
		return err
	}
	c.ReadAt, c.CreatedAt, c.Hold.ExpiresAt = times.CreatedAt.UTC(), times.CreatedAt.UTC(), times.ExpiresAt.UTC()
	opened := Purchase{Checkout: *c, lines: lines}
	return outbox.Write(ctx, tx, opened.events([]Tell{tellOpened}, c.ReadAt)...)
}

// insertion is the row of a new checkout. Its times are the database's.
func (s *Service) insertion(c *Checkout) (db.OpenCheckoutParams, error) {
	shipping, err := encode(c.ShippingAddress)
	if err != nil {
		return db.OpenCheckoutParams{}, err
	}
	billing, err := encode(c.BillingAddress)
	return db.OpenCheckoutParams{
		ID: c.ID, OwnerID: c.OwnerID, CartID: c.CartID, CartVersion: int32(c.CartVersion), Status: string(c.Status),
		Locale: c.Locale, Country: c.Country, Email: c.Email, ShippingAddress: shipping, BillingAddress: billing,
		MethodID: c.MethodID, WeightGrams: int32(c.WeightGrams), Currency: c.Total.Currency,
		SubtotalMinor: c.Subtotal.Minor, ShippingMinor: c.Shipping.Minor, TaxMinor: c.Tax.Minor, TotalMinor: c.Total.Minor,
		TaxRate: int32(c.TaxRate), QuoteHash: c.QuoteHash, HoldStatus: string(c.Hold.Status), ExtensionsLeft: int32(c.Hold.ExtensionsLeft),
		HoldSeconds: float64(s.cfg.HoldSeconds), NudgeSeconds: s.cfg.NudgeAfter.Seconds(),
	}, err
}
