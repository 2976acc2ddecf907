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
		// Prices expire here too: another replica handles the event for all of them,
		// and this one must not compare a cart with the price before it.
		if p, err := event.Decode[event.ProductChanged](e); err == nil {
			if err := s.expirePrices(ctx, p.ProductSnapshot); err != nil {
				s.log.WarnContext(ctx, "expire cached prices", "err", err)
			}
		}
	})
}

// Changes sends the current state of one of the caller's carts and its state
// after every change, until ctx ends. Changes while the client is busy are
// coalesced: every state that is sent differs from the one before, none is older,
// and the last one is always sent. A change is noticed more than once, by its own
// replica and from the event.
func (s *Service) Changes(ctx context.Context, cartID string) (<-chan *Cart, error) {
	changed, stop := s.changes.Watch(cartID) // before the read, so that no change between the two is lost
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
		for c != nil {
			repriced, stopPrices := s.changes.Watch(c.variantIDs()...)
			if _, err := s.Quote(ctx, c); err != nil { // after Watch, so that no later price is lost
				stopPrices()
				return
			}
			select {
			case carts <- c:
				c = s.next(ctx, c, changed, repriced)
			case <-ctx.Done():
				c = nil
			}
			stopPrices()
		}
	}()
	return carts, nil
}

// next waits for a state of the cart that differs from the one that was sent. It
// returns nil when ctx has ended or the cart can no longer be read.
func (s *Service) next(ctx context.Context, sent *Cart, changed, repriced <-chan struct{}) *Cart {
	for {
		select {
		case <-changed:
		case <-repriced:
		case <-ctx.Done():
			return nil
		}
		c, err := s.Cart(ctx, sent.ID)
		if err != nil || c == nil {
			return nil
		}
		after, err := s.Quote(ctx, c)
		if err != nil {
			return nil
		}
		before, err := s.Quote(ctx, sent)
		if err != nil {
			return nil
		}
		if c.Version > sent.Version || c.Shown() != sent.Shown() || !after.equal(before) {
			return c
		}
	}
}
