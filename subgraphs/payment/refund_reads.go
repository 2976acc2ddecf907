package payment

import (
	"context"
	"fmt"

	"cartograph/internal/money"
	"cartograph/subgraphs/payment/db"
)

func refundOf(row db.Refund, orderID, currency string) *Refund {
	return &Refund{
		ID: row.ID, PaymentID: row.PaymentID, OrderID: orderID, Amount: money.Money{Minor: row.AmountMinor, Currency: currency},
		Status: RefundStatus(row.Status), Reason: Reason(row.Reason), CreatedAt: row.CreatedAt, SettledAt: row.SettledAt,
	}
}

// RefundsByID returns the refunds in the order of ids; nil for one that does not
// exist or that the viewer may not see.
func (s *Service) RefundsByID(ctx context.Context, v Viewer, ids []string) ([]*Refund, error) {
	rows, err := db.New(s.pool).RefundsByID(ctx, db.RefundsByIDParams{IDs: ids, AllOwners: v.all, Owners: v.owners})
	if err != nil {
		return nil, fmt.Errorf("read %d refunds: %w", len(ids), err)
	}
	found := map[string]*Refund{}
	all := make([]*Refund, len(rows))
	for i, row := range rows {
		all[i] = refundOf(row.Refund, row.OrderID, row.Currency)
		found[all[i].ID] = all[i]
	}
	batchRefunds(all)
	return inOrder(ids, found), nil
}

// RefundsByPayment returns the refunds of each payment, oldest first.
func (s *Service) RefundsByPayment(ctx context.Context, paymentIDs []string) (map[string][]*Refund, error) {
	rows, err := db.New(s.pool).RefundsByPayment(ctx, paymentIDs)
	if err != nil {
		return nil, fmt.Errorf("read the refunds of %d payments: %w", len(paymentIDs), err)
	}
	found := map[string][]*Refund{}
	all := make([]*Refund, len(rows))
	for i, row := range rows {
		all[i] = refundOf(row.Refund, row.OrderID, row.Currency)
		found[all[i].PaymentID] = append(found[all[i].PaymentID], all[i])
	}
	batchRefunds(all)
	return found, nil
}

// RefundsByOrder returns the refunds of each order, oldest first.
func (s *Service) RefundsByOrder(ctx context.Context, v Viewer, orderIDs []string) (map[string][]*Refund, error) {
	rows, err := db.New(s.pool).RefundsByOrder(ctx, db.RefundsByOrderParams{OrderIDs: orderIDs, AllOwners: v.all, Owners: v.owners})
	if err != nil {
		return nil, fmt.Errorf("read the refunds of %d orders: %w", len(orderIDs), err)
	}
	found := map[string][]*Refund{}
	all := make([]*Refund, len(rows))
	for i, row := range rows {
		all[i] = refundOf(row.Refund, row.OrderID, row.Currency)
		found[all[i].OrderID] = append(found[all[i].OrderID], all[i])
	}
	batchRefunds(all)
	return found, nil
}
