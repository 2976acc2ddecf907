package notification

import (
	"context"
	"encoding/json"
	"fmt"
	"net/mail"

	"github.com/jackc/pgx/v5"

	"cartograph/consumers/notification/db"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/pg"
)

// builders makes the mail of each event type that has one. An event of any
// other type sends no mail.
var builders = map[string]func(event.Envelope) (Mail, error){
	event.Type[event.OrderConfirmed]():     builder(orderConfirmed),
	event.Type[event.OrderPaymentFailed](): builder(paymentFailed),
	event.Type[event.OrderCancelled]():     builder(orderCancelled),
	event.Type[event.OrderExpired]():       builder(orderExpired),
}

func builder[P event.Payload](mailOf func(P) Mail) func(event.Envelope) (Mail, error) {
	return func(e event.Envelope) (Mail, error) {
		p, err := event.Decode[P](e)
		return mailOf(p), err
	}
}

// Topics are the topics to subscribe Handle to.
func (w *Worker) Topics() []event.Topic { return []event.Topic{event.Orders} }

// Handle enqueues the mail of an event, once.
func (w *Worker) Handle(ctx context.Context, e event.Envelope) error {
	if _, ok := builders[e.Type]; !ok {
		return nil
	}
	if err := w.once(ctx, e); err != nil {
		return err
	}
	w.enqueued.Notify()
	return nil
}

func enqueue(ctx context.Context, tx pgx.Tx, e event.Envelope) error {
	m, err := builders[e.Type](e)
	if err != nil {
		return err
	}
	if _, err := mail.ParseAddress(m.Email); err != nil || m.OrderID == "" {
		return fault.New(fault.Invalid, "Order %q has no deliverable mail address: %q.", m.OrderID, m.Email)
	}
	content, err := json.Marshal(m)
	if err != nil {
		return err
	}
	q := db.New(pg.Patient(tx))
	if m.Kind != PaymentFailed {
		if err := q.DropPaymentFailed(ctx, m.OrderID); err != nil {
			return fmt.Errorf("drop outdated mails of %s: %w", m.OrderID, err)
		}
	}
	err = q.Enqueue(ctx, db.EnqueueParams{
		ID: id.New(id.Mail), OrderID: m.OrderID, Kind: string(m.Kind), PaymentID: m.PaymentID, Content: content,
	})
	if err != nil {
		return fmt.Errorf("enqueue mail about %s: %w", m.OrderID, err)
	}
	return nil
}

func orderConfirmed(p event.OrderConfirmed) Mail {
	return Mail{
		Kind: OrderConfirmed, OrderFacts: p.OrderFacts, Lines: p.Lines,
		SubtotalMinor: p.SubtotalMinor, ShippingMinor: p.ShippingMinor, TaxMinor: p.TaxMinor,
	}
}

func paymentFailed(p event.OrderPaymentFailed) Mail {
	return Mail{
		Kind: PaymentFailed, PaymentID: p.PaymentID, OrderFacts: p.OrderFacts,
		Reason: p.DeclineCode, AttemptsLeft: p.AttemptsLeft, PayBefore: p.PayBefore,
	}
}

func orderCancelled(p event.OrderCancelled) Mail {
	return Mail{Kind: OrderCancelled, OrderFacts: p.OrderFacts, Reason: p.Reason}
}

func orderExpired(p event.OrderExpired) Mail {
	return Mail{Kind: OrderCancelled, OrderFacts: p.OrderFacts, Reason: "PAYMENT_EXPIRED"}
}
