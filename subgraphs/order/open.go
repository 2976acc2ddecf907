package order

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/auth"
	"cartograph/internal/idempotency"
	"cartograph/internal/optional"
	"cartograph/internal/outbox"
	"cartograph/internal/pg"
	"cartograph/subgraphs/order/db"
)

// OpenInput is the input of Open.
type OpenInput struct {
	CartID          string
	ExpectedVersion *int // of the cart; nil accepts any
	Delivery        Delivery
	Key             string // idempotency key
}

// openFingerprint is what must be equal for a key to be used again.
type openFingerprint struct{ CartID string }

const opOpen = "checkoutCreate"

// Open prices a cart and reserves its stock. It replaces an older open checkout
// of the cart. If the stock is short, the checkout is returned cancelled, with
// a ShortageError.
func (s *Service) Open(ctx context.Context, in OpenInput) (*Checkout, error) {
	caller := auth.From(ctx)
	if caller.ID == "" {
		return nil, signInRequired()
	}
	if err := in.Delivery.check(); err != nil {
		return nil, err
	}
	if err := acquire(ctx, s.opening); err != nil {
		return nil, err
	}
	defer s.opening.Release()
	// A replay is answered before the peers are called: the cart may have changed
	// since. The claim in open's transaction decides between concurrent requests.
	earlier, err := idempotency.Recall(ctx, s.pool, caller.ID, opOpen, in.Key, openFingerprint{in.CartID})
	if err != nil {
		return nil, err
	}
	if earlier != "" {
		return withShortage(s.ownCheckout(ctx, earlier))
	}
	return s.open(ctx, in, true)
}

// Requote opens a new checkout of the same cart, at current prices and with the
// same delivery, and replaces the one given, which must not be ordered. It has
// no idempotency key: a repetition replaces the replacement.
func (s *Service) Requote(ctx context.Context, checkoutID string) (*Checkout, error) {
	old, err := s.ownCheckout(ctx, checkoutID)
	if err != nil {
		return nil, err
	}
	if old.Status == CheckoutPlacing || old.Status == CheckoutCompleted {
		return old, old.checkOpen()
	}
	in := OpenInput{CartID: old.CartID, Delivery: Delivery{
		Email: old.Email, Shipping: old.ShippingAddress, Billing: old.BillingAddress, PreferredMethod: old.MethodID,
	}}
	return s.open(ctx, in, false)
}

// withShortage adds the error of a checkout whose hold was rejected.
func withShortage(c *Checkout, err error) (*Checkout, error) {
	if err == nil && c.Hold.Status == HoldRejected {
		err = &ShortageError{c.Hold.Shortages}
	}
	return c, err
}

// ownCheckout is a checkout that the caller may change. Staff may read others'
// checkouts, not change them.
func (s *Service) ownCheckout(ctx context.Context, id string) (*Checkout, error) {
	c, err := s.Checkout(ctx, id)
	if err == nil && (c == nil || !auth.From(ctx).Owns(c.OwnerID)) {
		return nil, checkoutNotFound()
	}
	return c, err
}

// open prices the cart, stores the checkout and requests its hold, in this
// sequence: no lock and no transaction spans a call.
func (s *Service) open(ctx context.Context, in OpenInput, claimKey bool) (*Checkout, error) {
	c, lines, err := s.draft(ctx, in)
	if err != nil {
		return nil, err
	}
	earlier, replaced, err := s.insertCheckout(ctx, in, c, lines, claimKey)
	if err != nil {
		return nil, fmt.Errorf("open checkout of %s: %w", in.CartID, err)
	}
	if earlier != "" {
		return withShortage(s.ownCheckout(ctx, earlier))
	}
	// Release before the new hold: the older checkout may hold the last units.
	for _, old := range replaced {
		s.changed.Notify(old)
		s.requestRelease(ctx, old)
	}
	if p := s.requestHold(ctx, c, lines, holdBudget); p != nil {
		c = &p.Checkout
	}
	return withShortage(c, nil)
}

// insertCheckout stores the checkout in place of the cart's older open ones.
// It returns the checkout of an earlier request with the same key, if any, and
// those that were replaced.
func (s *Service) insertCheckout(ctx context.Context, in OpenInput, c *Checkout, lines []Line, claimKey bool) (earlier string, replaced []string, err error) {
	err = s.out.InTx(ctx, func(tx pgx.Tx) error {
		if claimKey {
			earlier, err = idempotency.Claim(ctx, tx, auth.From(ctx).ID, opOpen, in.Key, openFingerprint{in.CartID}, c.ID)
			if err != nil || earlier != "" {
				return err
			}
		}
		if replaced, err = s.cancelOpenCheckouts(ctx, tx, in.CartID); err != nil {
			return err
		}
		return s.insertRows(ctx, tx, c, lines)
	})
	return earlier, replaced, err
}

// cancelOpenCheckouts cancels the cart's open checkouts and keeps others from
// opening one until tx ends: two would violate checkouts_one_open_per_cart.
func (s *Service) cancelOpenCheckouts(ctx context.Context, tx pgx.Tx, cartID string) ([]string, error) {
	q := db.New(tx)
	pg.BatchOf(tx).QueueQuery(func(e pg.Executor) error { return db.New(e).LockCart(ctx, cartID) })
	rows, err := q.OpenCheckoutsOfCart(ctx, cartID)
	if err != nil {
		return nil, err
	}
	var cancelled []string
	for _, row := range rows {
		c, err := checkoutOf(db.CheckoutsRow(row))
		if err != nil {
			return nil, err
		}
		if err := s.applyLocked(ctx, newLocked(tx, c, nil), Fact{Kind: FactCheckoutCancelled}); err != nil {
			return nil, err
		}
		cancelled = append(cancelled, c.ID)
	}
	return cancelled, nil
}

// insertRows stores checkout, lines and CheckoutOpened. The times of the row are
// the database's: they are compared with its clock later.
func (s *Service) insertRows(ctx context.Context, tx pgx.Tx, c *Checkout, lines []Line) error {
	p, err := s.insertParams(c)
	if err != nil {
		return err
	}
	for i, l := range lines {
		p.LineIDs, p.Positions = append(p.LineIDs, l.ID), append(p.Positions, int32(i+1))
		p.ProductIDs, p.VariantIDs = append(p.ProductIDs, l.ProductID), append(p.VariantIDs, l.VariantID)
		p.Skus, p.Titles = append(p.Skus, l.Snapshot.SKU), append(p.Titles, l.Snapshot.Title)
		p.Subtitles, p.ImageURLs = append(p.Subtitles, optional.Value(l.Snapshot.Subtitle)), append(p.ImageURLs, optional.Value(l.Snapshot.ImageURL))
		p.Quantities, p.Units = append(p.Quantities, int32(l.Quantity)), append(p.Units, l.UnitPrice.Minor)
		p.Taxes, p.Totals = append(p.Taxes, l.Tax.Minor), append(p.Totals, l.Total.Minor)
	}
	times, err := db.New(tx).OpenCheckout(ctx, p)
	if err != nil {
		return err
	}
	c.ReadAt, c.CreatedAt, c.Hold.ExpiresAt = times.CreatedAt.UTC(), times.CreatedAt.UTC(), times.ExpiresAt.UTC()
	opened := Purchase{Checkout: *c, lines: lines}
	return outbox.Write(ctx, tx, opened.payloads([]PendingEvent{eventCheckoutOpened}, c.ReadAt)...)
}

func (s *Service) insertParams(c *Checkout) (db.OpenCheckoutParams, error) {
	shipping, err := encode(c.ShippingAddress)
	if err != nil {
		return db.OpenCheckoutParams{}, err
	}
	billing, err := encode(c.BillingAddress)
	return db.OpenCheckoutParams{
		ID: c.ID, OwnerID: c.OwnerID, CartID: c.CartID, CartVersion: int32(c.CartVersion), Status: string(c.Status),
		Locale: c.Locale, Country: c.Country, Email: c.Email, ShippingAddress: shipping, BillingAddress: billing,
		MethodID: c.MethodID, WeightGrams: int32(c.WeightGrams), Currency: c.Total.Currency,
		SubtotalMinor: c.Subtotal.Minor, ShippingMinor: c.Shipping.Minor, TaxMinor: c.Tax.Minor, TotalMinor: c.Total.Minor,
		TaxRate: int32(c.TaxRate), QuoteHash: c.QuoteHash, HoldStatus: string(c.Hold.Status), ExtensionsLeft: int32(c.Hold.ExtensionsLeft),
		HoldSeconds: float64(s.cfg.HoldSeconds), RescueSeconds: s.cfg.RetryStuckAfter.Seconds(),
	}, err
}
