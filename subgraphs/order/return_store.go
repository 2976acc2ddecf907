package order

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/fault"
	"cartograph/internal/money"
	"cartograph/internal/pg"
	"cartograph/internal/pricing"
	"cartograph/subgraphs/order/db"
)

func returnNotFound() error {
	return fault.Localized(fault.NotFound, "order.return_not_found").At("input", "returnId")
}

func returnOf(row db.Return) *Return {
	return &Return{
		ID: row.ID, OrderID: row.OrderID, Status: ReturnStatus(row.Status), Version: int(row.Version),
		Note: row.Note, DecisionNote: row.DecisionNote, ReceiptNote: row.ReceiptNote,
		Carrier: row.Carrier, TrackingNumber: row.TrackingNumber, LabelURL: row.LabelURL, DueAt: row.DueAt,
		RefundID: row.RefundID, RefundFailed: row.RefundFailed,
		CreatedAt: row.CreatedAt.UTC(), UpdatedAt: row.UpdatedAt.UTC(), ReceivedAt: row.ReceivedAt,
	}
}

// readReturnLines reads the lines of returns, whose currencies are those of their orders.
func readReturnLines(ctx context.Context, q *db.Queries, currency map[string]string) (map[string][]ReturnLine, error) {
	ids := make([]string, 0, len(currency))
	for id := range currency {
		ids = append(ids, id)
	}
	rows, err := q.ReturnLines(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read return lines: %w", err)
	}
	out := map[string][]ReturnLine{}
	for _, row := range rows {
		out[row.ReturnID] = append(out[row.ReturnID], ReturnLine{
			OrderLineID: row.OrderLineID, Quantity: int(row.Quantity), Reason: ReturnReason(row.Reason),
			Received: int(row.Received), Condition: Condition(row.Condition), Restocked: row.Restocked, Refunded: row.Refunded,
			Refund: money.Money{Minor: row.RefundMinor, Currency: currency[row.ReturnID]},
		})
	}
	return out, nil
}

// lockedReturn is a return of a locked purchase, with its lines.
func (l *locked) lockedReturn(ctx context.Context, row db.Return) (*Return, error) {
	r := returnOf(row)
	r.CheckoutID, r.OwnerID = l.Checkout.ID, l.Order.OwnerID
	lines, err := readReturnLines(ctx, l.q, map[string]string{r.ID: l.Order.Total.Currency})
	r.Lines = lines[r.ID]
	return r, err
}

// lockReturn reads a return of a locked purchase; nil if it has no such one.
func (l *locked) lockReturn(ctx context.Context, id string) (*Return, error) {
	row, err := l.q.LockReturn(ctx, db.LockReturnParams{ID: id, OrderID: l.Order.ID})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("lock return: %w", err)
	}
	return l.lockedReturn(ctx, row)
}

// lockReturnOfRefund reads the return that a refund is for; nil if it is for none.
func (l *locked) lockReturnOfRefund(ctx context.Context, refundID string) (*Return, error) {
	rows, err := l.q.LockReturnOfRefund(ctx, db.LockReturnOfRefundParams{RefundID: refundID, OrderID: l.Order.ID})
	if err != nil {
		return nil, fmt.Errorf("lock return of refund: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	return l.lockedReturn(ctx, rows[0])
}

// before is the return as it was before a command or a fact changes it.
func (r *Return) before() *Return {
	earlier := *r
	earlier.Lines = slices.Clone(r.Lines)
	return &earlier
}

// estimate sets what units of a line are expected to be refunded.
func (l *locked) estimate(r *Return, units func(ReturnLine) int) {
	paid := l.Order.paidByLine(l.lines)
	for i := range r.Lines {
		line, at := l.line(r.Lines[i].OrderLineID)
		of := pricing.PaidUnits{Quantity: line.Quantity, Refunded: line.RefundedUnits, PaidMinor: paid[at], RefundedMinor: line.RefundedMinor}
		_, minor := of.Refund(units(r.Lines[i]))
		r.Lines[i].Refund = money.Money{Minor: minor, Currency: l.Order.Total.Currency}
	}
}

// saveReturn queues the row of a return that changed, and applies the change to its
// purchase.
func (s *Service) saveReturn(ctx context.Context, l *locked, from, r *Return, step returnStep, actor string) error {
	progress, err := l.queueReturn(ctx, from, r)
	if err != nil {
		return err
	}
	return s.applyLocked(ctx, l, Fact{Kind: FactReturnMoved, Return: r, Step: step, Progress: progress, Actor: actor})
}

func (l *locked) queueReturn(ctx context.Context, from, r *Return) (Progress, error) {
	if l.lines == nil {
		if _, err := linesToShip(ctx, l); err != nil {
			return Progress{}, err
		}
	}
	progress := progressOf(l.lines)
	p := db.MoveReturnParams{
		ID: r.ID, FromVersion: int32(r.Version), Status: string(r.Status), DecisionNote: r.DecisionNote, ReceiptNote: r.ReceiptNote, //nolint:gosec // a version
		Carrier: r.Carrier, TrackingNumber: r.TrackingNumber, LabelURL: r.LabelURL, DueAt: r.DueAt, RefundID: r.RefundID, RefundFailed: r.RefundFailed,
		At: r.UpdatedAt, ReceivedAt: r.ReceivedAt,
	}
	for i, line := range r.Lines {
		returning0, returned0 := from.counts(from.Lines[i])
		returning, returned := r.counts(line)
		progress.Returning, progress.Returned = progress.Returning+returning-returning0, progress.Returned+returned-returned0
		p.LineIDs, p.Conditions = append(p.LineIDs, line.OrderLineID), append(p.Conditions, string(line.Condition))
		p.Restocked, p.Refunded, p.Amounts = append(p.Restocked, line.Restocked), append(p.Refunded, line.Refunded), append(p.Amounts, line.Refund.Minor)
		p.Received = append(p.Received, int32(line.Received))                  //nolint:gosec // within the line's quantity
		p.MoreReturning = append(p.MoreReturning, int32(returning-returning0)) //nolint:gosec // within the line's quantity
		p.MoreReturned = append(p.MoreReturned, int32(returned-returned0))     //nolint:gosec // within the line's quantity
	}
	r.Version++
	pg.BatchOf(l.tx).QueueQuery(func(e pg.Executor) error { return db.New(e).MoveReturn(ctx, p) })
	return progress, nil
}

// settleReturn applies the end of a refund to the return that waits for it; nil if none
// does.
func (l *locked) settleReturn(ctx context.Context, f Fact) (*Return, error) {
	r, err := l.lockReturnOfRefund(ctx, f.RefundID)
	if err != nil || r == nil {
		return nil, err
	}
	amounts := map[string]int64{}
	for _, line := range f.Refunded {
		amounts[line.OrderLineID] = line.Minor
	}
	from := r.before()
	if !r.refundSettled(f.Kind, f.RefundID, amounts, l.Checkout.ReadAt) {
		return nil, nil
	}
	_, err = l.queueReturn(ctx, from, r)
	return r, err
}

// saveRefundedLines queues what a refund adds to the lines that it is for.
func (l *locked) saveRefundedLines(ctx context.Context) {
	p := db.AddRefundedLinesParams{OrderID: l.Order.ID}
	for _, r := range l.refunded {
		p.LineIDs, p.Amounts = append(p.LineIDs, r.OrderLineID), append(p.Amounts, r.Minor)
		p.Units = append(p.Units, int32(r.Units)) //nolint:gosec // within the line's quantity
	}
	pg.BatchOf(l.tx).QueueQuery(func(e pg.Executor) error { return db.New(e).AddRefundedLines(ctx, p) })
}
