package attack

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"cartograph/internal/polltest"
)

const contact = `email: "guest%d@example.com", shippingAddress: {name: "G", line1: "Main Street 1", city: "Berlin", postalCode: "10115", countryCode: "DE"}, `

// hoard holds as much stock of five products as 21 guests of one address can, with contact
// data that is made up, and as 21 others without. Whoever comes from another address must
// get a unit of each.
func hoard(t *testing.T, s *system, attacker *client) {
	customer := s.enter(t)
	const guests, units = 21, 10
	variants := attacker.variants(t)
	bare, held, refused := 0, 0, 0
	for i := range guests {
		guest := attacker.guest(t)
		for _, v := range variants {
			for _, n := range []int{units, 1} { // then what is left
				got := guest.checkout(t, guest.cart(t, v, n), fmt.Sprintf(contact, i)).held()
				if held += got; got > 0 {
					break
				}
				refused++
			}
		}
	}
	for range guests {
		guest := attacker.guest(t)
		bare += guest.checkout(t, guest.cart(t, variants[0], units), "").held()
	}
	t.Logf("%d guests of one address hold %d units, and were refused %d times", guests, held, refused)
	if bare > 0 {
		t.Errorf("guests without contact data hold %d units, want none", bare)
	}
	if held == 0 || refused == 0 {
		t.Errorf("%d units are held, and %d checkouts refused: the attack did not reach a bound", held, refused)
	}
	buyer := s.client(t, addressOf("buyer")).guest(t)
	for _, v := range variants {
		got := buyer.checkout(t, buyer.cart(t, v, 1), fmt.Sprintf(contact, guests))
		if got.held() != 1 {
			t.Errorf("a buyer at another address does not get a unit of %s: %+v", v, got)
		}
	}
	customer.leave(t)
}

// variants are one of each of five products, as soon as the demo shop has them.
func (c *client) variants(t *testing.T) (ids []string) {
	t.Helper()
	polltest.EventuallyNoProblem(t, func() string {
		var data struct {
			Search struct {
				Nodes []struct {
					Variants struct{ Nodes []struct{ ID string } }
				}
			}
		}
		c.data(t, `{ search(first: 5, filter: {inStockOnly: true}) { nodes { variants(first: 1) { nodes { id } } } } }`, &data)
		ids = nil
		for _, p := range data.Search.Nodes {
			for _, v := range p.Variants.Nodes {
				ids = append(ids, v.ID)
			}
		}
		if len(ids) < 5 {
			return fmt.Sprintf("%d products are in stock", len(ids))
		}
		return ""
	})
	return ids
}

// guest is a client with a session.
type guest struct {
	*client
	token string
}

func (c *client) guest(t *testing.T) guest {
	t.Helper()
	return guest{c, c.value(t, `mutation { guestSessionCreate { session { accessToken } } }`, "accessToken")}
}

// cart is the id of a new cart with so many units of a variant.
func (g guest) cart(t *testing.T, variant string, units int) string {
	t.Helper()
	var data struct {
		CartCreate struct{ Cart struct{ ID string } }
	}
	g.data(t, fmt.Sprintf(`mutation { cartCreate(input: {lines: [{variantId: %q, quantity: %d}]}) { cart { id } } }`, variant, units), &data)
	return data.CartCreate.Cart.ID
}

type checkout struct {
	Checkout struct {
		Reservation struct{ Lines []struct{ Held int } }
	}
	UserErrors []struct{ Code string }
}

func (c checkout) held() (units int) {
	for _, l := range c.Checkout.Reservation.Lines {
		units += l.Held
	}
	return units
}

// checkout opens one of a cart.
func (g guest) checkout(t *testing.T, cart, contact string) checkout {
	t.Helper()
	var data struct{ CheckoutCreate checkout }
	g.data(t, fmt.Sprintf(`mutation { checkoutCreate(input: {cartId: %q, %sidempotencyKey: "key of %s"}) { checkout { reservation { lines { held } } } userErrors { code } } }`,
		cart, contact, cart), &data)
	return data.CheckoutCreate
}

func (g guest) data(t *testing.T, document string, into any) {
	t.Helper()
	g.client.data(t, document, into, "Authorization", "Bearer "+g.token)
}

// data reads the data of an answer without errors.
func (c *client) data(t *testing.T, document string, into any, headers ...string) {
	t.Helper()
	got, err := c.query(t.Context(), document, headers...)
	var body struct {
		Data   json.RawMessage
		Errors json.RawMessage
	}
	if err == nil {
		err = json.Unmarshal(got.body, &body)
	}
	if err == nil && body.Errors == nil {
		err = json.Unmarshal(body.Data, into)
	}
	if err != nil || body.Errors != nil {
		t.Errorf("%.80s: %v %.200s", strings.TrimSpace(document), err, got.body)
	}
}
