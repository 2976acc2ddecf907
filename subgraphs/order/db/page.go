package db

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Total is a total of an order.
type Total struct {
	Minor    int64
	Currency string // ISO 4217
}

// OrderFilter restricts a query of orders; zero values and empty lists do not.
type OrderFilter struct {
	Statuses            []string
	PaymentStatuses     []string
	FulfillmentStatuses []string
	PlacedAfter         *time.Time
	PlacedBefore        *time.Time
	MinTotal, MaxTotal  *Total // of one currency
	SKU                 string // of a line, in any case

	Query     string // part of the number, of a line's title or its SKU, in any case
	Number    string // what of Query can be part of a number without its dash
	Customers bool   // Query may also be part of the e-mail address or of a name
}

// where is the filter as SQL, with its arguments appended to args.
func (f OrderFilter) where(args []any) (string, []any) {
	var conditions strings.Builder
	add := func(condition string, values ...any) {
		conditions.WriteString(" AND ")
		for _, part := range strings.SplitAfter(condition, "$") {
			conditions.WriteString(part)
			if strings.HasSuffix(part, "$") {
				args = append(args, values[0])
				values = values[1:]
				conditions.WriteString(strconv.Itoa(len(args)))
			}
		}
	}
	if len(f.Statuses) > 0 {
		add("orders.status = ANY ($)", f.Statuses)
	}
	if len(f.PaymentStatuses) > 0 {
		add("orders.payment_status = ANY ($)", f.PaymentStatuses)
	}
	if len(f.FulfillmentStatuses) > 0 {
		add("orders.fulfillment_status = ANY ($)", f.FulfillmentStatuses)
	}
	if f.PlacedAfter != nil {
		add("orders.placed_at >= $", *f.PlacedAfter)
	}
	if f.PlacedBefore != nil {
		add("orders.placed_at < $", *f.PlacedBefore)
	}
	// In the terms of the index by totals.
	if f.MinTotal != nil {
		add("orders.currency = $ AND -orders.total_minor <= $", f.MinTotal.Currency, -f.MinTotal.Minor)
	}
	if f.MaxTotal != nil {
		add("orders.currency = $ AND -orders.total_minor >= $", f.MaxTotal.Currency, -f.MaxTotal.Minor)
	}
	if f.SKU != "" {
		add("orders.id IN (SELECT l.order_id FROM order_lines l WHERE lower(l.sku) = lower($))", f.SKU)
	}
	if f.Query != "" {
		texts, patterns := []string{"t.goods LIKE lower($)"}, []any{containing(f.Query)}
		if f.Number != "" && !strings.EqualFold(f.Number, f.Query) {
			texts, patterns = append(texts, "t.goods LIKE lower($)"), append(patterns, containing(f.Number))
		}
		if f.Customers {
			texts, patterns = append(texts, "t.customer LIKE lower($)"), append(patterns, containing(f.Query))
		}
		add("orders.id IN (SELECT t.order_id FROM order_texts t WHERE "+strings.Join(texts, " OR ")+")", patterns...)
	}
	return conditions.String(), args
}

// containing is the pattern of the texts that contain a text.
func containing(text string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text) + "%"
}

// OrderPage is a page of the orders of each owner.
type OrderPage struct {
	Owners []string // nil: one page of everybody's orders
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

// PageOfOrders reads a page of each owner's orders in one statement, in any sequence.
func (q *Queries) PageOfOrders(ctx context.Context, p OrderPage) ([]OrdersRow, error) {
	sort, ok := orderSorts[p.Sort]
	if !ok {
		return nil, fmt.Errorf("orders cannot be sorted by %q", p.Sort)
	}
	conditions, args := p.Filter.where([]any{p.Limit})
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
	page := `SELECT * FROM orders WHERE true` + conditions + ` ORDER BY ` + sequence + ` LIMIT $1`
	from := `(` + page + `) AS o`
	if p.Owners != nil {
		args = append(args, p.Owners)
		page = strings.Replace(page, "true", "orders.owner_id = wanted.owner_id", 1)
		from = fmt.Sprintf("unnest($%d::text[]) AS wanted (owner_id) CROSS JOIN LATERAL (%s) AS o", len(args), page)
	}
	rows, err := q.db.Query(ctx, `SELECT o.*, c.expires_at AS pay_before FROM `+from+` JOIN checkouts c ON c.id = o.checkout_id`, args...)
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

// MostCounted is the number of matching orders at which counting everybody's ends.
const MostCounted = 10_000

// CountAllOrders counts the matching orders of everybody, up to MostCounted.
func (q *Queries) CountAllOrders(ctx context.Context, f OrderFilter) (n int, err error) {
	conditions, args := f.where([]any{MostCounted})
	err = q.db.QueryRow(ctx, `SELECT count(*) FROM (SELECT FROM orders WHERE true`+conditions+` LIMIT $1) AS counted`, args...).Scan(&n)
	return n, err
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
