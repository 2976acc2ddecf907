package db

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// OrderFilter restricts a query of orders; zero values and empty lists do not.
type OrderFilter struct {
	Statuses        []string
	PaymentStatuses []string
	PlacedAfter     *time.Time
	PlacedBefore    *time.Time
	Query           string // part of a line's title
	Number          string // part of the number without its dash, in capitals; used with Query
}

// where is the filter as SQL, with its arguments appended to args.
func (f OrderFilter) where(args []any) (string, []any) {
	var conditions strings.Builder
	add := func(condition string, arg any) {
		args = append(args, arg)
		fmt.Fprintf(&conditions, " AND "+condition, len(args))
	}
	if len(f.Statuses) > 0 {
		add("orders.status = ANY ($%d)", f.Statuses)
	}
	if len(f.PaymentStatuses) > 0 {
		add("orders.payment_status = ANY ($%d)", f.PaymentStatuses)
	}
	if f.PlacedAfter != nil {
		add("orders.placed_at >= $%d", *f.PlacedAfter)
	}
	if f.PlacedBefore != nil {
		add("orders.placed_at < $%d", *f.PlacedBefore)
	}
	if f.Query != "" {
		pattern := "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(f.Query) + "%"
		args = append(args, f.Number)
		add(fmt.Sprintf("(($%[1]d <> '' AND strpos(replace(orders.number, '-', ''), $%[1]d) > 0)", len(args))+
			" OR EXISTS (SELECT FROM order_lines l WHERE l.order_id = orders.id AND l.title ILIKE $%d))", pattern)
	}
	return conditions.String(), args
}

// OrderPage is a page of the orders of each owner.
type OrderPage struct {
	Owners []string
	Filter OrderFilter
	Limit  int    // of each owner
	Sort   string // one of orderSorts
	After  []any  // the sort key of the order before the page; nil: from the start
}

// orderSorts are the sorts of orders: the columns of the key, of which the id
// makes it unique, and the direction. Totals are compared within a currency
// only: 1,000 JPY are not more than 900 USD.
var orderSorts = map[string]struct {
	key        string
	descending bool
}{
	"NEWEST":     {"orders.placed_at, orders.id", true},
	"OLDEST":     {"orders.placed_at, orders.id", false},
	"TOTAL_DESC": {"orders.currency, -orders.total_minor, orders.id", false},
}

// PageOfOrders reads a page of each owner's orders in one statement.
func (q *Queries) PageOfOrders(ctx context.Context, p OrderPage) ([]OrdersRow, error) {
	sort, ok := orderSorts[p.Sort]
	if !ok {
		return nil, fmt.Errorf("orders cannot be sorted by %q", p.Sort)
	}
	args := []any{p.Owners, p.Limit}
	conditions, args := p.Filter.where(args)
	comparison, direction := ">", ""
	if sort.descending {
		comparison, direction = "<", " DESC"
	}
	if p.After != nil {
		key := make([]string, len(p.After))
		for i, value := range p.After {
			args = append(args, value)
			key[i] = fmt.Sprintf("$%d", len(args))
		}
		conditions += fmt.Sprintf(" AND (%s) %s (%s)", sort.key, comparison, strings.Join(key, ", "))
	}
	sequence := strings.ReplaceAll(sort.key, ",", direction+",") + direction
	rows, err := q.db.Query(ctx, `
		SELECT o.*, c.expires_at AS pay_before
		FROM unnest($1::text[]) AS wanted (owner_id)
		     CROSS JOIN LATERAL (
		         SELECT * FROM orders WHERE orders.owner_id = wanted.owner_id`+conditions+`
		         ORDER BY `+sequence+` LIMIT $2) AS o
		     JOIN checkouts c ON c.id = o.checkout_id`, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanOrder)
}

func scanOrder(row pgx.CollectableRow) (OrdersRow, error) {
	type flat struct {
		Order
		PayBefore time.Time
	}
	f, err := pgx.RowToStructByName[flat](row)
	return OrdersRow{f.Order, f.PayBefore}, err
}

// CountOrders counts the matching orders of each owner.
func (q *Queries) CountOrders(ctx context.Context, owners []string, f OrderFilter) (map[string]int, error) {
	conditions, args := f.where([]any{owners})
	rows, err := q.db.Query(ctx, `SELECT owner_id, count(*) FROM orders WHERE owner_id = ANY ($1)`+conditions+` GROUP BY owner_id`, args...)
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	var owner string
	var n int
	_, err = pgx.ForEachRow(rows, []any{&owner, &n}, func() error {
		counts[owner] = n
		return nil
	})
	return counts, err
}
