package order

import (
	"cmp"
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"cartograph/internal/address"
	"cartograph/internal/auth"
	"cartograph/internal/catalogue"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/limits"
	"cartograph/internal/locale"
	"cartograph/internal/message"
	"cartograph/internal/money"
	"cartograph/internal/optional"
	rpcv1 "cartograph/internal/rpc/v1"
)

// opening is what a checkout is made of: the cart, as it was read.
type opening struct {
	cart  *rpcv1.Cart
	state cartState
	lines []event.Line
	entry *rpcv1.LineEntry

	joined bool // the waiting line: it is the caller's turn
}

// readCart reads the cart. What was sold out a moment ago is refused if it still is.
func (s *Service) readCart(ctx context.Context, in OpenInput) (*opening, error) {
	if err := acquire(ctx, s.reading, openBudget); err != nil {
		return nil, err
	}
	defer s.reading.Release()
	o, err := s.newOpening(ctx, in, false)
	if err != nil {
		return nil, err
	}
	joined := s.short.any(o.lines)
	if joined {
		if err := s.refuseShort(ctx, o.state, o.entry); err != nil {
			return nil, err
		}
	}
	// Whether it is refused was decided later than it was read: a rejection may have
	// ceased to count meanwhile.
	if o.cart.GetPromotionsLeftOut() {
		if o, err = s.newOpening(ctx, in, true); err != nil {
			return nil, err
		}
	}
	o.joined = joined
	return o, nil
}

// newOpening reads the cart; with its promotions, or without them if it is probably
// refused.
func (s *Service) newOpening(ctx context.Context, in OpenInput, withPromotions bool) (*opening, error) {
	caller := auth.From(ctx)
	cart, err := s.carts.Call(ctx, &rpcv1.CartQuery{CartId: in.CartID, OwnerIds: caller.Owners(), WithPromotions: withPromotions})
	if err != nil {
		return nil, fmt.Errorf("read cart %s: %w", in.CartID, err)
	}
	if cart == nil {
		return nil, fault.Localized(fault.NotFound, "order.cart_not_found").At("input", "cartId")
	}
	if err := checkCart(cart, in.ExpectedVersion); err != nil {
		return nil, err
	}
	o := &opening{
		cart: cart, lines: cartLines(cart),
		state: cartState{cart.GetCartId(), cart.GetOwnerId(), cart.GetMergedCartIds(), cart.GetConvertedOrderIds()},
	}
	o.entry = lineEntry(caller, in.Delivery, o.lines, cart.GetCurrency())
	return o, nil
}

// draft builds a checkout from the cart, the current prices and the caller's
// account. Prices bind us, so there is no fallback: without the catalogue no
// checkout opens. What is sold out is refused as soon as that is known.
func (s *Service) draft(ctx context.Context, in OpenInput, o *opening) (*Checkout, []Line, error) {
	caller := auth.From(ctx)
	var prices *rpcv1.PriceVariantsResponse
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		prices, err = s.ports.Catalogue.PriceVariants(gctx, &rpcv1.PriceVariantsRequest{VariantIds: variantsOf(o.cart), Currency: o.cart.GetCurrency()})
		return err
	})
	g.Go(func() error { return s.completeDelivery(gctx, &in.Delivery, true) })
	if err := g.Wait(); err != nil {
		return nil, nil, err
	}
	c, lines, err := newCheckout(o.cart, prices, caller.Locale, caller.Country)
	if err != nil {
		return nil, nil, err
	}
	margin := 0
	if !mayHold(caller, in.Delivery.Email, in.Delivery.Shipping) {
		c.Hold.Status, margin = HoldAwaitsContact, scarceMargin
	}
	onSales(o.entry, lines)
	if !o.joined && copyShort(prices, o.lines, margin) {
		if err := s.refuseShort(ctx, o.state, o.entry); err != nil {
			return nil, nil, err
		}
	}
	if err := s.applyPromotions(ctx, c, lines, o, prices, in.Delivery.Email); err != nil {
		return nil, nil, err
	}
	return c, lines, c.setDelivery(in.Delivery, lines)
}

func checkCart(cart *rpcv1.Cart, expectedVersion *int) error {
	switch {
	case cart.GetStatus() != "ACTIVE":
		return notReady("order.cart_checked_out")
	case len(cart.GetLines()) == 0:
		return notReady("order.cart_empty")
	case expectedVersion != nil && *expectedVersion != int(cart.GetVersion()):
		return fault.Localized(fault.Conflict, "order.cart_changed").At("input", "expectedCartVersion")
	case !money.Known(cart.GetCurrency()):
		return notReady("order.currency_unsupported", message.Args{"currency": cart.GetCurrency()})
	}
	for _, l := range cart.GetLines() {
		if l.GetQuantity() < 1 || l.GetQuantity() > limits.MaxOrderLineQuantity {
			return notReady("order.line_quantity", message.Args{"limit": limits.MaxOrderLineQuantity})
		}
	}
	return nil
}

func variantsOf(cart *rpcv1.Cart) []string {
	out := make([]string, len(cart.GetLines()))
	for i, l := range cart.GetLines() {
		out[i] = l.GetVariantId()
	}
	return out
}

// newCheckout prices a cart as a whole: one line that cannot be bought makes it
// fail. Its lines have their texts as the reader of a locale bought them, in the order
// and in the mails as well. country is the caller's, for a cart without one.
func newCheckout(cart *rpcv1.Cart, prices *rpcv1.PriceVariantsResponse, reader, country string) (*Checkout, []Line, error) {
	c := &Checkout{
		ID: id.New(id.Checkout), OwnerID: cart.GetOwnerId(), CartID: cart.GetCartId(), CartVersion: int(cart.GetVersion()),
		Status: CheckoutOpen, Version: 1, Locale: reader, Country: cart.GetCountry(),
		Costs: Costs{Total: money.Zero(cart.GetCurrency()), TaxIncluded: money.PricesIncludeTax(cart.GetCurrency())},
		Hold:  Hold{Status: HoldPending, ExtensionsLeft: limits.MaxHoldExtensions},
	}
	if !address.IsCountry(c.Country) {
		c.Country = country
	}
	priced := map[string]*rpcv1.PricedVariant{}
	for _, p := range prices.GetVariants() {
		if texts, found := locale.In(p.GetTranslations(), reader); found {
			p.Title, p.Subtitle = texts.GetTitle(), texts.GetSubtitle()
		}
		priced[p.GetVariantId()] = p
	}
	if rises := priceRises(cart, priced); len(rises) > 0 {
		return nil, nil, &PriceRiseError{rises}
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
	return c, lines, nil
}

// priceRises lists what costs more than the buyer last agreed to. A price that
// fell needs no consent, and neither does one of a cart subgraph that does not
// report what was agreed.
func priceRises(cart *rpcv1.Cart, priced map[string]*rpcv1.PricedVariant) []PriceRise {
	var rises []PriceRise
	for _, l := range cart.GetLines() {
		p := priced[l.GetVariantId()]
		if p == nil || l.UnitMinorSeen == nil || p.GetPriceMinor() <= l.GetUnitMinorSeen() {
			continue
		}
		rises = append(rises, PriceRise{
			VariantID: l.GetVariantId(), Snapshot: snapshotOf(p),
			Was: money.Money{Minor: l.GetUnitMinorSeen(), Currency: cart.GetCurrency()},
			Now: money.Money{Minor: p.GetPriceMinor(), Currency: cart.GetCurrency()},
		})
	}
	return rises
}

// newLine prices a line and returns its weight in grams. It ignores how much is
// available: the catalogue's figure is a copy, and the hold decides. A variant
// that cannot be bought although there is stock is not for sale; one without
// stock goes on, so that the buyer gets the shortage with its figures.
func newLine(p *rpcv1.PricedVariant, quantity int, currency string) (Line, int, error) {
	switch {
	case p == nil || p.GetCurrency() != currency || p.GetPriceMinor() < 0:
		return Line{}, 0, notReady("order.item_not_sold")
	case !p.GetCanBuy() && p.GetAvailable() > 0:
		return Line{}, 0, notReady("order.item_not_buyable", message.Args{"title": p.GetTitle()})
	case p.GetMaxPerOrder() > 0 && quantity > int(p.GetMaxPerOrder()):
		return Line{}, 0, notReady("order.item_limit", message.Args{"title": p.GetTitle(), "limit": p.GetMaxPerOrder()})
	}
	return Line{
		ID: id.New(id.OrderLine), ProductID: p.GetProductId(), VariantID: p.GetVariantId(), Quantity: quantity,
		Snapshot:  snapshotOf(p),
		UnitPrice: money.Money{Minor: p.GetPriceMinor(), Currency: currency}, FlashSaleID: p.GetFlashSaleId(),
		TaxClass: cmp.Or(catalogue.TaxClass(p.GetTaxClass()), catalogue.TaxStandard),
	}, int(p.GetWeightGrams()) * quantity, nil
}

func snapshotOf(p *rpcv1.PricedVariant) Snapshot {
	return Snapshot{Title: p.GetTitle(), Subtitle: optional.Of(p.GetSubtitle()), SKU: p.GetSku(), ImageURL: optional.Of(p.GetImageUrl())}
}
