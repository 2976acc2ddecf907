package order_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/pricing"
	"cartograph/subgraphs/order"
	"cartograph/subgraphs/order/ordertest"
)

// TestAnOrderKeepsTheTaxByRate buys a book and a lamp that are delivered to Germany.
func TestAnOrderKeepsTheTaxByRate(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	env.Catalogue.Tax(ordertest.Mug, "BOOKS")
	c := open(t, env)
	c, err := env.Service.Update(ada(t), c.ID, order.Delivery{Shipping: &order.Address{
		Name: "Ada", Line1: "Lindenhofweg 27", City: "Berlin", PostalCode: "10437", CountryCode: "DE",
	}})
	if err != nil {
		t.Fatal(err)
	}
	// Two books of 19.00 and a lamp of 120.00 before tax. Of the delivery of 6.10, 4.63 goes with
	// the lamp.
	taxes := []pricing.RateTax{{Title: "order.tax.vat", Rate: 1900, Minor: 2280 + 88}, {Title: "order.tax.vat", Rate: 700, Minor: 266 + 10}}
	if diff := cmp.Diff(taxes, c.Taxes); diff != "" {
		t.Errorf("taxes of the checkout for a delivery of %v (-want +got):\n%s", c.Shipping, diff)
	}
	o := now(t, env, place(t, env, c, ordertest.TokenOK).Order)
	if diff := cmp.Diff(taxes, o.Taxes); diff != "" {
		t.Errorf("taxes of the order (-want +got):\n%s", diff)
	}
	lines, err := env.Service.OrderLines(ada(t), []string{o.ID}, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "class of the book", string(lines[0][0].TaxClass), "BOOKS")
	want(t, "tax on the books", lines[0][0].Tax.Minor, int64(266))
	want(t, "class of the lamp", string(lines[0][1].TaxClass), "STANDARD")
	// A row of a time with one rate for all goods.
	if _, err := env.Pool.Exec(t.Context(), "UPDATE orders SET taxes_by_rate = NULL"); err != nil {
		t.Fatal(err)
	}
	o = now(t, env, o)
	if diff := cmp.Diff([]pricing.RateTax{{Title: "order.tax.vat", Rate: 1900, Minor: o.Tax.Minor}}, o.Taxes); diff != "" {
		t.Errorf("taxes of an older order (-want +got):\n%s", diff)
	}
}
