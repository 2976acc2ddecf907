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
	asked, err := s.changeAndAsk(ctx, func(w *writer) error {
		w.foresee(wish.Order.CheckoutID, event.Type[event.OrderPlaced](), event.Type[event.PaymentDue]())
		_, err := w.wish(ctx, wish)
		return err
	})
	if err != nil {
		return Payment{}, err
	}
	return s.awaitAnswer(ctx, asked, wish.PaymentID, wait, func(p Payment) bool { return !p.waits() })
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
	order, fresh, err := w.order(ctx, wish.Order, orderOpen)
	if err != nil {
		return false, err
	}
	var earlier []Payment
	if !fresh {
		if earlier, err = w.paymentsOf(ctx, order); err != nil {
			return false, err
		}
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
	p := Payment{
		ID: wish.PaymentID, OrderID: order.OrderID, CheckoutID: order.CheckoutID, Status: Created, Want: WantAuthorize,
		Amount: money.Money{Minor: order.AmountMinor, Currency: order.Currency},
	}
	told := []event.Payload{event.PaymentCreated{PaymentFacts: p.facts()}}
	row := db.InsertPaymentParams{
		ID: p.ID, OrderID: p.OrderID, AmountMinor: order.AmountMinor, Currency: order.Currency, Token: wish.Token, ReturnURL: wish.ReturnURL,
	}
	switch {
	case code != "":
		failure := failureOf(code)
		p.Status, p.Want, p.Failure = Declined, WantNothing, &failure
		row.Token, row.FailureCode, row.FailureMessage, row.FailureRetryable = "", failure.Code, failure.Message, failure.Retryable
		told = append(told, p.outcome())
	case w.lease > 0:
		p.Status, row.Tries, row.Lease = Processing, w.tries(), w.lease
		w.leased = &db.Payment{
			ID: p.ID, OrderID: p.OrderID, Status: string(p.Status), Want: string(p.Want), Tries: row.Tries,
			AmountMinor: row.AmountMinor, Currency: row.Currency, Token: row.Token, ReturnURL: row.ReturnURL,
		}
	default:
		w.wanted = true
	}
	row.Status, row.Want = string(p.Status), string(p.Want)
	if err := w.later.InsertPayment(ctx, row); err != nil {
		return fmt.Errorf("insert payment %s: %w", p.ID, err)
	}
	w.touched = append(w.touched, p.ID)
	return outbox.Write(ctx, w.tx, told...)
}

// order notes what a customer owes, unless it is known, and locks it. fresh
// tells that it was not known, and so has no payments.
func (w *writer) order(ctx context.Context, o Order, status string) (order db.PayableOrder, fresh bool, err error) {
	row, err := w.q.NoteOrder(ctx, db.NoteOrderParams{
		OrderID: o.ID, CheckoutID: o.CheckoutID, OwnerID: o.OwnerID, Number: o.Number,
		AmountMinor: o.Amount.Minor, Currency: o.Amount.Currency, Status: status,
	})
	if err != nil {
		return db.PayableOrder{}, false, fmt.Errorf("note order %s: %w", o.ID, err)
	}
	if row.Fresh {
		w.touched = append(w.touched, o.ID)
	}
	return row.PayableOrder, row.Fresh, nil
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
