package order

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/audit"
	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/idempotency"
	"cartograph/internal/message"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/order/db"
)

// CancelInput is the input of CancelOrder.
type CancelInput struct {
	OrderID string
	Reason  Reason
	Note    string
	Key     string // idempotency key
}

// fingerprint is what must be equal for a key to be used again.
func (in CancelInput) fingerprint() CancelInput {
	in.Key = ""
	return in
}

const (
	opCancel       = "orderCancel"
	cancelAnyScope = "orders:write" // of staff
)

func (in CancelInput) check(staff bool) error {
	switch {
	case !staff && in.Reason != CustomerRequest && in.Reason != OtherReason:
		return fault.Localized(fault.Invalid, "order.staff_reason").At("input", "reason")
	case !printable(in.Note, maxNote):
		return fault.Localized(fault.Invalid, "order.note_limit", message.Args{"limit": maxNote}).At("input", "note")
	default:
		return nil
	}
}

// CancelOrder ends an order of the caller, or any order for staff. Stock and
// money go back by the OrderCancelled event; the calls that follow the commit
// only make that faster.
func (s *Service) CancelOrder(ctx context.Context, in CancelInput) (Result, error) {
	if auth.From(ctx).ID == "" {
		return Result{}, signInRequired()
	}
	o, err := s.cancellable(ctx, in)
	if err != nil {
		return Result{}, err
	}
	if err := in.check(!auth.From(ctx).Owns(o.OwnerID)); err != nil {
		return Result{}, err
	}
	p, replayed, err := s.cancel(ctx, in, o.CheckoutID)
	switch {
	case err != nil && fault.Of(err) != nil:
		return Result{Order: o}, err
	case err != nil:
		return Result{}, fmt.Errorf("cancel %s: %w", o.ID, err)
	}
	if !replayed {
		s.changed.Notify(o.CheckoutID)
		s.compensateNow(ctx, p)
	}
	o, err = first(s.OrdersOfCheckouts(ctx, []string{o.CheckoutID}))
	return Result{Order: o, Replayed: replayed}, err
}

// cancellable is an order that the caller may cancel. One that the caller may
// read but not cancel is not found either.
func (s *Service) cancellable(ctx context.Context, in CancelInput) (*Order, error) {
	o, err := s.Order(ctx, in.OrderID)
	if err != nil {
		return nil, err
	}
	caller := auth.From(ctx)
	if o != nil && (caller.Owns(o.OwnerID) || caller.Has(cancelAnyScope)) {
		return o, nil
	}
	if _, err := idempotency.Recall(ctx, s.pool, caller.ID, opCancel, in.Key, in.fingerprint()); err != nil {
		return nil, err
	}
	return nil, orderNotFound()
}

// cancel ends the order in one transaction. The lock comes before the key: of
// two requests with one key, the second waits and then finds the key used.
func (s *Service) cancel(ctx context.Context, in CancelInput, checkoutID string) (p *Purchase, replayed bool, err error) {
	caller, actor := auth.From(ctx), ByCustomer
	err = s.out.InTx(ctx, func(tx pgx.Tx) error {
		l, err := s.lock(ctx, tx, db.LockCheckoutParams{ID: checkoutID, Everyones: true}, true)
		if err != nil {
			return err
		}
		earlier, err := idempotency.Claim(ctx, tx, caller.ID, opCancel, in.Key, in.fingerprint(), in.OrderID)
		if err != nil || earlier != "" {
			replayed = earlier != ""
			return err
		}
		if err := l.Order.checkCancel(); err != nil {
			return err
		}
		if !caller.Owns(l.Order.OwnerID) {
			actor = ByStaff
			if err := auditCancel(ctx, tx, l, in); err != nil {
				return err
			}
		}
		p = &l.Purchase
		return s.applyLocked(ctx, l, Fact{Kind: FactOrderCancelled, Reason: in.Reason, Note: in.Note, Actor: actor})
	})
	return p, replayed, err
}

// auditCancel publishes that staff cancel another's order.
func auditCancel(ctx context.Context, tx pgx.Tx, l *locked, in CancelInput) error {
	return audit.Write(ctx, tx, l.Checkout.ReadAt, audit.OrderCancelled, l.Order.ID,
		audit.Values{"status": l.Order.Status}, audit.Values{"status": Cancelled, "reason": in.Reason, "note": in.Note})
}

// compensateNow requests by RPC what OrderCancelled requests by event. Sold
// stock is left to the event: inventory has no call that takes it back.
func (s *Service) compensateNow(ctx context.Context, p *Purchase) {
	if p.Checkout.Hold.Status == Held {
		s.requestRelease(ctx, p.Checkout.ID)
	}
	if p.Order.Payment.ID != "" {
		req := &rpcv1.CancelRequest{OrderId: p.Order.ID, CheckoutId: p.Order.CheckoutID, Reason: string(p.Order.Cancelled.Reason)}
		callPeer(ctx, s, "cancel payments", releaseBudget, s.ports.Payments.Cancel, req)
	}
}
