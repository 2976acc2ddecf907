package payment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/cardnumber"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/money"
	"cartograph/internal/outbox"
	"cartograph/subgraphs/payment/db"
)

// Wish is a wish to pay for an order.
type Wish struct {
	PaymentID string // chosen by who wishes: the same wish has the same id
	Order     Order
	Token     string
	ReturnURL string
}

// Authorize stores a wish and waits, so long and no longer, for what the
// gateway makes of it. A wish that was stored before is only waited for.
func (s *Service) Authorize(ctx context.Context, wish Wish, wait time.Duration) (Payment, error) {
	if err := wish.check(); err != nil {
		return Payment{}, err
	}
	err := s.change(ctx, func(w *writer) error {
		_, err := w.wish(ctx, wish)
		return err
	})
	if err != nil {
		return Payment{}, err
	}
	return s.await(ctx, wish.PaymentID, wait, func(p Payment) bool { return !p.waits() })
}

func (w Wish) check() error {
	if w.PaymentID == "" || w.Order.ID == "" || w.Order.CheckoutID == "" || w.Order.OwnerID == "" ||
		w.Token == "" || w.Order.Amount.Minor <= 0 || !money.Known(w.Order.Amount.Currency) {
		return fault.New(fault.Invalid, "A payment needs an id, an order, its checkout and owner, an amount and a token.")
	}
	return nil
}

// wish stores a wish, or finds it stored. A wish that cannot be granted is
// stored as declined, so that whoever wished is told.
func (w *writer) wish(ctx context.Context, wish Wish) (found bool, err error) {
	order, err := w.order(ctx, wish.Order, orderOpen)
	if err != nil {
		return false, err
	}
	earlier, err := w.paymentsOf(ctx, order)
	if err != nil {
		return false, err
	}
	for _, p := range earlier {
		if p.ID == wish.PaymentID {
			return true, nil
		}
	}
	if order.AmountMinor != wish.Order.Amount.Minor || order.Currency != wish.Order.Amount.Currency {
		return false, fault.New(fault.Invalid, "Order %s owes another amount.", order.OrderID)
	}
	code := ""
	if refusal := checkPayable(order.Status, earlier); refusal != nil {
		code = refusal.Code
	}
	if cardnumber.In(wish.Token) {
		code = codeCardNumber
	}
	return false, w.begin(ctx, order, wish, code)
}

// begin stores a payment: to be authorised, or declined for the reason of
// code.
func (w *writer) begin(ctx context.Context, order db.PayableOrder, wish Wish, code string) error {
	row := db.InsertPaymentParams{
		ID: wish.PaymentID, OrderID: order.OrderID, Status: string(Created), Want: string(WantAuthorize),
		AmountMinor: order.AmountMinor, Currency: order.Currency, Token: wish.Token, ReturnURL: wish.ReturnURL,
	}
	p := Payment{
		ID: wish.PaymentID, OrderID: order.OrderID, CheckoutID: order.CheckoutID, Status: Created,
		Amount: money.Money{Minor: order.AmountMinor, Currency: order.Currency},
	}
	told := []event.Payload{event.PaymentCreated{PaymentFacts: p.facts()}}
	if code != "" {
		failure := failureOf(code)
		p.Status, p.Failure = Declined, &failure
		row.Status, row.Want, row.Token = string(Declined), string(WantNothing), ""
		row.FailureCode, row.FailureMessage, row.FailureRetryable = failure.Code, failure.Message, failure.Retryable
		told = append(told, p.outcome())
	}
	if err := w.q.InsertPayment(ctx, row); err != nil {
		return fmt.Errorf("insert payment %s: %w", p.ID, err)
	}
	w.touched, w.wanted = append(w.touched, p.ID), w.wanted || code == ""
	return outbox.Write(ctx, w.tx, told...)
}

// order notes what a customer owes, unless it is known, and locks it.
func (w *writer) order(ctx context.Context, o Order, status string) (db.PayableOrder, error) {
	_, err := w.q.InsertOrder(ctx, db.InsertOrderParams{
		OrderID: o.ID, CheckoutID: o.CheckoutID, OwnerID: o.OwnerID, Number: o.Number,
		AmountMinor: o.Amount.Minor, Currency: o.Amount.Currency, Status: status,
	})
	if err != nil {
		return db.PayableOrder{}, fmt.Errorf("insert order %s: %w", o.ID, err)
	}
	return w.knownOrder(ctx, o.ID)
}

func (w *writer) knownOrder(ctx context.Context, orderID string) (db.PayableOrder, error) {
	order, err := w.q.LockOrder(ctx, orderID)
	if errors.Is(err, pgx.ErrNoRows) {
		return order, noOrder()
	}
	if err != nil {
		return order, fmt.Errorf("lock order %s: %w", orderID, err)
	}
	return order, nil
}

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
