package order

import (
	"context"
	"fmt"

	"cartograph/internal/auth"
	"cartograph/subgraphs/order/db"
)

// Returns returns returns in the sequence of ids, nil for those that do not exist or whose
// order the caller may not read.
func (s *Service) Returns(ctx context.Context, ids []string) ([]*Return, error) {
	everyones, owners := readScope(auth.From(ctx))
	return s.readReturns(ctx, db.ReturnsParams{IDs: ids, Everyones: everyones, Owners: owners})
}

// Return is Returns for one id.
func (s *Service) Return(ctx context.Context, id string) (*Return, error) {
	return first(s.Returns(ctx, []string{id}))
}

// anyReturn is a return of any order, for a command; nil if there is none.
func (s *Service) anyReturn(ctx context.Context, id string) (*Return, error) {
	return first(s.readReturns(ctx, db.ReturnsParams{IDs: []string{id}, Everyones: true}))
}

func (s *Service) readReturns(ctx context.Context, p db.ReturnsParams) ([]*Return, error) {
	rows, err := db.New(s.pool).Returns(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("read returns: %w", err)
	}
	all, err := s.withLines(ctx, rows)
	byID := map[string]*Return{}
	for _, r := range all {
		byID[r.ID] = r
	}
	return inSequence(p.IDs, byID), err
}

// withLines are the returns of rows with their lines.
func (s *Service) withLines(ctx context.Context, rows []db.ReturnsRow) ([]*Return, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	currency := map[string]string{}
	for _, row := range rows {
		currency[row.Return.ID] = row.Currency
	}
	lines, err := readReturnLines(ctx, db.New(s.pool), currency)
	out := make([]*Return, len(rows))
	for i, row := range rows {
		out[i] = returnOf(row.Return)
		out[i].CheckoutID, out[i].OwnerID, out[i].Lines = row.CheckoutID, row.OwnerID, lines[row.Return.ID]
	}
	return out, err
}

// ReturnsOfOrders returns the returns of orders that the caller was allowed to read, the
// oldest first.
func (s *Service) ReturnsOfOrders(ctx context.Context, orders []*Order) ([][]*Return, error) {
	ids, byID := make([]string, len(orders)), make(map[string]*Order, len(orders))
	for i, o := range orders {
		ids[i], byID[o.ID] = o.ID, o
	}
	found, err := db.New(s.pool).ReturnsOfOrders(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read returns of orders: %w", err)
	}
	rows := make([]db.ReturnsRow, len(found))
	for i, row := range found {
		rows[i] = db.ReturnsRow(row)
	}
	all, err := s.withLines(ctx, rows)
	byOrder := map[string][]*Return{}
	for _, r := range all {
		r.Order = byID[r.OrderID]
		byOrder[r.OrderID] = append(byOrder[r.OrderID], r)
	}
	out := make([][]*Return, len(orders))
	for i, id := range ids {
		out[i] = append([]*Return{}, byOrder[id]...)
	}
	return out, err
}

// OrdersOfReturns returns the orders of returns that the caller was allowed to read.
func (s *Service) OrdersOfReturns(ctx context.Context, returns []*Return) ([]*Order, error) {
	out := make([]*Order, len(returns))
	var missing []string
	for i, r := range returns {
		if out[i] = r.Order; out[i] == nil {
			missing = append(missing, r.OrderID)
		}
	}
	if len(missing) == 0 {
		return out, nil
	}
	rows, err := db.New(s.pool).Orders(ctx, db.OrdersParams{IDs: missing, Everyones: true})
	if err != nil {
		return nil, fmt.Errorf("read orders of returns: %w", err)
	}
	byID, err := ordersBy(rows, func(o *Order) string { return o.ID })
	for i, r := range returns {
		if out[i] == nil {
			out[i] = byID[r.OrderID]
		}
	}
	return out, err
}
