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
		if err := saveTaxes(ctx, l.q, lines); err != nil {
			return err
		}
		l.Checkout.Version++
		return s.save(ctx, l, Change{Changed: true, Tells: []Tell{tellChanged}})
	})
}

func saveTaxes(ctx context.Context, q *db.Queries, lines []Line) error {
	var p db.SaveLineTaxesParams
	for _, l := range lines {
		p.IDs, p.Taxes = append(p.IDs, l.ID), append(p.Taxes, l.Tax.Minor)
	}
	if err := q.SaveLineTaxes(ctx, p); err != nil {
		return fmt.Errorf("save taxes: %w", err)
	}
	return nil
}

// change lets fn change a checkout of the caller under its lock, and returns
// it as it is afterwards.
func (s *Service) change(ctx context.Context, checkoutID string, fn func(*locked) error) (*Checkout, error) {
	by := auth.From(ctx)
	err := s.out.InTx(ctx, func(tx pgx.Tx) error {
		l, err := s.lock(ctx, tx, db.LockCheckoutParams{ID: checkoutID, Owners: by.Owners()})
		if err != nil {
			return err
		}
		if l == nil {
			return noCheckout()
		}
		return fn(l)
	})
	if err != nil {
		return nil, err
	}
	s.subscribers.wake(checkoutID, false)
	return s.own(ctx, checkoutID)
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
	if o.Kind == HoldWasPlaced {
		o.Kind = HoldWasExtended
	}
	if _, err := s.learn(context.WithoutCancel(ctx), c.ID, o); err != nil {
		return nil, err
	}
	if c, err = s.own(ctx, checkoutID); err == nil && o.Kind != HoldWasExtended {
		err = fault.New(fault.Conflict, "The stock is no longer held. Please open another checkout.").WithCode("RESERVATION_EXPIRED")
	}
	return c, err
}

func (s *Service) checkExtend(ctx context.Context, c *Checkout) error {
	if c.Status == CheckoutPlacing {
		orders, err := s.OrdersOfCheckouts(ctx, []string{c.ID})
		if err != nil {
			return err
		}
		if p := (Purchase{*c, orders[0]}); !p.waitsAt(Placed) {
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
	s.release(ctx, checkoutID)
	return s.own(ctx, checkoutID)
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
