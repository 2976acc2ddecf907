package cart

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/event"
	"cartograph/internal/inbox"
	"cartograph/internal/outbox"
	"cartograph/internal/pg"
	"cartograph/subgraphs/cart/db"
)

// registerHandlers registers what the service does about events.
func (s *Service) registerHandlers() {
	inbox.OnDirect(s.events, s.orderConfirmed)
	s.registerCheckouts()
	inbox.OnDirect(s.events, s.guestClaimed)
	inbox.OnDirect(s.events, s.userErased)
	inbox.OnDirect(s.events, func(ctx context.Context, p event.ProductPublished, _ event.Envelope) error {
		return s.expirePrices(ctx, p.ProductSnapshot)
	})
	inbox.OnDirect(s.events, func(ctx context.Context, p event.ProductChanged, _ event.Envelope) error {
		return s.expirePrices(ctx, p.ProductSnapshot)
	})
}

// Topics are the topics to subscribe Handle to.
func (s *Service) Topics() []event.Topic { return s.events.Topics() }

// Handle handles an event once: a confirmed order converts its cart, a changed
// product expires its cached prices.
func (s *Service) Handle(ctx context.Context, e event.Envelope) error { return s.events.Handle(ctx, e) }

func (s *Service) orderConfirmed(ctx context.Context, order event.OrderConfirmed, e event.Envelope) error {
	if whole, err := s.convertWhole(ctx, order); whole || err != nil {
		return err
	}
	return s.events.Once(ctx, e, func(ctx context.Context, tx pgx.Tx) error { return s.convert(ctx, tx, order) })
}

// convertWhole converts the cart of an order if the cart is unchanged since
// checkout, and reports whether it did. That is the common case, and costs two
// statements: the guard of status and version makes it idempotent without an
// entry in the inbox. A repeated event finds the cart converted and falls
// through to convert, which leaves a converted cart alone.
func (s *Service) convertWhole(ctx context.Context, order event.OrderConfirmed) (whole bool, err error) {
	err = s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		whole = false // fn may run again after a serialisation conflict
		cartID, err := db.New(tx).ConvertWhole(ctx, db.ConvertWholeParams{ID: order.CartID, Version: int32(order.CartVersion), OrderID: order.OrderID})
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("convert cart %s: %w", order.CartID, err)
		}
		whole = true
		if err := countUses(ctx, tx, order); err != nil {
			return err
		}
		return outbox.Write(ctx, tx, event.CartConverted{CartID: cartID, OrderID: order.OrderID})
	})
	if whole && err == nil {
		s.changes.Notify(order.CartID)
	}
	return whole, err
}

// convert removes what an order bought from a cart that was changed after
// checkout, or from the cart that it was merged into. The rest stays in the
// cart, which stays active. Subtracting is not idempotent by itself:
// cart_conversions lets it happen once per order.
func (s *Service) convert(ctx context.Context, tx pgx.Tx, order event.OrderConfirmed) error {
	if err := countUses(ctx, tx, order); err != nil {
		return err
	}
	row, err := lockMergedInto(ctx, tx, order.CartID)
	if errors.Is(err, pgx.ErrNoRows) || (err == nil && Status(row.Status) != Active) {
		return nil // converted by an earlier delivery
	}
	if err != nil {
		return fmt.Errorf("lock cart %s: %w", order.CartID, err)
	}
	n, err := db.New(tx).RecordConversion(ctx, db.RecordConversionParams{OrderID: order.OrderID, CartID: row.ID})
	if err != nil || n == 0 {
		return err // n is 0 if another event of the order has removed its lines
	}
	if _, err := db.New(tx).EndCheckout(ctx, db.EndCheckoutParams{ID: row.ID, CheckoutID: order.CheckoutID}); err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	if err := s.removeBought(ctx, tx, row, order.Lines, order.Discounts); err != nil {
		return err
	}
	s.changes.Notify(row.ID)
	return nil
}

// countUses counts the promotions of a confirmed order. Repeating it changes nothing.
func countUses(ctx context.Context, tx pgx.Tx, order event.OrderConfirmed) error {
	if len(order.Discounts) == 0 {
		return nil
	}
	ids := make([]string, len(order.Discounts))
	for i, d := range order.Discounts {
		ids[i] = d.PromotionID
	}
	p := db.CountUsesParams{OrderID: order.OrderID, OwnerID: order.OwnerID, PromotionIds: ids}
	pg.BatchOf(tx).QueueQuery(func(e pg.Executor) error { return db.New(e).CountUses(ctx, p) })
	return nil
}

// lockMergedInto locks the cart that a cart was merged into; the cart itself where it
// was merged into none. The lock may have waited for a transaction that merged the cart
// once more, so the chain is followed until it ends.
func lockMergedInto(ctx context.Context, tx pgx.Tx, cartID string) (db.Cart, error) {
	for {
		row, err := db.New(tx).LockMergedInto(ctx, cartID)
		if err != nil || Status(row.Status) != Merged || row.MergedInto == nil {
			return row, err
		}
		cartID = row.ID
	}
}

func (s *Service) removeBought(ctx context.Context, tx pgx.Tx, row db.Cart, bought []event.OrderLine, discounts []event.OrderDiscount) error {
	q := db.New(tx)
	carts, err := load(ctx, q, []db.Cart{row})
	if err != nil {
		return err
	}
	for _, b := range bought {
		line := carts[0].lineOf(b.VariantID)
		switch {
		case line == nil: // removed by the customer meanwhile
		case line.Quantity <= b.Quantity:
			err = q.RemoveLines(ctx, db.RemoveLinesParams{CartID: row.ID, IDs: []string{line.ID}})
		default:
			err = q.SetQuantity(ctx, db.SetQuantityParams{ID: line.ID, Quantity: int32(line.Quantity - b.Quantity)})
		}
		if err != nil {
			return err
		}
	}
	if len(discounts) > 0 { // the rest of the cart is another purchase
		if err := q.SetDiscountCodes(ctx, db.SetDiscountCodesParams{ID: row.ID, Codes: []string{}}); err != nil {
			return err
		}
	}
	_, err = s.publish(ctx, tx, row.ID)
	return err
}

// expirePrices needs no inbox: expiring a price twice costs one more call to the
// catalogue.
func (s *Service) expirePrices(ctx context.Context, p event.ProductSnapshot) error {
	var variants, currencies []string
	for _, v := range p.Variants {
		variants = append(variants, v.VariantID)
		for _, price := range v.Prices {
			currencies = append(currencies, price.Currency)
		}
	}
	slices.Sort(currencies)
	if len(variants) == 0 {
		return nil
	}
	if err := s.prices.Expire(ctx, variants, slices.Compact(currencies)); err != nil {
		s.log.WarnContext(ctx, "expire cached prices", "err", err) // they expire by themselves after freshFor
	}
	s.changes.Notify(variants...)
	return nil
}
