package order

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/audit"
	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/idempotency"
	"cartograph/internal/message"
	"cartograph/internal/pg"
	"cartograph/subgraphs/order/db"
)

const (
	opReturnRequest = "returnRequest"
	maxReturnLines  = 100
	maxReturns      = 100 // of an order
)

// ReturnInput is the input of RequestReturn.
type ReturnInput struct {
	OrderID string
	Lines   []ReturnedUnits
	Note    string
	Key     string // idempotency key
}

// ReturnedUnits is what a customer returns of a line.
type ReturnedUnits struct {
	OrderLineID string
	Quantity    int
	Reason      ReturnReason
}

func (in ReturnInput) check() error {
	if len(in.Lines) == 0 || len(in.Lines) > maxReturnLines {
		return fault.Localized(fault.Invalid, "order.return_lines", message.Args{"limit": maxReturnLines}).At("input", "lines")
	}
	seen := map[string]bool{}
	for i, l := range in.Lines {
		if l.Quantity < 1 {
			return fault.Localized(fault.Invalid, "order.units_at_least_one").At("input", "lines", index(i), "quantity")
		}
		if seen[l.OrderLineID] {
			return fault.Localized(fault.Invalid, "order.line_named_twice").At("input", "lines", index(i), "orderLineId")
		}
		seen[l.OrderLineID] = true
	}
	if !printable(in.Note, maxNote) {
		return fault.Localized(fault.Invalid, "order.note_limit", message.Args{"limit": maxNote}).At("input", "note")
	}
	return nil
}

// ReturnUntil is when the return window closes; nil until a parcel is delivered.
func (o *Order) ReturnUntil(window time.Duration) *time.Time {
	if o.DeliveredAt == nil || !o.sold() {
		return nil
	}
	until := o.DeliveredAt.Add(window).UTC()
	return &until
}

// checkReturn returns why nothing of the order can be returned at a time; nil if something
// can. Staff are not bound by the window.
func (o *Order) checkReturn(at time.Time, window time.Duration, staff bool) *fault.Error {
	until := o.ReturnUntil(window)
	switch {
	case until == nil:
		return fault.Localized(fault.Conflict, "order.not_delivered_yet").At("input", "orderId")
	case o.FulfillmentStatus == AllReturned:
		return fault.Localized(fault.Conflict, "order.all_returned").At("input", "orderId")
	case !staff && at.After(*until):
		return fault.Localized(fault.Conflict, "order.return_window_closed", message.Args{"time": message.Time(*until)}).
			WithCode("RETURN_WINDOW_CLOSED").At("input", "orderId")
	default:
		return nil
	}
}

// checkReturned checks that the lines have as many delivered units as are returned.
func checkReturned(lines []Line, returned []ReturnedUnits) error {
	byID := map[string]Line{}
	for _, l := range lines {
		byID[l.ID] = l
	}
	for i, r := range returned {
		l, ok := byID[r.OrderLineID]
		switch left := l.Returnable(); {
		case !ok:
			return fault.Localized(fault.NotFound, "order.line_not_found").At("input", "lines", index(i), "orderLineId")
		case r.Quantity > left:
			return fault.Localized(fault.Conflict, "order.units_to_return", message.Args{"count": left, "title": l.Snapshot.Title}).
				At("input", "lines", index(i), "quantity")
		}
	}
	return nil
}

// RequestReturn requests to return units of an order of the caller, or of any order for
// staff.
func (s *Service) RequestReturn(ctx context.Context, in ReturnInput) (ret *Return, replayed bool, err error) {
	caller := auth.From(ctx)
	if caller.ID == "" {
		return nil, false, signInRequired()
	}
	if err := in.check(); err != nil {
		return nil, false, err
	}
	input := in
	input.Key = ""
	o, err := s.Order(ctx, in.OrderID)
	if err != nil {
		return nil, false, err
	}
	if o == nil || !caller.Owns(o.OwnerID) && !mayManageReturns(caller) {
		if _, reused := idempotency.Recall(ctx, s.pool, caller.ID, opReturnRequest, in.Key, input); reused != nil {
			return nil, false, reused // a key that was used for another order is the older mistake
		}
		return nil, false, orderNotFound()
	}
	made := id.New(id.Return)
	returnID := made
	err = s.out.InTx(ctx, func(tx pgx.Tx) error {
		returnID, replayed = made, false // fn may run again after a serialisation conflict
		l, err := s.lock(ctx, tx, db.LockCheckoutParams{ID: o.CheckoutID, Everyones: true}, true)
		if err != nil {
			return err
		}
		earlier, err := idempotency.Claim(ctx, tx, caller.ID, opReturnRequest, in.Key, input, made)
		if err != nil {
			return err
		}
		if earlier != "" {
			returnID, replayed = earlier, true
			return nil
		}
		return s.requestReturn(ctx, l, returnID, in)
	})
	if err != nil {
		return nil, false, notFault(err, "return "+in.OrderID)
	}
	if !replayed {
		s.changed.Notify(o.CheckoutID)
	}
	ret, err = s.anyReturn(ctx, returnID)
	return ret, replayed, err
}

func (s *Service) requestReturn(ctx context.Context, l *locked, returnID string, in ReturnInput) error {
	at, staff, actor := l.Checkout.ReadAt, false, ByCustomer
	if caller := auth.From(ctx); !caller.Owns(l.Order.OwnerID) {
		staff, actor = true, ByStaff
	}
	if err := l.Order.checkReturn(at, s.cfg.ReturnWindow, staff); err != nil {
		return err
	}
	lines, err := linesToShip(ctx, l)
	if err != nil {
		return err
	}
	if err := checkReturned(lines, in.Lines); err != nil {
		return err
	}
	n, err := l.q.CountReturns(ctx, l.Order.ID)
	if err != nil {
		return fmt.Errorf("count returns: %w", err)
	}
	if n >= maxReturns {
		return fault.Localized(fault.Conflict, "order.too_many_returns", message.Args{"limit": maxReturns}).At("input", "orderId")
	}
	r := &Return{ID: returnID, OrderID: l.Order.ID, Status: ReturnRequested, Version: 1, Note: in.Note, CreatedAt: at, UpdatedAt: at}
	progress := progressOf(lines)
	for _, u := range in.Lines {
		r.Lines = append(r.Lines, ReturnLine{OrderLineID: u.OrderLineID, Quantity: u.Quantity, Reason: u.Reason})
		progress.Returning += u.Quantity
	}
	l.estimate(r, func(line ReturnLine) int { return line.Quantity })
	l.queueNewReturn(ctx, r)
	if staff {
		if err := audit.Write(ctx, l.tx, at, audit.ReturnRequested, l.Order.ID, nil, audit.Values{"returnId": r.ID, "lines": in.Lines}); err != nil {
			return err
		}
	}
	return s.applyLocked(ctx, l, Fact{
		Kind: FactReturnMoved, Return: r, Progress: progress, Actor: actor,
		Step: returnStep{"order.timeline.return_requested", []PendingEvent{eventReturnRequested}},
	})
}

func (l *locked) queueNewReturn(ctx context.Context, r *Return) {
	p := db.CreateReturnParams{ID: r.ID, OrderID: r.OrderID, Status: string(r.Status), Note: r.Note, At: r.CreatedAt}
	for _, line := range r.Lines {
		p.LineIDs, p.Reasons, p.Amounts = append(p.LineIDs, line.OrderLineID), append(p.Reasons, string(line.Reason)), append(p.Amounts, line.Refund.Minor)
		p.Quantities = append(p.Quantities, int32(line.Quantity)) //nolint:gosec // within the line's quantity
	}
	pg.BatchOf(l.tx).QueueQuery(func(e pg.Executor) error { return db.New(e).CreateReturn(ctx, p) })
}
