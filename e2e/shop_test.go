package e2e

import (
	"strings"
	"testing"

	"cartograph/internal/polltest"
)

// TestAnEmptyShopIsStaffedFilledAndSold follows a merchant who begins with nothing: an
// administrator by a command, a seller, a catalogue from a file, a customer who finds,
// buys and reviews a product. The program is killed in between.
func TestAnEmptyShopIsStaffedFilledAndSold(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds and starts the binary")
	}
	p := &program{binary: build(t), dir: t.TempDir(), env: []string{"DEMO=false"}}
	p.start(t)
	defer p.kill(t)
	s := &system{Endpoints: p.Endpoints}
	if found := s.anyone().do(t, `{ search { nodes { id } } }`, nil).list("search.nodes"); len(found) > 0 {
		t.Fatalf("a new shop has %v", found)
	}

	p.run(t, "kettles in the snow\n", "admin", "create", "--email", "root@example.test")
	root, seller := s.anyone(), s.register(t, "selma")
	root.signIn(t, "root@example.test", "kettles in the snow")
	sellerID := seller.do(t, `{ me { id } }`, nil).str("me.id")
	root.do(t, `mutation($id: ID!) { userRolesSet(userId: $id, roles: [SELLER]) { userErrors { message } } }`, vars{"id": sellerID})
	seller.signIn(t, "selma@example.test", "correct horse selma")

	if out := p.run(t, "", "catalog", "import", "../docs/catalogue-example.csv", "--seller", "selma@example.test"); !strings.Contains(out, "2 created") {
		t.Errorf("import: %s, want 2 products created", out)
	}
	customer := s.register(t, "carl")
	variantID := customer.findVariant(t, "tall mug", "TM-RED")

	p.restart(t)
	for _, c := range []*client{root, seller, customer} {
		c.url = p.GraphQL
	}
	orderID := customer.buy(t, variantID, 2, "tok_ok").str("order.id")
	customer.await(t, orderID, "CONFIRMED")

	reviewID := customer.review(t, "tall-mug")
	root.do(t, `mutation($id: ID!) { reviewModerate(id: $id, decision: PUBLISHED) { userErrors { message } } }`, vars{"id": reviewID})
	shown := s.read(t, p, "tall-mug")
	if shown.num("product.reviewSummary.count") != 1 || shown.num("product.variants.nodes.0.availability.quantity") == 20 {
		t.Errorf("the product after the purchase and its review: %v", shown)
	}
	checkInvariants(t, p.system(t))
}

// findVariant searches until the index has the product, and returns the variant with
// the SKU.
func (c *client) findVariant(t *testing.T, query, sku string) (variantID string) {
	t.Helper()
	polltest.Eventually(t, sku+" can be bought", func() bool {
		found := c.do(t, `query($query: String!) { search(query: $query) { nodes { variants { nodes { id sku availability { canBuy } } } } } }`, vars{"query": query})
		for _, node := range found.list("search.nodes") {
			for _, v := range object(node.(map[string]any)).list("variants.nodes") {
				if v := object(v.(map[string]any)); v.str("sku") == sku && v.get("availability.canBuy") == true {
					variantID = v.str("id")
				}
			}
		}
		return variantID != ""
	})
	return variantID
}

// review submits a review of a product that the client has bought.
func (c *client) review(t *testing.T, slug string) (reviewID string) {
	t.Helper()
	productID := c.do(t, `query($slug: String!) { product(slug: $slug) { id } }`, vars{"slug": slug}).str("product.id")
	reviewID = c.do(t, `mutation($input: ReviewInput!) { reviewSubmit(input: $input) { review { id } userErrors { message } } }`,
		vars{"input": vars{"productId": productID, "rating": 5, "body": "It keeps tea warm."}}).str("reviewSubmit.review.id")
	polltest.Eventually(t, "the review is of a verified purchase", func() bool { // by event
		return c.do(t, `query($id: ID!) { review(id: $id) { verifiedPurchase } }`, vars{"id": reviewID}).get("review.verifiedPurchase") == true
	})
	return reviewID
}

func (s *system) read(t *testing.T, p *program, slug string) object {
	t.Helper()
	anyone := &client{url: p.GraphQL}
	return anyone.do(t, `query($slug: String!) { product(slug: $slug) {
		reviewSummary { count } variants { nodes { sku availability { quantity } } } } }`, vars{"slug": slug})
}
