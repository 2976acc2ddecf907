package payment

import (
	"context"

	"cartograph/internal/event"
	"cartograph/internal/kafka"
)

// RunWatch tells subscribers here what any replica published, until ctx ends.
func (s *Service) RunWatch(ctx context.Context, brokers []string) error {
	return kafka.Watch(ctx, brokers, []event.Topic{event.Payments}, s.log, s.see)
}

// see hears of a payment's event. Every event of a payment begins with its
// facts.
func (s *Service) see(e event.Envelope) {
	if facts, err := event.Decode[event.PaymentCreated](e); err == nil && facts.OrderID != "" {
		s.changes.Notify(subscribersOf(facts.OrderID))
	}
}

func subscribersOf(orderID string) string { return "subscribers:" + orderID }

// Watch gives the order's latest payment now and whenever it changed, until
// ctx ends. Whoever is slow misses what was in between, never the last.
func (s *Service) Watch(ctx context.Context, v Viewer, orderID string) (<-chan *Payment, error) {
	known, err := s.KnowsOrder(ctx, v, orderID)
	if err != nil {
		return nil, err
	}
	if !known {
		return nil, noOrder()
	}
	changed, end := s.changes.Watch(subscribersOf(orderID))
	out := make(chan *Payment)
	go func() {
		defer close(out)
		defer end()
		for {
			if p := s.latest(ctx, v, orderID); p != nil {
				select {
				case out <- p:
				case <-ctx.Done():
					return
				}
			}
			select {
			case <-changed:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out, nil
}

// latest is the order's newest payment, nil if there is none.
func (s *Service) latest(ctx context.Context, v Viewer, orderID string) *Payment {
	found, err := s.PaymentsByOrder(ctx, v, []string{orderID})
	if err != nil {
		if ctx.Err() == nil {
			s.log.ErrorContext(ctx, "read a watched payment", "order_id", orderID, "err", err)
		}
		return nil
	}
	if payments := found[orderID]; len(payments) > 0 {
		return payments[len(payments)-1]
	}
	return nil
}
