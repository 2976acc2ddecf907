package cart

import (
	"context"

	"cartograph/internal/event"
	"cartograph/internal/kafka"
)

// RunWatch notifies the subscriptions of this replica of cart changes by any
// replica and of price changes, until ctx ends.
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

// Changes sends the current state of one of the caller's carts and its state
// after every change, until ctx ends. Changes while
// the client is busy are coalesced: every state that is sent is newer than the
// one before, and the last one is always sent.
func (s *Service) Changes(ctx context.Context, cartID string) (<-chan *Cart, error) {
	notices, stop := s.changes.Watch(cartID) // before the read, so that no change between the two is lost
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
			repriced, stopPrices := s.changes.Watch(c.variantIDs()...)
			select {
			case <-notices:
			case <-repriced:
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
