package payment

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/hub"
	"cartograph/internal/inbox"
	"cartograph/internal/money"
	"cartograph/internal/outbox"
	"cartograph/subgraphs/payment/db"
	"cartograph/subgraphs/payment/gateway"
)

// Service takes payments for orders.
type Service struct {
	pool    *pgxpool.Pool
	outbox  *outbox.Outbox
	gateway gateway.Gateway
	cfg     Config
	log     *slog.Logger
	now     func() time.Time

	payments, refunds, webhooks *queue          // what RunWorker works on
	changes                     hub.Hub[string] // by payment id, and by what subscribersOf names
	done                        inbox.Foreseen  // events that ask for what calls asked for
	seen                        memory          // what webhooks need not tell
}

// NewService returns a service on a migrated database. Nothing is asked of the
// gateway unless RunWorker runs, here or in another replica.
func NewService(pool *pgxpool.Pool, o *outbox.Outbox, gw gateway.Gateway, cfg Config, log *slog.Logger, now func() time.Time) *Service {
	s := &Service{pool: pool, outbox: o, gateway: gw, cfg: cfg, log: log, now: now}
	s.payments = newQueue("payments", cfg.Workers, s.leasePayments, log)
	s.refunds = newQueue("refunds", cfg.Workers, s.leaseRefunds, log)
	s.webhooks = newQueue("webhooks", cfg.Workers, s.leaseWebhooks, log)
	return s
}

// The statuses of an order that is to be paid.
const (
	orderOpen   = "OPEN"
	orderPaid   = "PAID"
	orderClosed = "CLOSED" // nothing more is to be paid, what was paid goes back
)

// Order is what a customer owes.
type Order struct {
	ID, CheckoutID, OwnerID, Number string
	Amount                          money.Money
}

// change runs fn in a transaction, and then tells those who wait for what fn
// touched and those who have work by it.
func (s *Service) change(ctx context.Context, fn func(*writer) error) error {
	var w *writer
	err := s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		w = newWriter(tx)
		return fn(w)
	})
	if err == nil {
		s.after(w)
	}
	return err
}

// after is what follows once the writer's transaction is committed.
func (s *Service) after(w *writer) {
	s.changes.Notify(w.touched...)
	if w.wanted {
		s.payments.kick()
	}
	if w.refunding {
		s.refunds.kick()
	}
	s.done.Note(w.foreseen...)
	for _, step := range w.steps {
		if step.Before.Status != step.After.Status {
			reached.WithLabelValues(string(step.After.Status)).Inc()
		}
	}
}

// paymentOf makes a Payment of its row.
func paymentOf(row db.Payment, checkoutID, ownerID string) Payment {
	in := func(minor int64) money.Money { return money.Money{Minor: minor, Currency: row.Currency} }
	p := Payment{
		ID: row.ID, OrderID: row.OrderID, CheckoutID: checkoutID, OwnerID: ownerID,
		Status: Status(row.Status), Want: Want(row.Want),
		Amount: in(row.AmountMinor), Authorized: in(row.AuthorizedMinor), Captured: in(row.CapturedMinor),
		Voided: in(row.VoidedMinor), Refunded: in(row.RefundedMinor), RefundPending: in(row.RefundPendingMinor),
		Disputed:         in(row.DisputedMinor),
		GatewayReference: known(row.GatewayID),
		Unreachable:      row.LastError != "",
		Method:           Method{Brand: known(row.CardBrand), Last4: known(row.CardLast4), Expiry: known(row.CardExpiry)},
		CreatedAt:        row.CreatedAt, UpdatedAt: row.UpdatedAt,
	}
	if row.ActionExpiresAt != nil {
		p.NextAction = &NextAction{RedirectURL: row.ActionURL, ExpiresAt: *row.ActionExpiresAt}
	}
	if row.FailureCode != "" {
		p.Failure = &Failure{Code: row.FailureCode, Message: row.FailureMessage, Retryable: row.FailureRetryable}
	}
	return p
}

func known(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
