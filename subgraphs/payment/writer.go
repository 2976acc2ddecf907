package payment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/audit"
	"cartograph/internal/event"
	"cartograph/internal/optional"
	"cartograph/internal/outbox"
	"cartograph/internal/pg"
	"cartograph/subgraphs/payment/db"
)

// writer changes payments within one transaction, and collects what has to follow
// its commit: see Service.afterCommit.
type writer struct {
	tx    pgx.Tx
	q     *db.Queries
	batch *pg.Batch // for statements without results: sent with the next statement or the commit

	// With a lease, the operation that is stored is leased to this process, which
	// executes leased after the commit.
	lease  time.Duration
	leased *db.Payment

	changed     []string // ids of payments, refunds and orders
	transitions []Transition
	hasPending  bool     // an operation was stored for the queue
	hasRefunds  bool     // a refund was stored for the queue
	hasDisputes bool     // an operation of a dispute was stored for the queue
	expected    []string // events that repeat what this transaction does
}

func newWriter(tx pgx.Tx) *writer {
	return &writer{tx: tx, q: db.New(tx), batch: pg.BatchOf(tx)}
}

// queue queues a query without results. If it fails, so does the transaction.
func (w *writer) queue(query func(*db.Queries) error) {
	w.batch.QueueQuery(func(e pg.Executor) error { return query(db.New(e)) })
}

// tries is the number of times that an operation stored by w has been sent, the
// leased one included.
func (w *writer) tries() int32 {
	if w.lease > 0 {
		return 1
	}
	return 0
}

// expect notes events of a checkout that will request what this transaction does.
func (w *writer) expect(checkoutID string, types ...string) {
	for _, t := range types {
		w.expected = append(w.expected, t+checkoutID)
	}
}

// lock locks a payment and its order, and reads both.
func (w *writer) lock(ctx context.Context, paymentID string) (p Payment, orderStatus string, err error) {
	row, err := w.q.LockPayment(ctx, paymentID)
	if errors.Is(err, pgx.ErrNoRows) {
		return Payment{}, "", paymentNotFound()
	}
	if err != nil {
		return Payment{}, "", fmt.Errorf("lock payment %s: %w", paymentID, err)
	}
	p = paymentOf(row.Payment, row.PayableOrder.CheckoutID, row.PayableOrder.OwnerID)
	p.OrderNumber = row.PayableOrder.Number
	return p, row.PayableOrder.Status, nil
}

// storeTransition stores a transition with its attempt, journal and events. The
// payment is locked; the statement still compares the status, so that a caller
// without the lock fails instead of overwriting.
func (w *writer) storeTransition(ctx context.Context, t Transition, source Source) error {
	if t.Before.Status != t.After.Status && !t.Before.Status.MayBecome(t.After.Status) {
		return fmt.Errorf("payment %s cannot go from %s to %s", t.After.ID, t.Before.Status, t.After.Status)
	}
	w.updatePayment(ctx, t, source)
	kind, postings := t.journal()
	w.writeJournal(ctx, t.After, kind, t.number(), nil, postings)
	if t.After.Gift.Minor > 0 && t.endsUncaptured() {
		if err := w.returnGift(ctx, t.After); err != nil {
			return err
		}
	}
	w.changed = append(w.changed, t.After.ID)
	w.transitions = append(w.transitions, t)
	w.hasPending = w.hasPending || t.After.PendingOperation != OpNone
	return outbox.Write(ctx, w.tx, t.events()...)
}

// updatePayment stores a payment's new state. One that was never sent to the
// gateway has no attempt.
func (w *writer) updatePayment(ctx context.Context, t Transition, source Source) {
	w.queue(func(q *db.Queries) error {
		if t.Before.Status == Created {
			return q.VoidUnsentPayment(ctx, t.After.ID)
		}
		return q.ApplyTransition(ctx, transitionParams(t, source))
	})
}

func transitionParams(t Transition, source Source) db.ApplyTransitionParams {
	p := t.After
	params := db.ApplyTransitionParams{
		ID: p.ID, FromStatus: string(t.Before.Status), Status: string(p.Status), PendingOperation: string(p.PendingOperation),
		AuthorizedMinor: p.Authorized.Minor, CapturedMinor: p.Captured.Minor, VoidedMinor: p.Voided.Minor,
		DisputedMinor: p.Disputed.Minor,
		GatewayID:     optional.Value(p.GatewayReference),
		CardBrand:     optional.Value(p.Method.Brand), CardLast4: optional.Value(p.Method.Last4), CardExpiry: optional.Value(p.Method.Expiry),
		Operation: string(t.Operation), Number: t.number(), Outcome: string(t.Outcome), AmountMinor: t.Amount.Minor, Currency: t.Amount.Currency,
		Source: string(source),
	}
	if t.Outcome == Refused {
		params.Message = p.Failure.Code
	}
	if p.NextAction != nil {
		params.ActionURL, params.ActionExpiresAt = p.NextAction.RedirectURL, &p.NextAction.ExpiresAt
	}
	if p.Failure != nil {
		params.FailureCode, params.FailureRetryable = p.Failure.Code, p.Failure.Retryable
	}
	return params
}

// setPending stores the operation to send next. The payment is locked.
func (w *writer) setPending(ctx context.Context, p Payment, op Operation) {
	w.queue(func(q *db.Queries) error {
		return q.SetPendingOperation(ctx, db.SetPendingOperationParams{
			ID: p.ID, FromStatus: string(p.Status), FromPendingOperation: string(p.PendingOperation),
			PendingOperation: string(op), Tries: w.tries(), Lease: w.lease,
		})
	})
	w.changed = append(w.changed, p.ID)
	if w.lease > 0 {
		w.leased = &db.Payment{
			ID: p.ID, OrderID: p.OrderID, Status: string(p.Status), PendingOperation: string(op), Tries: w.tries(),
			GatewayID:   optional.Value(p.GatewayReference),
			AmountMinor: p.Amount.Minor, GiftMinor: p.Gift.Minor, AuthorizedMinor: p.Authorized.Minor, Currency: p.Amount.Currency,
		}
		return
	}
	w.hasPending = true
}

// publish writes an event to the outbox, if there is one.
func (w *writer) publish(ctx context.Context, e event.Payload) error {
	if e == nil {
		return nil
	}
	return outbox.Write(ctx, w.tx, e)
}

// audit publishes what staff did to a payment.
func (w *writer) audit(ctx context.Context, action audit.Action, p Payment, before, after audit.Values) error {
	return audit.Write(ctx, w.tx, time.Now(), action, p.ID, before, after)
}

// requestRefund stores a refund of a part of the captured amount; false if less
// than that is left. The amount is reserved first, by a conditional update: two
// refunds at once cannot both have the last part.
func (w *writer) requestRefund(ctx context.Context, p Payment, refundID string, minor int64, reason Reason, note string) (enough bool, err error) {
	gift, err := w.giftOfRefund(ctx, p, minor)
	if err != nil {
		return false, err
	}
	n, err := w.q.ReserveRefund(ctx, db.ReserveRefundParams{ID: p.ID, AmountMinor: minor})
	if err != nil {
		return false, fmt.Errorf("reserve refund of payment %s: %w", p.ID, err)
	}
	if n == 0 {
		return false, nil
	}
	w.queue(func(q *db.Queries) error {
		return q.InsertRefund(ctx, db.InsertRefundParams{ID: refundID, PaymentID: p.ID, AmountMinor: minor, GiftMinor: gift, Reason: string(reason), Note: note})
	})
	w.hasRefunds, w.changed = true, append(w.changed, p.ID)
	return true, nil
}
