package payment

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/audit"
	"cartograph/internal/auth"
	"cartograph/internal/cardnumber"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/idempotency"
	"cartograph/internal/limits"
	"cartograph/internal/message"
	"cartograph/internal/money"
	"cartograph/subgraphs/payment/db"
)

// CreateRequest is a customer's request to pay for an order.
type CreateRequest struct {
	OrderID        string
	Amount         *money.Money // the total shown to the customer; optional, refused if it differs
	Token          string
	ReturnURL      string
	IdempotencyKey string

	WithoutGiftCards bool // the token pays what the order's gift cards were to pay
}

// fingerprint is what must be equal for a key to be used again.
func (r CreateRequest) fingerprint() map[string]any {
	return map[string]any{"order": r.OrderID, "token": r.Token, "amount": r.Amount, "return": r.ReturnURL, "withoutGiftCards": r.WithoutGiftCards}
}

const opCreate = "paymentCreate" // of idempotency keys

func (r CreateRequest) check() error {
	if err := cardnumber.Refuse(r.OrderID, r.Token, r.ReturnURL); err != nil {
		return err
	}
	if r.Token == "" || utf8.RuneCountInString(r.Token) > limits.PaymentTokenLength {
		return fault.Localized(fault.Invalid, "payment.malformed_token", message.Args{"limit": limits.PaymentTokenLength}).At("input", "instrument", "token")
	}
	return nil
}

// Create stores a payment and waits for its outcome, for Config.Wait at most.
// replayed reports that the key was used before; the payment is the one that was
// created then.
func (s *Service) Create(ctx context.Context, r CreateRequest) (p Payment, replayed bool, err error) {
	if err := requireActor(ctx); err != nil {
		return Payment{}, false, err
	}
	if err := r.check(); err != nil {
		return Payment{}, false, err
	}
	if err := s.findOrder(ctx, r); err != nil {
		return Payment{}, false, err
	}
	paymentID := ""
	err = s.change(ctx, func(w *writer) error {
		paymentID, replayed, err = w.create(ctx, r)
		return err
	})
	if err != nil {
		return Payment{}, false, err
	}
	p, err = s.await(ctx, paymentID, s.cfg.Wait, func(p Payment) bool { return !p.undecided() })
	return s.reported(ctx, p, err), replayed, err
}

// reported calls Order with a decided payment, so that the order which the caller
// reads next is not older than the payment, and returns the payment as it is then:
// Order captures what was authorised.
func (s *Service) reported(ctx context.Context, p Payment, err error) Payment {
	if err != nil || !s.report(ctx, p) || p.Status != Authorized {
		return p
	}
	if found, err := s.PaymentsByID(ctx, Everyone, []string{p.ID}); err == nil && found[0] != nil {
		return *found[0]
	}
	return p
}

// findOrder returns why the order cannot be paid by the caller: it does not exist, or
// is another's. Where its event has not arrived, Order is called; where Order does
// not respond either, the event is waited for.
func (s *Service) findOrder(ctx context.Context, r CreateRequest) error {
	v := Viewer{owners: auth.From(ctx).Owners()}
	found, err := db.New(s.pool).OrderVisible(ctx, db.OrderVisibleParams{OrderID: r.OrderID, Owners: v.owners})
	if err == nil && !found {
		found, err = s.fetchOrder(ctx, r.OrderID)
	}
	if err == nil && !found {
		found, err = s.AwaitOrder(ctx, v, r.OrderID)
	}
	if err == nil && !found {
		err = orderNotFound()
	}
	if fault.KindOf(err) == fault.NotFound {
		if _, err := idempotency.Recall(ctx, s.pool, auth.From(ctx).ID, opCreate, r.IdempotencyKey, r.fingerprint()); err != nil {
			return err
		}
	}
	return err
}

func requireActor(ctx context.Context) error {
	if auth.From(ctx).ID == "" {
		return fault.Localized(fault.Unauthenticated, "payment.sign_in")
	}
	return nil
}

func orderNotFound() error {
	return fault.Localized(fault.NotFound, "payment.order_not_found").At("input", "orderId")
}

func (w *writer) create(ctx context.Context, r CreateRequest) (paymentID string, replayed bool, err error) {
	paymentID = id.New(id.Payment)
	earlier, err := idempotency.Claim(ctx, w.tx, auth.From(ctx).ID, opCreate, r.IdempotencyKey, r.fingerprint(), paymentID)
	if err != nil || earlier != "" {
		return earlier, true, err
	}
	order, err := w.q.LockOwnedOrder(ctx, db.LockOwnedOrderParams{OrderID: r.OrderID, Owners: auth.From(ctx).Owners()})
	if errors.Is(err, pgx.ErrNoRows) {
		return "", false, orderNotFound()
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
	return paymentID, false, w.insertPayment(ctx, order, AuthorizeRequest{
		PaymentID: paymentID, Token: r.Token, ReturnURL: r.ReturnURL, WithoutGiftCards: r.WithoutGiftCards,
	}, "")
}

// checkAmount returns the reason why an order cannot be paid with an amount. It
// is paid in full: the amount only confirms what the customer has seen.
func checkAmount(given *money.Money, due money.Money) error {
	switch {
	case due.Minor <= 0:
		return fault.Localized(fault.Conflict, "payment.nothing_to_pay").WithCode("ORDER_NOT_PAYABLE").At("input", "orderId")
	case given == nil || *given == due:
		return nil
	case given.Currency == due.Currency && given.Minor > due.Minor:
		return fault.Localized(fault.Invalid, "payment.exceeds_balance", message.Args{"due": due}).WithCode("AMOUNT_EXCEEDS_BALANCE").At("input", "amount")
	default:
		return fault.Localized(fault.Invalid, "payment.pay_in_full", message.Args{"due": due}).At("input", "amount")
	}
}

// Confirm reads the outcome of 3-D Secure from the gateway. While the customer has
// not decided, the payment still requires action, and Confirm may be repeated.
func (s *Service) Confirm(ctx context.Context, paymentID, key string) (p Payment, replayed bool, err error) {
	if err := requireActor(ctx); err != nil {
		return Payment{}, false, err
	}
	if err := cardnumber.Refuse(paymentID); err != nil {
		return Payment{}, false, err
	}
	err = s.change(ctx, func(w *writer) error {
		if replayed, err = w.claim(ctx, "paymentConfirm", key, paymentID); err != nil {
			return err
		}
		p, _, err := w.lock(ctx, paymentID)
		if err != nil {
			return err
		}
		if !auth.From(ctx).Owns(p.OwnerID) {
			return paymentNotFound()
		}
		if p.Status != RequiresAction || p.PendingOperation != OpNone {
			return nil // decided, or an operation is pending
		}
		w.setPending(ctx, p, OpConfirm)
		return nil
	})
	if err != nil {
		return Payment{}, false, err
	}
	p, err = s.await(ctx, paymentID, s.cfg.Wait, func(p Payment) bool { return p.PendingOperation != OpConfirm })
	return s.reported(ctx, p, err), replayed, err
}

// claim claims an idempotency key for a command on a payment. It comes before
// the payment is looked for: a used key is refused although the payment does not
// exist. If the command fails, its transaction takes the claim back.
func (w *writer) claim(ctx context.Context, operation, key, paymentID string) (replayed bool, err error) {
	earlier, err := idempotency.Claim(ctx, w.tx, auth.From(ctx).ID, operation, key, map[string]string{"payment": paymentID}, paymentID)
	if f := fault.Of(err); f != nil {
		f.At("idempotencyKey") //nolint:errcheck // returns f itself
	}
	return earlier != "", err
}

// Void voids a payment before its capture. A capture that is pending wins: it may
// have been sent already, and then only a refund can undo it.
func (s *Service) Void(ctx context.Context, paymentID, key string) (p Payment, replayed bool, err error) {
	if err := cardnumber.Refuse(paymentID); err != nil {
		return Payment{}, false, err
	}
	err = s.change(ctx, func(w *writer) error {
		if replayed, err = w.claim(ctx, "paymentVoid", key, paymentID); err != nil || replayed {
			return err
		}
		p, _, err := w.lock(ctx, paymentID)
		if err != nil {
			return err
		}
		if p.Status != Authorized && p.Status != RequiresAction || p.PendingOperation == OpCapture {
			return fault.Localized(fault.Conflict, "payment.not_voidable").At("paymentId")
		}
		if p.PendingOperation == OpVoid {
			return nil
		}
		w.setPending(ctx, p, OpVoid)
		return w.audit(ctx, audit.VoidRequested, p, audit.Values{"status": p.Status}, nil)
	})
	if err != nil {
		return Payment{}, false, err
	}
	p, err = s.await(ctx, paymentID, s.cfg.Wait, func(p Payment) bool { return p.PendingOperation != OpVoid })
	return p, replayed, err
}
