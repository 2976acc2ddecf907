package payment

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/cardnumber"
	"cartograph/internal/decline"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/giftcard"
	"cartograph/internal/money"
	"cartograph/internal/outbox"
	"cartograph/subgraphs/payment/db"
)

// AuthorizeRequest requests a payment of an order. A request with the id of an
// existing payment is the same request.
type AuthorizeRequest struct {
	PaymentID string // chosen by the caller, which derives it from its own attempt
	Order     Order
	Token     string
	ReturnURL string

	WithoutGiftCards bool // the token pays what the order's gift cards were to pay
}

// Authorize stores a payment and waits for its outcome, for wait at most. If the
// payment exists, it only waits.
func (s *Service) Authorize(ctx context.Context, r AuthorizeRequest, wait time.Duration) (Payment, error) {
	if err := r.check(); err != nil {
		return Payment{}, err
	}
	result, err := s.changeAndExecute(ctx, func(w *writer) error {
		w.expect(r.Order.CheckoutID, event.Type[event.OrderPlaced](), event.Type[event.PaymentDue]())
		_, err := w.requestAuthorization(ctx, r)
		return err
	})
	if err != nil {
		return Payment{}, err
	}
	return s.awaitResult(ctx, result, r.PaymentID, wait, func(p Payment) bool { return !p.undecided() })
}

func (r AuthorizeRequest) check() error {
	if r.PaymentID == "" || r.Order.ID == "" || r.Order.CheckoutID == "" || r.Order.OwnerID == "" ||
		r.Token == "" || len(r.Order.GiftCards) > giftcard.MaxCards || r.Order.Amount.Minor <= 0 || !money.Known(r.Order.Amount.Currency) {
		return fault.New(fault.Invalid, "A payment requires an id, an order, its checkout and owner, an amount and a token.")
	}
	return nil
}

// requestAuthorization stores a payment, unless it exists. A payment that the
// order does not accept is stored as declined, and not refused by an error: the
// request may be an event, whose sender learns the outcome from an event only.
func (w *writer) requestAuthorization(ctx context.Context, r AuthorizeRequest) (exists bool, err error) {
	order, inserted, err := w.upsertOrder(ctx, r.Order, orderOpen)
	if err != nil {
		return false, err
	}
	var earlier []Payment
	if !inserted {
		if earlier, err = w.paymentsOf(ctx, order); err != nil {
			return false, err
		}
	}
	for _, p := range earlier {
		if p.ID == r.PaymentID {
			return true, nil
		}
	}
	// The amount that is charged is the stored one. Another amount in a later
	// request is a bug of the sender, and no customer may pay for it.
	if order.AmountMinor != r.Order.Amount.Minor || order.Currency != r.Order.Amount.Currency {
		return false, fault.New(fault.Invalid, "The amount differs from the total of order %s.", order.OrderID)
	}
	code := ""
	if refusal := checkPayable(order.Status, earlier); refusal != nil {
		code = refusal.Code
	}
	if cardnumber.In(r.Token) {
		code = decline.CardNumber
	}
	return false, w.insertPayment(ctx, order, r, code)
}

// insertPayment stores a payment and publishes it: with a pending authorisation,
// or declined if there is a failure code. The token of a declined payment is not
// stored, since it may be a card number.
func (w *writer) insertPayment(ctx context.Context, order db.PayableOrder, r AuthorizeRequest, failureCode string) error {
	var gift int64
	var parts []event.GiftCardPart
	if failureCode == "" && !r.WithoutGiftCards {
		var err error
		if parts, err = giftCardsOf(order); err != nil {
			return err
		}
		if gift, failureCode, err = w.lockGift(ctx, order, parts); err != nil {
			return err
		}
	}
	in := func(minor int64) money.Money { return money.Money{Minor: minor, Currency: order.Currency} }
	p := Payment{
		ID: r.PaymentID, OrderID: order.OrderID, CheckoutID: order.CheckoutID, Status: Created, PendingOperation: OpAuthorize,
		Amount: in(order.AmountMinor), Gift: in(gift),
	}
	events := []event.Payload{event.PaymentCreated{PaymentFacts: p.facts()}}
	row := db.InsertPaymentParams{
		ID: p.ID, OrderID: p.OrderID, AmountMinor: order.AmountMinor, GiftMinor: gift, Currency: order.Currency, Token: r.Token, ReturnURL: r.ReturnURL,
	}
	switch {
	case failureCode != "":
		failure := failureOf(failureCode)
		p.Status, p.PendingOperation, p.Failure = Declined, OpNone, &failure
		row.Token, row.FailureCode, row.FailureRetryable = "", failure.Code, failure.Retryable
		events = append(events, p.outcomeEvent())
	case w.lease > 0: // this process sends it, so that it is never seen as Created
		p.Status, row.Tries, row.Lease = Processing, w.tries(), w.lease
		w.leased = &db.Payment{
			ID: p.ID, OrderID: p.OrderID, Status: string(p.Status), PendingOperation: string(p.PendingOperation), Tries: row.Tries,
			AmountMinor: row.AmountMinor, GiftMinor: gift, Currency: row.Currency, Token: row.Token, ReturnURL: row.ReturnURL,
		}
	default:
		w.hasPending = true
	}
	row.Status, row.PendingOperation = string(p.Status), string(p.PendingOperation)
	w.queue(func(q *db.Queries) error { return q.InsertPayment(ctx, row) })
	if gift > 0 {
		w.spendGift(ctx, p, parts)
	}
	w.changed = append(w.changed, p.ID)
	return outbox.Write(ctx, w.tx, events...)
}

// upsertOrder stores an order, unless it exists, and locks it. An order that was
// inserted has no payments.
func (w *writer) upsertOrder(ctx context.Context, o Order, status string) (order db.PayableOrder, inserted bool, err error) {
	giftCards, err := json.Marshal(append([]event.GiftCardPart{}, o.GiftCards...))
	if err != nil {
		return db.PayableOrder{}, false, err
	}
	row, err := w.q.UpsertOrder(ctx, db.UpsertOrderParams{
		OrderID: o.ID, CheckoutID: o.CheckoutID, OwnerID: o.OwnerID, Number: o.Number,
		AmountMinor: o.Amount.Minor, Currency: o.Amount.Currency, Status: status, GiftCards: giftCards,
	})
	if err != nil {
		return db.PayableOrder{}, false, fmt.Errorf("upsert order %s: %w", o.ID, err)
	}
	if row.Inserted {
		w.changed = append(w.changed, o.ID)
	}
	return row.PayableOrder, row.Inserted, nil
}

// lockOrder locks an order that is stored; NotFound otherwise.
func (w *writer) lockOrder(ctx context.Context, orderID string) (db.PayableOrder, error) {
	order, err := w.q.LockOrder(ctx, orderID)
	if errors.Is(err, pgx.ErrNoRows) {
		return order, orderNotFound()
	}
	if err != nil {
		return order, fmt.Errorf("lock order %s: %w", orderID, err)
	}
	return order, nil
}

// paymentsOf locks and reads the payments of a locked order, oldest first.
func (w *writer) paymentsOf(ctx context.Context, order db.PayableOrder) ([]Payment, error) {
	rows, err := w.q.LockPaymentsOfOrder(ctx, order.OrderID)
	if err != nil {
		return nil, fmt.Errorf("lock payments of %s: %w", order.OrderID, err)
	}
	payments := make([]Payment, len(rows))
	for i, row := range rows {
		payments[i] = paymentOf(row, order.CheckoutID, order.OwnerID)
	}
	return payments, nil
}
