package order_test

import (
	"testing"

	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/subgraphs/order"
	"cartograph/subgraphs/order/ordertest"
)

// Countries without postal codes could not check out, and codes that are no
// country's were sold to without tax.
func TestCheckoutJudgesAddressesByTheirCountry(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	for name, tt := range map[string]struct {
		address order.Address
		path    string // of the fault; empty where the checkout opens
	}{
		"Hong Kong": {order.Address{Name: "Ada", Line1: "1 Queen's Road", City: "Hong Kong", CountryCode: "HK"}, ""},
		"Emirates":  {order.Address{Name: "Ada", Line1: "Sheikh Zayed Rd", City: "Dubai", CountryCode: "AE"}, ""},
		"Qatar":     {order.Address{Name: "Ada", Line1: "Al Corniche", City: "Doha", CountryCode: "QA"}, ""},
		"Ireland":   {order.Address{Name: "Ada", Line1: "1 Main St", City: "Dublin", CountryCode: "IE"}, ""},
		"UK":        {order.Address{Name: "Ada", Line1: "10 Downing St", City: "London", PostalCode: "SW1A 2AA", CountryCode: "UK"}, "countryCode"},
		"GDR":       {order.Address{Name: "Ada", Line1: "Alexanderplatz", City: "Berlin", PostalCode: "10178", CountryCode: "DD"}, "countryCode"},
		"no code":   {order.Address{Name: "Ada", Line1: "Chausseestr. 8", City: "Berlin", CountryCode: "DE"}, "postalCode"},
		"disguised": {order.Address{Name: "Ada\u202e", Line1: "Chausseestr. 8", City: "Berlin", PostalCode: "10115", CountryCode: "DE"}, "name"},
	} {
		cart := env.Carts.Put(ordertest.Ada.ID, "USD", ordertest.Mug, 1)
		c, err := env.Service.Open(ada(t), order.OpenInput{CartID: cart, Delivery: order.Delivery{Shipping: &tt.address}, Key: id.New(id.Event)})
		switch f := fault.Of(err); {
		case tt.path == "" && (err != nil || c.ShippingAddress == nil):
			t.Errorf("%s: %v, want an open checkout", name, err)
		case tt.path != "" && (f == nil || len(f.Path) != 3 || f.Path[2] != tt.path):
			t.Errorf("%s: %v, want a fault at %s", name, err, tt.path)
		}
	}
}
