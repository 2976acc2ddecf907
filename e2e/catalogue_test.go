package e2e

import (
	"testing"

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
