package notification

import (
	"context"
	"encoding/json"
	"net/mail"

	"github.com/jackc/pgx/v5"

	"cartograph/consumers/notification/db"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/inbox"
	"cartograph/internal/pg"
)

// registerHandlers registers the event types that have a mail.
func (w *Worker) registerHandlers() {
	inbox.On(w.events, enqueuer(orderConfirmed))
	inbox.On(w.events, enqueuer(paymentFailed))
	inbox.On(w.events, enqueuer(orderCancelled))
	inbox.On(w.events, enqueuer(orderExpired))
	w.events.AfterCommit(func(event.Envelope) { w.enqueued.Notify() })
}

// enqueuer returns the handler that enqueues the mail of an event.
func enqueuer[P event.Payload](mailOf func(P) Mail) func(context.Context, pgx.Tx, P, event.Envelope) error {
	return func(ctx context.Context, tx pgx.Tx, p P, _ event.Envelope) error { return enqueue(ctx, tx, mailOf(p)) }
}

// Topics are the topics to subscribe Handle to.
func (w *Worker) Topics() []event.Topic { return w.events.Topics() }

// Handle enqueues the mail of an event, once. An event of a type without a mail
// is skipped.
func (w *Worker) Handle(ctx context.Context, e event.Envelope) error { return w.events.Handle(ctx, e) }

func enqueue(ctx context.Context, tx pgx.Tx, m Mail) error {
	if _, err := mail.ParseAddress(m.Email); err != nil || m.OrderID == "" {
		return fault.New(fault.Invalid, "Order %q has no deliverable mail address: %q.", m.OrderID, m.Email)
	}
	content, err := json.Marshal(m)
	if err != nil {
		return err
	}
	batch := pg.BatchOf(tx)
	if m.Kind != PaymentFailed {
		batch.QueueQuery(func(e pg.Executor) error { return db.New(e).DropPaymentFailed(ctx, m.OrderID) })
	}
	batch.QueueQuery(func(e pg.Executor) error {
		return db.New(e).Enqueue(ctx, db.EnqueueParams{
			ID: id.New(id.Mail), OrderID: m.OrderID, Kind: string(m.Kind), PaymentID: m.PaymentID, Content: content,
		})
	})
	return nil
}

func orderConfirmed(p event.OrderConfirmed) Mail {
	return Mail{
		Kind: OrderConfirmed, OrderFacts: p.OrderFacts, Lines: p.Lines,
		SubtotalMinor: p.SubtotalMinor, ShippingMinor: p.ShippingMinor, TaxMinor: p.TaxMinor, TaxIncluded: p.TaxIncluded,
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
