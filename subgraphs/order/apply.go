package order

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/outbox"
	"cartograph/internal/pg"
	"cartograph/subgraphs/order/db"
)

// locked is a purchase whose rows are locked by a transaction, and what it was
// before the transaction changed it.
type locked struct {
	Purchase
	was Purchase
	q   *db.Queries
	tx  pgx.Tx
}

// lock reads a purchase and keeps everybody else from changing it until tx
// ends; nil if there is none, or none of the owners'. ordered tells that it
// probably has an order: right or wrong, the answer is the same, but one
// statement is enough if it is right.
func (s *Service) lock(ctx context.Context, tx pgx.Tx, p db.LockCheckoutParams, ordered bool) (*locked, error) {
	if ordered {
		if l, err := lockOrdered(ctx, tx, p); l != nil || err != nil {
			return l, err
		}
	}
	row, err := db.New(tx).LockCheckout(ctx, p)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("lock checkout: %w", err)
	}
	c, err := checkoutOf(db.CheckoutsRow(row))
	if err != nil || c.Status == CheckoutOpen { // which means that nothing was ordered yet
		return hold(tx, c, nil), err
	}
	orders, err := ordersOf(ctx, db.New(tx), []string{c.ID})
	return hold(tx, c, orders[c.ID]), err
}

// lockOrdered is lock for a purchase with an order; nil if there is no order.
func lockOrdered(ctx context.Context, tx pgx.Tx, p db.LockCheckoutParams) (*locked, error) {
	row, err := db.New(tx).LockPurchase(ctx, db.LockPurchaseParams(p))
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("lock purchase: %w", err)
	}
	c, err := checkoutOf(db.CheckoutsRow{Checkout: row.Checkout, ReadAt: row.ReadAt})
	if err != nil {
		return nil, err
	}
	o, err := orderOf(db.OrdersRow{Order: row.Order, PayBefore: row.Checkout.ExpiresAt})
	return hold(tx, c, o), err
}

// hold keeps what a locked purchase was.
func hold(tx pgx.Tx, c Checkout, o *Order) *locked {
	l := &locked{Purchase: Purchase{Checkout: c, Order: o}, was: Purchase{Checkout: c}, q: db.New(tx), tx: tx}
	if o != nil {
		before := *o
		l.was.Order = &before
	}
	return l
}

// learn applies an outcome and, once that is committed, wakes whoever watches.
// A purchase that does not exist learns nothing. lines are the checkout's if
// they are known; they are read where they are needed otherwise.
func (s *Service) learn(ctx context.Context, checkoutID string, lines []Line, o Outcome) (*Purchase, error) {
	var p *Purchase
	err := s.out.InTx(ctx, func(tx pgx.Tx) (err error) {
		p, err = s.learnIn(ctx, tx, checkoutID, lines, o)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s, %s: %w", checkoutID, o.Kind, err)
	}
	s.changed.Notify(checkoutID)
	return p, nil
}

func (s *Service) learnIn(ctx context.Context, tx pgx.Tx, checkoutID string, lines []Line, o Outcome) (*Purchase, error) {
	l, err := s.lock(ctx, tx, db.LockCheckoutParams{ID: checkoutID, Everyones: true}, o.Kind.afterOrder())
	if err != nil || l == nil {
		return nil, err
	}
	l.lines = lines
	return &l.Purchase, s.apply(ctx, l, o)
}

// apply lets a locked purchase learn and saves what that changed.
func (s *Service) apply(ctx context.Context, l *locked, o Outcome) error {
	change := l.Learn(o, l.Checkout.ReadAt) //nolint:contextcheck // amounts are written in the order's locale, not the request's
	if change.Concern != "" {
		s.log.ErrorContext(ctx, "purchase needs a look", "checkout_id", l.Checkout.ID, "concern", change.Concern)
	}
	if !change.Changed && len(change.Tells) == 0 {
		return nil
	}
	return s.save(ctx, l, change)
}

// save stores what a purchase learned, its history and its events together.
func (s *Service) save(ctx context.Context, l *locked, change Change) error {
	if err := s.savePurchase(ctx, l, change.Entries); err != nil {
		return err
	}
	if l.lines == nil && needsLines(change.Tells) {
		byCheckout, err := linesOf(ctx, l.q, []string{l.Checkout.ID})
		if err != nil {
			return err
		}
		l.lines = byCheckout[l.Checkout.ID]
	}
	return outbox.Write(ctx, l.tx, l.events(change.Tells, l.Checkout.ReadAt)...)
}

// nudgeAt is when to ask again if nobody answers; nil if nothing is asked.
func (s *Service) nudgeAt(p *Purchase, at time.Time) *time.Time {
	if len(p.Outstanding()) == 0 {
		return nil
	}
	later := at.Add(s.cfg.NudgeAfter)
	return &later
}

func (s *Service) savePurchase(ctx context.Context, l *locked, entries []Entry) error {
	c, at := &l.Checkout, l.Checkout.ReadAt
	shortages, err := json.Marshal(append([]Shortage{}, c.Hold.Shortages...))
	if err != nil {
		return err
	}
	p := db.SavePurchaseParams{
		ID: c.ID, FromStatus: string(l.was.Checkout.Status), FromVersion: int32(l.was.Checkout.Version),
		Status: string(c.Status), Version: int32(c.Version), HoldStatus: string(c.Hold.Status),
		ExtensionsLeft: int32(c.Hold.ExtensionsLeft), Shortages: shortages, ExpiresAt: c.Hold.ExpiresAt,
		DueAt: l.Due(), NudgeAt: s.nudgeAt(&l.Purchase, at), At: at,
	}
	p.Kinds, p.Titles, p.Details, p.Actors = columns(entries)
	if l.was.Order != nil && l.was.Order.Version != l.Order.Version {
		p.Orders = 1
		putOrder(&p, l.was.Order, l.Order)
	}
	if err := db.New(pg.Patient(l.tx)).SavePurchase(ctx, p); err != nil {
		return fmt.Errorf("save purchase %s: %w", c.ID, err)
	}
	return nil
}

func putOrder(p *db.SavePurchaseParams, was, o *Order) {
	p.OrderID, p.FromOrderStatus, p.FromStage, p.FromOrderVersion = o.ID, string(was.Status), string(was.Stage), int32(was.Version)
	p.OrderStatus, p.Stage, p.PaymentStatus, p.OrderVersion = string(o.Status), string(o.Stage), string(o.PaymentStatus), int32(o.Version)
	pay := o.Payment
	p.PaymentID, p.PaymentIDs, p.PaymentToken, p.AwaitsBuyer = pay.ID, pay.Attempts, pay.Token, pay.AwaitsBuyer
	p.DeclineCode, p.DeclineMessage, p.DeclineRetryable = pay.Decline.Code, pay.Decline.Message, pay.Decline.Retryable
	p.RefundIDs, p.RefundedMinor, p.ConfirmedAt = pay.Refunds, pay.Refunded, o.ConfirmedAt
	if c := o.Cancelled; c != nil {
		reason := string(c.Reason)
		p.CancelReason, p.CancelNote, p.CancelledAt = &reason, c.Note, &c.At
	}
}

// columns are the entries as they are stored.
func columns(entries []Entry) (kinds, titles, details, actors []string) {
	for _, e := range entries {
		kinds, titles = append(kinds, string(e.Kind)), append(titles, e.Title)
		details, actors = append(details, deref(e.Detail)), append(actors, e.Actor)
	}
	return kinds, titles, details, actors
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
		out[l.CheckoutID] = append(out[l.CheckoutID], lineOf(db.OrderLine{
			ID: l.ID, ProductID: l.ProductID, VariantID: l.VariantID, Sku: l.Sku, Title: l.Title, Subtitle: l.Subtitle,
			ImageURL: l.ImageURL, Quantity: l.Quantity, UnitMinor: l.UnitMinor, TaxMinor: l.TaxMinor, TotalMinor: l.TotalMinor,
		}, row.Currency))
	}
	return out, nil
}
