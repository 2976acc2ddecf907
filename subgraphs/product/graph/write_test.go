package graph_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/subgraph/subgraphtest"
)

func otherSeller() auth.Actor {
	return auth.Actor{Kind: auth.User, ID: "usr_other", Scopes: seller().Scopes}
}

func admin() auth.Actor {
	return auth.Actor{Kind: auth.User, ID: "usr_root", Scopes: append([]string{"catalog:manage"}, seller().Scopes...)}
}

const (
	createProduct = `mutation($input: ProductInput!) { productCreate(input: $input) {
		product { id slug title status version descriptionHtml description category { slug } priceRange { min { formatted } } variants { nodes { id } } }
		userErrors { code path message } } }`
	updateProduct = `mutation($id: ID!, $version: Int, $input: ProductInput!) { productUpdate(id: $id, expectedVersion: $version, input: $input) {
		product { id slug title subtitle version } userErrors { code path message } } }`
)

type input = map[string]any

// productEvents are the events in the outbox that are not entries of the audit log.
func (c client) productEvents(t *testing.T) []event.Envelope {
	t.Helper()
	return slices.DeleteFunc(c.Published(t), func(e event.Envelope) bool { return e.Type == event.Type[event.StaffActed]() })
}

// errorsOf are the codes and paths of a payload's user errors.
func errorsOf(a subgraphtest.Answer, mutation string) []string {
	var list []string
	all, _ := a.At(mutation, "userErrors").([]any)
	for _, e := range all {
		path := ""
		if steps, ok := subgraphtest.At(e, "path").([]any); ok {
			for _, step := range steps {
				path += "." + step.(string)
			}
		}
		list = append(list, subgraphtest.At(e, "code").(string)+" "+strings.TrimPrefix(path, "."))
	}
	return list
}

func TestAProductIsCreatedAsADraftOfItsSeller(t *testing.T) {
	t.Parallel()
	c := open(t)
	published := len(c.productEvents(t))
	a := c.Must(t, seller(), createProduct, input{"input": input{
		"title": "  Größe XL: Enamel   Mug ", "categoryId": "cat_kitchen", "brandId": "brd_kvarta",
		"descriptionHtml": `<p onclick="x()">For <b>coffee</b> &amp; tea.</p><script>alert(1)</script><ul><li>one</li><li>two</li></ul><a href="javascript:x()">x</a>`,
	}})
	if errs := errorsOf(a, "productCreate"); errs != nil {
		t.Fatal(errs)
	}
	id, _ := a.At("productCreate", "product", "id").(string)
	want := map[string]any{
		"id": id, "slug": "grosse-xl-enamel-mug", "title": "Größe XL: Enamel Mug", "status": "DRAFT", "version": 1.0,
		"descriptionHtml": `<p>For <b>coffee</b> &amp; tea.</p><ul><li>one</li><li>two</li></ul>x`, "description": "For coffee & tea. one two x",
		"category": map[string]any{"slug": "kitchen"}, "priceRange": nil, "variants": map[string]any{"nodes": []any{}},
	}
	if diff := cmp.Diff(want, a.At("productCreate", "product")); diff != "" {
		t.Errorf("the product (-want +got):\n%s", diff)
	}
	if n := len(c.productEvents(t)); n != published {
		t.Errorf("%d events report a draft, want none", n-published)
	}
	for who, sees := range map[string]struct {
		actor auth.Actor
		draft bool
	}{"anyone": {anyone(), false}, "another seller": {otherSeller(), false}, "the seller": {seller(), true}, "staff": {admin(), true}} {
		a := c.Must(t, sees.actor, `query($id: ID!) { product(id: $id) { id } }`, input{"id": id})
		if got := a.At("product") != nil; got != sees.draft {
			t.Errorf("%s sees the draft: %t, want %t", who, got, sees.draft)
		}
	}
}

func TestAnUpdateIsReportedWithTheWholeProduct(t *testing.T) {
	t.Parallel()
	c := open(t)
	published := len(c.productEvents(t))
	c.Statements.Reset()
	a := c.Must(t, seller(), updateProduct, input{"id": "prd_a", "version": 1, "input": input{"title": "Aurora 2", "slug": "aurora-2", "subtitle": nil, "brandId": "brd_kvarta"}})
	if diff := cmp.Diff(map[string]any{"id": "prd_a", "slug": "aurora-2", "title": "Aurora 2", "subtitle": nil, "version": 2.0}, a.At("productUpdate", "product")); diff != "" {
		t.Errorf("the product (-want +got):\n%s", diff)
	}
	if n := c.Statements.N(); n != 6 {
		t.Errorf("it took %d statements, want 6: lock the brand, lock, update, read, events, answer\n%s", n, strings.Join(c.Statements.SQL(), "\n"))
	}
	events := c.productEvents(t)[published:]
	if len(events) != 1 {
		t.Fatalf("%d events, want 1", len(events))
	}
	changed, err := event.Decode[event.ProductChanged](events[0])
	if err != nil || events[0].Type != event.Type[event.ProductChanged]() {
		t.Fatal(events[0].Type, err)
	}
	if changed.Version != 2 || changed.Title != "Aurora 2" || changed.BrandName != "Kvarta" || len(changed.Variants) != 2 || len(changed.Variants[0].Prices) != 3 || changed.Image == nil {
		t.Errorf("the snapshot is %+v", changed)
	}
	// The same again changes nothing.
	a = c.Must(t, seller(), updateProduct, input{"id": "prd_a", "input": input{"title": "Aurora 2", "slug": "aurora-2"}})
	if a.At("productUpdate", "product", "version") != 2.0 || len(c.productEvents(t)) != published+1 {
		t.Errorf("the same again: %v and %d events", a.Data, len(c.productEvents(t))-published)
	}
}

func TestWritesOfProductsAreChecked(t *testing.T) {
	t.Parallel()
	c := open(t)
	long := strings.Repeat("x", 201)
	for _, tt := range []struct {
		actor    auth.Actor
		mutation string
		vars     input
		want     []string
	}{
		{seller(), createProduct, input{"input": input{}}, []string{"INVALID_INPUT input.categoryId", "INVALID_INPUT input.title"}},
		{seller(), createProduct, input{"input": input{"title": long, "categoryId": "cat_kitchen", "slug": "No Slug", "tags": []any{""}}}, []string{
			"INVALID_INPUT input.title", "INVALID_INPUT input.slug", "INVALID_INPUT input.tags.0",
		}},
		{seller(), createProduct, input{"input": input{"title": "T", "categoryId": "cat_nosuch"}}, []string{"NOT_FOUND input.categoryId"}},
		{seller(), createProduct, input{"input": input{"title": "T", "categoryId": "cat_\x00"}}, []string{"NOT_FOUND input.categoryId"}},
		{seller(), createProduct, input{"input": input{"title": "T", "categoryId": "cat_kitchen", "brandId": "brd_nosuch"}}, []string{"NOT_FOUND input.brandId"}},
		{seller(), createProduct, input{"input": input{"title": "T", "categoryId": "cat_kitchen", "slug": "slug-b"}}, []string{"SLUG_TAKEN input.slug"}},
		{seller(), createProduct, input{"input": input{"title": "Slug B", "categoryId": "cat_kitchen"}}, []string{"SLUG_TAKEN input.slug"}},
		{seller(), createProduct, input{"input": input{"title": "T", "categoryId": "cat_kitchen", "sellerId": "usr_other"}}, []string{"INVALID_INPUT input.sellerId"}},
		{admin(), createProduct, input{"input": input{"title": "T", "categoryId": "cat_kitchen", "sellerId": "x"}}, []string{"NOT_FOUND input.sellerId"}},
		{seller(), createProduct, input{"input": input{"title": "T", "categoryId": "cat_kitchen", "specifications": []any{input{"name": "Size", "items": []any{
			input{"key": "a b", "name": "A", "value": "1"}, input{"key": "b", "name": "B", "value": ""}, input{"key": "b", "name": "B", "value": "1"},
		}}}}}, []string{"INVALID_INPUT input.specifications.0.items.0.key", "INVALID_INPUT input.specifications.0.items.1.value", "INVALID_INPUT input.specifications.0.items.2.key"}},
		{seller(), updateProduct, input{"id": "prd_a", "version": 7, "input": input{"title": "T"}}, []string{"CONFLICT expectedVersion"}},
		{seller(), updateProduct, input{"id": "prd_a", "input": input{"slug": "slug-b"}}, []string{"SLUG_TAKEN input.slug"}},
		{seller(), updateProduct, input{"id": "prd_a", "input": input{"title": nil, "slug": nil, "categoryId": nil}}, []string{
			"INVALID_INPUT input.title", "INVALID_INPUT input.slug",
		}},
		{seller(), updateProduct, input{"id": "prd_a", "input": input{"categoryId": nil}}, []string{"NOT_FOUND input.categoryId"}},
		{seller(), updateProduct, input{"id": "prd_nosuch", "input": input{"title": "T"}}, []string{"NOT_FOUND id"}},
		{seller(), updateProduct, input{"id": "", "input": input{"title": "T"}}, []string{"NOT_FOUND id"}},
		{seller(), updateProduct, input{"id": "prd_\x00", "input": input{"title": "T"}}, []string{"NOT_FOUND id"}},
		// Another's product is as one that does not exist, whatever the version and the input.
		{otherSeller(), updateProduct, input{"id": "prd_a", "input": input{"title": "T"}}, []string{"NOT_FOUND id"}},
		{otherSeller(), updateProduct, input{"id": "prd_a", "version": 7, "input": input{"slug": "slug-b"}}, []string{"NOT_FOUND id"}},
	} {
		a := c.Must(t, tt.actor, tt.mutation, tt.vars)
		name := "productCreate"
		if tt.mutation == updateProduct {
			name = "productUpdate"
		}
		if diff := cmp.Diff(tt.want, errorsOf(a, name)); diff != "" || a.At(name, "product") != nil {
			t.Errorf("%s %v (-want +got):\n%s", name, tt.vars, diff)
		}
	}
	if p, err := c.Product(t.Context(), new("prd_a"), nil); err != nil || p.Version != 1 {
		t.Errorf("the product has version %v, %v, want it unchanged", p, err)
	}
}

func TestOfTwoUpdatesOfOneVersionOneWins(t *testing.T) {
	t.Parallel()
	c := open(t)
	published := len(c.productEvents(t))
	const editors = 8
	var won, lost int
	var mu sync.Mutex
	var all sync.WaitGroup
	for i := range editors {
		all.Go(func() {
			a := c.Query(t, seller(), updateProduct, input{"id": "prd_b", "version": 1, "input": input{"title": "By " + string(rune('A'+i))}})
			mu.Lock()
			defer mu.Unlock()
			if a.At("productUpdate", "product", "version") == 2.0 {
				won++
			} else if errs := errorsOf(a, "productUpdate"); len(errs) == 1 && errs[0] == "CONFLICT expectedVersion" {
				lost++
			}
		})
	}
	all.Wait()
	if n := len(c.productEvents(t)) - published; won != 1 || lost != editors-1 || n != 1 {
		t.Errorf("%d won, %d lost, %d events, want 1, %d and 1", won, lost, n, editors-1)
	}
}

func TestStaffWriteProductsOfAllSellers(t *testing.T) {
	t.Parallel()
	c := open(t)
	a := c.Must(t, admin(), updateProduct, input{"id": "prd_a", "input": input{"title": "Ours"}})
	if a.At("productUpdate", "product", "title") != "Ours" {
		t.Errorf("staff cannot change a seller's product: %v", a.Data)
	}
	// What staff create is the shop's own: no seller, not even one without an ID, has it.
	a = c.Must(t, admin(), createProduct, input{"input": input{"title": "Of the shop", "categoryId": "cat_kitchen"}})
	id := a.At("productCreate", "product", "id")
	for _, actor := range []auth.Actor{seller(), {Kind: auth.User, Scopes: seller().Scopes}} {
		a := c.Query(t, actor, updateProduct, input{"id": id, "input": input{"title": "Mine"}})
		if a.At("productUpdate", "product") != nil {
			t.Errorf("%q changed the shop's own product", actor.ID)
		}
	}
	customer := auth.Actor{Kind: auth.User, ID: "usr_sam", Scopes: []string{"cart:read"}}
	if a := c.Query(t, customer, updateProduct, input{"id": "prd_a", "input": input{"title": "Mine"}}); len(a.Codes()) != 1 || a.Codes()[0] != "FORBIDDEN" {
		t.Errorf("without the scope the answer is %+v, want FORBIDDEN", a)
	}
}

func TestSearchEnginesSeeWhatEditorsSet(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.Must(t, seller(), updateProduct, input{"id": "prd_a", "input": input{"seoTitle": "Buy Aurora", "canonicalUrl": "https://shop.test/aurora"}})
	c.Want(t, anyone(), `{ product(id: "prd_a") { seo { title description canonicalUrl } } }`, nil, `{"product": {"seo": {
		"title": "Buy Aurora", "description": "Aurora Headphones is made to be used every day.", "canonicalUrl": "https://shop.test/aurora"}}}`)
}
