package order

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/auth"
	"cartograph/internal/pg"
	"cartograph/subgraphs/order/db"
)

// LookUp finds an order by its number and e-mail address, for guests; nil unless
// both match. It needs no caller: who has both has the confirmation mail.
func (s *Service) LookUp(ctx context.Context, number, email string) (*Order, error) {
	row, err := db.New(s.pool).OrderByNumber(ctx, db.OrderByNumberParams{
		Number: pg.Storable(numberOf(number)), Email: pg.Storable(lookupEmail(email)),
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look up order: %w", err)
	}
	o, err := orderOf(db.OrdersRow(row))
	if err != nil {
		return nil, err
	}
	o.LookedUp = true
	return o, nil
}

// CheckoutLines returns the lines of checkouts, in the sequence of the ids.
func (s *Service) CheckoutLines(ctx context.Context, checkoutIDs []string) ([][]Line, error) {
	byCheckout, err := linesOf(ctx, db.New(s.pool), checkoutIDs)
	if err != nil {
		return nil, err
	}
	out := make([][]Line, len(checkoutIDs))
	for i, id := range checkoutIDs {
		out[i] = byCheckout[id]
	}
	return out, nil
}

// OrderLines returns lines of orders, in the sequence of their ids: those from
// position after+1 to upto.
func (s *Service) OrderLines(ctx context.Context, orderIDs []string, after, upto int) ([][]Line, error) {
	rows, err := db.New(s.pool).OrderLines(ctx, db.OrderLinesParams{OrderIDs: orderIDs, After: int32(after), Upto: int32(upto)})
	if err != nil {
		return nil, fmt.Errorf("read order lines: %w", err)
	}
	byOrder := map[string][]Line{}
	for _, row := range rows {
		line, err := lineOf(row.OrderLine, row.Currency, row.TaxIncluded)
		if err != nil {
			return nil, err
		}
		byOrder[row.OrderLine.OrderID] = append(byOrder[row.OrderLine.OrderID], line)
	}
	out := make([][]Line, len(orderIDs))
	for i, id := range orderIDs {
		out[i] = byOrder[id]
	}
	return out, nil
}

// Timelines returns the entries of orders after an entry's number that the caller may
// read, in the sequence of the ids.
func (s *Service) Timelines(ctx context.Context, orderIDs []string, after int64) ([][]Entry, error) {
	rows, err := db.New(s.pool).Histories(ctx, db.HistoriesParams{
		OrderIDs: orderIDs, After: after, Internal: readsInternals(auth.From(ctx)),
	})
	if err != nil {
		return nil, fmt.Errorf("read histories: %w", err)
	}
	byOrder := map[string][]Entry{}
	for _, row := range rows {
		byOrder[row.OrderID] = append(byOrder[row.OrderID], entryOf(row))
	}
	out := make([][]Entry, len(orderIDs))
	for i, id := range orderIDs {
		out[i] = byOrder[id]
	}
	return out, nil
}

// ActiveCheckouts returns each cart's newest checkout of the caller that is
// OPEN or PLACING, nil where there is none.
func (s *Service) ActiveCheckouts(ctx context.Context, cartIDs []string) ([]*Checkout, error) {
	rows, err := db.New(s.pool).ActiveCheckouts(ctx, db.ActiveCheckoutsParams{CartIDs: cartIDs, Owners: auth.From(ctx).Owners()})
	if err != nil {
		return nil, fmt.Errorf("read checkouts of carts: %w", err)
	}
	byCart := map[string]*Checkout{}
	for _, row := range rows { // the newest last
		c, err := checkoutOf(db.CheckoutsRow(row))
		if err != nil {
			return nil, err
		}
		byCart[c.CartID] = &c
	}
	return inSequence(cartIDs, byCart), nil
}

// LastOrders returns the caller's last order of each product, nil where there
// is none.
func (s *Service) LastOrders(ctx context.Context, productIDs []string) ([]*Order, error) {
	rows, err := db.New(s.pool).LastOrdersOfProducts(ctx, db.LastOrdersOfProductsParams{
		ProductIDs: productIDs, Owners: auth.From(ctx).Owners(),
	})
	if err != nil {
		return nil, fmt.Errorf("read last orders: %w", err)
	}
	byProduct := map[string]*Order{}
	for _, row := range rows { // the newest last
		o, err := orderOf(db.OrdersRow{Order: row.Order, PayBefore: row.PayBefore})
		if err != nil {
			return nil, err
		}
		byProduct[row.ProductID] = o
	}
	return inSequence(productIDs, byProduct), nil
}
