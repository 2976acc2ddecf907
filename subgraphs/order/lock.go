package order

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"cartograph/subgraphs/order/db"
)

// locked is a purchase whose rows are locked by a transaction. The lock of the
// checkout's row is the lock of the purchase: no transaction changes an order without
// it.
type locked struct {
	Purchase
	before Purchase // as it was read
	q      *db.Queries
	tx     pgx.Tx
}

// lock reads a purchase and locks it until tx ends; nil if there is none, or
// none of the owners'. ordered is an estimate whether it has an order: the result
// is the same if it is wrong, at the cost of another statement.
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
	if err != nil || c.Status == CheckoutOpen { // which means that it has no order
		return newLocked(tx, c, nil), err
	}
	// A separate statement: one that waited for the checkout's lock would see
	// the order as it was before the wait.
	orders, err := ordersOf(ctx, db.New(tx), []string{c.ID})
	return newLocked(tx, c, orders[c.ID]), err
}

// lockOrdered is lock for a purchase with an order, in one statement; nil if
// there is no order.
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
	return newLocked(tx, c, o), err
}

// newLocked copies the order: a change must not reach before.
func newLocked(tx pgx.Tx, c Checkout, o *Order) *locked {
	l := &locked{Purchase: Purchase{Checkout: c, Order: o}, before: Purchase{Checkout: c}, q: db.New(tx), tx: tx}
	if o != nil {
		order := *o
		l.before.Order = &order
	}
	return l
}

// lockedPurchases are the purchases of checkouts that tx has locked.
func lockedPurchases(ctx context.Context, tx pgx.Tx, rows []db.CheckoutsRow) ([]*locked, error) {
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i] = row.Checkout.ID
	}
	orders, err := ordersOf(ctx, db.New(tx), ids)
	if err != nil {
		return nil, err
	}
	out := make([]*locked, len(rows))
	for i, row := range rows {
		c, err := checkoutOf(row)
		if err != nil {
			return nil, err
		}
		out[i] = newLocked(tx, c, orders[c.ID])
	}
	return out, nil
}
