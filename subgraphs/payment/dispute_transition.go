package payment

import (
	"context"
	"fmt"
	"time"

	"cartograph/internal/id"
	"cartograph/internal/outbox"
	"cartograph/subgraphs/payment/db"
	"cartograph/subgraphs/payment/gateway"
)

// disputeStep is one change of a dispute, and what it means for the payment.
type disputeStep struct {
	before, after Dispute
	payment       *Transition // nil: the payment stays as it is
}

// disputeSteps returns the steps that lead from the disputes which are known of p to
// those observed at the gateway. As transitions, it ignores what is late or repeated,
// and passes through every state that was not observed, since each has its own journal
// and event.
//
// Nothing is disputed before it is captured: an observation of a payment that has not
// come so far here is applied when it is observed again.
func (p Payment) disputeSteps(known []Dispute, observed []gateway.Dispute) (steps []disputeStep) {
	disputes := append([]Dispute{}, known...)
	for _, o := range observed {
		i := indexOfDispute(disputes, o.ID)
		if i < 0 {
			if !p.Status.MayBecome(Disputed) && p.Status != Disputed {
				continue
			}
			step := p.openDispute(o, int32(len(disputes)+1)) //nolint:gosec // bounded by what a card can be disputed
			disputes, i = append(disputes, step.after), len(disputes)
			steps, p = append(steps, step), step.payment.After
		}
		for {
			step, ok := p.nextDisputeStep(disputes, i, o.Status)
			if !ok {
				break
			}
			disputes[i], steps = step.after, append(steps, step)
			if step.payment != nil {
				p = step.payment.After
			}
		}
	}
	return steps
}

func indexOfDispute(disputes []Dispute, gatewayID string) int {
	for i, d := range disputes {
		if d.GatewayID == gatewayID {
			return i
		}
	}
	return -1
}

// openDispute withdraws the amount.
func (p Payment) openDispute(o gateway.Dispute, number int32) disputeStep {
	d := Dispute{
		ID: id.New(id.Dispute), PaymentID: p.ID, OrderID: p.OrderID, Number: number, GatewayID: o.ID, Status: DisputeOpen,
		Amount: o.Amount, Reason: o.Reason, OpenedAt: o.OpenedAt, PendingOperation: DisputeNothing,
	}
	if !o.EvidenceDueBy.IsZero() {
		due := o.EvidenceDueBy
		d.EvidenceDueBy = &due
	}
	before := p
	p.Status, p.Disputed = Disputed, p.Disputed.Add(d.Amount)
	return disputeStep{after: d, payment: &Transition{Before: before, After: p, Operation: OpDispute, Outcome: Pending, Amount: d.Amount, Dispute: &d}}
}

// nextDisputeStep moves the dispute at i towards its status at the gateway.
func (p Payment) nextDisputeStep(disputes []Dispute, i int, observed gateway.DisputeStatus) (disputeStep, bool) {
	before := disputes[i]
	if before.Status.Closed() {
		return disputeStep{}, false
	}
	after := before
	after.PendingOperation = DisputeNothing
	switch observed {
	case gateway.DisputeUnderReview:
		if before.Status != DisputeOpen {
			return disputeStep{}, false
		}
		after.Status = DisputeUnderReview
		return disputeStep{before: before, after: after}, true
	case gateway.DisputeWon:
		after.Status = DisputeWon
	case gateway.DisputeLost:
		after.Status = DisputeLost
		if before.PendingOperation == DisputeAccept {
			after.Status = DisputeAccepted
		}
	default: // open, as here or earlier
		return disputeStep{}, false
	}
	t := &Transition{Before: p, After: p.disputeClosed(disputes, i, after), Outcome: Succeeded, Amount: after.Amount, Dispute: &after}
	if t.Operation = OpDisputeLost; after.Status == DisputeWon {
		t.Operation = OpDisputeWon
	}
	return disputeStep{before: before, after: after, payment: t}, true
}

// disputeClosed is p after the dispute at i was closed. While another one is open the
// payment stays disputed; then it is charged back if any was lost, and else what it
// was before.
func (p Payment) disputeClosed(disputes []Dispute, i int, closed Dispute) Payment {
	lost := closed.Status != DisputeWon
	if !lost {
		p.Disputed = p.Disputed.Sub(closed.Amount)
	}
	for n, d := range disputes {
		switch {
		case n == i:
		case !d.Status.Closed():
			return p
		default:
			lost = lost || d.Status != DisputeWon
		}
	}
	switch {
	case lost:
		p.Status = ChargedBack
	case p.Refunded.Minor == 0:
		p.Status = Captured
	case p.Refunded == p.Captured:
		p.Status = Refunded
	default:
		p.Status = PartiallyRefunded
	}
	return p
}

// applyDisputes stores the steps that lead to the disputes observed at the gateway. The
// payment is locked, and with it its disputes. A dispute that is won after the order
// has ended returns money that nobody bought anything for: it is refunded.
func (w *writer) applyDisputes(ctx context.Context, p Payment, observed []gateway.Dispute, orderStatus string, source Source) (transitions []Transition, err error) {
	if len(observed) == 0 {
		return nil, nil
	}
	known, err := w.disputesOf(ctx, p)
	if err != nil {
		return nil, err
	}
	for _, step := range p.disputeSteps(known, observed) {
		w.storeDispute(ctx, step)
		if step.payment == nil {
			if err := outbox.Write(ctx, w.tx, step.after.event(p)); err != nil {
				return nil, err
			}
			continue
		}
		t := *step.payment
		if err := w.storeTransition(ctx, t, source); err != nil {
			return nil, err
		}
		transitions = append(transitions, t)
		if t.Operation == OpDisputeWon && t.After.Status != Disputed && orderStatus == orderClosed {
			if err := w.refundRemainder(ctx, t.After); err != nil {
				return nil, err
			}
		}
	}
	return transitions, nil
}

// disputesOf reads the disputes of a locked payment, oldest first.
func (w *writer) disputesOf(ctx context.Context, p Payment) ([]Dispute, error) {
	rows, err := w.q.LockedDisputesOfPayment(ctx, p.ID)
	if err != nil {
		return nil, fmt.Errorf("read disputes of %s: %w", p.ID, err)
	}
	disputes := make([]Dispute, len(rows))
	for i, row := range rows {
		disputes[i] = *disputeOf(row, p.OrderID, p.Amount.Currency)
	}
	return disputes, nil
}

func (w *writer) storeDispute(ctx context.Context, step disputeStep) {
	d := step.after
	w.changed = append(w.changed, d.ID, d.PaymentID)
	w.queue(func(q *db.Queries) error {
		if step.before.ID == "" {
			return q.InsertDispute(ctx, db.InsertDisputeParams{
				ID: d.ID, PaymentID: d.PaymentID, Number: d.Number, GatewayID: d.GatewayID, AmountMinor: d.Amount.Minor,
				Reason: d.Reason, EvidenceDueBy: d.EvidenceDueBy, OpenedAt: d.OpenedAt.UTC().Truncate(time.Microsecond),
			})
		}
		return q.MoveDispute(ctx, db.MoveDisputeParams{
			ID: d.ID, FromStatus: string(step.before.Status), Status: string(d.Status), Closed: d.Status.Closed(),
		})
	})
}
