package e2e

import (
	"testing"
	"time"

	"cartograph/internal/demo"
	"cartograph/internal/polltest"
)

const productUpdate = `mutation($id: ID!, $version: Int, $input: ProductInput!) { productUpdate(id: $id, expectedVersion: $version, input: $input) {
	product { id version title } userErrors { code path } } }`

// TestAnEditedProductIsFound follows a change from the router to the search index.
func TestAnEditedProductIsFound(t *testing.T) {
	t.Parallel()
	s := start(t)
	sam, kim, anyone := s.anyone(), s.register(t, "kim"), s.anyone()
	sam.signIn(t, "sam@demo.test", demoPassword("sam@demo.test"))
	p := anyone.do(t, `query($slug: String!) { product(slug: $slug) { id version } }`, vars{"slug": demo.SlugFiveLeft})
	change := vars{"id": p.str("product.id"), "version": p.num("product.version"), "input": vars{"title": "Zephyrine Kettle"}}
	if refused, err := kim.send(t.Context(), productUpdate, change); err != nil || len(refused.Errors) == 0 {
		t.Errorf("a customer's change: %+v, %v, want it refused", refused, err)
	}
	changed := sam.do(t, productUpdate, change)
	if changed.str("productUpdate.product.title") != "Zephyrine Kettle" || changed.num("productUpdate.product.version") != p.num("product.version")+1 {
		t.Fatalf("the change: %v", changed)
	}
	polltest.Eventually(t, "the product is found by its new title", func() bool {
		return len(anyone.do(t, `{ search(query: "zephyrine") { nodes { id title } } }`, nil).list("search.nodes")) == 1
	})
	again := sam.do(t, productUpdate, change)
	if again.str("productUpdate.userErrors.0.code") != "CONFLICT" {
		t.Errorf("the change of the version before: %v, want CONFLICT", again)
	}

	created := sam.do(t, `mutation($input: ProductInput!) { productCreate(input: $input) { product { id slug status } userErrors { code path } } }`, vars{"input": vars{
		"title": "Zephyrine Cup", "categoryId": anyone.do(t, `{ category(slug: "kitchen") { id } }`, nil).str("category.id"),
	}})
	if created.str("productCreate.product.status") != "DRAFT" || created.str("productCreate.product.slug") != "zephyrine-cup" {
		t.Fatalf("the new product: %v", created)
	}
	if got := anyone.do(t, `{ product(slug: "zephyrine-cup") { id } }`, nil); got.get("product") != nil {
		t.Errorf("everybody sees the draft: %v", got)
	}
}

const pricesSet = `mutation($prices: [VariantPriceInput!]!) { variantPricesSet(prices: $prices) { variants { id } userErrors { code path } } }`

// TestANewProductIsSoldAndItsPriceChangesAtATime fills a shelf through the graph, and
// follows a price from its time to search, pushes and carts. A checkout keeps the price
// of its quote.
func TestANewProductIsSoldAndItsPriceChangesAtATime(t *testing.T) {
	t.Parallel()
	s := start(t)
	sam, ron, anyone := s.anyone(), s.register(t, "ron"), s.anyone()
	sam.signIn(t, "sam@demo.test", demoPassword("sam@demo.test"))
	productID := sam.do(t, `mutation($input: ProductInput!) { productCreate(input: $input) { product { id } } }`, vars{"input": vars{
		"title": "Zephyrine Cup", "categoryId": anyone.do(t, `{ category(slug: "kitchen") { id } }`, nil).str("category.id"),
	}}).str("productCreate.product.id")
	variant := sam.do(t, `mutation($id: ID!) { variantsUpsert(productId: $id, variants: [{sku: "ZEPH-1", weightGrams: 200, prices: [{price: {amount: "20", currencyCode: "USD"}}]}]) {
		product { variants { nodes { id } } } userErrors { code path } } }`, vars{"id": productID}).str("variantsUpsert.product.variants.nodes.0.id")
	sam.do(t, `mutation($v: ID!) { stockAdjustMany(input: {changes: [{variantId: $v, delta: 9, reason: RECEIVED}], idempotencyKey: "first"}) { userErrors { code } } }`, vars{"v": variant})
	if got := sam.do(t, `mutation($id: ID!) { productPublish(id: $id) { product { status } userErrors { code path } } }`, vars{"id": productID}); got.str("productPublish.product.status") != "PUBLISHED" {
		t.Fatalf("published: %v", got)
	}
	found := func(amount string) func() bool {
		return func() bool {
			nodes := anyone.do(t, `{ search(query: "zephyrine") { nodes { priceRange { min { amount } } } } }`, nil).list("search.nodes")
			return len(nodes) == 1 && object(nodes[0].(map[string]any)).str("priceRange.min.amount") == amount
		}
	}
	polltest.Eventually(t, "the product is found", found("20.00"))

	cartID := ron.add(t, variant, 2)
	pushed := anyone.subscribe(t, `subscription($v: [ID!]!) { availabilityChanged(variantIds: $v) { price { amount } } }`, vars{"v": []string{variant}})
	at := time.Now().Add(3 * time.Second).UTC().Truncate(time.Second)
	set := sam.do(t, pricesSet, vars{"prices": []vars{{"variantId": variant, "price": vars{"amount": "25", "currencyCode": "USD"}, "effectiveAt": at.Format(time.RFC3339)}}})
	if len(set.list("variantPricesSet.userErrors")) > 0 {
		t.Fatalf("scheduled: %v", set)
	}
	polltest.Eventually(t, "the new price is pushed", func() bool { return pushed.next(t).str("availabilityChanged.price.amount") == "25.00" })
	polltest.Eventually(t, "the new price is found", found("25.00"))
	polltest.Eventually(t, "the cart has the change", func() bool {
		return len(ron.do(t, pricesOfCart, vars{"id": cartID}).list("cart.problems")) > 0
	})
	late := one[float64](t, pool(t, s.cfg.Product.DatabaseURL),
		`SELECT extract(epoch FROM valid_from - $2)::float8 FROM price_history WHERE variant_id = $1 AND price_minor = 2500`, variant, at)
	if late < 0 || late > 1 {
		t.Errorf("the price took effect %.3f s after its time, want a second at most", late)
	}

	version := ron.do(t, pricesOfCart, vars{"id": cartID}).num("cart.version")
	ron.do(t, `mutation($id: ID!, $version: Int!) { cartPricesAcknowledge(cartId: $id, version: $version) { userErrors { code } } }`, vars{"id": cartID, "version": version})
	checkout := ron.checkout(t, cartID)
	sam.do(t, pricesSet, vars{"prices": []vars{{"variantId": variant, "price": vars{"amount": "30", "currencyCode": "USD"}}}})
	placed := ron.place(t, checkout, "tok_ok")
	if placed.num("order.cost.total.minorUnits") != checkout.num("cost.total.minorUnits") {
		t.Errorf("the order costs %v, want the total of its quote: %v", placed, checkout)
	}
}
