package estimate_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"pgregory.net/rapid"

	"cartograph/internal/address"
	"cartograph/internal/auth"
	"cartograph/internal/catalogue"
	"cartograph/internal/id"
	"cartograph/internal/outbox"
	"cartograph/internal/pgtest"
	"cartograph/internal/promotion"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/cart"
	cartdb "cartograph/subgraphs/cart/db"
	"cartograph/subgraphs/order"
	"cartograph/subgraphs/order/ordertest"
)

// shelf is a product subgraph that sells what a test draws.
type shelf map[string]*rpcv1.PricedVariant

func (s shelf) PriceVariants(_ context.Context, req *rpcv1.PriceVariantsRequest) (*rpcv1.PriceVariantsResponse, error) {
	res := &rpcv1.PriceVariantsResponse{}
	for _, variant := range req.GetVariantIds() {
		if v := s[variant]; v != nil {
			v.Currency = req.GetCurrency()
			res.Variants = append(res.Variants, v)
		}
	}
	return res, nil
}

// places are near and far, with postal codes of islands.
var places = []address.Address{
	{CountryCode: "US", City: "Portland", Region: new("OR"), PostalCode: "97205"},
	{CountryCode: "US", City: "Anchorage", Region: new("AK"), PostalCode: "99501"},
	{CountryCode: "DE", City: "Berlin", PostalCode: "10437"},
	{CountryCode: "DE", City: "Sylt", PostalCode: "25980"},
	{CountryCode: "FR", City: "Paris", PostalCode: "75001"},
	{CountryCode: "GB", City: "London", PostalCode: "SW1A 1AA"},
	{CountryCode: "CH", City: "Bern", PostalCode: "3011"},
	{CountryCode: "JP", City: "Shibuya-ku", Region: new("Tokyo"), PostalCode: "150-0002"},
}

// shop is a cart and an order service on databases of their own, which share a shelf.
type shop struct {
	shelf  shelf
	carts  *cart.Service
	orders *order.Service
}

var currencies = []string{"USD", "CAD", "EUR", "GBP", "CHF", "JPY", "KWD"}

func newShop(t *testing.T) shop {
	t.Helper()
	log, variants := slog.New(slog.DiscardHandler), shelf{}
	pool, _ := pgtest.NewCounted(t, cartdb.Migrations())
	client := redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr()})
	t.Cleanup(func() { _ = client.Close() })
	carts := cart.NewService(pool, outbox.New(pool), cart.NewPrices(variants, client, log), cart.Config{}, currencies, "https://shop.test", log)
	env := ordertest.New(t)
	ports := env.Ports()
	ports.Carts, ports.Catalogue = cart.NewServer(carts), variants
	for _, v := range drawn() {
		env.Inventory.SetStock(v, 1e9)
	}
	return shop{variants, carts, order.NewService(env.Pool, env.Out, ports, env.Config, time.Now, log)}
}

// drawn are the variants of a run. Prices are cached: every run of the property has
// variants of its own, as far as their number goes.
func drawn() []string {
	ids := make([]string, 500)
	for i := range ids {
		ids[i] = fmt.Sprintf("var_%d", i)
	}
	return ids
}

// TestAnEstimateIsTheQuoteOfItsCheckout draws carts with promotions, and places.
func TestAnEstimateIsTheQuoteOfItsCheckout(t *testing.T) {
	t.Parallel()
	s, free := newShop(t), drawn()
	staff := ordertest.As(t.Context(), auth.Actor{Kind: auth.User, ID: "usr_admin", Scopes: []string{"promotions:write"}})
	for _, p := range []promotion.Promotion{
		{Code: "TENTH", Kind: promotion.Percentage, Rate: 1000, Combines: true},
		{Code: "FREESHIP", Kind: promotion.FreeShipping},
		{Code: "ONE-OF-TWO", Kind: promotion.BuyXGetY, Buy: 1, Get: 1, Rate: 5000, Combines: true},
	} {
		p.Title, p.StartsAt = p.Code, time.Now().Add(-time.Hour)
		if _, err := s.carts.SavePromotion(staff, p); err != nil {
			t.Fatal(err)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		lines := make([]*cart.LineInput, rapid.IntRange(1, 4).Draw(rt, "lines"))
		for i := range lines {
			if len(free) == 0 {
				free = drawn()
			}
			variant := free[0]
			free = free[1:]
			s.shelf[variant] = &rpcv1.PricedVariant{
				VariantId: variant, ProductId: "prd_" + variant, Sku: variant, Title: variant, CanBuy: true, Available: 1e6, MaxPerOrder: 99,
				PriceMinor: rapid.Int64Range(1, 1e6).Draw(rt, "price"), WeightGrams: rapid.Int32Range(0, 20_000).Draw(rt, "grams"),
				TaxClass: string(rapid.SampledFrom(catalogue.TaxClasses()).Draw(rt, "class")),
			}
			lines[i] = &cart.LineInput{VariantID: variant, Quantity: rapid.IntRange(1, 9).Draw(rt, "quantity")}
		}
		to := rapid.SampledFrom(places).Draw(rt, "place")
		codes := slices.DeleteFunc([]string{"TENTH", "FREESHIP", "ONE-OF-TWO"}, func(string) bool { return rapid.Bool().Draw(rt, "without a code") })
		guest := ordertest.As(t.Context(), auth.Actor{Kind: auth.Guest, ID: id.New(id.Guest)})

		request := cart.AddLinesRequest{Currency: rapid.SampledFrom(currencies).Draw(rt, "currency"), Country: to.CountryCode, Lines: lines, Codes: codes}
		c, err := s.carts.Create(guest, request)
		if err != nil {
			rt.Fatal(err)
		}
		var delivery order.Delivery
		if rapid.Bool().Draw(rt, "with an address") {
			if c, err = s.carts.UpdateContext(guest, c.ID, cart.ContextInput{PostalCode: &to.PostalCode}); err != nil {
				rt.Fatal(err)
			}
			to.Name, to.Line1 = "Ada", "1 Alder Crossing"
			delivery.Shipping = &to
		}
		estimate, err := s.carts.Quote(guest, c)
		if err != nil {
			rt.Fatal(err)
		}
		checkout, err := s.orders.Open(guest, order.OpenInput{CartID: c.ID, Delivery: delivery, Key: id.New(id.Event)})
		if err != nil {
			rt.Fatal(err)
		}
		cost := checkout.Cost()
		if estimate.Shipping == nil || estimate.Tax == nil || cost.Shipping == nil {
			rt.Fatalf("an estimate of shipping %v and tax %v, a quote of %v", estimate.Shipping, estimate.Tax, cost.Shipping)
		}
		if *estimate.Shipping != *cost.Shipping || *estimate.Tax != cost.Tax || estimate.Total != cost.Total || estimate.Subtotal != cost.Subtotal || estimate.Discount() != cost.Discount() {
			rt.Fatalf("estimated %v - %v + %v, tax %v, total %v; quoted %v - %v + %v, tax %v, total %v",
				estimate.Subtotal, estimate.Discount(), estimate.Shipping, estimate.Tax, estimate.Total, cost.Subtotal, cost.Discount(), cost.Shipping, cost.Tax, cost.Total)
		}
		quoted, err := s.orders.CheckoutLines(guest, []string{checkout.ID})
		if err != nil {
			rt.Fatal(err)
		}
		for i, l := range quoted[0] {
			if own := estimate.Lines[i].Cost; l.VariantID != estimate.Lines[i].VariantID || own.Tax == nil || *own.Tax != l.Tax || own.Total != l.Total {
				rt.Fatalf("line %d is estimated at %v with tax %v, quoted at %v with %v", i, own.Total, own.Tax, l.Total, l.Tax)
			}
		}
	})
}
