package e2e

import (
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"cartograph/internal/demo"
	"cartograph/internal/polltest"
	"cartograph/schema"
)

// connections are the fields of the schema that return a page of a list, as
// Type.field.
func connections(t *testing.T) map[string]bool {
	t.Helper()
	doc, err := parser.ParseSchema(&ast.Source{Input: schema.Supergraph})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, def := range doc.Definitions {
		for _, f := range def.Fields {
			if f.Arguments.ForName("after") != nil {
				found[def.Name+"."+f.Name] = true
			}
		}
	}
	return found
}

func TestAnEmptyPageHasHasNextPage(t *testing.T) {
	t.Parallel()
	s := start(t)
	c, staff := s.anyone(), s.anyone()
	c.signIn(t, "ada@demo.test", demoPassword("ada@demo.test"))
	staff.signIn(t, "root@demo.test", demoPassword("root@demo.test"))
	orderID := c.buy(t, s.buyable(t, 20), 1, "tok_ok").str("order.id")
	c.await(t, orderID, "CONFIRMED")
	c.awaitEmptyCart(t)
	c.add(t, s.buyable(t, 20), 1)
	staff.do(t, `mutation { apiClientCreate(input: {name: "Warehouse", scopes: []}) { userErrors { code } } }`, nil) // is in the audit log
	endpoint := staff.do(t, `mutation { webhookEndpointCreate(input: {url: "http://127.0.0.1:1/", events: ["com.cartograph.product.archived.v1"]}) { webhookEndpoint { id } } }`, nil).str("webhookEndpointCreate.webhookEndpoint.id")
	sample := vars{"id": endpoint}
	polltest.Eventually(t, "the webhook service has the endpoint", func() bool {
		a, err := staff.send(t.Context(), `mutation($id: ID!) { webhookTest(endpointId: $id, eventType: "com.cartograph.product.archived.v1") { userErrors { code } } }`, sample)
		return err == nil && len(a.Errors) == 0
	})

	c.do(t, `mutation($v: [ID!]!) { wishlistItemsAdd(variantIds: $v) { userErrors { code } } }`, vars{"v": []string{s.buyable(t, 20)}})

	reviewed := c.do(t, `query($slug: String!) { product(slug: $slug) { id } }`, vars{"slug": demo.SlugFiveLeft}).str("product.id")
	c.do(t, `mutation($id: ID!) { reviewSubmit(input: {productId: $id, rating: 4, body: "Sounds as it should."}) { userErrors { code } } }`, vars{"id": reviewed})

	variant := c.do(t, `query($slug: String!) { product(slug: $slug) { variants { nodes { id } } } }`, vars{"slug": demo.SlugFiveLeft}).str("product.variants.nodes.0.id")
	staff.do(t, `mutation($v: ID!) { stockReceive(input: {reference: "DN-1", lines: [{variantId: $v, quantity: 1}], idempotencyKey: "k"}) { userErrors { code } } }`, vars{"v": variant})

	polltest.Eventually(t, "the order is in the inbox", func() bool {
		return len(c.do(t, `{ me { notifications { nodes { id } } } }`, nil).list("me.notifications.nodes")) > 0
	})
	staff.do(t, `mutation { giftCardIssue(input: {amount: {amount: "5.00", currencyCode: "USD"}, idempotencyKey: "pages"}) { userErrors { code } } }`, nil)
	staff.buy(t, s.buyable(t, 2), 1, "tok_dispute")
	polltest.Eventually(t, "the payment is disputed", func() bool {
		return len(staff.do(t, `{ disputes { nodes { id } } }`, nil).list("disputes.nodes")) > 0
	})

	const none = `(first: 0) { nodes { __typename } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }`
	product := vars{"slug": demo.SlugFiveLeft}
	inProduct := func(field string) string {
		return `query($slug: String!) { product(slug: $slug) { ` + field + none + ` } }`
	}
	inOrder := func(field string) string { return `query($id: ID!) { order(id: $id) { ` + field + none + ` } }` }
	rows := map[string]struct {
		as       *client
		document string
		args     vars
		at       string
	}{
		"Query.search":                    {c, `{ search` + none + ` }`, nil, "search"},
		"Query.brands":                    {c, `{ brands` + none + ` }`, nil, "brands"},
		"Query.collections":               {c, `{ collections` + none + ` }`, nil, "collections"},
		"Collection.products":             {c, `{ collections(first: 1) { nodes { products` + none + ` } } }`, nil, "collections.nodes.0.products"},
		"Query.users":                     {staff, `{ users` + none + ` }`, nil, "users"},
		"Query.auditLog":                  {staff, `{ auditLog` + none + ` }`, nil, "auditLog"},
		"WebhookEndpoint.deliveries":      {staff, `{ webhookEndpoints { deliveries` + none + ` } }`, nil, "webhookEndpoints.0.deliveries"},
		"Query.abandonedCarts":            {staff, `{ abandonedCarts(olderThanHours: 0, ` + strings.TrimPrefix(none, "(") + ` }`, nil, "abandonedCarts"},
		"Query.promotions":                {staff, `{ promotions` + none + ` }`, nil, "promotions"},
		"Query.payments":                  {staff, `{ payments` + none + ` }`, nil, "payments"},
		"Query.giftCards":                 {staff, `{ giftCards` + none + ` }`, nil, "giftCards"},
		"Query.disputes":                  {staff, `{ disputes` + none + ` }`, nil, "disputes"},
		"Query.orders":                    {staff, `{ orders` + none + ` }`, nil, "orders"},
		"Category.products":               {c, `{ categories { products` + none + ` } }`, nil, "categories.0.products"},
		"Product.variants":                {c, inProduct("variants"), product, "product.variants"},
		"Product.reviews":                 {c, inProduct("reviews"), product, "product.reviews"},
		"Cart.lines":                      {c, `{ activeCart { lines` + none + ` } }`, nil, "activeCart.lines"},
		"Wishlist.items":                  {c, `{ me { wishlists { items` + none + ` } } }`, nil, "me.wishlists.0.items"},
		"Order.lines":                     {c, inOrder("lines"), vars{"id": orderID}, "order.lines"},
		"Order.timeline":                  {c, inOrder("timeline"), vars{"id": orderID}, "order.timeline"},
		"User.orders":                     {c, `{ me { orders` + none + ` } }`, nil, "me.orders"},
		"User.reviews":                    {c, `{ me { reviews` + none + ` } }`, nil, "me.reviews"},
		"Query.reviewsAwaitingModeration": {staff, `{ reviewsAwaitingModeration` + none + ` }`, nil, "reviewsAwaitingModeration"},
		"User.notifications":              {c, `{ me { notifications` + none + ` } }`, nil, "me.notifications"},
		"User.addresses":                  {c, `{ me { addresses` + none + ` } }`, nil, "me.addresses"},
		"Query.managedProducts":           {staff, `{ managedProducts` + none + ` }`, nil, "managedProducts"},
		"Query.stockReceipts":             {staff, `{ stockReceipts` + none + ` }`, nil, "stockReceipts"},
		"Query.lowStockVariants":          {staff, `{ lowStockVariants` + none + ` }`, nil, "lowStockVariants"},
	}
	known := connections(t)
	for name := range known {
		if _, ok := rows[name]; !ok {
			t.Errorf("%s has no case in this test", name)
		}
	}
	for name, row := range rows {
		if !known[name] {
			t.Errorf("%s has a case and is no page of the schema", name)
		}
		got := row.as.do(t, row.document, row.args)
		info, _ := got.get(row.at + ".pageInfo").(map[string]any)
		if info["hasNextPage"] != true || info["hasPreviousPage"] != false || info["startCursor"] != nil || info["endCursor"] != nil || len(got.list(row.at+".nodes")) != 0 {
			t.Errorf("%s answered %v, want no items and more to come", name, got)
		}
	}
}

func TestAnEmptyListOfAFilterDoesNotRestrict(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.anyone()
	c.signIn(t, "root@demo.test", demoPassword("root@demo.test"))
	c.await(t, c.buy(t, s.buyable(t, 20), 1, "tok_ok").str("order.id"), "CONFIRMED")
	documents := map[string]string{ // by the filter
		"ProductFilter": `query($f: ProductFilter) { n: search(filter: $f) { totalCount } }`,
		"OrderFilter":   `query($f: OrderFilter) { me { n: orders(filter: $f) { totalCount } } }`,
		"PaymentFilter": `query($f: PaymentFilter) { n: payments(filter: $f) { totalCount } }`,
	}
	count := func(document string, filter vars) float64 {
		data := c.do(t, document, vars{"f": filter})
		return max(data.num("n.totalCount"), data.num("me.n.totalCount"))
	}
	doc, err := parser.ParseSchema(&ast.Source{Input: schema.Supergraph})
	if err != nil {
		t.Fatal(err)
	}
	for _, def := range doc.Definitions {
		for _, f := range def.Fields {
			if def.Kind != ast.InputObject || !strings.HasSuffix(def.Name, "Filter") || f.Type.Elem == nil {
				continue
			}
			document, filter := documents[def.Name], vars{f.Name: []any{}}
			if def.Name == "SpecificationFilter" {
				document, filter = documents["ProductFilter"], vars{"specifications": []vars{{"key": "colour", f.Name: []any{}}}}
			}
			if document == "" {
				t.Errorf("%s has no case in this test", def.Name)
				continue
			}
			all := count(document, nil)
			if n := count(document, filter); all == 0 || n != all {
				t.Errorf("%v finds %v of %v, want all", filter, n, all)
			}
			if !strings.Contains(f.Description, "An empty list does not restrict.") {
				t.Errorf("%s.%s does not document the empty list", def.Name, f.Name)
			}
		}
	}
}
