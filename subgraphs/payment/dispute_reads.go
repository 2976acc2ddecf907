package payment

import (
	"context"
	"fmt"

	"cartograph/internal/subgraph"
	"cartograph/subgraphs/payment/db"
)

// DisputesByID returns the disputes in the order of ids; nil for one that does not
// exist or that the viewer may not see.
func (s *Service) DisputesByID(ctx context.Context, v Viewer, ids []string) ([]*Dispute, error) {
	rows, err := db.New(s.pool).DisputesByID(ctx, db.DisputesByIDParams{IDs: ids, AllOwners: v.all, Owners: v.owners})
	if err != nil {
		return nil, fmt.Errorf("read %d disputes: %w", len(ids), err)
	}
	found := map[string]*Dispute{}
	all := make([]*Dispute, len(rows))
	for i, row := range rows {
		all[i] = disputeOf(row.Dispute, row.OrderID, row.Currency)
		found[all[i].ID] = all[i]
	}
	batchDisputes(all)
	return inOrder(ids, found), nil
}

// DisputesByPayment returns the disputes of each payment, oldest first.
func (s *Service) DisputesByPayment(ctx context.Context, paymentIDs []string) (map[string][]*Dispute, error) {
	rows, err := db.New(s.pool).DisputesByPayment(ctx, paymentIDs)
	if err != nil {
		return nil, fmt.Errorf("read the disputes of %d payments: %w", len(paymentIDs), err)
	}
	found := map[string][]*Dispute{}
	all := make([]*Dispute, len(rows))
	for i, row := range rows {
		all[i] = disputeOf(row.Dispute, row.OrderID, row.Currency)
		found[all[i].PaymentID] = append(found[all[i].PaymentID], all[i])
	}
	batchDisputes(all)
	return found, nil
}

const newestDisputes = "disputes:newest"

func disputeCursor(d *Dispute) string {
	return subgraph.EncodeCursor(newestDisputes, d.OpenedAt, d.ID)
}

// DisputePage is a page of a list of disputes.
type DisputePage struct {
	Nodes    []*Dispute
	PageInfo subgraph.PageInfo
	Statuses []DisputeStatus // of the list; none: all
}

// DisputeEdge is a dispute and its cursor.
type DisputeEdge struct {
	Cursor string
	Node   *Dispute
}

// Edges are the page's disputes with their cursors.
func (p *DisputePage) Edges() []*DisputeEdge {
	edges := make([]*DisputeEdge, len(p.Nodes))
	for i, node := range p.Nodes {
		edges[i] = &DisputeEdge{Cursor: disputeCursor(node), Node: node}
	}
	return edges
}

// ListDisputes returns the first disputes after a cursor, newest first.
func (s *Service) ListDisputes(ctx context.Context, statuses []DisputeStatus, first int, after *string) (*DisputePage, error) {
	at, id := maxTime, "" // sorts before every dispute
	hasCursor, err := subgraph.DecodeCursor(after, newestDisputes, &at, &id)
	if err != nil {
		return nil, err
	}
	rows, err := db.New(s.pool).ListDisputes(ctx, db.ListDisputesParams{
		Statuses: statusNames(statuses), AfterOpenedAt: at, AfterID: id, MaxRows: int32(first) + 1, //nolint:gosec // a page is small
	})
	if err != nil {
		return nil, fmt.Errorf("list disputes: %w", err)
	}
	list := make([]*Dispute, len(rows))
	for i, row := range rows {
		list[i] = disputeOf(row.Dispute, row.OrderID, row.Currency)
	}
	batchDisputes(list)
	page := &DisputePage{Statuses: statuses}
	page.Nodes, page.PageInfo = subgraph.Page(list, first, hasCursor, disputeCursor)
	return page, nil
}

// CountDisputes returns the number of disputes with any of the statuses.
func (s *Service) CountDisputes(ctx context.Context, statuses []DisputeStatus) (int, error) {
	n, err := db.New(s.pool).CountDisputes(ctx, statusNames(statuses))
	if err != nil {
		return 0, fmt.Errorf("count disputes: %w", err)
	}
	return int(n), nil
}

func statusNames[S ~string](statuses []S) []string {
	names := make([]string, len(statuses))
	for i, s := range statuses {
		names[i] = string(s)
	}
	return names
}
