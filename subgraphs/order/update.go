package order

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/auth"
	"cartograph/subgraphs/order/db"
)

// Update changes where and how an open checkout is delivered, and quotes it
// again. Lines keep their prices: only shipping and tax depend on the place. The
// stock of a guest is requested by the update that completes the contact data; if it
// is short then, Update returns a ShortageError with the cancelled checkout.
func (s *Service) Update(ctx context.Context, checkoutID string, d Delivery) (*Checkout, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	if err := s.completeDelivery(ctx, &d, false); err != nil {
		return nil, err
	}
	var lines []Line
	c, err := s.change(ctx, checkoutID, func(l *locked) error {
		if err := l.Checkout.checkOpen(); err != nil {
			return err
		}
		byCheckout, err := linesOf(ctx, l.q, []string{checkoutID})
		if err != nil {
			return err
		}
		lines = byCheckout[checkoutID]
		if err := l.Checkout.setDelivery(d, lines); err != nil {
			return err
		}
		if err := saveQuote(ctx, l.q, &l.Checkout, lines); err != nil {
			return err
		}
		if l.Checkout.Hold.Status == HoldAwaitsContact && mayHold(auth.From(ctx), l.Checkout.Email, l.Checkout.ShippingAddress) {
			l.lines = lines
			end := l.Checkout.ReadAt.Add(time.Duration(s.cfg.HoldSeconds) * time.Second)
			return s.save(ctx, l, l.RequestHold(l.Checkout.ReadAt, end))
		}
		l.Checkout.Version++
		return s.save(ctx, l, Change{Changed: true, Events: []PendingEvent{eventCheckoutChanged}})
	})
	if err != nil || c.Hold.Status != HoldPending {
		return c, err
	}
	if p := s.requestHold(ctx, c, lines, holdBudget); p != nil {
		c = &p.Checkout
	}
	return withShortage(c, nil)
}

// mayHold reports whether stock may be held for a checkout of the caller. A guest is
// made by one call and has proved nothing, so it must be about to pay.
func mayHold(caller auth.Caller, email *string, shipping *Address) bool {
	return caller.Kind != auth.Guest || hasContact(email, shipping)
}

func saveQuote(ctx context.Context, q *db.Queries, c *Checkout, lines []Line) error {
	shipping, err := encode(c.ShippingAddress)
	if err != nil {
		return err
	}
	billing, err := encode(c.BillingAddress)
	if err != nil {
		return err
	}
	taxesByRate, err := encode(&c.Taxes)
	if err != nil {
		return err
	}
	discounts, err := encodeDiscounts(c.Discounts)
	if err != nil {
		return err
	}
	p := db.SaveQuoteParams{
		ID: c.ID, Country: c.Country, Email: c.Email, ShippingAddress: shipping, BillingAddress: billing, MethodID: c.MethodID,
		SubtotalMinor: c.Subtotal.Minor, Discounts: discounts, ShippingMinor: c.Shipping.Minor, TaxMinor: c.Tax.Minor, TotalMinor: c.Total.Minor,
		TaxRate: int32(c.TaxRate), TaxesByRate: taxesByRate, QuoteHash: c.QuoteHash,
	}
	for _, l := range lines {
		p.LineIDs, p.Taxes = append(p.LineIDs, l.ID), append(p.Taxes, l.Tax.Minor)
	}
	if err := q.SaveQuote(ctx, p); err != nil {
		return fmt.Errorf("save quote of %s: %w", c.ID, err)
	}
	return nil
}

// change runs fn on a checkout of the caller that is locked, and returns the
// checkout as fn left it.
func (s *Service) change(ctx context.Context, checkoutID string, fn func(*locked) error) (*Checkout, error) {
	var c *Checkout
	err := s.out.InTx(ctx, func(tx pgx.Tx) error {
		l, err := s.lock(ctx, tx, db.LockCheckoutParams{ID: checkoutID, Owners: auth.From(ctx).Owners()}, false)
		if err != nil {
			return err
		}
		if l == nil {
			return checkoutNotFound()
		}
		c = &l.Checkout
		return fn(l)
	})
	if err != nil {
		return nil, err
	}
	s.changed.Notify(checkoutID)
	return c, nil
}

// Cancel ends a checkout that was not ordered. One that has ended stays as it
// is.
func (s *Service) Cancel(ctx context.Context, checkoutID string) (*Checkout, error) {
	held := false
	c, err := s.change(ctx, checkoutID, func(l *locked) error {
		if l.Checkout.Status == CheckoutPlacing || l.Checkout.Status == CheckoutCompleted {
			return l.Checkout.checkOpen()
		}
		held = l.Checkout.Hold.Status == Held && l.Checkout.Status == CheckoutOpen
		return s.applyLocked(ctx, l, Fact{Kind: FactCheckoutCancelled})
	})
	if err != nil || !held {
		return c, err
	}
	if p := s.requestRelease(ctx, checkoutID); p != nil {
		c = &p.Checkout
	}
	return c, nil
}
