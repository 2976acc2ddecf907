package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cartograph/internal/polltest"
)

// TestAnEmptyShopIsStaffedFilledAndSold follows a merchant who begins with nothing: an
// administrator by a command, a seller, a catalogue from a file and by mutations, a
// customer who finds, buys and reviews a product. The program is killed in between.
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

	for _, command := range readmeCommands(t, "## Fill your shop") {
		p.run(t, "kettles in the snow\n", command...)
	}
	root, seller := s.anyone(), s.register(t, "selma")
	root.signIn(t, "you@example.com", "kettles in the snow")
	sellerID := seller.do(t, `{ me { id } }`, nil).str("me.id")
	root.change(t, `mutation($id: ID!) { userRolesSet(userId: $id, roles: [SELLER]) { userErrors { message } } }`, vars{"id": sellerID})
	seller.signIn(t, "selma@example.test", "correct horse selma")

	more := filepath.Join(t.TempDir(), "more.csv")
	if err := os.WriteFile(more, []byte("slug,title,category,sku,price_USD,weight_grams,stock\nchair,Chair,Home,CHAIR-1,120.00,4000,3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := p.run(t, "", "catalog", "import", more, "--seller", "selma@example.test"); !strings.Contains(out, "1 created") {
		t.Errorf("import: %s, want a product created", out)
	}
	lampID := seller.publishLamp(t, root)
	customer := s.register(t, "carl")
	customer.findVariant(t, "zephyrine lamp", "LAMP-1")
	customer.findVariant(t, "chair", "CHAIR-1")
	variantID := customer.findVariant(t, "tall mug", "TM-RED")

	p.restart(t)
	for _, c := range []*client{root, seller, customer} {
		c.url = p.GraphQL
	}
	orderID := customer.buy(t, variantID, 2, "tok_ok").str("order.id")
	customer.await(t, orderID, "CONFIRMED")

	reviewID := customer.review(t, "tall-mug")
	root.change(t, `mutation($id: ID!) { reviewModerate(id: $id, decision: PUBLISHED) { userErrors { message } } }`, vars{"id": reviewID})
	shown := s.read(t, p, "tall-mug")
	if shown.num("product.reviewSummary.count") != 1 || shown.num("product.variants.nodes.0.availability.quantity") == 20 {
		t.Errorf("the product after the purchase and its review: %v", shown)
	}
	log := root.do(t, `query($id: ID!) { auditLog(subject: $id) { nodes { actorId } } }`, vars{"id": lampID})
	if log.str("auditLog.nodes.0.actorId") != sellerID {
		t.Errorf("the audit log of the lamp: %v, want what its seller did", log)
	}
	checkInvariants(t, p.system(t))
}

// readmeCommands are the commands of a section of the README that run beside a started
// program, without their data folder.
func readmeCommands(t *testing.T, heading string) (commands [][]string) {
	t.Helper()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(readme), heading)
	for line := range strings.Lines(block.FindStringSubmatch(section)[2]) {
		if command, found := strings.CutPrefix(strings.TrimSpace(line), "bin/cartograph "); found {
			command, _, _ = strings.Cut(command, " --data ")
			commands = append(commands, strings.Fields(strings.ReplaceAll(command, " docs/", " ../docs/")))
		}
	}
	if len(commands) == 0 {
		t.Fatalf("%q has no commands", heading)
	}
	return commands
}

// change runs a mutation that must have no user errors.
func (c *client) change(t *testing.T, mutation string, variables vars) object {
	t.Helper()
	data := c.do(t, mutation, variables)
	for name, payload := range data {
		if errs := object(payload.(map[string]any)).list("userErrors"); len(errs) > 0 {
			t.Fatalf("%s: %v", name, errs)
		}
	}
	return data
}

// publishLamp adds a product of the seller by mutations, in a category that staff of
// the shop add.
func (c *client) publishLamp(t *testing.T, staff *client) (productID string) {
	t.Helper()
	categoryID := staff.change(t, `mutation { categoryUpsert(input: {name: "Lighting"}) { category { id } userErrors { message } } }`, nil).str("categoryUpsert.category.id")
	productID = c.change(t, `mutation($input: ProductInput!) { productCreate(input: $input) { product { id } userErrors { message } } }`,
		vars{"input": vars{"title": "Zephyrine Lamp", "categoryId": categoryID}}).str("productCreate.product.id")
	variant := c.change(t, `mutation($id: ID!) {
		variantsUpsert(productId: $id, variants: [{sku: "LAMP-1", weightGrams: 900, prices: [{price: {amount: "49.00", currencyCode: "USD"}}]}]) {
			product { variants { nodes { id } } } userErrors { message } } }`, vars{"id": productID})
	c.change(t, `mutation($input: StockAdjustInput!) { stockAdjust(input: $input) { userErrors { message } } }`, vars{"input": vars{
		"variantId": variant.str("variantsUpsert.product.variants.nodes.0.id"), "delta": 7, "reason": "RECEIVED", "idempotencyKey": "first delivery",
	}})
	c.change(t, `mutation($id: ID!) { productPublish(id: $id) { userErrors { message } } }`, vars{"id": productID})
	return productID
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
