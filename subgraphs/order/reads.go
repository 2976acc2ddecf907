package order

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/message"
	"cartograph/internal/pg"
	"cartograph/internal/subgraph"
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

// Timelines returns the entries of orders after an entry's number, in the
// sequence of the ids.
func (s *Service) Timelines(ctx context.Context, orderIDs []string, after int64) ([][]Entry, error) {
	rows, err := db.New(s.pool).Histories(ctx, db.HistoriesParams{OrderIDs: orderIDs, After: after})
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

// Sort is the order of a listing.
type Sort string

// The sorts.
const (
	Newest    Sort = "NEWEST"
	Oldest    Sort = "OLDEST"
	TotalDesc Sort = "TOTAL_DESC"
)

// Filter restricts a listing; zero values do not.
type Filter = db.OrderFilter

// Listing is the input of a page of orders.
type Listing struct {
	First  *int
	After  *string
	Filter Filter
	Sort   Sort
}

const defaultPage = 10

// Page is a page of a user's orders.
type Page struct {
	Nodes    []*Order
	Edges    []Edge
	PageInfo subgraph.PageInfo

	Owners []string // with Filter, for the total count
	Filter Filter
}

// Edge is an order of a page and its cursor.
type Edge struct {
	Cursor string
	Node   *Order
}

// OrdersOfUsers returns a page of the orders of each user, in one statement;
// nil for users whose orders the caller may not read, or whose they are. A caller's own include
// those of their guest session.
func (s *Service) OrdersOfUsers(ctx context.Context, userIDs []string, l Listing) ([]*Page, error) {
	first, err := subgraph.First(l.First, defaultPage)
	if err != nil {
		return nil, err
	}
	if !printable(l.Filter.Query, maxText) {
		return nil, fault.Localized(fault.Invalid, "order.query_limit", message.Args{"limit": maxText})
	}
	l.Filter.Number = numberText(l.Filter.Query)
	after, err := l.position()
	if err != nil {
		return nil, err
	}
	owners := ownersOf(auth.From(ctx), userIDs)
	rows, err := db.New(s.pool).PageOfOrders(ctx, db.OrderPage{
		Owners: slices.Compact(slices.Sorted(slices.Values(slices.Concat(owners...)))), Filter: l.Filter, Limit: first + 1, Sort: string(l.Sort), After: after,
	})
	if err != nil {
		return nil, fmt.Errorf("read orders of users: %w", err)
	}
	byOwner := map[string][]*Order{}
	for _, row := range rows {
		o, err := orderOf(row)
		if err != nil {
			return nil, err
		}
		byOwner[o.OwnerID] = append(byOwner[o.OwnerID], o)
	}
	pages := make([]*Page, len(userIDs))
	for i, mine := range owners {
		if mine != nil {
			pages[i] = l.page(byOwner, mine, first, after != nil)
		}
	}
	return pages, nil
}

// ownersOf are the owner ids of each user's orders; nil where the caller may
// not read them.
func ownersOf(caller auth.Caller, userIDs []string) [][]string {
	out := make([][]string, len(userIDs))
	everyones, _ := readScope(caller)
	for i, id := range userIDs {
		switch {
		case id == caller.ID && caller.ID != "":
			out[i] = caller.Owners()
		case everyones && caller.MaySeeCustomer(id):
			out[i] = []string{id}
		}
	}
	return out
}

// position is the sort key of the listing's cursor; nil if it has none.
func (l Listing) position() ([]any, error) {
	var (
		id       string
		placed   time.Time
		currency string
		total    int64
	)
	if l.Sort == TotalDesc {
		given, err := subgraph.DecodeCursor(l.After, string(l.Sort), &currency, &total, &id)
		if err != nil || !given {
			return nil, err
		}
		return []any{currency, -total, id}, nil
	}
	given, err := subgraph.DecodeCursor(l.After, string(l.Sort), &placed, &id)
	if err != nil || !given {
		return nil, err
	}
	return []any{placed, id}, nil
}

func (l Listing) cursor(o *Order) string {
	if l.Sort == TotalDesc {
		return subgraph.EncodeCursor(string(l.Sort), o.Total.Currency, o.Total.Minor, o.ID)
	}
	return subgraph.EncodeCursor(string(l.Sort), o.PlacedAt, o.ID)
}

// page merges the rows of several owners. Each owner has at most first+1 rows,
// so the first rows of the merge are the page.
func (l Listing) page(byOwner map[string][]*Order, owners []string, first int, after bool) *Page {
	var all []*Order
	for _, owner := range owners {
		all = append(all, byOwner[owner]...)
	}
	slices.SortFunc(all, func(a, b *Order) int {
		switch l.Sort {
		case Oldest:
			return cmp.Or(a.PlacedAt.Compare(b.PlacedAt), cmp.Compare(a.ID, b.ID))
		case TotalDesc:
			return cmp.Or(cmp.Compare(a.Total.Currency, b.Total.Currency), cmp.Compare(b.Total.Minor, a.Total.Minor), cmp.Compare(a.ID, b.ID))
		default:
			return cmp.Or(b.PlacedAt.Compare(a.PlacedAt), cmp.Compare(b.ID, a.ID))
		}
	})
	p := &Page{Owners: owners, Filter: l.Filter, Edges: []Edge{}}
	p.Nodes, p.PageInfo = subgraph.Page(all, first, after, l.cursor)
	if p.Nodes == nil {
		p.Nodes = []*Order{}
	}
	for _, o := range p.Nodes {
		p.Edges = append(p.Edges, Edge{l.cursor(o), o})
	}
	return p
}

// CountOrders counts the orders of a page's users that match its filter.
func (s *Service) CountOrders(ctx context.Context, p *Page) (int, error) {
	counts, err := db.New(s.pool).CountOrders(ctx, p.Owners, p.Filter)
	if err != nil {
		return 0, fmt.Errorf("count orders: %w", err)
	}
	sum := 0
	for _, n := range counts {
		sum += n
	}
	return sum, nil
}
