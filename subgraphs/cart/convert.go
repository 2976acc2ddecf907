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

// convert closes the cart that an order bought. If the customer has changed it
// since checkout, only what was bought is taken out.
func (s *Service) convert(ctx context.Context, tx pgx.Tx, e event.Envelope) error {
	order, err := event.Decode[event.OrderConfirmed](e)
	if err != nil {
		return err
	}
	q := db.New(tx)
	row, err := q.LockCartByID(ctx, order.CartID)
	if errors.Is(err, pgx.ErrNoRows) || (err == nil && Status(row.Status) != Active) {
		return nil // merged away, or converted by an earlier telling
	}
	if err != nil {
		return fmt.Errorf("lock cart %s: %w", order.CartID, err)
	}
	if int(row.Version) == order.CartVersion {
		if _, err := q.Convert(ctx, db.ConvertParams{ID: row.ID, OrderID: order.OrderID}); err != nil {
			return err
		}
		err = outbox.Write(ctx, tx, event.CartConverted{CartID: row.ID, OrderID: order.OrderID})
	} else {
		err = s.takeOut(ctx, tx, row, order.Lines)
	}
	if err == nil {
		s.changes.Notify(row.ID)
	}
	return err
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
