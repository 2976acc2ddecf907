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
	"cartograph/subgraphs/cart/db"
)

// Topics are what carts must hear of.
func (s *Service) Topics() []event.Topic { return []event.Topic{event.Orders, event.Products} }

// Handle does what an event asks for, once: a confirmed order empties its cart,
// a changed product makes its prices be asked again.
func (s *Service) Handle(ctx context.Context, e event.Envelope) error {
	switch e.Type {
	case event.Type[event.OrderConfirmed]():
		if whole, err := s.convertWhole(ctx, e); whole || err != nil {
			return err
		}
		return inbox.Once(s.outbox, "cart", s.convert)(ctx, e)
	case event.Type[event.ProductPublished](), event.Type[event.ProductChanged]():
		changed, err := event.Decode[event.ProductChanged](e)
		if err != nil {
			return err
		}
		return s.forgetPrices(ctx, changed.ProductSnapshot)
	default:
		return nil // not for us
	}
}

// convertWhole closes the cart that an order bought, if it is as it was at
// checkout; false if it is not, or not any more. Told again, it finds that.
func (s *Service) convertWhole(ctx context.Context, e event.Envelope) (whole bool, err error) {
	order, err := event.Decode[event.OrderConfirmed](e)
	if err != nil {
		return false, err
	}
	ctx = event.WithCause(ctx, e)
	err = s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		whole = false
		cartID, err := db.New(tx).ConvertWhole(ctx, db.ConvertWholeParams{ID: order.CartID, Version: int32(order.CartVersion), OrderID: order.OrderID})
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("convert cart %s: %w", order.CartID, err)
		}
		whole = true
		return outbox.Write(ctx, tx, event.CartConverted{CartID: cartID, OrderID: order.OrderID})
	})
	if whole && err == nil {
		s.changes.Notify(order.CartID)
	}
	return whole, err
}

// convert takes what an order bought out of a cart that the customer has
// changed since checkout.
func (s *Service) convert(ctx context.Context, tx pgx.Tx, e event.Envelope) error {
	order, err := event.Decode[event.OrderConfirmed](e)
	if err != nil {
		return err
	}
	row, err := db.New(tx).LockCartByID(ctx, order.CartID)
	if errors.Is(err, pgx.ErrNoRows) || (err == nil && Status(row.Status) != Active) {
		return nil // merged away, or converted by an earlier telling
	}
	if err != nil {
		return fmt.Errorf("lock cart %s: %w", order.CartID, err)
	}
	if err := s.takeOut(ctx, tx, row, order.Lines); err != nil {
		return err
	}
	s.changes.Notify(row.ID)
	return nil
}

func (s *Service) takeOut(ctx context.Context, tx pgx.Tx, row db.Cart, bought []event.OrderLine) error {
	q := db.New(tx)
	carts, err := load(ctx, q, []db.Cart{row})
	if err != nil {
		return err
	}
	for _, b := range bought {
		line := carts[0].lineOf(b.VariantID)
		switch {
		case line == nil:
		case line.Quantity <= b.Quantity:
			err = q.RemoveLines(ctx, db.RemoveLinesParams{CartID: row.ID, IDs: []string{line.ID}})
		default:
			err = q.SetQuantity(ctx, db.SetQuantityParams{ID: line.ID, Quantity: int32(line.Quantity - b.Quantity)})
		}
		if err != nil {
			return err
		}
	}
	_, err = s.touch(ctx, tx, row.ID)
	return err
}

// forgetPrices tells nothing of who shows the product: forgetting too often
// only asks the catalogue once more.
func (s *Service) forgetPrices(ctx context.Context, p event.ProductSnapshot) error {
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
	if err := s.prices.Forget(ctx, variants, slices.Compact(currencies)); err != nil {
		s.log.WarnContext(ctx, "prices are as old as their lifetime", "err", err) // Redis is away: nothing is cached
	}
	s.changes.Notify(variants...)
	return nil
}
