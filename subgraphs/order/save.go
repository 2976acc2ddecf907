package order

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/auth"
	"cartograph/internal/optional"
	"cartograph/internal/outbox"
	"cartograph/internal/pg"
	"cartograph/subgraphs/order/db"
)

// applyFact applies a fact in a transaction of its own and then wakes the
// subscriptions. A fact of an unknown purchase has no effect. lines are the
// checkout's; nil if the caller has not loaded them.
func (s *Service) applyFact(ctx context.Context, checkoutID string, lines []Line, f Fact) (*Purchase, error) {
	var p *Purchase
	err := s.out.InTx(ctx, func(tx pgx.Tx) (err error) {
		p, err = s.applyFactIn(ctx, tx, checkoutID, lines, f)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s, %s: %w", checkoutID, f.Kind, err)
	}
	s.changed.Notify(checkoutID)
	return p, nil
}

func (s *Service) applyFactIn(ctx context.Context, tx pgx.Tx, checkoutID string, lines []Line, f Fact) (*Purchase, error) {
	l, err := s.lock(ctx, tx, db.LockCheckoutParams{ID: checkoutID, Everyones: true}, f.Kind.needsOrder())
	if err != nil || l == nil {
		return nil, err
	}
	l.lines = lines
	if f.RefundID != "" && l.Order != nil {
		if f.Return, err = l.settleReturn(ctx, f); err != nil {
			return nil, err
		}
	}
	return &l.Purchase, s.applyLocked(ctx, l, f)
}

// applyLocked applies a fact to a locked purchase and saves what changed.
func (s *Service) applyLocked(ctx context.Context, l *locked, f Fact) error {
	s.short.add(f.Shortages)
	change := l.Apply(f, l.Checkout.ReadAt)
	if change.Anomaly != "" {
		s.log.ErrorContext(ctx, "inconsistent purchase", "checkout_id", l.Checkout.ID, "anomaly", change.Anomaly)
	}
	if !change.Changed && len(change.Events) == 0 {
		return nil
	}
	return s.save(ctx, l, change)
}

// save stores a change of a purchase, its history and its events in one
// transaction.
func (s *Service) save(ctx context.Context, l *locked, change Change) error {
	if err := s.savePurchase(ctx, l, change.Entries); err != nil {
		return err
	}
	if len(l.refunded) > 0 {
		l.saveRefundedLines(ctx)
	}
	if l.lines == nil && needLines(change.Events) {
		byCheckout, err := linesOf(ctx, l.q, []string{l.Checkout.ID})
		if err != nil {
			return err
		}
		l.lines = byCheckout[l.Checkout.ID]
	}
	return outbox.Write(ctx, l.tx, l.payloads(change.Events, l.Checkout.ReadAt)...)
}

// rescueAt is when Rescue publishes the outstanding events again; nil if there
// are none. Every change of the purchase starts the wait anew.
func (s *Service) rescueAt(p *Purchase, at time.Time) *time.Time {
	if len(p.Outstanding()) == 0 {
		return nil
	}
	later := at.Add(s.cfg.RetryStuckAfter)
	return &later
}

// savePurchase queues the rows, which are sent with the next statement or the
// commit.
func (s *Service) savePurchase(ctx context.Context, l *locked, entries []Entry) error {
	c, at := &l.Checkout, l.Checkout.ReadAt
	shortages, err := json.Marshal(append([]Shortage{}, c.Hold.Shortages...))
	if err != nil {
		return err
	}
	p := db.SavePurchaseParams{
		ID: c.ID, FromStatus: string(l.before.Checkout.Status), FromVersion: int32(l.before.Checkout.Version),
		Status: string(c.Status), Version: int32(c.Version), HoldStatus: string(c.Hold.Status),
		ExtensionsLeft: int32(c.Hold.ExtensionsLeft), Shortages: shortages, ExpiresAt: c.Hold.ExpiresAt,
		DueAt: l.Due(), RescueAt: s.rescueAt(&l.Purchase, at), At: at,
	}
	e := columnsOf(ctx, entries)
	p.Kinds, p.Titles, p.Details, p.Amounts, p.Currencies = e.kinds, e.titles, e.details, e.amounts, e.currencies
	p.Actors, p.ActorIDs, p.Notes, p.Internals = e.actors, e.actorIDs, e.notes, e.internals
	if l.before.Order != nil && l.before.Order.Version != l.Order.Version {
		p.Orders = 1
		setOrderParams(&p, l.before.Order, l.Order)
		p.PackAt = s.packAt(l.before.Order, l.Order, at)
	}
	pg.BatchOf(l.tx).QueueQuery(func(e pg.Executor) error { return db.New(e).SavePurchase(ctx, p) })
	return nil
}

// setOrderParams sets the columns of an order that a fact may change.
func setOrderParams(p *db.SavePurchaseParams, before, o *Order) {
	p.OrderID, p.FromOrderStatus, p.FromStage, p.FromOrderVersion = o.ID, string(before.Status), string(before.Stage), int32(before.Version)
	p.OrderStatus, p.Stage, p.PaymentStatus, p.OrderVersion = string(o.Status), string(o.Stage), string(o.PaymentStatus), int32(o.Version)
	p.FulfillmentStatus, p.DeliveredAt = string(o.FulfillmentStatus), o.DeliveredAt
	pay := o.Payment
	p.PaymentID, p.PaymentIDs, p.PaymentToken, p.AwaitsBuyer = pay.ID, pay.Attempts, pay.Token, pay.AwaitsBuyer
	p.DeclineCode, p.DeclineRetryable = pay.Decline.Code, pay.Decline.Retryable
	p.RefundIDs, p.RefundedMinor, p.ConfirmedAt = pay.Refunds, pay.Refunded, o.ConfirmedAt
	if c := o.Cancelled; c != nil {
		reason := string(c.Reason)
		p.CancelReason, p.CancelNote, p.CancelledAt = &reason, c.Note, &c.At
	}
}

// entryColumns are entries by column, for unnest.
type entryColumns struct {
	kinds, titles, details, currencies, actors, actorIDs, notes []string
	amounts                                                     []int64
	internals                                                   []bool
}

// columnsOf are the columns of entries that the caller of ctx causes, unless they are
// the system's.
func columnsOf(ctx context.Context, entries []Entry) (c entryColumns) {
	caller := auth.From(ctx).Accountable().ID
	for _, e := range entries {
		amount := optional.Value(e.Amount)
		c.kinds, c.titles, c.details = append(c.kinds, string(e.Kind)), append(c.titles, string(e.TitleKey)), append(c.details, string(e.DetailKey))
		c.amounts, c.currencies, c.actors = append(c.amounts, amount.Minor), append(c.currencies, amount.Currency), append(c.actors, e.Actor)
		actorID := caller
		if e.Actor == BySystem {
			actorID = ""
		}
		c.actorIDs, c.notes, c.internals = append(c.actorIDs, actorID), append(c.notes, e.Note), append(c.internals, e.Internal)
	}
	return c
}

// linesOf reads the lines of checkouts, by checkout.
func linesOf(ctx context.Context, q *db.Queries, checkoutIDs []string) (map[string][]Line, error) {
	rows, err := q.CheckoutLines(ctx, checkoutIDs)
	if err != nil {
		return nil, fmt.Errorf("read lines: %w", err)
	}
	out := map[string][]Line{}
	for _, row := range rows {
		l := row.CheckoutLine
		line, err := lineOf(db.OrderLine{
			ID: l.ID, ProductID: l.ProductID, VariantID: l.VariantID, Sku: l.Sku, Title: l.Title, Subtitle: l.Subtitle,
			ImageURL: l.ImageURL, Quantity: l.Quantity, UnitMinor: l.UnitMinor, Discounts: l.Discounts, TaxMinor: l.TaxMinor, TotalMinor: l.TotalMinor, TaxClass: l.TaxClass,
		}, row.Currency, row.TaxIncluded)
		if err != nil {
			return nil, err
		}
		line.FlashSaleID = optional.Value(l.FlashSaleID)
		out[l.CheckoutID] = append(out[l.CheckoutID], line)
	}
	return out, nil
}
