// Package notification writes mails to customers about their orders.
//
// An event leaves a row that a mail is owed, in the transaction that marks the
// event handled; a sender pays the debt outside of any transaction and tries
// again for three days.
//
// What is never true here:
//
//   - a customer is told the same thing about an order by two mails: a row is
//     unique per order and kind (and payment, where an attempt to pay failed),
//     and a mail that has to be sent again after a crash has the same
//     Message-ID, by which mailboxes know it;
//   - a mail is owed and forgotten;
//   - what customers or sellers typed is read as HTML or as a mail header.
package notification

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/mail"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/consumers/notification/db"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/inbox"
	"cartograph/internal/outbox"
	"cartograph/internal/pg"
)

// Kind is what a mail is about.
type Kind string

// The kinds of mail.
const (
	OrderConfirmed Kind = "ORDER_CONFIRMED"
	PaymentFailed  Kind = "PAYMENT_FAILED"
	OrderCancelled Kind = "ORDER_CANCELLED" // also when it expired unpaid
)

// Letter is all that a mail tells. It is stored until the mail is sent.
type Letter struct {
	Kind Kind `json:"kind"`
	event.OrderFacts
	Lines         []event.OrderLine `json:"lines,omitempty"`
	SubtotalMinor int64             `json:"subtotalMinor"`
	ShippingMinor int64             `json:"shippingMinor"`
	TaxMinor      int64             `json:"taxMinor"`
	Reason        string            `json:"reason,omitempty"` // why it was cancelled, or declined
	AttemptsLeft  int               `json:"attemptsLeft"`
	PayBefore     time.Time         `json:"payBefore"`
}

// Worker owes mails, and sends them.
type Worker struct {
	pool *pgxpool.Pool
	smtp smtp
	page *composer
	once func(context.Context, event.Envelope) error
	kick chan struct{} // receives when a mail is owed
	log  *slog.Logger
}

// NewWorker returns a worker on a migrated database. A mail server's address
// or a sender that cannot be understood is an error.
func NewWorker(pool *pgxpool.Pool, o *outbox.Outbox, cfg Config, log *slog.Logger) (*Worker, error) {
	server, err := parseSMTP(cfg.SMTPURL)
	if err != nil {
		return nil, fmt.Errorf("mail server's address: %w", err)
	}
	page, err := newComposer(cfg.From, cfg.ShopURL)
	if err != nil {
		return nil, err
	}
	w := &Worker{pool: pool, smtp: server, page: page, kick: make(chan struct{}, 1), log: log}
	w.once = inbox.Once(o, "notification", handle)
	return w, nil
}

// Topics are those that Handle wants to see.
func (w *Worker) Topics() []event.Topic { return []event.Topic{event.Orders} }

// Handle notes the mail that an event calls for, once.
func (w *Worker) Handle(ctx context.Context, e event.Envelope) error {
	switch e.Type {
	case event.Type[event.OrderConfirmed](), event.Type[event.OrderPaymentFailed](),
		event.Type[event.OrderCancelled](), event.Type[event.OrderExpired]():
	default:
		return nil // nothing that we write about
	}
	if err := w.once(ctx, e); err != nil {
		return err
	}
	select {
	case w.kick <- struct{}{}:
	default: // the sender will look anyway
	}
	return nil
}

func handle(ctx context.Context, tx pgx.Tx, e event.Envelope) error {
	l, occasion, err := letterOf(e)
	if err != nil {
		return err
	}
	if _, err := mail.ParseAddress(l.Email); err != nil || l.OrderID == "" {
		return fault.New(fault.Invalid, "No mail about order %q can go to %q.", l.OrderID, l.Email)
	}
	encoded, err := json.Marshal(l)
	if err != nil {
		return err
	}
	q := db.New(pg.Patient(tx))
	if l.Kind != PaymentFailed {
		if err := q.DropPaymentFailed(ctx, l.OrderID); err != nil {
			return fmt.Errorf("drop mails that are no longer true: %w", err)
		}
	}
	err = q.Owe(ctx, db.OweParams{
		ID: id.New(id.Mail), OrderID: l.OrderID, Kind: string(l.Kind), Occasion: occasion, Letter: encoded,
	})
	if err != nil {
		return fmt.Errorf("owe a mail about %s: %w", l.OrderID, err)
	}
	return nil
}

// letterOf is what an event calls to be written, and on which of several
// occasions.
func letterOf(e event.Envelope) (l Letter, occasion string, err error) {
	switch e.Type {
	case event.Type[event.OrderConfirmed]():
		p, err := event.Decode[event.OrderConfirmed](e)
		return Letter{
			Kind: OrderConfirmed, OrderFacts: p.OrderFacts, Lines: p.Lines,
			SubtotalMinor: p.SubtotalMinor, ShippingMinor: p.ShippingMinor, TaxMinor: p.TaxMinor,
		}, "", err
	case event.Type[event.OrderPaymentFailed]():
		p, err := event.Decode[event.OrderPaymentFailed](e)
		return Letter{
			Kind: PaymentFailed, OrderFacts: p.OrderFacts, Reason: p.DeclineCode, AttemptsLeft: p.AttemptsLeft, PayBefore: p.PayBefore,
		}, p.PaymentID, err
	case event.Type[event.OrderExpired]():
		p, err := event.Decode[event.OrderExpired](e)
		return Letter{Kind: OrderCancelled, OrderFacts: p.OrderFacts, Reason: "PAYMENT_EXPIRED"}, "", err
	default:
		p, err := event.Decode[event.OrderCancelled](e)
		return Letter{Kind: OrderCancelled, OrderFacts: p.OrderFacts, Reason: p.Reason}, "", err
	}
}
