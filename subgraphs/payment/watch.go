package payment

import (
	"context"

	"cartograph/internal/event"
	"cartograph/internal/kafka"
)

// RunWatch notifies the subscriptions of this process of events published by any
// replica, until ctx ends.
func (s *Service) RunWatch(ctx context.Context, brokers []string) error {
	return kafka.Watch(ctx, brokers, []event.Topic{event.Payments}, s.log, s.notifySubscribers)
}

// notifySubscribers notifies the subscriptions of a payment event's order. Every
// payload of the topic begins with PaymentFacts, so that one type decodes them all.
func (s *Service) notifySubscribers(e event.Envelope) {
	if facts, err := event.Decode[event.PaymentCreated](e); err == nil && facts.OrderID != "" {
		s.changes.Notify(subscriptionKey(facts.OrderID))
	}
}

func subscriptionKey(orderID string) string { return "subscription:" + orderID }

// Watch sends the order's latest payment now and after each change, until ctx ends.
// A slow reader may miss intermediate states, never the last one.
func (s *Service) Watch(ctx context.Context, v Viewer, orderID string) (<-chan *Payment, error) {
	visible, err := s.AwaitOrder(ctx, v, orderID)
	if err != nil {
		return nil, err
	}
	if !visible {
		return nil, orderNotFound()
	}
	changed, stop := s.changes.Watch(subscriptionKey(orderID))
	out := make(chan *Payment)
	go func() {
		defer close(out)
		defer stop()
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
