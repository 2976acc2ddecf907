package order

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"cartograph/internal/auth"
	"cartograph/internal/subgraph"
	"cartograph/subgraphs/order/db"
)

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

// Total is a total in a Filter.
type Total = db.Total

// Listing is the input of a page of orders.
type Listing struct {
	First  *int
	After  *string
	Filter Filter
	Sort   Sort
}

const defaultPage = 10

// Page is a page of orders.
type Page struct {
	Nodes    []*Order
	Edges    []Edge
	PageInfo subgraph.PageInfo

	Owners []string // with Filter, for the total count; nil: everybody
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
	if err := l.prepare(0); err != nil {
		return nil, err
	}
	l.Filter.Customers = true // a user's orders are those of a known customer
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
		if mine == nil {
			continue
		}
		// Each owner has at most first+1 rows, so the first rows of the merge are the page.
		var all []*Order
		for _, owner := range mine {
			all = append(all, byOwner[owner]...)
		}
		pages[i] = l.page(all, first, after != nil)
		pages[i].Owners = mine
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

// page is the first of orders that were read in any sequence.
func (l Listing) page(all []*Order, first int, after bool) *Page {
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
	p := &Page{Filter: l.Filter, Edges: []Edge{}}
	p.Nodes, p.PageInfo = subgraph.Page(all, first, after, l.cursor)
	if p.Nodes == nil {
		p.Nodes = []*Order{}
	}
	for _, o := range p.Nodes {
		p.Edges = append(p.Edges, Edge{l.cursor(o), o})
	}
	return p
}

// CountOrders counts the orders of a page's owners that match its filter: everybody's
// up to db.MostCounted.
func (s *Service) CountOrders(ctx context.Context, p *Page) (n int, err error) {
	if p.Owners == nil {
		err = s.search(ctx, func(q *db.Queries) error {
			n, err = q.CountAllOrders(ctx, p.Filter)
			return err
		})
		return n, err
	}
	counts, err := db.New(s.pool).CountOrders(ctx, p.Owners, p.Filter)
	if err != nil {
		return 0, fmt.Errorf("count orders: %w", err)
	}
	for _, owned := range counts {
		n += owned
	}
	return n, nil
}
