package order

import (
	"context"
	"fmt"

	"cartograph/internal/fault"
	rpcv1 "cartograph/internal/rpc/v1"
)

// Extend moves the end of hold and quote. It is the one command that needs
// inventory's response: only inventory can decide whether the hold is still live, and
// no event makes the request later.
func (s *Service) Extend(ctx context.Context, checkoutID string) (*Checkout, error) {
	c, err := s.ownCheckout(ctx, checkoutID)
	if err != nil {
		return nil, err
	}
	if err := s.checkExtend(ctx, c); err != nil {
		return nil, err
	}
	res, err := s.ports.Inventory.Extend(ctx, &rpcv1.ExtendRequest{CheckoutId: c.ID, Seconds: int32(s.cfg.ExtendSeconds)})
	if err != nil {
		return nil, fmt.Errorf("extend hold of %s: %w", c.ID, err)
	}
	f := holdFact(res)
	f.Kind = FactHoldExtended
	p, err := s.applyFact(context.WithoutCancel(ctx), c.ID, nil, f)
	if err != nil || p == nil {
		return nil, err
	}
	return &p.Checkout, nil
}

// checkExtend returns why the checkout cannot be extended. An order that waits
// for another card can be.
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
	case c.Hold.Status == HoldAwaitsContact:
		return fault.Localized(fault.Conflict, "order.reserved_with_contact")
	case c.Hold.Status == HoldPending:
		return fault.Localized(fault.Conflict, "order.not_reserved_yet")
	case c.Hold.ExtensionsLeft <= 0:
		return fault.Localized(fault.Conflict, "order.no_extension_left")
	default:
		return nil
	}
}
