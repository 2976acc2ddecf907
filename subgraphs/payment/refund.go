package payment

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"cartograph/internal/audit"
	"cartograph/internal/auth"
	"cartograph/internal/cardnumber"
	"cartograph/internal/decline"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/idempotency"
	"cartograph/internal/message"
	"cartograph/internal/money"
	"cartograph/internal/optional"
	"cartograph/internal/outbox"
	"cartograph/subgraphs/payment/db"
	"cartograph/subgraphs/payment/gateway"
)

// RefundStatus is the state of a refund:
//
//	REQUESTED → PENDING → SUCCEEDED | FAILED
//
// The amount of a refund is reserved on its payment (RefundPending) from REQUESTED
// until it is settled. Settling moves it to Refunded or gives it back, in the
// transaction that stores the outcome, so that at every commit
//
//	refunded + Σ refunds under way = refunded + refund pending ≤ captured
type RefundStatus string

// The statuses.
const (
	RefundRequested RefundStatus = "REQUESTED"
	RefundPending   RefundStatus = "PENDING" // sent to the gateway
	RefundSucceeded RefundStatus = "SUCCEEDED"
	RefundFailed    RefundStatus = "FAILED" // staff must act
)

// Refund returns a part of a captured amount to the customer.
type Refund struct {
	ID        string
	PaymentID string
	OrderID   string
	Amount    money.Money
	Status    RefundStatus
	Reason    Reason
	CreatedAt time.Time
	SettledAt *time.Time

	batch *refundBatch // of the refunds read by the same query
}

// RefundRequest is a refund requested by staff.
type RefundRequest struct {
	OrderID        string
	PaymentID      *string      // default: the order's captured payment
	Amount         *money.Money // default: all that is refundable
	Lines          []LineUnits  // instead of an amount
	Reason         Reason
	Note           string // for staff, may be empty
	IdempotencyKey string
}

const maxNoteLength = 1000 // characters

func (r RefundRequest) check() error {
	if err := cardnumber.Refuse(r.OrderID, optional.Value(r.PaymentID), r.Note); err != nil {
		return err
	}
	if utf8.RuneCountInString(r.Note) > maxNoteLength {
		return fault.Localized(fault.Invalid, "payment.note_too_long", message.Args{"limit": maxNoteLength}).At("input", "note")
	}
	if r.Amount != nil && r.Amount.Minor <= 0 {
		return fault.Localized(fault.Invalid, "payment.amount_not_positive").At("input", "amount")
	}
	if r.Amount != nil && len(r.Lines) > 0 {
		return fault.Localized(fault.Invalid, "payment.amount_or_lines").At("input", "lines")
	}
	return checkLines(r.Lines)
}

// Refund stores a refund and waits for its outcome, for Config.Wait at most.
func (s *Service) Refund(ctx context.Context, r RefundRequest) (refund *Refund, replayed bool, err error) {
	if err := r.check(); err != nil {
		return nil, false, err
	}
	paid, err := s.paidLines(ctx, r)
	if err != nil {
		return nil, false, err
	}
	refundID := ""
	err = s.change(ctx, func(w *writer) error {
		refundID, replayed, err = w.refund(ctx, r, paid)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	err = s.pollUntil(ctx, refundID, s.cfg.Wait, func(ctx context.Context) (bool, error) {
		found, err := s.RefundsByID(ctx, Everyone, []string{refundID})
		if err != nil {
			return false, err
		}
		refund = found[0]
		return refund.SettledAt != nil, nil
	})
	return refund, replayed, err
}

func (w *writer) refund(ctx context.Context, r RefundRequest, paid []event.PaidLine) (refundID string, replayed bool, err error) {
	refundID = id.New(id.Refund)
	input := map[string]any{"order": r.OrderID, "payment": r.PaymentID, "amount": r.Amount, "reason": r.Reason, "note": r.Note}
	if len(r.Lines) > 0 { // keys from before there were lines stay valid
		input["lines"] = r.Lines
	}
	earlier, err := idempotency.Claim(ctx, w.tx, auth.From(ctx).ID, "refundCreate", r.IdempotencyKey, input, refundID)
	if err != nil || earlier != "" {
		return earlier, true, err
	}
	order, err := w.lockOrder(ctx, r.OrderID)
	if err != nil {
		return "", false, err
	}
	payments, err := w.paymentsOf(ctx, order)
	if err != nil {
		return "", false, err
	}
	p, err := refundable(payments, r.PaymentID)
	if err != nil {
		return "", false, err
	}
	w.storeLines(ctx, r.OrderID, paid)
	amount, parts, err := w.amountOf(ctx, r, p)
	if err != nil {
		return "", false, err
	}
	exceeds := fault.Localized(fault.Conflict, "payment.exceeds_captured", message.Args{"refundable": p.Refundable()}).
		WithCode("AMOUNT_EXCEEDS_CAPTURED").At("input", "amount")
	if amount.Minor <= 0 {
		return "", false, exceeds
	}
	enough, err := w.requestLineRefund(ctx, p, refundID, parts, amount.Minor, r.Reason, r.Note)
	if err == nil && !enough {
		err = exceeds
	}
	if err != nil {
		return "", false, err
	}
	return refundID, false, w.audit(ctx, audit.RefundRequested, p, nil, audit.Values{
		"refundId": refundID, "amount": amount.String(), "lines": r.Lines, "reason": r.Reason, "note": r.Note,
	})
}

// amountOf is what a request refunds of a payment, and which part of it is for which
// line.
func (w *writer) amountOf(ctx context.Context, r RefundRequest, p Payment) (amount money.Money, parts []lineShare, err error) {
	switch amount = p.Refundable(); {
	case len(r.Lines) > 0:
		lines, err := w.linesOf(ctx, r.OrderID)
		if err == nil {
			err = checkUnits(lines, r.Lines)
		}
		if err != nil {
			return amount, nil, err
		}
		parts, amount.Minor = shares(lines, r.Lines, amount.Minor)
		return amount, parts, nil
	case r.Amount != nil:
		amount = *r.Amount
	}
	if amount.Currency != p.Amount.Currency {
		err = fault.Localized(fault.Invalid, "payment.other_currency", message.Args{"currency": p.Amount.Currency}).At("input", "amount", "currencyCode")
	}
	return amount, nil, err
}

// refundable returns the payment to refund: the one that is named, or else the
// captured one. An order has at most one of those.
func refundable(payments []Payment, named *string) (Payment, error) {
	for _, p := range payments {
		if named != nil && p.ID != *named || named == nil && p.Captured.Minor == 0 {
			continue
		}
		switch {
		case p.Status == Disputed:
			return Payment{}, fault.Localized(fault.Conflict, "payment.disputed").WithCode("REFUND_NOT_ALLOWED").At("input", "paymentId")
		case p.Status == ChargedBack:
			return Payment{}, fault.Localized(fault.Conflict, "payment.charged_back").WithCode("REFUND_NOT_ALLOWED").At("input", "paymentId")
		case p.Captured.Minor == 0:
			return Payment{}, fault.Localized(fault.Conflict, "payment.not_captured").WithCode("REFUND_NOT_ALLOWED").At("input", "paymentId")
		}
		return p, nil
	}
	if named != nil {
		return Payment{}, fault.Localized(fault.NotFound, "payment.no_payment_of_order").At("input", "paymentId")
	}
	return Payment{}, fault.Localized(fault.Conflict, "payment.none_captured").WithCode("REFUND_NOT_ALLOWED").At("input", "orderId")
}

// leaseRefunds leases refunds that are due.
func (s *Service) leaseRefunds(ctx context.Context, limit int) ([]task, error) {
	rows, err := db.New(s.pool).LeaseRefunds(ctx, db.LeaseRefundsParams{Lease: s.cfg.Lease, MaxRows: int32(limit)}) //nolint:gosec // bounded by Workers
	if err != nil {
		return nil, err
	}
	tasks := make([]task, len(rows))
	for i, row := range rows {
		tasks[i] = func(ctx context.Context) error { return s.executeRefund(ctx, row) }
	}
	return tasks, nil
}

// executeRefund sends a refund to the gateway and stores the outcome.
func (s *Service) executeRefund(ctx context.Context, r db.LeaseRefundsRow) error {
	amount := money.Money{Minor: r.AmountMinor - r.GiftMinor, Currency: r.Currency}
	var made gateway.Refund
	var err error
	if amount.Minor > 0 { // otherwise gift cards get all of it
		made, err = s.gateway.Refund(ctx, r.PaymentGatewayID, amount, key(r.PaymentID, OpRefund, int(r.Number)))
	}
	ctx, cancel := detached(ctx)
	defer cancel()
	refusal, refused := errors.AsType[*gateway.RefusedError](err)
	if err != nil && (!refused || refusal.Code == gateway.RefusedKey) {
		unknownOutcomes.WithLabelValues(string(OpRefund)).Inc()
		s.log.WarnContext(ctx, "gateway outcome unknown, retrying", "operation", OpRefund, "refund_id", r.ID, "payment_id", r.PaymentID, "tries", r.Tries, "err", err)
		return db.New(s.pool).PostponeRefund(ctx, db.PostponeRefundParams{ID: r.ID, Delay: backoff(r.Tries)})
	}
	return s.change(ctx, func(w *writer) error {
		p, _, err := w.lock(ctx, r.PaymentID)
		if err != nil {
			return err
		}
		settle := db.SettleRefundParams{ID: r.ID, Status: string(RefundSucceeded), GatewayID: made.GatewayID}
		if refused {
			settle.Status, settle.Failure = string(RefundFailed), refusal.Code
		}
		settled, err := w.q.SettleRefund(ctx, settle)
		if err != nil || settled == 0 {
			return err
		}
		w.changed = append(w.changed, r.ID, p.ID)
		if refused {
			return w.refundFailed(ctx, p, r)
		}
		return w.refundSucceeded(ctx, p, r, made.GatewayID)
	})
}

// refundSucceeded moves an amount from reserved to refunded. The new status is
// computed from the payment as it was locked, before this refund is added: the
// payment is refunded once the sum equals what was captured.
func (w *writer) refundSucceeded(ctx context.Context, p Payment, r db.LeaseRefundsRow, gatewayID string) error {
	status := PartiallyRefunded
	switch {
	case p.Status == Disputed, p.Status == ChargedBack:
		status = p.Status
	case p.Refunded.Minor+r.AmountMinor == p.Captured.Minor:
		status = Refunded
	}
	if status != p.Status && !p.Status.MayBecome(status) {
		return fmt.Errorf("payment %s cannot go from %s to %s", p.ID, p.Status, status)
	}
	w.queue(func(q *db.Queries) error {
		return q.AddRefunded(ctx, db.AddRefundedParams{ID: p.ID, AmountMinor: r.AmountMinor, GiftMinor: r.GiftMinor, Status: string(status)})
	})
	if err := w.refundGift(ctx, p, r.ID, r.GiftMinor); err != nil {
		return err
	}
	w.insertRefundAttempt(ctx, r, Succeeded, gatewayID, "")
	w.writeJournal(ctx, p, "REFUNDED", 1, &r.ID,
		moved([]posting{{refunds, r.AmountMinor}, {clearing, r.GiftMinor - r.AmountMinor}, {giftCardLiability, -r.GiftMinor}}))
	lines, err := w.refundedLines(ctx, r.ID)
	if err != nil {
		return err
	}
	return outbox.Write(ctx, w.tx, event.RefundSucceeded{PaymentFacts: p.facts(), RefundID: r.ID, RefundedMinor: r.AmountMinor, Lines: lines})
}

// refundFailed gives the reserved amount and the units back: they can be refunded again.
func (w *writer) refundFailed(ctx context.Context, p Payment, r db.LeaseRefundsRow) error {
	w.queue(func(q *db.Queries) error { return q.ReleaseRefundLines(ctx, r.ID) })
	w.queue(func(q *db.Queries) error {
		return q.ReleaseRefund(ctx, db.ReleaseRefundParams{ID: p.ID, AmountMinor: r.AmountMinor})
	})
	w.insertRefundAttempt(ctx, r, Refused, "", decline.Refund)
	return outbox.Write(ctx, w.tx, event.RefundFailed{PaymentFacts: p.facts(), RefundID: r.ID, RefundedMinor: r.AmountMinor, Message: decline.Source(decline.Refund)})
}

func (w *writer) insertRefundAttempt(ctx context.Context, r db.LeaseRefundsRow, outcome Outcome, gatewayID, message string) {
	w.queue(func(q *db.Queries) error {
		return q.InsertAttempt(ctx, db.InsertAttemptParams{
			PaymentID: r.PaymentID, Operation: string(OpRefund), Number: r.Number, Outcome: string(outcome),
			AmountMinor: r.AmountMinor, Currency: r.Currency, GatewayID: gatewayID, Source: string(SourceAPI), Message: message,
		})
	})
}
