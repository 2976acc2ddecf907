package order

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/audit"
	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/idempotency"
	"cartograph/internal/message"
	"cartograph/subgraphs/order/db"
)

const (
	opReturnDecide  = "returnDecide"
	opReturnCancel  = "returnCancel"
	opReturnReceive = "returnReceive"
)

// mayManageReturns reports whether the caller may decide about the returns of others.
func mayManageReturns(caller auth.Caller) bool { return caller.Has(cancelAnyScope) }

// DecideInput is the input of DecideReturn.
type DecideInput struct {
	ReturnID string
	Approve  bool
	Note     string // why it is rejected; the customer reads it
	Key      string // idempotency key
}

// DecideReturn approves or rejects a return, for staff.
func (s *Service) DecideReturn(ctx context.Context, in DecideInput) (*Return, bool, error) {
	switch {
	case !mayManageReturns(auth.From(ctx)):
		return nil, false, fault.Localized(fault.Forbidden, "common.forbidden")
	case !printable(in.Note, maxNote):
		return nil, false, fault.Localized(fault.Invalid, "order.note_limit", message.Args{"limit": maxNote}).At("input", "note")
	case !in.Approve && in.Note == "":
		return nil, false, fault.Localized(fault.Invalid, "order.reason_required").At("input", "note")
	}
	input := in
	input.Key = ""
	return s.changeReturn(ctx, in.ReturnID, opReturnDecide, in.Key, input, func(l *locked, r *Return) (returnStep, error) {
		at := l.Checkout.ReadAt
		step, err := r.decide(in.Approve, in.Note, at, at.Add(s.cfg.ReturnWithin))
		if err != nil {
			return step, err
		}
		return step, audit.Write(ctx, l.tx, at, audit.ReturnDecided, r.OrderID, nil,
			audit.Values{"returnId": r.ID, "status": r.Status, "note": in.Note})
	})
}

// CancelReturnInput is the input of CancelReturn.
type CancelReturnInput struct {
	ReturnID string
	Key      string // idempotency key
}

// CancelReturn ends a return of the caller that is not sent yet, or any for staff.
func (s *Service) CancelReturn(ctx context.Context, in CancelReturnInput) (*Return, bool, error) {
	caller := auth.From(ctx)
	if caller.ID == "" {
		return nil, false, signInRequired()
	}
	return s.changeReturn(ctx, in.ReturnID, opReturnCancel, in.Key, in.ReturnID, func(l *locked, r *Return) (returnStep, error) {
		step, err := r.cancel(l.Checkout.ReadAt)
		if err != nil || caller.Owns(r.OwnerID) {
			return step, err
		}
		return step, audit.Write(ctx, l.tx, l.Checkout.ReadAt, audit.ReturnDecided, r.OrderID, nil, audit.Values{"returnId": r.ID, "status": r.Status})
	})
}

// ReceiveInput is the input of ReceiveReturn.
type ReceiveInput struct {
	ReturnID string
	Lines    []ReceivedLine // empty: everything arrived, as new
	Note     string
	Key      string // idempotency key
}

func (in ReceiveInput) check() error {
	if len(in.Lines) > maxReturnLines {
		return fault.Localized(fault.Invalid, "order.return_lines", message.Args{"limit": maxReturnLines}).At("input", "lines")
	}
	for i, l := range in.Lines {
		if l.Quantity < 0 {
			return fault.Localized(fault.Invalid, "order.units_not_negative").At("input", "lines", index(i), "quantity")
		}
		if slices.ContainsFunc(in.Lines[:i], func(other ReceivedLine) bool { return other.OrderLineID == l.OrderLineID }) {
			return fault.Localized(fault.Invalid, "order.line_named_twice").At("input", "lines", index(i), "orderLineId")
		}
	}
	if !printable(in.Note, maxNote) {
		return fault.Localized(fault.Invalid, "order.note_limit", message.Args{"limit": maxNote}).At("input", "note")
	}
	return nil
}

// ReceiveReturn stores what arrived of a return, for staff: what of it can be sold again
// is restocked, and what was paid for it refunded, each by its event. Of a return whose
// refund failed it only requests another refund.
func (s *Service) ReceiveReturn(ctx context.Context, in ReceiveInput) (*Return, bool, error) {
	if !mayManageReturns(auth.From(ctx)) {
		return nil, false, fault.Localized(fault.Forbidden, "common.forbidden")
	}
	if err := in.check(); err != nil {
		return nil, false, err
	}
	input := in
	input.Key = ""
	return s.changeReturn(ctx, in.ReturnID, opReturnReceive, in.Key, input, func(l *locked, r *Return) (returnStep, error) {
		at := l.Checkout.ReadAt
		step, err := r.receive(in.Lines, in.Note, id.New(id.Refund), at)
		if err != nil {
			return step, err
		}
		if _, err := linesToShip(ctx, l); err != nil {
			return step, err
		}
		l.estimate(r, func(line ReturnLine) int {
			if line.Refunded {
				return line.Received
			}
			return 0
		})
		return step, audit.Write(ctx, l.tx, at, audit.ReturnReceived, r.OrderID, nil,
			audit.Values{"returnId": r.ID, "status": r.Status, "lines": in.Lines, "note": in.Note})
	})
}

// changeReturn carries out a command on a return that the caller owns, or on any for
// staff: once per key, under the lock of its purchase.
func (s *Service) changeReturn(ctx context.Context, returnID, operation, key string, input any, change func(*locked, *Return) (returnStep, error)) (ret *Return, replayed bool, err error) {
	caller := auth.From(ctx)
	found, err := s.anyReturn(ctx, returnID)
	if err != nil {
		return nil, false, err
	}
	if found == nil || !caller.Owns(found.OwnerID) && !mayManageReturns(caller) {
		if _, reused := idempotency.Recall(ctx, s.pool, caller.ID, operation, key, input); reused != nil {
			return nil, false, reused
		}
		return nil, false, returnNotFound()
	}
	err = s.out.InTx(ctx, func(tx pgx.Tx) error {
		replayed = false // fn may run again after a serialisation conflict
		l, err := s.lock(ctx, tx, db.LockCheckoutParams{ID: found.CheckoutID, Everyones: true}, true)
		if err != nil {
			return err
		}
		earlier, err := idempotency.Claim(ctx, tx, caller.ID, operation, key, input, returnID)
		if err != nil || earlier != "" {
			replayed = earlier != ""
			return err
		}
		r, err := l.lockReturn(ctx, returnID)
		if err != nil {
			return err
		}
		from, actor := r.before(), ByStaff
		if caller.Owns(r.OwnerID) {
			actor = ByCustomer
		}
		step, err := change(l, r)
		if err != nil {
			return err
		}
		return s.saveReturn(ctx, l, from, r, step, actor)
	})
	if err != nil {
		return nil, false, notFault(err, operation+" "+returnID)
	}
	if !replayed {
		s.changed.Notify(found.CheckoutID)
	}
	ret, err = s.anyReturn(ctx, returnID)
	return ret, replayed, err
}
