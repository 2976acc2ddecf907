package cart

import (
	"context"

	"cartograph/internal/event"
	"cartograph/internal/kafka"
)

// RunWatch wakes the subscriptions of this replica when a cart is changed by
// any replica, or a price moves, until ctx ends.
func (s *Service) RunWatch(ctx context.Context, brokers []string) error {
	topics := []event.Topic{event.Carts, event.Products}
	return kafka.Watch(ctx, brokers, topics, s.log, func(e event.Envelope) {
		s.changes.Notify(e.Subject)
		if e.Type != event.Type[event.ProductChanged]() {
			return
		}
		if p, err := event.Decode[event.ProductChanged](e); err == nil {
			for _, v := range p.Variants {
				s.changes.Notify(v.VariantID)
			}
		}
	})
}

// Changes sends one of the caller's carts as it is now and after every change,
// until ctx ends. The channel is closed at once if the cart is not theirs.
func (s *Service) Changes(ctx context.Context, cartID string) (<-chan *Cart, error) {
	notices, stop := s.changes.Watch(cartID) // before reading, so that no change falls in between
	c, err := s.Cart(ctx, cartID)
	if err != nil || c == nil {
		stop()
		if err == nil {
			err = notFound()
		}
		return nil, err
	}
	carts := make(chan *Cart)
	go func() {
		defer close(carts)
		defer stop()
		for {
			select {
			case carts <- c:
			case <-ctx.Done():
				return
			}
			moved, stopPrices := s.changes.Watch(c.variantIDs()...)
			select {
			case <-notices:
			case <-moved:
			case <-ctx.Done():
				stopPrices()
				return
			}
			stopPrices()
			if c, err = s.Cart(ctx, cartID); err != nil || c == nil {
				return
			}
		}
	}()
	return carts, nil
}
