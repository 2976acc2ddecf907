package order

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/order/db"
)

// Update says where and how to deliver, and quotes anew. Lines keep their
// prices.
func (s *Service) Update(ctx context.Context, checkoutID string, d Delivery) (*Checkout, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	if err := s.lookUp(ctx, auth.From(ctx), &d, false); err != nil {
		return nil, err
	}
	return s.change(ctx, checkoutID, func(l *locked) error {
		if err := l.Checkout.checkOpen(); err != nil {
			return err
		}
		byCheckout, err := linesOf(ctx, l.q, []string{checkoutID})
		if err != nil {
			return err
		}
		lines := byCheckout[checkoutID]
		if err := l.Checkout.say(d, lines); err != nil {
			return err
		}
		if err := saveQuote(ctx, l.q, &l.Checkout, lines); err != nil {
			return err
		}
		l.Checkout.Version++
		return s.save(ctx, l, Change{Changed: true, Tells: []Tell{tellChanged}})
	})
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
	p := db.SaveQuoteParams{
		ID: c.ID, Country: c.Country, Email: c.Email, ShippingAddress: shipping, BillingAddress: billing, MethodID: c.MethodID,
		SubtotalMinor: c.Subtotal.Minor, ShippingMinor: c.Shipping.Minor, TaxMinor: c.Tax.Minor, TotalMinor: c.Total.Minor,
		TaxRate: int32(c.TaxRate), QuoteHash: c.QuoteHash,
	}
	for _, l := range lines {
		p.LineIDs, p.Taxes = append(p.LineIDs, l.ID), append(p.Taxes, l.Tax.Minor)
	}
	if err := q.SaveQuote(ctx, p); err != nil {
		return fmt.Errorf("save quote of %s: %w", c.ID, err)
	}
	return nil
}

// change lets fn change a checkout of the caller under its lock, and returns
// it as it is afterwards.
func (s *Service) change(ctx context.Context, checkoutID string, fn func(*locked) error) (*Checkout, error) {
	by := auth.From(ctx)
	var c *Checkout
	err := s.out.InTx(ctx, func(tx pgx.Tx) error {
		l, err := s.lock(ctx, tx, db.LockCheckoutParams{ID: checkoutID, Owners: by.Owners()}, false)
		if err != nil {
			return err
		}
		if l == nil {
			return noCheckout()
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

// Extend gives hold and quote more time. Inventory decides: it knows whether
// the hold lives.
func (s *Service) Extend(ctx context.Context, checkoutID string) (*Checkout, error) {
	c, err := s.own(ctx, checkoutID)
	if err != nil {
		return nil, err
	}
	if err := s.checkExtend(ctx, c); err != nil {
		return nil, err
	}
	answer, err := s.ports.Inventory.Extend(ctx, &rpcv1.ExtendRequest{CheckoutId: c.ID, Seconds: int32(s.cfg.ExtendSeconds)})
	if err != nil {
		return nil, fmt.Errorf("extend hold of %s: %w", c.ID, err)
	}
	o := holdOutcome(answer)
	o.Kind = HoldWasExtended
	p, err := s.learn(context.WithoutCancel(ctx), c.ID, nil, o)
	if err != nil || p == nil {
		return nil, err
	}
	return &p.Checkout, nil
}

func (s *Service) checkExtend(ctx context.Context, c *Checkout) error {
	if c.Status == CheckoutPlacing {
		orders, err := s.OrdersOfCheckouts(ctx, []string{c.ID})
		if err != nil {
			return err
		}
		if p := (Purchase{Checkout: *c, Order: orders[0]}); !p.waitsAt(Placed) {
			return c.checkOpen()
		}
	} else if err := c.checkOpen(); err != nil {
		return err
	}
	switch {
	case c.Hold.Status == HoldPending:
		return fault.New(fault.Conflict, "The stock is not held yet. Please try again in a moment.")
	case c.Hold.ExtensionsLeft <= 0:
		return fault.New(fault.Conflict, "The time of this checkout cannot be extended any more.")
	default:
		return nil
	}
}

// Cancel gives up a checkout. One that has already ended stays as it is.
func (s *Service) Cancel(ctx context.Context, checkoutID string) (*Checkout, error) {
	held := false
	c, err := s.change(ctx, checkoutID, func(l *locked) error {
		if l.Checkout.Status == CheckoutPlacing || l.Checkout.Status == CheckoutCompleted {
			return l.Checkout.checkOpen()
		}
		held = l.Checkout.Hold.Status == Held && l.Checkout.Status == CheckoutOpen
		return s.apply(ctx, l, Outcome{Kind: CheckoutGivenUp})
	})
	if err != nil || !held {
		return c, err
	}
	if p := s.release(ctx, checkoutID); p != nil {
		c = &p.Checkout
	}
	return c, nil
}

// tick runs fn at once and then every so often until ctx ends. fn repeats
// itself while it has a full batch; its failures are logged, and tried again.
func (s *Service) tick(ctx context.Context, what string, every time.Duration, fn func(context.Context) (more bool, err error)) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		more, err := fn(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			s.log.WarnContext(ctx, "job failed", "job", what, "err", err)
		case more:
			continue
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
	}
}
