package payment

import (
	"context"
	"fmt"
	"time"

	"cartograph/internal/auth"
	"cartograph/internal/decline"
	"cartograph/internal/money"
	"cartograph/internal/optional"
	"cartograph/internal/subgraph"
	"cartograph/subgraphs/payment/db"
)

// Viewer restricts reads to the payments that a caller may see.
type Viewer struct {
	all    bool
	owners []string
}

// Everyone sees all payments: this service itself, and staff.
var Everyone = Viewer{all: true}

// ViewerOf returns what an actor may see: their own payments, or all with the scope
// payments:read.
func ViewerOf(a auth.Actor) Viewer {
	return Viewer{all: a.Kind == auth.Service || a.Has("payments:read"), owners: append([]string{}, a.Owners()...)}
}

// PaymentsByID returns the payments in the order of ids; nil for one that does not
// exist or that the viewer may not see.
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
	batchPayments(all)
	return inOrder(ids, found), nil
}

func inOrder[T any](ids []string, found map[string]*T) []*T {
	sorted := make([]*T, len(ids))
	for i, id := range ids {
		sorted[i] = found[id]
	}
	return sorted
}

// PaymentsByOrder returns the payments of each order, oldest first.
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
	batchPayments(all)
	return found, nil
}

// Filter narrows a list of payments. The zero Filter
// matches all.
type Filter struct {
	Statuses      []Status
	OrderID       string
	CreatedAfter  *time.Time // inclusive
	CreatedBefore *time.Time // exclusive
}

const newestFirst = "payments:newest"

// cursorOf is the cursor of p in a List.
func cursorOf(p *Payment) string { return subgraph.EncodeCursor(newestFirst, p.CreatedAt, p.ID) }

// Page is a page of a list of payments.
type Page struct {
	Nodes    []*Payment
	PageInfo subgraph.PageInfo
	Filter   Filter // of the list
}

// Edge is a payment and its cursor.
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

// List returns the first payments after a cursor that match a filter, newest
// first.
func (s *Service) List(ctx context.Context, f Filter, first int, after *string) (*Page, error) {
	at, id := maxTime, "" // sorts before every payment
	hasCursor, err := subgraph.DecodeCursor(after, newestFirst, &at, &id)
	if err != nil {
		return nil, err
	}
	c := f.params()
	rows, err := db.New(s.pool).ListPayments(ctx, db.ListPaymentsParams{
		Statuses: c.Statuses, OrderID: c.OrderID, CreatedAfter: c.CreatedAfter, CreatedBefore: c.CreatedBefore,
		AfterCreatedAt: at, AfterID: id, MaxRows: int32(first) + 1, //nolint:gosec // a page is small
	})
	if err != nil {
		return nil, fmt.Errorf("list payments: %w", err)
	}
	list := make([]*Payment, len(rows))
	for i, row := range rows {
		p := paymentOf(row.Payment, row.CheckoutID, row.OwnerID)
		list[i] = &p
	}
	batchPayments(list)
	page := &Page{Filter: f}
	page.Nodes, page.PageInfo = subgraph.Page(list, first, hasCursor, cursorOf)
	return page, nil
}

// Count returns the number of payments that match a filter.
func (s *Service) Count(ctx context.Context, f Filter) (int, error) {
	n, err := db.New(s.pool).CountPayments(ctx, f.params())
	if err != nil {
		return 0, fmt.Errorf("count payments: %w", err)
	}
	return int(n), nil
}

var (
	minTime = time.Unix(0, 0).UTC()
	maxTime = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
)

func (f Filter) params() db.CountPaymentsParams {
	c := db.CountPaymentsParams{Statuses: statusNames(f.Statuses), OrderID: f.OrderID, CreatedAfter: minTime, CreatedBefore: maxTime}
	if f.CreatedAfter != nil {
		c.CreatedAfter = *f.CreatedAfter
	}
	if f.CreatedBefore != nil {
		c.CreatedBefore = *f.CreatedBefore
	}
	return c
}

// Source is where the outcome of an operation was read.
type Source string

// The sources.
const (
	SourceAPI            Source = "API"     // the gateway's answer
	SourceWebhook        Source = "WEBHOOK" // read from the gateway after a webhook
	SourceReconciliation Source = "RECONCILIATION"
)

// Transaction is one request to the gateway, or one change that it reported, and
// the outcome.
type Transaction struct {
	ID               string // the idempotency key of the request
	Operation        Operation
	Outcome          Outcome
	Amount           money.Money
	At               time.Time
	GatewayReference *string
	Source           Source

	failure string // of one that failed: see decline.Stored
}

// Message is why the operation failed, for the reader of ctx; nil if it did not.
func (t *Transaction) Message(ctx context.Context) *string {
	if t.failure == "" {
		return nil
	}
	return new(decline.Stored(ctx, t.failure))
}

// TransactionsByPayment returns the transactions of each payment, oldest first.
func (s *Service) TransactionsByPayment(ctx context.Context, paymentIDs []string) (map[string][]*Transaction, error) {
	rows, err := db.New(s.pool).AttemptsByPayment(ctx, paymentIDs)
	if err != nil {
		return nil, fmt.Errorf("read the attempts of %d payments: %w", len(paymentIDs), err)
	}
	found := map[string][]*Transaction{}
	for _, row := range rows {
		found[row.PaymentID] = append(found[row.PaymentID], &Transaction{
			ID: key(row.PaymentID, Operation(row.Operation), int(row.Number)), Operation: Operation(row.Operation),
			Outcome: Outcome(row.Outcome), Amount: money.Money{Minor: row.AmountMinor, Currency: row.Currency}, At: row.At,
			GatewayReference: optional.Of(row.GatewayID), Source: Source(row.Source), failure: row.Message,
		})
	}
	return found, nil
}

// Summary is the sum of an order's payments.
type Summary struct {
	Authorized money.Money // minus voided
	Captured   money.Money
	Refunded   money.Money
	BalanceDue money.Money // total minus captured, at least zero
	Refundable money.Money
}

// Total is the total of an order.
type Total struct {
	OrderID string
	Amount  money.Money
}

// Summaries returns the summary of each order; nil if the viewer may not see it.
// An order that is not stored here has no payments, and a summary of zeros.
func (s *Service) Summaries(ctx context.Context, v Viewer, totals []Total) ([]*Summary, error) {
	ids := make([]string, len(totals))
	for i, t := range totals {
		ids[i] = t.OrderID
	}
	rows, err := db.New(s.pool).Summaries(ctx, db.SummariesParams{OrderIDs: ids, AllOwners: v.all, Owners: v.owners})
	if err != nil {
		return nil, fmt.Errorf("summarise the payments of %d orders: %w", len(ids), err)
	}
	byOrder := map[string]db.SummariesRow{}
	for _, row := range rows {
		byOrder[row.OrderID] = row
	}
	summaries := make([]*Summary, len(totals))
	for i, t := range totals {
		row, ok := byOrder[t.OrderID]
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

// AwaitOrder reports whether the viewer may see the order's payments. It waits for
// an order that is not stored here for orderArrivalWait: its event may be under
// way.
func (s *Service) AwaitOrder(ctx context.Context, v Viewer, orderID string) (ok bool, err error) {
	if !v.all && len(v.owners) == 0 {
		return false, nil
	}
	err = s.pollUntil(ctx, orderID, orderArrivalWait, func(ctx context.Context) (bool, error) {
		ok, err = db.New(s.pool).OrderVisible(ctx, db.OrderVisibleParams{OrderID: orderID, AllOwners: v.all, Owners: v.owners})
		return ok, err
	})
	return ok, err
}

// orderArrivalWait is how long the event of a placed order may take to arrive.
const orderArrivalWait = time.Second
