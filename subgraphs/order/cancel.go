package order

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/idempotency"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/order/db"
)

// Cancelation asks to end an order that is not being processed yet.
type Cancelation struct {
	OrderID string
	Reason  Reason
	Note    string
	Key     string // idempotency key
}

// cancelInput is what a Cancelation means, for its idempotency key.
type cancelInput struct {
	OrderID string
	Reason  Reason
}

const (
	opCancel   = "orderCancel"
	cancelsAny = "orders:write" // the scope of staff
)

func (in Cancelation) check(staff bool) error {
	switch {
	case !staff && in.Reason != CustomerRequest && in.Reason != OtherReason:
		return fault.New(fault.Invalid, "This reason is not yours to give.").At("input", "reason")
	case !plain(in.Note, maxNote):
		return fault.New(fault.Invalid, "A note has at most %d characters, on one line.", maxNote).At("input", "note")
	default:
		return nil
	}
}

// CancelOrder ends an order of the caller, or any for staff. Stock and money
// go back: who holds them is told by event, and asked at once.
func (s *Service) CancelOrder(ctx context.Context, in Cancelation) (Answer, error) {
	by := auth.From(ctx)
	if by.ID == "" {
		return Answer{}, signIn()
	}
	o, err := s.cancellable(ctx, by, in)
	if err != nil {
		return Answer{}, err
	}
	if err := in.check(!by.Owns(o.OwnerID)); err != nil {
		return Answer{}, err
	}
	p, replayed, err := s.cancel(ctx, by, in, o.CheckoutID)
	switch {
	case err != nil && fault.Of(err) != nil:
		return Answer{Order: o}, err
	case err != nil:
		return Answer{}, fmt.Errorf("cancel %s: %w", o.ID, err)
	}
	if !replayed {
		s.changed.Notify(o.CheckoutID)
		s.hurryBack(ctx, p)
	}
	o, err = first(s.OrdersOfCheckouts(ctx, []string{o.CheckoutID}))
	return Answer{Order: o, Replayed: replayed}, err
}

// cancellable is an order that the caller may cancel.
func (s *Service) cancellable(ctx context.Context, by auth.Caller, in Cancelation) (*Order, error) {
	o, err := s.Order(ctx, in.OrderID)
	if err != nil {
		return nil, err
	}
	if o == nil || (!by.Owns(o.OwnerID) && !by.Has(cancelsAny)) {
		return nil, noOrder()
	}
	return o, nil
}

func (s *Service) cancel(ctx context.Context, by auth.Caller, in Cancelation, checkoutID string) (p *Purchase, replayed bool, err error) {
	actor := ByCustomer
	err = s.out.InTx(ctx, func(tx pgx.Tx) error {
		l, err := s.lock(ctx, tx, db.LockCheckoutParams{ID: checkoutID, Everyones: true}, true)
		if err != nil {
			return err
		}
		earlier, err := idempotency.Claim(ctx, tx, by.ID, opCancel, in.Key, cancelInput{in.OrderID, in.Reason}, in.OrderID)
		if err != nil || earlier != "" {
			replayed = earlier != ""
			return err
		}
		if err := l.Order.checkCancel(); err != nil {
			return err
		}
		if !by.Owns(l.Order.OwnerID) {
			actor = ByStaff
		}
		p = &l.Purchase
		return s.apply(ctx, l, Outcome{Kind: OrderGivenUp, Reason: in.Reason, Note: in.Note, Actor: actor})
	})
	return p, replayed, err
}

// hurryBack asks at once for what OrderCancelled brings about anyway.
func (s *Service) hurryBack(ctx context.Context, p *Purchase) {
	if p.Checkout.Hold.Status == Held {
		s.release(ctx, p.Checkout.ID)
	}
	if p.Order.Payment.ID != "" {
		q := &rpcv1.CancelRequest{OrderId: p.Order.ID, CheckoutId: p.Order.CheckoutID, Reason: string(p.Order.Cancelled.Reason)}
		ask(ctx, s, "cancel payments", giveBack, s.ports.Payments.Cancel, q)
	}
}
