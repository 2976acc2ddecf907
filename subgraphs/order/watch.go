package order

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"cartograph/internal/event"
	"cartograph/internal/kafka"
)

// lookAgain is how late a watcher sees a change whose event it missed.
const lookAgain = 30 * time.Second

// subscribers are those of this replica who watch purchases.
type subscribers struct {
	mu         sync.Mutex
	byCheckout map[string]map[*subscriber]struct{}
}

type subscriber struct {
	kick   chan struct{}
	forced atomic.Bool // push even if the version is the same
}

// add returns a subscriber that is woken for the checkout, and its end.
func (s *subscribers) add(checkoutID string) (*subscriber, func()) {
	sub := &subscriber{kick: make(chan struct{}, 1)}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byCheckout == nil {
		s.byCheckout = map[string]map[*subscriber]struct{}{}
	}
	if s.byCheckout[checkoutID] == nil {
		s.byCheckout[checkoutID] = map[*subscriber]struct{}{}
	}
	s.byCheckout[checkoutID][sub] = struct{}{}
	return sub, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.byCheckout[checkoutID], sub)
		if len(s.byCheckout[checkoutID]) == 0 {
			delete(s.byCheckout, checkoutID)
		}
	}
}

// wake tells the checkout's subscribers to look again.
func (s *subscribers) wake(checkoutID string, forced bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for sub := range s.byCheckout[checkoutID] {
		if forced {
			sub.forced.Store(true)
		}
		select {
		case sub.kick <- struct{}{}:
		default: // awake already
		}
	}
}

// RunWatch wakes subscribers for what any replica changed, and for what
// payments did: the graph shows them with the order. It ends with ctx.
func (s *Service) RunWatch(ctx context.Context, brokers []string) error {
	return kafka.Watch(ctx, brokers, []event.Topic{event.Orders, event.Payments}, s.log, s.see)
}

func (s *Service) see(e event.Envelope) {
	s.subscribers.wake(e.Subject, strings.HasPrefix(e.Type, "com.cartograph.payment."))
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
	sub, leave := s.subscribers.add(checkoutID)
	go func() {
		defer close(out)
		defer leave()
		last := -1
		for {
			forced := sub.forced.Swap(false)
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
			select {
			case <-sub.kick:
			case <-time.After(lookAgain):
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}
