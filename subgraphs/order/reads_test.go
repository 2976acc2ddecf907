package order_test

import (
	"testing"

	"cartograph/subgraphs/order"
	"cartograph/subgraphs/order/ordertest"
)

// listed reads all of Ada's orders, two at a time.
func listed(t *testing.T, env *ordertest.Env, l order.Listing) []*order.Order {
	t.Helper()
	var all []*order.Order
	l.First = new(2)
	for range 10 {
		pages, err := env.Service.OrdersOfUsers(ada(t), []string{ordertest.Ada.ID}, l)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, pages[0].Nodes...)
		if !pages[0].PageInfo.HasNextPage {
			return all
		}
		l.After = pages[0].PageInfo.EndCursor
	}
	t.Fatal("the pages do not end")
	return nil
}

func TestTotalsAreComparedWithinACurrency(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	for i, currency := range []string{"USD", "EUR", "USD", "EUR", "JPY", "USD", "EUR"} {
		c := openCart(t, env, env.Carts.Put(ordertest.Ada.ID, currency, ordertest.Mug, 1+i%5))
		place(t, env, c, ordertest.TokenOK)
	}
	all := listed(t, env, order.Listing{Sort: order.TotalDesc})
	want(t, "orders", len(all), 7)
	for i, o := range all[1:] {
		before := all[i].Total
		if o.Total.Currency < before.Currency || o.Total.Currency == before.Currency && o.Total.Minor > before.Minor {
			t.Errorf("%v comes after %v", o.Total, before)
		}
	}
}

func TestAnEmptyListOfAFilterDoesNotRestrict(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	o := place(t, env, open(t, env), ordertest.TokenOK).Order
	for name, f := range map[string]order.Filter{
		"status": {Statuses: []string{}}, "paymentStatus": {PaymentStatuses: []string{}},
	} {
		l := order.Listing{Sort: order.Newest, Filter: f}
		want(t, "orders with an empty "+name, len(listed(t, env, l)), 1)
		pages, err := env.Service.OrdersOfUsers(ada(t), []string{ordertest.Ada.ID}, l)
		if err != nil {
			t.Fatal(err)
		}
		n, err := env.Service.CountOrders(t.Context(), pages[0])
		want(t, "their count", n, 1)
		want(t, "its error", err, nil)
	}
	for query, n := range map[string]int{o.Number: 1, "cg" + o.Number[3:5]: 1, o.Number[3:] + "X": 0, "#": 0, "Mug": 1, "CG": 1} {
		want(t, "orders with "+query, len(listed(t, env, order.Listing{Sort: order.Newest, Filter: order.Filter{Query: query}})), n)
	}
}

func TestAnEmptyPageHasHasNextPage(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	page := func() *order.Page {
		pages, err := env.Service.OrdersOfUsers(ada(t), []string{ordertest.Ada.ID}, order.Listing{Sort: order.Newest, First: new(0)})
		if err != nil {
			t.Fatal(err)
		}
		return pages[0]
	}
	want(t, "more than none of none", page().PageInfo.HasNextPage, false)
	place(t, env, open(t, env), ordertest.TokenOK)
	want(t, "more than none of one", page().PageInfo.HasNextPage, true)
	want(t, "orders", len(page().Nodes), 0)
}
