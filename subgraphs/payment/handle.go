package payment

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/event"
	"cartograph/internal/inbox"
	"cartograph/internal/money"
	"cartograph/subgraphs/payment/db"
)

// republishAfter is the age from which on a payment's outcome is published again
// when it is requested again. The event of a younger one is still under way.
const republishAfter = 2 * time.Second

// events returns the handlers of the order subgraph's events, and of claims of
// guests by users.
func (s *Service) events() *inbox.Mux {
	m := inbox.NewMux("payment", s.outbox)
	on(s, m, (*writer).orderPlaced)
	on(s, m, (*writer).paymentDue)
	on(s, m, (*writer).captureDue)
	on(s, m, (*writer).orderConfirmed)
	on(s, m, func(w *writer, ctx context.Context, o event.OrderCancelled) error {
		return w.orderEnded(ctx, o.OrderFacts)
	})
	on(s, m, func(w *writer, ctx context.Context, o event.OrderExpired) error {
		return w.orderEnded(ctx, o.OrderFacts)
	})
	on(s, m, (*writer).refundDue)
	on(s, m, (*writer).guestClaimed)
	return m
}

// on registers a handler that runs once for each event, with a writer of the
// transaction that marks the event as handled. An event that only requests what a
// call has done already is skipped without a transaction.
func on[P event.Payload](s *Service, m *inbox.Mux, handle func(*writer, context.Context, P) error) {
	inbox.OnDirect(m, func(ctx context.Context, payload P, e event.Envelope) error {
		if s.expected.Met(e.Type + e.Subject) {
			return nil
		}
		var w *writer
		err := m.Once(ctx, e, func(ctx context.Context, tx pgx.Tx) error {
			w = newWriter(tx)
			return handle(w, ctx, payload)
		})
		if err == nil && w != nil { // nil: handled before
			s.afterCommit(w)
		}
		return err
	})
}

// Topics are the topics of the events that Handle applies.
func (s *Service) Topics() []event.Topic { return s.inbox.Topics() }

// Handle applies an event of an order or a guest, once. A request for what was done before is
// answered by publishing its outcome again: the sender may have lost it.
func (s *Service) Handle(ctx context.Context, e event.Envelope) error { return s.inbox.Handle(ctx, e) }

func orderOf(o event.OrderFacts) Order {
	return Order{
		ID: o.OrderID, CheckoutID: o.CheckoutID, OwnerID: o.OwnerID, Number: o.Number,
		Amount: money.Money{Minor: o.TotalMinor, Currency: o.Currency},
	}
}

func (w *writer) orderPlaced(ctx context.Context, placed event.OrderPlaced) error {
	o := orderOf(placed.OrderFacts)
	o.GiftCards = placed.GiftCards
	_, _, err := w.upsertOrder(ctx, o, orderOpen)
	return err
}

func (w *writer) paymentDue(ctx context.Context, due event.PaymentDue) error {
	request := AuthorizeRequest{
		PaymentID: due.PaymentID, Token: due.Token, ReturnURL: due.ReturnURL,
		Order: Order{
			ID: due.OrderID, CheckoutID: due.CheckoutID, OwnerID: due.OwnerID, Number: due.Number,
			Amount: money.Money{Minor: due.AmountMinor, Currency: due.Currency}, GiftCards: due.GiftCards,
		},
	}
	if err := request.check(); err != nil {
		return err
	}
	exists, err := w.requestAuthorization(ctx, request)
	if err != nil || !exists {
		return err
	}
	p, _, err := w.lock(ctx, due.PaymentID)
	if err != nil {
		return err
	}
	return w.republish(ctx, p, p.outcomeEvent())
}

func (w *writer) captureDue(ctx context.Context, due event.CaptureDue) error {
	p, err := w.requestCapture(ctx, due.PaymentID)
	if err != nil {
		return err
	}
	switch p.Status {
	case Captured, PartiallyRefunded, Refunded, Disputed, ChargedBack:
		return w.republish(ctx, p, event.PaymentCaptured{PaymentFacts: p.facts()})
	case Declined, Voided, Failed:
		return w.republish(ctx, p, p.captureFailed())
	default:
		return nil // its outcome will be published
	}
}

func (w *writer) orderConfirmed(ctx context.Context, o event.OrderConfirmed) error {
	if _, _, err := w.upsertOrder(ctx, orderOf(o.OrderFacts), orderOpen); err != nil {
		return err
	}
	w.queue(func(q *db.Queries) error { return q.MarkOrderPaid(ctx, o.OrderID) })
	return nil
}

// orderEnded closes an order and cancels its payments. An order that is not stored
// is stored as closed, so that a payment request that arrives later is declined.
// A payment that was voided before is published again: the order subgraph waits
// for it after a cancellation.
func (w *writer) orderEnded(ctx context.Context, o event.OrderFacts) error {
	order, _, err := w.upsertOrder(ctx, orderOf(o), orderClosed)
	if err != nil {
		return err
	}
	if err := w.closeOrder(ctx, order); err != nil {
		return err
	}
	payments, err := w.paymentsOf(ctx, order)
	if err != nil {
		return err
	}
	for _, p := range payments {
		if p.Status != Voided && p.Status != Failed {
			continue
		}
		if err := w.republish(ctx, p, event.PaymentVoided{PaymentFacts: p.facts()}); err != nil {
			return err
		}
	}
	return nil
}

// republish publishes an outcome again, unless it has just been published. The age
// is a matter of load, not of correctness: receivers handle repeated outcomes.
func (w *writer) republish(ctx context.Context, p Payment, outcome event.Payload) error {
	if time.Since(p.UpdatedAt) < republishAfter {
		return nil
	}
	return w.publish(ctx, outcome)
}
