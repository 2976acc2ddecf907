package order

import (
	"context"
	"strings"
	"time"

	"cartograph/internal/event"
	"cartograph/internal/kafka"
)

// pollInterval bounds how late a subscription shows a change whose event was
// lost.
const pollInterval = 30 * time.Second

// RunWatch wakes the subscriptions of this replica by the events of all
// replicas and of payments, which the graph shows with the order, until ctx
// ends.
func (s *Service) RunWatch(ctx context.Context, brokers []string) error {
	return kafka.Watch(ctx, brokers, []event.Topic{event.Orders, event.Payments}, s.log, s.notifyWatchers)
}

func (s *Service) notifyWatchers(e event.Envelope) {
	if strings.HasPrefix(e.Type, "com.cartograph.payment.") {
		s.paid.Notify(e.Subject)
		return
	}
	s.changed.Notify(e.Subject)
}

// WatchOrder sends an order of the caller at once and after every change, until
// ctx ends.
func (s *Service) WatchOrder(ctx context.Context, id string) (<-chan *Order, error) {
	o, err := s.Order(ctx, id)
	if err != nil {
		return nil, err
	}
	if o == nil {
		return nil, orderNotFound()
	}
	return watch(ctx, s, o.CheckoutID, func() (*Order, int, error) {
		o, err := s.Order(ctx, id)
		if o == nil {
			return nil, 0, err
		}
		return o, o.Version, err
	}), nil
}

// WatchCheckout sends a checkout of the caller at once and after every change,
// until ctx ends.
func (s *Service) WatchCheckout(ctx context.Context, id string) (<-chan *Checkout, error) {
	c, err := s.Checkout(ctx, id)
	if err != nil {
		return nil, err
	}
	if c == nil {
		return nil, checkoutNotFound()
	}
	return watch(ctx, s, id, func() (*Checkout, int, error) {
		c, err := s.Checkout(ctx, id)
		if c == nil {
			return nil, 0, err
		}
		return c, c.Version, err
	}), nil
}

// watch subscribes before the first read: a change in between wakes it. Versions
// are sent once; forced sends the same version again, because a payment that the
// graph shows with it has changed.
func watch[T any](ctx context.Context, s *Service, checkoutID string, read func() (*T, int, error)) <-chan *T {
	out := make(chan *T)
	changed, stopChanged := s.changed.Watch(checkoutID)
	paid, stopPaid := s.paid.Watch(checkoutID)
	go func() {
		defer close(out)
		defer stopPaid()
		defer stopChanged()
		last, forced := -1, false
		for {
			value, version, err := read()
			if err != nil && ctx.Err() == nil {
				s.log.WarnContext(ctx, "subscription failed", "checkout_id", checkoutID, "err", err)
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
			case <-time.After(pollInterval):
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}
