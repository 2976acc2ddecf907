package order

import (
	"context"
	"strings"
	"time"

	"cartograph/internal/event"
	"cartograph/internal/kafka"
)

// lookAgain is how late a watcher sees a change whose event it missed.
const lookAgain = 30 * time.Second

// RunWatch wakes subscribers for what any replica changed, and for what
// payments did: the graph shows them with the order. It ends with ctx.
func (s *Service) RunWatch(ctx context.Context, brokers []string) error {
	return kafka.Watch(ctx, brokers, []event.Topic{event.Orders, event.Payments}, s.log, s.see)
}

func (s *Service) see(e event.Envelope) {
	if strings.HasPrefix(e.Type, "com.cartograph.payment.") {
		s.paid.Notify(e.Subject)
		return
	}
	s.changed.Notify(e.Subject)
}

// WatchOrder sends an order of the caller now and whenever it changes, until
// ctx ends.
func (s *Service) WatchOrder(ctx context.Context, id string) (<-chan *Order, error) {
	o, err := s.Order(ctx, id)
	if err != nil {
		return nil, err
	}
	if o == nil {
		return nil, noOrder()
	}
	return watch(ctx, s, o.CheckoutID, func() (*Order, int, error) {
		o, err := s.Order(ctx, id)
		if o == nil {
			return nil, 0, err
		}
		return o, o.Version, err
	}), nil
}

// WatchCheckout sends a checkout of the caller now and whenever it changes,
// until ctx ends.
func (s *Service) WatchCheckout(ctx context.Context, id string) (<-chan *Checkout, error) {
	c, err := s.Checkout(ctx, id)
	if err != nil {
		return nil, err
	}
	if c == nil {
		return nil, noCheckout()
	}
	return watch(ctx, s, id, func() (*Checkout, int, error) {
		c, err := s.Checkout(ctx, id)
		if c == nil {
			return nil, 0, err
		}
		return c, c.Version, err
	}), nil
}

// watch begins to listen before it reads for the first time, so that no change
// falls in between.
func watch[T any](ctx context.Context, s *Service, checkoutID string, read func() (*T, int, error)) <-chan *T {
	out := make(chan *T)
	changed, leave := s.changed.Watch(checkoutID)
	paid, leavePaid := s.paid.Watch(checkoutID)
	go func() {
		defer close(out)
		defer leavePaid()
		defer leave()
		last, forced := -1, false
		for {
			value, version, err := read()
			if err != nil && ctx.Err() == nil {
				s.log.WarnContext(ctx, "subscription ends", "checkout_id", checkoutID, "err", err)
			}
			if err != nil || value == nil {
				return
			}
			if version != last || forced {
				last = version
				select {
				case out <- value:
				case <-ctx.Done():
					return
				}
			}
			forced = false
			select {
			case <-changed:
			case <-paid:
				forced = true
			case <-time.After(lookAgain):
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}
