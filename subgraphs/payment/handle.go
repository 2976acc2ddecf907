package payment

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/event"
	"cartograph/internal/inbox"
	"cartograph/internal/money"
)

// settling is for how long after a change a repeated request is not answered
// again by an event: the change itself has just been told.
const settling = 2 * time.Second

// concerns are the types of event that payment does something about.
var concerns = []string{
	event.Type[event.OrderPlaced](), event.Type[event.PaymentDue](), event.Type[event.CaptureDue](),
	event.Type[event.OrderConfirmed](), event.Type[event.OrderCancelled](), event.Type[event.OrderExpired](),
}

// Topics are what Handle wants to hear.
func (s *Service) Topics() []event.Topic { return []event.Topic{event.Orders} }

// Handle does what an order's event asks for, once. A request for what was
// done already is answered by telling the outcome again.
func (s *Service) Handle(ctx context.Context, e event.Envelope) error {
	if !slices.Contains(concerns, e.Type) || s.done.Take(e.Type+e.Subject) {
		return nil // not about money, or done by a call; not worth a transaction
	}
	var w *writer
	err := inbox.Once(s.outbox, "payment", func(ctx context.Context, tx pgx.Tx, e event.Envelope) error {
		w = newWriter(tx)
		return w.handle(ctx, e)
	})(ctx, e)
	if err == nil && w != nil {
		s.after(w)
	}
	return err
}

func (w *writer) handle(ctx context.Context, e event.Envelope) error {
	switch e.Type {
	case event.Type[event.OrderPlaced]():
		return handled(ctx, e, w.orderPlaced)
	case event.Type[event.PaymentDue]():
		return handled(ctx, e, w.paymentDue)
	case event.Type[event.CaptureDue]():
		return handled(ctx, e, w.captureDue)
	case event.Type[event.OrderConfirmed]():
		return handled(ctx, e, w.orderConfirmed)
	case event.Type[event.OrderCancelled]():
		return handled(ctx, e, func(ctx context.Context, o event.OrderCancelled) error { return w.orderEnded(ctx, o.OrderFacts) })
	case event.Type[event.OrderExpired]():
		return handled(ctx, e, func(ctx context.Context, o event.OrderExpired) error { return w.orderEnded(ctx, o.OrderFacts) })
	default:
		return nil // not for us
	}
}

func handled[P event.Payload](ctx context.Context, e event.Envelope, fn func(context.Context, P) error) error {
	payload, err := event.Decode[P](e)
	if err != nil {
		return err
	}
	return fn(ctx, payload)
}

func orderOf(o event.OrderFacts) Order {
	return Order{
		ID: o.OrderID, CheckoutID: o.CheckoutID, OwnerID: o.OwnerID, Number: o.Number,
		Amount: money.Money{Minor: o.TotalMinor, Currency: o.Currency},
	}
}

func (w *writer) orderPlaced(ctx context.Context, o event.OrderPlaced) error {
	_, _, err := w.order(ctx, orderOf(o.OrderFacts), orderOpen)
	return err
}

func (w *writer) paymentDue(ctx context.Context, due event.PaymentDue) error {
	wish := Wish{
		PaymentID: due.PaymentID, Token: due.Token, ReturnURL: due.ReturnURL,
		Order: Order{
			ID: due.OrderID, CheckoutID: due.CheckoutID, OwnerID: due.OwnerID, Number: due.Number,
			Amount: money.Money{Minor: due.AmountMinor, Currency: due.Currency},
		},
	}
	if err := wish.check(); err != nil {
		return err
	}
	found, err := w.wish(ctx, wish)
	if err != nil || !found {
		return err
	}
	p, _, err := w.lock(ctx, due.PaymentID)
	if err != nil {
		return err
	}
	return w.tellAgain(ctx, p, p.outcome())
}

func (w *writer) captureDue(ctx context.Context, due event.CaptureDue) error {
	p, err := w.capture(ctx, due.PaymentID)
	if err != nil {
		return err
	}
	switch p.Status {
	case Captured, PartiallyRefunded, Refunded, Disputed:
		return w.tellAgain(ctx, p, event.PaymentCaptured{PaymentFacts: p.facts()})
	case Declined, Voided, Failed:
		return w.tellAgain(ctx, p, p.captureFailed())
	default:
		return nil // it will be told
	}
}

func (w *writer) orderConfirmed(ctx context.Context, o event.OrderConfirmed) error {
	if _, _, err := w.order(ctx, orderOf(o.OrderFacts), orderOpen); err != nil {
		return err
	}
	return w.later.MarkOrderPaid(ctx, o.OrderID)
}

// orderEnded also notes an order that was not heard of, so that a payment that
// comes too late is refused.
func (w *writer) orderEnded(ctx context.Context, o event.OrderFacts) error {
	order, _, err := w.order(ctx, orderOf(o), orderClosed)
	if err != nil {
		return err
	}
	if err := w.close(ctx, order); err != nil {
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
		if err := w.tellAgain(ctx, p, event.PaymentVoided{PaymentFacts: p.facts()}); err != nil {
			return err
		}
	}
	return nil
}

// tellAgain repeats an outcome for one who asks again because he did not hear.
func (w *writer) tellAgain(ctx context.Context, p Payment, told event.Payload) error {
	if time.Since(p.UpdatedAt) < settling {
		return nil
	}
	return w.tell(ctx, told)
}
