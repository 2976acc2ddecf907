package payment

import (
	"context"
	"fmt"
	"time"

	"cartograph/internal/auth"
	"cartograph/internal/money"
	"cartograph/internal/subgraph"
	"cartograph/subgraphs/payment/db"
)

// Viewer is whose payments may be seen.
type Viewer struct {
	all    bool
	owners []string
}

// Everyone may be seen by us, and by staff.
var Everyone = Viewer{all: true}

// ViewerOf is what an actor may see: their own, or everyone's.
func ViewerOf(a auth.Actor) Viewer {
	return Viewer{all: a.Kind == auth.Service || a.Has("payments:read"), owners: append([]string{}, a.Owners()...)}
}

// PaymentsByID gives the payments in the order of the ids; nil for one that
// does not exist or may not be seen.
func (s *Service) PaymentsByID(ctx context.Context, v Viewer, ids []string) ([]*Payment, error) {
	rows, err := db.New(s.pool).PaymentsByID(ctx, db.PaymentsByIDParams{IDs: ids, AllOwners: v.all, Owners: v.owners})
	if err != nil {
		return nil, fmt.Errorf("read %d payments: %w", len(ids), err)
	}
	found := map[string]*Payment{}
	all := make([]*Payment, len(rows))
	for i, row := range rows {
		p := paymentOf(row.Payment, row.CheckoutID, row.OwnerID)
		found[p.ID], all[i] = &p, &p
	}
	readTogether(all)
	return inOrder(ids, found), nil
}

func inOrder[T any](ids []string, found map[string]*T) []*T {
	sorted := make([]*T, len(ids))
	for i, id := range ids {
		sorted[i] = found[id]
	}
	return sorted
}

// PaymentsByOrder gives the payments of each order, oldest first.
func (s *Service) PaymentsByOrder(ctx context.Context, v Viewer, orderIDs []string) (map[string][]*Payment, error) {
	rows, err := db.New(s.pool).PaymentsByOrder(ctx, db.PaymentsByOrderParams{OrderIDs: orderIDs, AllOwners: v.all, Owners: v.owners})
	if err != nil {
		return nil, fmt.Errorf("read the payments of %d orders: %w", len(orderIDs), err)
	}
	found := map[string][]*Payment{}
	all := make([]*Payment, len(rows))
	for i, row := range rows {
		p := paymentOf(row.Payment, row.CheckoutID, row.OwnerID)
		found[p.OrderID], all[i] = append(found[p.OrderID], &p), &p
	}
	readTogether(all)
	return found, nil
}

// Filter narrows a list of payments. The zero Filter lets all through.
type Filter struct {
	Statuses      []Status
	OrderID       string
	CreatedAfter  *time.Time // inclusive
	CreatedBefore *time.Time // exclusive
}

const newestFirst = "payments:newest"

// cursorOf is where p stands in a List.
func cursorOf(p *Payment) string { return subgraph.EncodeCursor(newestFirst, p.CreatedAt, p.ID) }

// Page is a part of a list of payments.
type Page struct {
	Nodes    []*Payment
	PageInfo subgraph.PageInfo
	Filter   Filter // of the list
}

// Edge is a payment and where it stands in the list.
type Edge struct {
	Cursor string
	Node   *Payment
}

// Edges are the page's payments with their cursors.
func (p *Page) Edges() []*Edge {
	edges := make([]*Edge, len(p.Nodes))
	for i, node := range p.Nodes {
		edges[i] = &Edge{Cursor: cursorOf(node), Node: node}
	}
	return edges
}

// List gives a page of the payments that a filter lets through, newest first,
// from after a cursor on.
func (s *Service) List(ctx context.Context, f Filter, first int, after *string) (*Page, error) {
	at, id := endOfTime, "" // as sort key it lies before every payment
	given, err := subgraph.DecodeCursor(after, newestFirst, &at, &id)
	if err != nil {
		return nil, err
	}
	c := f.params()
	rows, err := db.New(s.pool).ListPayments(ctx, db.ListPaymentsParams{
		Statuses: c.Statuses, OrderID: c.OrderID, CreatedAfter: c.CreatedAfter, CreatedBefore: c.CreatedBefore,
		AfterCreatedAt: at, AfterID: id, Most: int32(first) + 1, //nolint:gosec // a page is small
	})
	if err != nil {
		return nil, fmt.Errorf("list payments: %w", err)
	}
	list := make([]*Payment, len(rows))
	for i, row := range rows {
		p := paymentOf(row.Payment, row.CheckoutID, row.OwnerID)
		list[i] = &p
	}
	readTogether(list)
	page := &Page{Filter: f}
	page.Nodes, page.PageInfo = subgraph.Page(list, first, given, cursorOf)
	return page, nil
}

// Count is how many payments a filter lets through.
func (s *Service) Count(ctx context.Context, f Filter) (int, error) {
	n, err := db.New(s.pool).CountListed(ctx, f.params())
	if err != nil {
		return 0, fmt.Errorf("count payments: %w", err)
	}
	return int(n), nil
}

var (
	beginOfTime = time.Unix(0, 0).UTC()
	endOfTime   = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
)

func (f Filter) params() db.CountListedParams {
	c := db.CountListedParams{Statuses: []string{}, OrderID: f.OrderID, CreatedAfter: beginOfTime, CreatedBefore: endOfTime}
	for _, status := range f.Statuses {
		c.Statuses = append(c.Statuses, string(status))
	}
	if f.CreatedAfter != nil {
		c.CreatedAfter = *f.CreatedAfter
	}
	if f.CreatedBefore != nil {
		c.CreatedBefore = *f.CreatedBefore
	}
	return c
}

// Source is who told us how an operation ended.
type Source string

// The sources.
const (
	SourceAPI            Source = "API"     // the gateway's answer
	SourceWebhook        Source = "WEBHOOK" // read from the gateway after its hint
	SourceReconciliation Source = "RECONCILIATION"
)

// Transaction is one request to the gateway, or one word from it, and how it
// ended.
type Transaction struct {
	ID               string // the idempotency key that the gateway was given
	Operation        Operation
	Outcome          Outcome
	Amount           money.Money
	At               time.Time
	GatewayReference *string
	Source           Source
	Message          *string
}

// TransactionsOf gives the transactions of each payment, oldest first.
func (s *Service) TransactionsOf(ctx context.Context, paymentIDs []string) (map[string][]*Transaction, error) {
	rows, err := db.New(s.pool).AttemptsByPayment(ctx, paymentIDs)
	if err != nil {
		return nil, fmt.Errorf("read the attempts of %d payments: %w", len(paymentIDs), err)
	}
	found := map[string][]*Transaction{}
	for _, row := range rows {
		found[row.PaymentID] = append(found[row.PaymentID], &Transaction{
			ID: key(row.PaymentID, Operation(row.Operation), int(row.Number)), Operation: Operation(row.Operation),
			Outcome: Outcome(row.Outcome), Amount: money.Money{Minor: row.AmountMinor, Currency: row.Currency}, At: row.At,
			GatewayReference: known(row.GatewayID), Source: Source(row.Source), Message: known(row.Message),
		})
	}
	return found, nil
}

// Summary is what was paid for an order.
type Summary struct {
	Authorized money.Money // and not voided
	Captured   money.Money
	Refunded   money.Money
	BalanceDue money.Money // of the total, not captured
	Refundable money.Money
}

// Total is what an order costs.
type Total struct {
	OrderID string
	Amount  money.Money
}

// Summaries gives what was paid of each total; nil where the viewer may not
// know. Of an order that is not known here nothing was paid.
func (s *Service) Summaries(ctx context.Context, v Viewer, totals []Total) ([]*Summary, error) {
	ids := make([]string, len(totals))
	for i, t := range totals {
		ids[i] = t.OrderID
	}
	rows, err := db.New(s.pool).Summaries(ctx, db.SummariesParams{OrderIDs: ids, AllOwners: v.all, Owners: v.owners})
	if err != nil {
		return nil, fmt.Errorf("sum up the payments of %d orders: %w", len(ids), err)
	}
	known := map[string]db.SummariesRow{}
	for _, row := range rows {
		known[row.OrderID] = row
	}
	summaries := make([]*Summary, len(totals))
	for i, t := range totals {
		row, ok := known[t.OrderID]
		if ok && !row.Visible {
			continue
		}
		in := func(minor int64) money.Money { return money.Money{Minor: minor, Currency: t.Amount.Currency} }
		summaries[i] = &Summary{
			Authorized: in(row.AuthorizedMinor), Captured: in(row.CapturedMinor), Refunded: in(row.RefundedMinor),
			BalanceDue: in(max(0, t.Amount.Minor-row.CapturedMinor)), Refundable: in(row.RefundableMinor),
		}
	}
	return summaries, nil
}

// KnowsOrder reports whether the viewer may see the order's payments. An order
// that was placed a moment ago is waited for.
func (s *Service) KnowsOrder(ctx context.Context, v Viewer, orderID string) (ok bool, err error) {
	if !v.all && len(v.owners) == 0 {
		return false, nil
	}
	err = s.until(ctx, orderID, orderOnItsWay, func(ctx context.Context) (bool, error) {
		ok, err = db.New(s.pool).OrderVisible(ctx, db.OrderVisibleParams{OrderID: orderID, AllOwners: v.all, Owners: v.owners})
		return ok, err
	})
	return ok, err
}

// orderOnItsWay is how long the news of an order may take to get here.
const orderOnItsWay = time.Second
