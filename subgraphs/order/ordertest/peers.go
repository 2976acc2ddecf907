package ordertest

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"google.golang.org/protobuf/proto"

	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/promotion"
	rpcv1 "cartograph/internal/rpc/v1"
)

// Carts is cart subgraph.
type Carts struct {
	mu    sync.Mutex
	carts map[string]*rpcv1.Cart
}

// Put makes an active cart of an owner and returns its id. lines are variants
// and quantities in turn.
func (c *Carts) Put(owner, currency string, lines ...any) string {
	cart := &rpcv1.Cart{
		CartId: id.New(id.Cart), Version: 3, OwnerId: owner, Status: "ACTIVE", Currency: currency, Country: "US",
	}
	for i := 0; i < len(lines); i += 2 {
		cart.Lines = append(cart.Lines, &rpcv1.CartLine{
			LineId: id.New(id.CartLine), VariantId: lines[i].(string), Quantity: int32(lines[i+1].(int)),
		})
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.carts[cart.CartId] = cart
	return cart.CartId
}

// Change changes a cart.
func (c *Carts) Change(cartID string, fn func(*rpcv1.Cart)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fn(c.carts[cartID])
}

// Promote gives a cart promotions that its owner may use.
func (c *Carts) Promote(t testing.TB, cartID string, promotions ...promotion.Promotion) {
	t.Helper()
	definitions := make([]string, len(promotions))
	for i, p := range promotions {
		definition, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		definitions[i] = string(definition)
	}
	c.Change(cartID, func(cart *rpcv1.Cart) { cart.Promotions = definitions })
}

// Refuse gives a cart a code that can no longer be used.
func (c *Carts) Refuse(cartID, code string) {
	c.Change(cartID, func(cart *rpcv1.Cart) { cart.UnusableCodes = []string{code} })
}

// ReadCarts responds as the cart subgraph does.
func (c *Carts) ReadCarts(_ context.Context, req *rpcv1.ReadCartsRequest) (*rpcv1.ReadCartsResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	res := &rpcv1.ReadCartsResponse{}
	for _, q := range req.GetQueries() {
		result := &rpcv1.CartResult{}
		if cart := c.carts[q.GetCartId()]; cart != nil && slices.Contains(q.GetOwnerIds(), cart.GetOwnerId()) {
			result.Cart = proto.CloneOf(cart)
			refused := func(l *rpcv1.CartLine) bool { return slices.Contains(req.GetRefusedVariantIds(), l.GetVariantId()) }
			if !q.GetWithPromotions() && slices.ContainsFunc(cart.GetLines(), refused) {
				result.Cart.Promotions, result.Cart.UnusableCodes, result.Cart.PromotionsLeftOut = nil, nil, true
			}
		}
		res.Results = append(res.Results, result)
	}
	return res, nil
}

// The variants for sale: a mug of $19.00, a lamp of $120.00 and 4 kg,
// an anvil of 60 kg, and a ghost that cannot be bought.
const (
	Mug   = "var_mug"
	Lamp  = "var_lamp"
	Anvil = "var_anvil"
	Ghost = "var_ghost"
)

// Catalogue is product subgraph.
type Catalogue struct {
	Down     atomic.Bool
	mu       sync.Mutex
	variants map[string]*rpcv1.PricedVariant
}

func newCatalogue() *Catalogue {
	variant := func(name, title string, price int64, grams int32) *rpcv1.PricedVariant {
		return &rpcv1.PricedVariant{
			VariantId: "var_" + name, ProductId: "prd_" + name, Sku: "SKU-" + name, Title: title, Subtitle: "Blue",
			Translations: map[string]*rpcv1.LineTexts{"de": {Title: title + " (deutsch)", Subtitle: "Blau"}},
			ImageUrl:     "https://images.test/" + name, PriceMinor: price, Available: 5, CanBuy: true, MaxPerOrder: 10, WeightGrams: grams,
			CategoryIds: []string{"cat_home", "cat_" + name},
		}
	}
	c := &Catalogue{variants: map[string]*rpcv1.PricedVariant{
		Mug: variant("mug", "Mug", 1900, 400), Lamp: variant("lamp", "Lamp", 12000, 4000),
		Anvil: variant("anvil", "Anvil", 45000, 60000), Ghost: variant("ghost", "Ghost", 100, 1),
	}}
	c.variants[Ghost].CanBuy = false
	return c
}

// Price changes what a variant costs.
func (c *Catalogue) Price(variant string, minor int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.variants[variant].PriceMinor = minor
}

// Tax changes the tax class of a variant.
func (c *Catalogue) Tax(variant, class string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.variants[variant].TaxClass = class
}

// ShowAvailable changes the catalogue's copy of how much of a variant is available.
func (c *Catalogue) ShowAvailable(variant string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.variants[variant].Available, c.variants[variant].CanBuy = int32(n), n > 0
}

// PriceVariants responds as the product subgraph does.
func (c *Catalogue) PriceVariants(_ context.Context, req *rpcv1.PriceVariantsRequest) (*rpcv1.PriceVariantsResponse, error) {
	if c.Down.Load() {
		return nil, unavailable()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	res := &rpcv1.PriceVariantsResponse{}
	for _, variant := range req.GetVariantIds() {
		if v := c.variants[variant]; v != nil {
			v = proto.CloneOf(v)
			v.Currency = req.GetCurrency()
			res.Variants = append(res.Variants, v)
		}
	}
	return res, nil
}

// OfficeID is the saved address of every user that is not their default.
const OfficeID = "adr_office"

// Profiles is user subgraph.
type Profiles struct{ Down atomic.Bool }

// Contact responds as the user subgraph does.
func (p *Profiles) Contact(_ context.Context, req *rpcv1.ContactRequest) (*rpcv1.ContactResponse, error) {
	if p.Down.Load() {
		return nil, unavailable()
	}
	res := &rpcv1.ContactResponse{Email: "ada@demo.test", DisplayName: "Ada", Locale: "en-US"}
	switch {
	case req.GetAddressId() == OfficeID:
		res.Address = &rpcv1.PostalAddress{Name: "Ada", Company: "Studio", Line1: "Lindenhofweg 27", City: "Berlin", PostalCode: "10437", CountryCode: "DE"}
	case req.GetAddressId() != "":
		return nil, fault.Localized(fault.NotFound, "user.address_not_found")
	case req.GetDefaultShippingAddress():
		res.Address = &rpcv1.PostalAddress{Name: "Ada", Line1: "1840 Alder Crossing", City: "Portland", Region: "OR", PostalCode: "97205", CountryCode: "US"}
	}
	return res, nil
}
