package order_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/event"
	"cartograph/internal/money"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/order"
	"cartograph/subgraphs/order/ordertest"
)

// TestAChangedTotalNamesItsLines orders a checkout at the total of an earlier one of the
// cart: since then the lamp has become cheaper, a mug was taken out and the anvil added.
func TestAChangedTotalNamesItsLines(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	cartID := env.Carts.Put(ordertest.Ada.ID, "USD", ordertest.Mug, 2, ordertest.Lamp, 1)
	shown := openCart(t, env, cartID)
	env.Catalogue.Price(ordertest.Lamp, 11_000)
	env.Carts.Change(cartID, func(c *rpcv1.Cart) {
		c.Lines = []*rpcv1.CartLine{c.Lines[1], {LineId: "lin_anvil", VariantId: ordertest.Anvil, Quantity: 1}}
		c.Version++
	})
	c, err := env.Service.Requote(ada(t), shown.ID)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(total money.Money) *order.TotalChangedError {
		t.Helper()
		in := placing(c, ordertest.TokenOK)
		in.ExpectedTotal = total
		_, err := env.Service.Place(ada(t), in)
		e, ok := errors.AsType[*order.TotalChangedError](err)
		if !ok || e.Actual != c.Total || e.Expected != total {
			t.Fatalf("at %v: %v, want another total: %v", total, err, c.Total)
		}
		return e
	}
	usd := func(minor int64) money.Money { return money.Money{Minor: minor, Currency: "USD"} }
	type change struct {
		Title    string
		Was, Now money.Money
	}
	var got []change
	for _, l := range refused(shown.Total).Changes {
		got = append(got, change{l.VariantID + " " + l.Snapshot.Title, l.Was, l.Now})
	}
	want := []change{
		{ordertest.Lamp + " Lamp", usd(12_000), usd(11_000)},
		{ordertest.Anvil + " Anvil", usd(0), usd(45_000)},
		{ordertest.Mug + " Mug", usd(3_800), usd(0)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	if other := refused(usd(1)).Changes; len(other) != 0 {
		t.Errorf("a total that was never quoted has the changes %+v", other)
	}
	for _, e := range env.Published(t) {
		if e.Type == event.Type[event.OrderPlaced]() {
			t.Error("an order was placed at another total")
		}
	}
}
