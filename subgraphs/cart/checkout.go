package cart

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/event"
	"cartograph/internal/inbox"
	"cartograph/internal/outbox"
	"cartograph/subgraphs/cart/db"
)

// registerCheckouts registers what opens and ends the checkouts of carts. The events of
// two checkouts may arrive in any order, those of one do not: a cart has the set of its
// open checkouts.
func (s *Service) registerCheckouts() {
	opened := func(ctx context.Context, cartID, checkoutID string, e event.Envelope) error {
		return s.setCheckout(ctx, e, cartID, func(q *db.Queries, id string) (int32, bool, error) {
			r, err := q.OpenCheckout(ctx, db.OpenCheckoutParams{ID: id, CheckoutID: checkoutID})
			return r.Version, r.Reported, err
		})
	}
	ended := func(ctx context.Context, cartID, checkoutID string, e event.Envelope) error {
		return s.setCheckout(ctx, e, cartID, func(q *db.Queries, id string) (int32, bool, error) {
			r, err := q.EndCheckout(ctx, db.EndCheckoutParams{ID: id, CheckoutID: checkoutID})
			return r.Version, r.Reported, err
		})
	}
	inbox.OnDirect(s.events, func(ctx context.Context, p event.CheckoutOpened, e event.Envelope) error {
		return opened(ctx, p.CartID, p.CheckoutID, e)
	})
	inbox.OnDirect(s.events, func(ctx context.Context, p event.CheckoutChanged, e event.Envelope) error {
		if p.Status != "OPEN" || p.OrderID != "" { // a guest's without contact data is opened by it
			return nil
		}
		return opened(ctx, p.CartID, p.CheckoutID, e)
	})
	inbox.OnDirect(s.events, func(ctx context.Context, p event.CheckoutCancelled, e event.Envelope) error {
		return ended(ctx, p.CartID, p.CheckoutID, e)
	})
	inbox.OnDirect(s.events, func(ctx context.Context, p event.CheckoutExpired, e event.Envelope) error {
		return ended(ctx, p.CartID, p.CheckoutID, e)
	})
	inbox.OnDirect(s.events, func(ctx context.Context, p event.OrderExpired, e event.Envelope) error {
		return ended(ctx, p.CartID, p.CheckoutID, e)
	})
	inbox.OnDirect(s.events, func(ctx context.Context, p event.OrderCancelled, e event.Envelope) error {
		if err := db.New(s.pool).CancelOrder(ctx, db.CancelOrderParams{CartID: p.CartID, OrderID: p.OrderID}); err != nil {
			return err
		}
		return ended(ctx, p.CartID, p.CheckoutID, e)
	})
}

// setCheckout opens or ends a checkout of a cart, or of the one that it was merged into,
// once. What customers see of the cart may change by it, and is reported without another
// version: a client that read the cart before may still change it.
func (s *Service) setCheckout(ctx context.Context, e event.Envelope, cartID string, set func(*db.Queries, string) (version int32, reported bool, err error)) error {
	if cartID == "" { // of an earlier release
		return nil
	}
	changed := ""
	err := s.events.Once(ctx, e, func(ctx context.Context, tx pgx.Tx) error {
		changed = "" // fn may run again after a serialisation conflict
		row, err := lockMergedInto(ctx, tx, cartID)
		if errors.Is(err, pgx.ErrNoRows) || err == nil && Status(row.Status) != Active {
			return nil
		}
		if err != nil {
			return fmt.Errorf("lock cart %s: %w", cartID, err)
		}
		version, reported, err := set(db.New(tx), row.ID)
		if errors.Is(err, pgx.ErrNoRows) || err == nil && !reported {
			return nil
		}
		if err != nil {
			return fmt.Errorf("checkout of cart %s: %w", row.ID, err)
		}
		changed = row.ID
		return outbox.Write(ctx, tx, event.CartChanged{CartID: row.ID, OwnerID: row.OwnerID, Version: int(version)})
	})
	if changed != "" && err == nil {
		s.changes.Notify(changed)
	}
	return err
}
