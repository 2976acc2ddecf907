package order

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/outbox"
	"cartograph/subgraphs/order/db"
)

// locked is a purchase whose checkout's row is locked by a transaction, and
// what it was before the transaction changed it.
type locked struct {
	Purchase
	was   Purchase
	lines []Line // if they were read already
	q     *db.Queries
	tx    pgx.Tx
}

// lock reads a purchase and keeps everybody else from changing it until tx
// ends; nil if there is none, or none of the owners'.
func (s *Service) lock(ctx context.Context, tx pgx.Tx, p db.LockCheckoutParams) (*locked, error) {
	q := db.New(tx)
	row, err := q.LockCheckout(ctx, p)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("lock checkout: %w", err)
	}
	c, err := checkoutOf(db.CheckoutsRow(row))
	if err != nil {
		return nil, err
	}
	orders, err := ordersOf(ctx, q, []string{c.ID})
	if err != nil {
		return nil, err
	}
	return hold(tx, c, orders[c.ID]), nil
}

// hold keeps what a locked purchase was.
func hold(tx pgx.Tx, c Checkout, o *Order) *locked {
	l := &locked{Purchase: Purchase{c, o}, was: Purchase{Checkout: c}, q: db.New(tx), tx: tx}
	if o != nil {
		before := *o
		l.was.Order = &before
	}
	return l
}

// learn applies an outcome and, once that is committed, wakes whoever watches.
// A purchase that does not exist learns nothing.
func (s *Service) learn(ctx context.Context, checkoutID string, o Outcome) (*Purchase, error) {
	var p *Purchase
	err := s.out.InTx(ctx, func(tx pgx.Tx) (err error) {
		p, err = s.learnIn(ctx, tx, checkoutID, o)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s, %s: %w", checkoutID, o.Kind, err)
	}
	s.subscribers.wake(checkoutID, false)
	return p, nil
}

func (s *Service) learnIn(ctx context.Context, tx pgx.Tx, checkoutID string, o Outcome) (*Purchase, error) {
	l, err := s.lock(ctx, tx, db.LockCheckoutParams{ID: checkoutID, Everyones: true})
	if err != nil || l == nil {
		return nil, err
	}
	return &l.Purchase, s.apply(ctx, l, o)
}

// apply lets a locked purchase learn and saves what that changed.
func (s *Service) apply(ctx context.Context, l *locked, o Outcome) error {
	change := l.Learn(o, l.Checkout.ReadAt)
	if change.Concern != "" {
		s.log.ErrorContext(ctx, "purchase needs a look", "checkout_id", l.Checkout.ID, "concern", change.Concern)
	}
	if !change.Changed && len(change.Tells) == 0 {
		return nil
	}
	return s.save(ctx, l, change)
}

// save stores a change, its history and its events together.
func (s *Service) save(ctx context.Context, l *locked, change Change) error {
	at := l.Checkout.ReadAt
	if err := s.saveCheckout(ctx, l, at); err != nil {
		return err
	}
	if err := saveOrder(ctx, l); err != nil {
		return err
	}
	if err := saveEntries(ctx, l.q, l.Order, change.Entries); err != nil {
		return err
	}
	if l.lines == nil && needsLines(change.Tells) {
		byCheckout, err := linesOf(ctx, l.q, []string{l.Checkout.ID})
		if err != nil {
			return err
		}
		l.lines = byCheckout[l.Checkout.ID]
	}
	return outbox.Write(ctx, l.tx, l.events(change.Tells, l.lines, at)...)
}

// nudgeAt is when to ask again if nobody answers; nil if nothing is asked.
func (s *Service) nudgeAt(p *Purchase, at time.Time) *time.Time {
	if len(p.Outstanding()) == 0 {
		return nil
	}
	later := at.Add(s.cfg.NudgeAfter)
	return &later
}

func (s *Service) saveCheckout(ctx context.Context, l *locked, at time.Time) error {
	c := &l.Checkout
	shipping, err := encode(c.ShippingAddress)
	if err != nil {
		return err
	}
	billing, err := encode(c.BillingAddress)
	if err != nil {
		return err
	}
	shortages, err := json.Marshal(append([]Shortage{}, c.Hold.Shortages...))
	if err != nil {
		return err
	}
	n, err := l.q.SaveCheckout(ctx, db.SaveCheckoutParams{
		ID: c.ID, FromStatus: string(l.was.Checkout.Status), FromVersion: int32(l.was.Checkout.Version),
		Status: string(c.Status), Version: int32(c.Version), Country: c.Country, Email: c.Email,
		ShippingAddress: shipping, BillingAddress: billing, MethodID: c.MethodID,
		SubtotalMinor: c.Subtotal.Minor, ShippingMinor: c.Shipping.Minor, TaxMinor: c.Tax.Minor, TotalMinor: c.Total.Minor,
		TaxRate: int32(c.TaxRate), QuoteHash: c.QuoteHash, HoldStatus: string(c.Hold.Status), ExtensionsLeft: int32(c.Hold.ExtensionsLeft),
		Shortages: shortages, ExpiresAt: c.Hold.ExpiresAt, DueAt: l.Due(), NudgeAt: s.nudgeAt(&l.Purchase, at), UpdatedAt: at,
	})
	return movedOnce(n, err, "checkout", c.ID)
}

func saveOrder(ctx context.Context, l *locked) error {
	o, was := l.Order, l.was.Order
	if o == nil || was == nil || o.Version == was.Version {
		return nil
	}
	p := db.SaveOrderParams{
		ID: o.ID, FromStatus: string(was.Status), FromStage: string(was.Stage), FromVersion: int32(was.Version),
		Status: string(o.Status), Stage: string(o.Stage), PaymentStatus: string(o.PaymentStatus), Version: int32(o.Version),
		PaymentID: o.Payment.ID, PaymentIDs: o.Payment.Attempts, PaymentToken: o.Payment.Token, AwaitsBuyer: o.Payment.AwaitsBuyer,
		DeclineCode: o.Payment.Decline.Code, DeclineMessage: o.Payment.Decline.Message, DeclineRetryable: o.Payment.Decline.Retryable,
		RefundIDs: o.Payment.Refunds, RefundedMinor: o.Payment.Refunded, ConfirmedAt: o.ConfirmedAt, UpdatedAt: o.UpdatedAt,
	}
	if c := o.Cancelled; c != nil {
		reason := string(c.Reason)
		p.CancelReason, p.CancelNote, p.CancelledAt = &reason, c.Note, &c.At
	}
	n, err := l.q.SaveOrder(ctx, p)
	return movedOnce(n, err, "order", o.ID)
}

// movedOnce checks that a guarded update found the row as it was read.
func movedOnce(rows int64, err error, what, id string) error {
	if err == nil && rows != 1 {
		err = errors.New("it was moved without its lock")
	}
	if err != nil {
		return fmt.Errorf("save %s %s: %w", what, id, err)
	}
	return nil
}

func saveEntries(ctx context.Context, q *db.Queries, o *Order, entries []Entry) error {
	if len(entries) == 0 {
		return nil
	}
	p := db.InsertHistoryParams{
		OrderID: o.ID, At: entries[0].At, Status: string(o.Status), Stage: string(o.Stage), PaymentStatus: string(o.PaymentStatus),
	}
	for _, e := range entries {
		p.Kinds, p.Titles = append(p.Kinds, string(e.Kind)), append(p.Titles, e.Title)
		p.Details, p.Actors = append(p.Details, deref(e.Detail)), append(p.Actors, e.Actor)
	}
	if err := q.InsertHistory(ctx, p); err != nil {
		return fmt.Errorf("write history of %s: %w", o.ID, err)
	}
	return nil
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
