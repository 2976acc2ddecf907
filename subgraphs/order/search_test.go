package order_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cartograph/internal/address"
	"cartograph/internal/fault"
	"cartograph/internal/pg"
	"cartograph/subgraphs/order"
	"cartograph/subgraphs/order/ordertest"
)

// search reads all pages of a search, one order at a time.
func search(ctx context.Context, t *testing.T, env *ordertest.Env, f order.Filter, sort order.Sort) (numbers []string) {
	t.Helper()
	l := order.Listing{First: new(1), Filter: f, Sort: sort}
	for range 20 {
		page, err := env.Service.Search(ctx, l)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Nodes {
			numbers = append(numbers, o.Number)
		}
		if !page.PageInfo.HasNextPage {
			n, err := env.Service.CountOrders(ctx, page)
			if err != nil || n != len(numbers) {
				t.Errorf("the count of %+v is %d, %v, want %d", f, n, err, len(numbers))
			}
			return numbers
		}
		l.After = page.PageInfo.EndCursor
	}
	t.Fatal("the pages do not end")
	return nil
}

// threeOrders are Ada's paid mug in USD, her unpaid lamp in EUR and a guest's.
func threeOrders(t *testing.T, env *ordertest.Env) (mug, lamp, guests *order.Order) {
	t.Helper()
	mug = place(t, env, openCart(t, env, env.Carts.Put(ordertest.Ada.ID, "USD", ordertest.Mug, 1)), ordertest.TokenOK).Order
	env.Settle(t)
	lamp = place(t, env, openCart(t, env, env.Carts.Put(ordertest.Ada.ID, "EUR", ordertest.Lamp, 3)), "").Order
	ctx := ordertest.As(t.Context(), ordertest.Guest)
	c, err := env.Service.Open(ctx, order.OpenInput{CartID: env.Carts.Put(ordertest.Guest.ID, "USD", ordertest.Mug, 2), Key: "g", Delivery: order.Delivery{
		Email:    new("grace@navy.test"),
		Shipping: &address.Address{Name: "Grace Brewster Hopper", Company: new("Eckert-Mauchly"), Line1: "1 Yard", City: "Portland", Region: new("OR"), PostalCode: "97201", CountryCode: "US"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	placed, err := env.Service.Place(ctx, placing(c, ""))
	if err != nil {
		t.Fatal(err)
	}
	return mug, lamp, placed.Order
}

func TestStaffFindOrdersByWhateverTheyKnow(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	mug, lamp, guests := threeOrders(t, env)
	all := []string{guests.Number, lamp.Number, mug.Number}
	eur := func(minor int64) *order.Total { return &order.Total{Minor: minor, Currency: "EUR"} }
	for claim, c := range map[string]struct {
		filter order.Filter
		want   []string
	}{
		"all, the newest first":      {order.Filter{}, all},
		"the number":                 {order.Filter{Query: strings.ToLower(mug.Number)}, []string{mug.Number}},
		"the number without a dash":  {order.Filter{Query: "CG " + mug.Number[3:]}, []string{mug.Number}},
		"a part of the number":       {order.Filter{Query: lamp.Number[4:8]}, []string{lamp.Number}},
		"the e-mail address":         {order.Filter{Query: "GRACE@navy"}, []string{guests.Number}},
		"a part of a name":           {order.Filter{Query: "hopp"}, []string{guests.Number}},
		"a company":                  {order.Filter{Query: "ckert-mau"}, []string{guests.Number}},
		"a title":                    {order.Filter{Query: "LAMP"}, []string{lamp.Number}},
		"a SKU in any case":          {order.Filter{SKU: strings.ToLower(skuOf(t, env, lamp))}, []string{lamp.Number}},
		"no part of a SKU":           {order.Filter{SKU: skuOf(t, env, lamp)[:2]}, nil},
		"signs stand for themselves": {order.Filter{Query: "%%%"}, nil},
		"a status":                   {order.Filter{Statuses: []string{"CONFIRMED"}}, []string{mug.Number}},
		"a payment status":           {order.Filter{PaymentStatuses: []string{"PAID", "REFUNDED"}}, []string{mug.Number}},
		"a delivery status":          {order.Filter{FulfillmentStatuses: []string{"UNFULFILLED"}}, all},
		"a delivery status of none":  {order.Filter{FulfillmentStatuses: []string{"DELIVERED"}}, nil},
		"from a date on":             {order.Filter{PlacedAfter: &lamp.PlacedAt}, all[:2]},
		"before a date":              {order.Filter{PlacedBefore: &lamp.PlacedAt}, all[2:]},
		"an amount of its currency":  {order.Filter{MinTotal: eur(lamp.Total.Minor), MaxTotal: eur(lamp.Total.Minor)}, all[1:2]},
		"a smaller amount":           {order.Filter{MaxTotal: eur(lamp.Total.Minor - 1)}, nil},
		"a larger amount":            {order.Filter{MinTotal: eur(lamp.Total.Minor + 1)}, nil},
		"several conditions":         {order.Filter{Query: "mug", Statuses: []string{"PENDING_PAYMENT"}}, all[:1]},
	} {
		if got := search(kim(t), t, env, c.filter, order.Newest); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", claim, got, c.want)
		}
	}
	want(t, "the oldest first", strings.Join(search(kim(t), t, env, order.Filter{}, order.Oldest), " "), mug.Number+" "+lamp.Number+" "+guests.Number)
	want(t, "the dearest first", search(kim(t), t, env, order.Filter{}, order.TotalDesc)[0], lamp.Number) // EUR precedes USD
}

func skuOf(t *testing.T, env *ordertest.Env, o *order.Order) string {
	t.Helper()
	lines, err := env.Service.OrderLines(kim(t), []string{o.ID}, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	return lines[0][0].Snapshot.SKU
}

// Whoever may not see customers must not find them out by searching either.
func TestASearchRevealsNoCustomers(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	_, _, guests := threeOrders(t, env)
	partner := ordertest.As(t.Context(), ordertest.Partner)
	want(t, "orders by goods", len(search(partner, t, env, order.Filter{Query: "mug"}, order.Newest)), 2)
	for _, query := range []string{"grace@navy.test", "Hopper", "Eckert"} {
		want(t, "orders by "+query, len(search(partner, t, env, order.Filter{Query: query}, order.Newest)), 0)
		want(t, "orders that staff find by "+query, search(kim(t), t, env, order.Filter{Query: query}, order.Newest)[0], guests.Number)
	}
	for who, ctx := range map[string]context.Context{"a customer": ada(t), "a guest": ordertest.As(t.Context(), ordertest.Guest)} {
		if page, err := env.Service.Search(ctx, order.Listing{Sort: order.Newest}); page != nil || err != nil {
			t.Errorf("%s: %v, %v, want none of the orders", who, page, err)
		}
	}
}

func TestASearchThatWouldReadEveryTextIsRefused(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	for name, f := range map[string]order.Filter{
		"two characters": {Query: " mu "}, "a long text": {Query: strings.Repeat("x", 1001)}, "no text": {Query: "a\x00bcd"}, "a long SKU": {SKU: strings.Repeat("x", 1001)},
		"two currencies": {MinTotal: &order.Total{Currency: "EUR"}, MaxTotal: &order.Total{Currency: "USD"}},
	} {
		if _, err := env.Service.Search(kim(t), order.Listing{Filter: f, Sort: order.Newest}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v, want it refused", name, err)
		}
	}
}

func TestPagesOfASearchDoNotShift(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	mug, lamp, guests := threeOrders(t, env)
	page, err := env.Service.Search(kim(t), order.Listing{First: new(2), Sort: order.Newest})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "first page", page.Nodes[0].Number+" "+page.Nodes[1].Number, guests.Number+" "+lamp.Number)
	place(t, env, open(t, env), ordertest.TokenOK)
	if _, err := env.Service.CancelOrder(kim(t), order.CancelInput{OrderID: lamp.ID, Reason: order.OtherReason, Key: "c"}); err != nil {
		t.Fatal(err)
	}
	next, err := env.Service.Search(kim(t), order.Listing{First: new(2), Sort: order.Newest, After: page.PageInfo.EndCursor})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "orders of the second page", len(next.Nodes), 1)
	want(t, "the second page", next.Nodes[0].Number, mug.Number)
}

// manyOrders copies the order there is, so that tables have the size at which plans
// matter: nearly all are delivered, and few are of the last days.
func manyOrders(t *testing.T, env *ordertest.Env, n int) {
	t.Helper()
	_, err := env.Pool.Exec(t.Context(), `
		WITH checkout AS (
			INSERT INTO checkouts SELECT (jsonb_populate_record(c, jsonb_build_object('id', 'chk_' || i, 'occupied_cart_id', NULL))).*
			FROM checkouts c, generate_series(1, $1::int) i
		), lines AS (
			INSERT INTO order_lines SELECT (jsonb_populate_record(l, jsonb_build_object('id', l.id || i, 'order_id', 'ord_' || i))).*
			FROM order_lines l, generate_series(1, $1::int) i
		)
		INSERT INTO orders SELECT (jsonb_populate_record(o, jsonb_build_object('id', 'ord_' || i, 'checkout_id', 'chk_' || i,
			'number', 'CG-' || lpad(i::text, 6, '0'), 'email', 'customer' || i || '@mail.test', 'placed_at', o.placed_at - i * interval '1 hour',
			'subtotal_minor', o.total_minor + i, 'total_minor', o.total_minor + i, 'discount_minor', 0, 'shipping_minor', 0, 'tax_minor', 0,
			'delivered_at', now(), 'status', CASE WHEN i % 1000 = 0 THEN 'CONFIRMED' ELSE 'DELIVERED' END,
			'payment_status', CASE WHEN i % 1000 = 1 THEN 'REFUNDED' ELSE 'PAID' END,
			'fulfillment_status', CASE WHEN i % 1000 = 2 THEN 'RETURNED' ELSE 'DELIVERED' END))).*
		FROM orders o, generate_series(1, $1::int) i`, n)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := env.Pool.Exec(t.Context(), "VACUUM ANALYZE"); err != nil {
		t.Fatal(err)
	}
}

func TestASearchScansNoTable(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	o := place(t, env, open(t, env), ordertest.TokenOK).Order
	env.Settle(t)
	pool, err := pg.Open(t.Context(), env.Pool.Config().ConnString(), env.Statements) // with its settings of the planner
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	env.Pool = pool
	env.Restart()
	const many = 5000
	manyOrders(t, env, many)
	day := o.PlacedAt.Add(-24 * time.Hour)
	for name, l := range map[string]order.Listing{
		"all":                 {},
		"oldest":              {Sort: order.Oldest},
		"dearest":             {Sort: order.TotalDesc},
		"a number":            {Filter: order.Filter{Query: "CG-001234"}},
		"an e-mail address":   {Filter: order.Filter{Query: "customer1234@mail.test"}},
		"a text of none":      {Filter: order.Filter{Query: "nobody@mail.test"}},
		"a title of all":      {Filter: order.Filter{Query: "mug"}},
		"a SKU of none":       {Filter: order.Filter{SKU: "none"}},
		"delivered":           {Filter: order.Filter{Statuses: []string{"DELIVERED"}}},
		"to pack":             {Filter: order.Filter{Statuses: []string{"CONFIRMED"}}},
		"refunded":            {Filter: order.Filter{PaymentStatuses: []string{"REFUNDED"}}},
		"returned":            {Filter: order.Filter{FulfillmentStatuses: []string{"RETURNED"}}},
		"of a day":            {Filter: order.Filter{PlacedAfter: &day}},
		"refunded by mail":    {Filter: order.Filter{PaymentStatuses: []string{"REFUNDED"}, Query: "customer19001@"}},
		"of at least a total": {Filter: order.Filter{MinTotal: &order.Total{Minor: o.Total.Minor + many - 10, Currency: "USD"}}},
	} {
		l.Sort = cmp.Or(l.Sort, order.Newest)
		read := rowsRead(t, env, func() {
			if _, err := env.Service.Search(kim(t), l); err != nil {
				t.Fatal(err)
			}
		})
		if read.sequential > 0 || read.byIndex > many/5 {
			t.Errorf("%s reads %d rows by sequential scans and %d by indexes, want none and %d at most", name, read.sequential, read.byIndex, many/5)
		}
	}
	env.Statements.Reset()
	page, err := env.Service.Search(kim(t), order.Listing{First: new(100), Sort: order.Newest})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "orders of a page", len(page.Nodes), 100)
	want(t, "statements of a page", env.Statements.N(), 2) // a setting and the page
	n, err := env.Service.CountOrders(kim(t), page)
	want(t, "the count", fmt.Sprint(n, err), "5001 <nil>")
}

type rowsReadBy struct{ sequential, byIndex int64 }

// rowsRead counts the rows of orders and their texts that Postgres reads in run.
func rowsRead(t *testing.T, env *ordertest.Env, run func()) rowsReadBy {
	t.Helper()
	counters := func() (r rowsReadBy) {
		err := env.Pool.QueryRow(t.Context(), `SELECT sum(seq_tup_read)::bigint, sum(coalesce(idx_tup_fetch, 0))::bigint
			FROM pg_stat_user_tables WHERE relname IN ('orders', 'order_texts', 'order_lines')`).Scan(&r.sequential, &r.byIndex)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	flush := func() { // the counters of a connection are published when it is idle for a while or says so
		for _, conn := range env.Pool.AcquireAllIdle(t.Context()) {
			_, err := conn.Exec(t.Context(), "SELECT pg_stat_force_next_flush()")
			conn.Release()
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	flush()
	before := counters()
	run()
	flush()
	after := counters()
	return rowsReadBy{after.sequential - before.sequential, after.byIndex - before.byIndex}
}
