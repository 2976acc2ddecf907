package payment

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/singleflight"

	"cartograph/internal/event"
	"cartograph/internal/hub"
	"cartograph/internal/inbox"
	"cartograph/internal/limiter"
	"cartograph/internal/money"
	"cartograph/internal/optional"
	"cartograph/internal/outbox"
	"cartograph/subgraphs/payment/db"
	"cartograph/subgraphs/payment/gateway"
)

// Service takes payments for orders.
type Service struct {
	pool    *pgxpool.Pool
	outbox  *outbox.Outbox
	gateway gateway.Gateway
	orders  Orders
	cfg     Config
	log     *slog.Logger
	now     func() time.Time

	payments, refunds, disputes, webhooks *queue          // run by RunWorker
	changes                               hub.Hub[string] // by payment, refund, dispute and order id, and by subscriptionKey
	inbox                                 *inbox.Mux
	expected                              inbox.Expected // events that request what calls have done
	applied                               versionCache   // gateway versions that webhooks need not repeat

	reports     singleflight.Group // by payment and status
	reportSlots *limiter.Limiter
}

// NewService returns a service on a migrated database. Pending operations are sent
// to the gateway only while RunWorker runs, in this or another process.
func NewService(pool *pgxpool.Pool, o *outbox.Outbox, gw gateway.Gateway, orders Orders, cfg Config, log *slog.Logger, now func() time.Time) *Service {
	s := &Service{pool: pool, outbox: o, gateway: gw, orders: orders, cfg: cfg, log: log, now: now}
	s.payments = newQueue("payments", cfg.Workers, s.leasePayments, log)
	s.refunds = newQueue("refunds", cfg.Workers, s.leaseRefunds, log)
	s.disputes = newQueue("disputes", cfg.Workers, s.leaseDisputes, log)
	s.webhooks = newQueue("webhooks", cfg.Workers, s.leaseWebhooks, log)
	s.inbox = s.events()
	s.reportSlots = limiter.New(limiter.Config{Concurrent: maxOpenReports})
	return s
}

// The statuses of a payable order.
const (
	orderOpen   = "OPEN"
	orderPaid   = "PAID"
	orderClosed = "CLOSED" // accepts no payment; its payments are voided or refunded
)

// Order is an order to be paid, as the order subgraph described it.
type Order struct {
	ID, CheckoutID, OwnerID, Number string
	Amount                          money.Money
	GiftCards                       []event.GiftCardPart // what they pay of the amount
}

// change runs fn in a transaction, and after its commit notifies those who wait
// for what fn changed. fn may run several times: it must not keep state outside
// its writer.
func (s *Service) change(ctx context.Context, fn func(*writer) error) error {
	var w *writer
	err := s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		w = newWriter(tx)
		return fn(w)
	})
	if err == nil {
		s.afterCommit(w)
	}
	return err
}

// afterCommit passes on what a writer has committed. Nothing here may be needed
// for correctness: a process can die before it. Queues poll, waiting calls poll,
// and an event that is not expected is handled and changes nothing.
func (s *Service) afterCommit(w *writer) {
	s.changes.Notify(w.changed...)
	if w.hasPending {
		s.payments.ready.Notify()
	}
	if w.hasRefunds {
		s.refunds.ready.Notify()
	}
	if w.hasDisputes {
		s.disputes.ready.Notify()
	}
	s.expected.Expect(w.expected...)
	for _, t := range w.transitions {
		if t.Before.Status != t.After.Status {
			statusReached.WithLabelValues(string(t.After.Status)).Inc()
		}
	}
}

// paymentOf converts a row.
func paymentOf(row db.Payment, checkoutID, ownerID string) Payment {
	in := func(minor int64) money.Money { return money.Money{Minor: minor, Currency: row.Currency} }
	p := Payment{
		ID: row.ID, OrderID: row.OrderID, CheckoutID: checkoutID, OwnerID: ownerID,
		Status: Status(row.Status), PendingOperation: Operation(row.PendingOperation),
		Amount: in(row.AmountMinor), Gift: in(row.GiftMinor), GiftRefunded: in(row.GiftRefundedMinor), Authorized: in(row.AuthorizedMinor), Captured: in(row.CapturedMinor),
		Voided: in(row.VoidedMinor), Refunded: in(row.RefundedMinor), RefundPending: in(row.RefundPendingMinor),
		Disputed:         in(row.DisputedMinor),
		GatewayReference: optional.Of(row.GatewayID),
		Unreachable:      row.LastError != "",
		Method:           Method{Brand: optional.Of(row.CardBrand), Last4: optional.Of(row.CardLast4), Expiry: optional.Of(row.CardExpiry), GiftCard: row.GiftMinor == row.AmountMinor},
		CreatedAt:        row.CreatedAt, UpdatedAt: row.UpdatedAt,
	}
	if row.ActionExpiresAt != nil {
		p.NextAction = &NextAction{RedirectURL: row.ActionURL, ExpiresAt: *row.ActionExpiresAt}
	}
	if row.FailureCode != "" {
		p.Failure = &Failure{Code: row.FailureCode, Retryable: row.FailureRetryable}
	}
	return p
}
