package payment

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/auth"
	"cartograph/internal/cardnumber"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/idempotency"
	"cartograph/internal/money"
	"cartograph/subgraphs/payment/db"
)

// Request is a customer's wish to pay for an order.
type Request struct {
	OrderID        string
	Amount         *money.Money // what the customer believes to owe; refused if it is not so
	Token          string
	ReturnURL      string
	IdempotencyKey string
}

func (r Request) check() error {
	if err := cardnumber.Refuse(r.OrderID, r.Token, r.ReturnURL, r.IdempotencyKey); err != nil {
		return err
	}
	if r.Token == "" || len(r.Token) > 200 {
		return fault.New(fault.Invalid, "A payment needs a token of 1 to 200 characters.").At("input", "instrument", "token")
	}
	return nil
}

// Create stores the wish and waits a moment for the outcome. replayed tells
// that the key was used before, and the payment is the one that it made.
func (s *Service) Create(ctx context.Context, by auth.Actor, r Request) (p Payment, replayed bool, err error) {
	if err := signedOn(by); err != nil {
		return Payment{}, false, err
	}
	if err := r.check(); err != nil {
		return Payment{}, false, err
	}
	known, err := s.KnowsOrder(ctx, Viewer{owners: by.Owners()}, r.OrderID)
	if err != nil {
		return Payment{}, false, err
	}
	if !known {
		return Payment{}, false, noOrder()
	}
	paymentID := ""
	err = s.change(ctx, func(w *writer) error {
		paymentID, replayed, err = w.create(ctx, by, r)
		return err
	})
	if err != nil {
		return Payment{}, false, err
	}
	p, err = s.await(ctx, paymentID, s.cfg.Wait, func(p Payment) bool { return !p.waits() })
	return p, replayed, err
}

func signedOn(by auth.Actor) error {
	if by.ID == "" {
		return fault.New(fault.Unauthenticated, "Please sign in, or ask for a guest token.")
	}
	return nil
}

func noOrder() error {
	return fault.New(fault.NotFound, "There is no such order.").At("input", "orderId")
}

func (w *writer) create(ctx context.Context, by auth.Actor, r Request) (paymentID string, replayed bool, err error) {
	paymentID = id.New(id.Payment)
	input := map[string]any{"order": r.OrderID, "token": r.Token, "amount": r.Amount}
	earlier, err := idempotency.Claim(ctx, w.tx, by.ID, "paymentCreate", r.IdempotencyKey, input, paymentID)
	if err != nil || earlier != "" {
		return earlier, true, err
	}
	order, err := w.q.LockOwnedOrder(ctx, db.LockOwnedOrderParams{OrderID: r.OrderID, Owners: by.Owners()})
	if errors.Is(err, pgx.ErrNoRows) {
		return "", false, noOrder()
	}
	if err != nil {
		return "", false, fmt.Errorf("lock order %s: %w", r.OrderID, err)
	}
	payments, err := w.paymentsOf(ctx, order)
	if err != nil {
		return "", false, err
	}
	if refusal := checkPayable(order.Status, payments); refusal != nil {
		return "", false, refusal
	}
	if err := checkAmount(r.Amount, money.Money{Minor: order.AmountMinor, Currency: order.Currency}); err != nil {
		return "", false, err
	}
	return paymentID, false, w.begin(ctx, order, Wish{PaymentID: paymentID, Token: r.Token, ReturnURL: r.ReturnURL}, "")
}

// checkAmount returns why a customer may not pay what they mean to: an order
// is paid whole.
func checkAmount(means *money.Money, due money.Money) error {
	switch {
	case due.Minor <= 0:
		return fault.New(fault.Conflict, "There is nothing to pay for this order.").WithCode("ORDER_NOT_PAYABLE").At("input", "orderId")
	case means == nil || *means == due:
		return nil
	case means.Currency == due.Currency && means.Minor > due.Minor:
		return fault.New(fault.Invalid, "This order owes %s.", due).WithCode("AMOUNT_EXCEEDS_BALANCE").At("input", "amount")
	default:
		return fault.New(fault.Invalid, "This order owes %s, and is paid whole.", due).At("input", "amount")
	}
}

// Confirm asks the gateway what came of 3-D Secure. While the customer has not
// decided, the payment still requires action; ask again as often as you like.
func (s *Service) Confirm(ctx context.Context, by auth.Actor, paymentID, key string) (p Payment, replayed bool, err error) {
	if err := signedOn(by); err != nil {
		return Payment{}, false, err
	}
	if err := cardnumber.Refuse(paymentID, key); err != nil {
		return Payment{}, false, err
	}
	err = s.change(ctx, func(w *writer) error {
		p, _, err := w.lock(ctx, paymentID)
		if err != nil {
			return err
		}
		if !by.Owns(p.OwnerID) {
			return fault.New(fault.NotFound, "There is no such payment.").At("paymentId")
		}
		if replayed, err = w.claim(ctx, by, "paymentConfirm", key, paymentID); err != nil {
			return err
		}
		if p.Status != RequiresAction || p.Want != WantNothing {
			return nil // the outcome is known, or on its way
		}
		return w.want(ctx, p, WantConfirm)
	})
	if err != nil {
		return Payment{}, false, err
	}
	p, err = s.await(ctx, paymentID, s.cfg.Wait, func(p Payment) bool { return p.Want != WantConfirm })
	return p, replayed, err
}

// claim takes a key for a command on a payment.
func (w *writer) claim(ctx context.Context, by auth.Actor, operation, key, paymentID string) (replayed bool, err error) {
	earlier, err := idempotency.Claim(ctx, w.tx, by.ID, operation, key, map[string]string{"payment": paymentID}, paymentID)
	return earlier != "", err
}

// Void lets go of what a payment has set aside, before it is captured.
func (s *Service) Void(ctx context.Context, by auth.Actor, paymentID, key string) (p Payment, replayed bool, err error) {
	if err := cardnumber.Refuse(paymentID, key); err != nil {
		return Payment{}, false, err
	}
	err = s.change(ctx, func(w *writer) error {
		p, _, err := w.lock(ctx, paymentID)
		if err != nil {
			return err
		}
		if replayed, err = w.claim(ctx, by, "paymentVoid", key, paymentID); err != nil || replayed {
			return err
		}
		if p.Status != Authorized && p.Status != RequiresAction || p.Want == WantCapture {
			return fault.New(fault.Conflict, "Only a payment before its capture can be voided, this one is %s.", p.Status).At("paymentId")
		}
		if p.Want == WantVoid {
			return nil
		}
		return w.want(ctx, p, WantVoid)
	})
	if err != nil {
		return Payment{}, false, err
	}
	p, err = s.await(ctx, paymentID, s.cfg.Wait, func(p Payment) bool { return p.Want != WantVoid })
	return p, replayed, err
}
