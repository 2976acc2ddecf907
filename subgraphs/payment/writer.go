package payment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/outbox"
	"cartograph/internal/pg"
	"cartograph/subgraphs/payment/db"
)

// writer changes payments within one transaction, and remembers what is to
// follow once it is committed.
type writer struct {
	tx    pgx.Tx
	q     *db.Queries
	later *db.Queries // for what returns nothing: it goes with the next statement, or the commit

	// Whoever has a lease to give asks the gateway for what is wanted, here
	// and at once.
	lease  time.Duration
	leased *db.Payment

	touched   []string // payments and refunds that changed
	steps     []Step
	wanted    bool // a payment wants something of the gateway
	refunding bool // a refund does
	foreseen  []string
}

func newWriter(tx pgx.Tx) *writer {
	return &writer{tx: tx, q: db.New(tx), later: db.New(pg.Patient(tx))}
}

// tries is how often the gateway was asked, or is about to be, for what w
// stores.
func (w *writer) tries() int32 {
	if w.lease > 0 {
		return 1
	}
	return 0
}

// foresee notes events of a checkout that will ask for what tx does.
func (w *writer) foresee(checkoutID string, types ...string) {
	for _, t := range types {
		w.foreseen = append(w.foreseen, t+checkoutID)
	}
}

// lock reads a payment and keeps others from changing it or its order.
func (w *writer) lock(ctx context.Context, paymentID string) (p Payment, orderStatus string, err error) {
	row, err := w.q.LockPayment(ctx, paymentID)
	if errors.Is(err, pgx.ErrNoRows) {
		return Payment{}, "", fault.New(fault.NotFound, "There is no such payment.")
	}
	if err != nil {
		return Payment{}, "", fmt.Errorf("lock payment %s: %w", paymentID, err)
	}
	return paymentOf(row.Payment, row.PayableOrder.CheckoutID, row.PayableOrder.OwnerID), row.PayableOrder.Status, nil
}

// take stores a step with its attempt, its journal and its events. The payment
// is locked, so that it is still where the step starts.
func (w *writer) take(ctx context.Context, s Step, source Source) error {
	if s.Before.Status != s.After.Status && !s.Before.Status.MayBecome(s.After.Status) {
		return fmt.Errorf("payment %s cannot go from %s to %s", s.After.ID, s.Before.Status, s.After.Status)
	}
	if err := w.move(ctx, s, source); err != nil {
		return fmt.Errorf("move payment %s to %s: %w", s.After.ID, s.After.Status, err)
	}
	if kind, postings := s.journal(); len(postings) > 0 {
		if err := w.book(ctx, s.After, kind, nil, postings); err != nil {
			return err
		}
	}
	w.touched = append(w.touched, s.After.ID)
	w.steps = append(w.steps, s)
	w.wanted = w.wanted || s.After.Want != WantNothing
	return outbox.Write(ctx, w.tx, s.events()...)
}

// move stores where a step leads. Before the gateway was asked there is no
// attempt to note.
func (w *writer) move(ctx context.Context, s Step, source Source) error {
	if s.Before.Status == Created {
		return w.later.AbandonPayment(ctx, s.After.ID)
	}
	return w.later.TakeStep(ctx, stepOf(s, source))
}

func stepOf(s Step, source Source) db.TakeStepParams {
	p := s.After
	m := db.TakeStepParams{
		ID: p.ID, FromStatus: string(s.Before.Status), Status: string(p.Status), Want: string(p.Want),
		AuthorizedMinor: p.Authorized.Minor, CapturedMinor: p.Captured.Minor, VoidedMinor: p.Voided.Minor,
		DisputedMinor: p.Disputed.Minor,
		GatewayID:     text(p.GatewayReference),
		CardBrand:     text(p.Method.Brand), CardLast4: text(p.Method.Last4), CardExpiry: text(p.Method.Expiry),
		Operation: string(s.Operation), Outcome: string(s.Outcome), AmountMinor: s.Amount.Minor, Currency: s.Amount.Currency,
		Source: string(source),
	}
	if s.Outcome == Refused {
		m.Message = p.Failure.Message
	}
	if p.NextAction != nil {
		m.ActionURL, m.ActionExpiresAt = p.NextAction.RedirectURL, &p.NextAction.ExpiresAt
	}
	if p.Failure != nil {
		m.FailureCode, m.FailureMessage, m.FailureRetryable = p.Failure.Code, p.Failure.Message, p.Failure.Retryable
	}
	return m
}

// book writes a journal.
func (w *writer) book(ctx context.Context, p Payment, kind string, refundID *string, postings []posting) error {
	j := db.InsertJournalParams{PaymentID: p.ID, Kind: kind, RefundID: refundID, Currency: p.Amount.Currency}
	for _, side := range postings {
		j.Accounts, j.Amounts = append(j.Accounts, side.account), append(j.Amounts, side.minor)
	}
	if err := w.later.InsertJournal(ctx, j); err != nil {
		return fmt.Errorf("book %s of %s: %w", kind, p.ID, err)
	}
	return nil
}

// want stores what to ask the gateway for next. The payment is locked.
func (w *writer) want(ctx context.Context, p Payment, want Want) error {
	err := w.later.SetWant(ctx, db.SetWantParams{
		ID: p.ID, FromStatus: string(p.Status), FromWant: string(p.Want), Want: string(want), Tries: w.tries(), Lease: w.lease,
	})
	if err != nil {
		return fmt.Errorf("want %s of %s: %w", want, p.ID, err)
	}
	w.touched = append(w.touched, p.ID)
	if w.lease > 0 {
		w.leased = &db.Payment{
			ID: p.ID, OrderID: p.OrderID, Status: string(p.Status), Want: string(want), Tries: w.tries(), GatewayID: text(p.GatewayReference),
			AmountMinor: p.Amount.Minor, AuthorizedMinor: p.Authorized.Minor, Currency: p.Amount.Currency,
		}
		return nil
	}
	w.wanted = true
	return nil
}

// tell publishes an event, if there is one.
func (w *writer) tell(ctx context.Context, told event.Payload) error {
	if told == nil {
		return nil
	}
	return outbox.Write(ctx, w.tx, told)
}

// giveBack asks for a refund of a part of what was captured. False: there is
// not that much left.
func (w *writer) giveBack(ctx context.Context, p Payment, refundID string, amount int64, reason Reason, note string) (enough bool, err error) {
	n, err := w.q.ReserveRefund(ctx, db.ReserveRefundParams{ID: p.ID, AmountMinor: amount})
	if err != nil || n == 0 {
		return false, err
	}
	err = w.q.InsertRefund(ctx, db.InsertRefundParams{ID: refundID, PaymentID: p.ID, AmountMinor: amount, Reason: string(reason), Note: note})
	if err != nil {
		return false, fmt.Errorf("insert refund of %s: %w", p.ID, err)
	}
	w.refunding, w.touched = true, append(w.touched, p.ID)
	return true, nil
}
