package order

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/idempotency"
	"cartograph/internal/optional"
	"cartograph/internal/outbox"
	"cartograph/subgraphs/order/db"
)

// OpenInput is the input of Open.
type OpenInput struct {
	CartID          string
	ExpectedVersion *int // of the cart; nil accepts any
	Delivery        Delivery
	Key             string // idempotency key

	applied []AppliedGiftCard // of the checkout that is replaced
}

// openFingerprint is what must be equal for a key to be used again: everything
// that the client requested.
type openFingerprint struct {
	CartID          string
	ExpectedVersion *int
	Delivery        Delivery
}

func (in OpenInput) fingerprint() openFingerprint {
	return openFingerprint{in.CartID, in.ExpectedVersion, in.Delivery}
}

const opOpen = "checkoutCreate"

// Open prices a cart and reserves its stock, a guest's once there is contact data. It
// replaces an older checkout of the cart, and cancels its order if that is not being
// paid; otherwise it returns the older checkout, marked Continued. If the stock is
// short, it returns a ShortageError, with a cancelled checkout if the hold found out.
func (s *Service) Open(ctx context.Context, in OpenInput) (*Checkout, error) {
	if auth.From(ctx).ID == "" {
		return nil, signInRequired()
	}
	if err := in.Delivery.check(); err != nil {
		return nil, err
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
	}, applied: old.Applied}
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
// sequence: no lock and no transaction spans a call. If a purchase of the cart
// is being paid, it returns that purchase's checkout.
func (s *Service) open(ctx context.Context, in OpenInput, claimKey bool) (*Checkout, error) {
	o, err := s.readCart(ctx, in)
	var c *Checkout
	var lines []Line
	if err == nil {
		if err := acquire(ctx, s.opening, openBudget); err != nil {
			return nil, err
		}
		defer s.opening.Release()
		c, lines, err = s.draft(ctx, in, o)
	}
	if err != nil && claimKey {
		return s.replayOr(ctx, in, err)
	}
	if err != nil {
		return nil, err
	}
	c.Applied = in.applied
	earlier, ended, err := s.insertCheckout(ctx, in, c, lines, o.state, claimKey)
	if e, ok := errors.AsType[*continuesError](err); ok {
		return s.continued(ctx, e.checkoutID)
	}
	if err != nil {
		return nil, fmt.Errorf("open checkout of %s: %w", in.CartID, err)
	}
	if earlier != "" {
		return withShortage(s.ownCheckout(ctx, earlier))
	}
	// Release before the new hold: the older checkout may hold the last units.
	for _, old := range ended {
		s.changed.Notify(old.Checkout.ID)
		if old.Order == nil {
			s.requestRelease(ctx, old.Checkout.ID)
		} else {
			s.compensateNow(ctx, old)
		}
	}
	if c.Hold.Status == HoldAwaitsContact {
		return c, nil
	}
	if p := s.requestHold(ctx, c, lines, holdBudget); p != nil {
		p.Checkout.ReplacedOrderID = c.ReplacedOrderID
		c = &p.Checkout
	}
	return withShortage(c, nil)
}

// replayOr returns the checkout of an earlier request with the same key, if any: the
// cart, the prices or the stock may have changed since. Otherwise it returns why there
// is no new checkout. A replay that could be a new one is found by the claim in the
// transaction.
func (s *Service) replayOr(ctx context.Context, in OpenInput, refusal error) (*Checkout, error) {
	if fault.KindOf(refusal) == fault.RateLimited { // it comes back
		return nil, refusal
	}
	earlier, err := s.recalls.Recall(ctx, auth.From(ctx).ID, opOpen, in.Key, in.fingerprint())
	if err != nil {
		return nil, err
	}
	if earlier == "" {
		return nil, refusal
	}
	return withShortage(s.ownCheckout(ctx, earlier))
}

// continued is the checkout of a purchase that goes on in place of a new one.
func (s *Service) continued(ctx context.Context, checkoutID string) (*Checkout, error) {
	c, err := s.ownCheckout(ctx, checkoutID)
	if err == nil {
		c.Continued = true
	}
	return c, err
}

// insertCheckout stores the checkout in place of the purchases of its cart that
// are not paid. It returns the checkout of an earlier request with the same
// key, if any, and what was replaced.
func (s *Service) insertCheckout(ctx context.Context, in OpenInput, c *Checkout, lines []Line, cart cartState, claimKey bool) (earlier string, ended []*Purchase, err error) {
	err = s.out.InTx(ctx, func(tx pgx.Tx) error {
		if claimKey {
			earlier, err = idempotency.Claim(ctx, tx, auth.From(ctx).ID, opOpen, in.Key, in.fingerprint(), c.ID)
			if err != nil || earlier != "" {
				return err
			}
		}
		v, err := s.vacate(ctx, tx, cart)
		if err != nil {
			return err
		}
		if ended = v.ended; v.order != nil {
			c.ReplacedOrderID = v.order.ID
		}
		return s.insertRows(ctx, tx, c, lines)
	})
	return earlier, ended, err
}

// insertRows stores checkout, lines and CheckoutOpened, which requests the stock, or
// CheckoutChanged where that awaits contact data. The times of the row are the
// database's: they are compared with its clock later.
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
		discounts, err := encodeDiscounts(l.Discounts)
		if err != nil {
			return err
		}
		p.DiscountMinors, p.LineDiscounts = append(p.DiscountMinors, l.Discount().Minor), append(p.LineDiscounts, discounts)
		p.Taxes, p.Totals = append(p.Taxes, l.Tax.Minor), append(p.Totals, l.Total.Minor)
		p.TaxClasses = append(p.TaxClasses, string(l.TaxClass))
		p.FlashSaleIDs = append(p.FlashSaleIDs, l.FlashSaleID)
	}
	times, err := db.New(tx).OpenCheckout(ctx, p)
	if errors.Is(err, pgx.ErrNoRows) {
		return notReady("order.cart_merged")
	}
	if err != nil {
		return err
	}
	c.ReadAt, c.CreatedAt, c.Hold.ExpiresAt = times.CreatedAt.UTC(), times.CreatedAt.UTC(), times.ExpiresAt.UTC()
	opened, published := Purchase{Checkout: *c, lines: lines}, eventCheckoutOpened
	if c.Hold.Status == HoldAwaitsContact {
		published = eventCheckoutChanged
	}
	return outbox.Write(ctx, tx, opened.payloads([]PendingEvent{published}, c.ReadAt)...)
}

func (s *Service) insertParams(c *Checkout) (db.OpenCheckoutParams, error) {
	shipping, err := encode(c.ShippingAddress)
	if err != nil {
		return db.OpenCheckoutParams{}, err
	}
	billing, err := encode(c.BillingAddress)
	if err != nil {
		return db.OpenCheckoutParams{}, err
	}
	taxesByRate, err := encode(&c.Taxes)
	if err != nil {
		return db.OpenCheckoutParams{}, err
	}
	discounts, err := encodeDiscounts(c.Discounts)
	if err != nil {
		return db.OpenCheckoutParams{}, err
	}
	giftCards, err := encodeGiftCards(c.Applied)
	return db.OpenCheckoutParams{
		ID: c.ID, OwnerID: c.OwnerID, CartID: c.CartID, CartVersion: int32(c.CartVersion), Status: string(c.Status),
		Locale: c.Locale, Country: c.Country, Email: c.Email, ShippingAddress: shipping, BillingAddress: billing,
		MethodID: c.MethodID, WeightGrams: int32(c.WeightGrams), Currency: c.Total.Currency,
		SubtotalMinor: c.Subtotal.Minor, DiscountMinor: c.Discount().Minor, Discounts: discounts, ShippingMinor: c.Shipping.Minor, TaxMinor: c.Tax.Minor, TotalMinor: c.Total.Minor,
		TaxRate: int32(c.TaxRate), TaxesByRate: taxesByRate, TaxIncluded: c.TaxIncluded, QuoteHash: c.QuoteHash, GiftCards: giftCards, HoldStatus: string(c.Hold.Status), ExtensionsLeft: int32(c.Hold.ExtensionsLeft), ReplacedOrderID: c.ReplacedOrderID,
		HoldSeconds: float64(s.cfg.HoldSeconds), RescueSeconds: s.cfg.RetryStuckAfter.Seconds(),
	}, err
}
