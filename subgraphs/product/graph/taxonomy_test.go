package graph_test

import (
	"strings"
	"testing"

	"cartograph/internal/auth"
)

// merchant is staff of the shop.
func merchant() auth.Actor {
	return auth.Actor{Kind: auth.User, ID: "usr_root", Scopes: []string{"catalog:write", "catalog:manage"}}
}

func TestOnlyStaffOfTheShopChangeTheTree(t *testing.T) {
	t.Parallel()
	c := open(t)
	mutations := map[string]string{
		"categoryUpsert": `categoryUpsert(input: {id: "cat_audio", name: "Sound"}) { userErrors { code } }`,
		"categoryDelete": `categoryDelete(id: "cat_speakers") { userErrors { code } }`,
		"brandUpsert":    `brandUpsert(input: {id: "brd_kvarta", name: "Quarta"}) { userErrors { code } }`,
		"brandDelete":    `brandDelete(id: "brd_kvarta") { userErrors { code } }`,
	}
	for name, mutation := range mutations {
		for who, actor := range map[string]auth.Actor{"a visitor": anyone(), "a seller": seller()} {
			a := c.Query(t, actor, "mutation { "+mutation+" }", nil)
			if a.At(name) != nil || len(a.Codes()) != 1 || a.Codes()[0] != "FORBIDDEN" && a.Codes()[0] != "UNAUTHENTICATED" {
				t.Errorf("%s calls %s and gets %v, %v, want a refusal", who, name, a.Data, a.Codes())
			}
		}
	}
	c.Want(t, anyone(), `{ category(id: "cat_audio") { name } speakers: category(id: "cat_speakers") { name } brand(id: "brd_kvarta") { name } }`, nil,
		`{"category": {"name": "Audio"}, "speakers": {"name": "Speakers"}, "brand": {"name": "Kvarta"}}`)
}

func TestACategoryIsCreatedMovedAndFoundUnderItsEarlierSlug(t *testing.T) {
	t.Parallel()
	c := open(t)
	made := c.Must(t, merchant(), `mutation { categoryUpsert(input: {name: "Röhren & Verstärker", parentId: "cat_audio", position: 1, description: "Warm."}) {
		category { id slug name description parent { slug } ancestors { slug } seo { title description canonicalUrl } } userErrors { code path } } }`, nil)
	id, _ := made.At("categoryUpsert", "category", "id").(string)
	if got := made.At("categoryUpsert", "category", "seo", "canonicalUrl"); !strings.HasPrefix(id, "cat_") || got != "https://shop.test/categories/roehren-and-verstaerker" && got != "https://shop.test/categories/rohren-and-verstarker" {
		t.Errorf("created %v", made.Data)
	}
	c.Want(t, anyone(), `{ category(id: "cat_audio") { children { name } } }`, nil,
		`{"category": {"children": [{"name": "Headphones"}, {"name": "Röhren & Verstärker"}, {"name": "Speakers"}]}}`)

	c.Want(t, merchant(), `mutation { categoryUpsert(input: {id: "cat_headphones", parentId: "cat_kitchen", slug: "ear-ware", seoTitle: "Ears", canonicalUrl: "https://ears.example/"}) {
		category { slug name parent { slug } ancestors { slug } seo { title description canonicalUrl } } userErrors { code } } }`, nil,
		`{"categoryUpsert": {"category": {"slug": "ear-ware", "name": "Headphones", "parent": {"slug": "kitchen"}, "ancestors": [{"slug": "kitchen"}],
			"seo": {"title": "Ears", "description": "", "canonicalUrl": "https://ears.example/"}}, "userErrors": []}}`)
	c.Statements.Reset()
	c.Want(t, anyone(), `{ category(slug: "headphones") { id slug name } }`, nil, `{"category": {"id": "cat_headphones", "slug": "ear-ware", "name": "Headphones"}}`)
	if n := c.Statements.N(); n != 1 {
		t.Errorf("an earlier slug took %d statements, want 1:\n%v", n, c.Statements.SQL())
	}
	c.Want(t, anyone(), `{ product(id: "prd_a") { category { slug } breadcrumbs { slug } } category(id: "cat_kitchen") { productCount } }`, nil,
		`{"product": {"category": {"slug": "ear-ware"}, "breadcrumbs": [{"slug": "kitchen"}, {"slug": "ear-ware"}]}, "category": {"productCount": 5}}`)
	// Null clears, and what is omitted stays.
	c.Want(t, merchant(), `mutation { categoryUpsert(input: {id: "cat_headphones", parentId: null, seoTitle: null, canonicalUrl: null}) { category { slug parent { slug } seo { title canonicalUrl } } } }`, nil,
		`{"categoryUpsert": {"category": {"slug": "ear-ware", "parent": null, "seo": {"title": "Headphones", "canonicalUrl": "https://shop.test/categories/ear-ware"}}}}`)
}

func TestABrandIsFoundUnderItsEarlierSlug(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.Want(t, merchant(), `mutation { brandUpsert(input: {id: "brd_kvarta", name: "Quarta", slug: "quarta", description: "Good audio."}) { brand { slug name description } userErrors { code } } }`, nil,
		`{"brandUpsert": {"brand": {"slug": "quarta", "name": "Quarta", "description": "Good audio."}, "userErrors": []}}`)
	c.Want(t, anyone(), `{ brand(slug: "kvarta") { id slug seo { title description canonicalUrl } } none: brand(slug: "nothing") { id } byId: brand(id: "brd_fernlyd") { name } }`, nil,
		`{"brand": {"id": "brd_kvarta", "slug": "quarta", "seo": {"title": "Quarta", "description": "Good audio.", "canonicalUrl": "https://shop.test/brands/quarta"}}, "none": null, "byId": {"name": "Fernlyd"}}`)
	c.Want(t, merchant(), `mutation { made: brandUpsert(input: {name: "Nordlys"}) { brand { slug } } brandDelete(id: "brd_kvarta") { deletedId userErrors { code path } } }`, nil,
		`{"made": {"brand": {"slug": "nordlys"}}, "brandDelete": {"deletedId": null, "userErrors": [{"code": "CONFLICT", "path": ["id"]}]}}`)
}

func TestWhatStaffCannotDoIsAnErrorAtTheArgument(t *testing.T) {
	t.Parallel()
	c := open(t)
	long := strings.Repeat("x", 121)
	for _, tt := range []struct{ mutation, code, path string }{
		{`categoryUpsert(input: {})`, "INVALID_INPUT", "input.name"},
		{`categoryUpsert(input: {name: "  "})`, "INVALID_INPUT", "input.name"},
		{`categoryUpsert(input: {name: "` + long + `"})`, "INVALID_INPUT", "input.name"},
		{`categoryUpsert(input: {name: "A", slug: "Not A Slug"})`, "INVALID_INPUT", "input.slug"},
		{`categoryUpsert(input: {name: "A", position: -1})`, "INVALID_INPUT", "input.position"},
		{`categoryUpsert(input: {name: "Audio"})`, "SLUG_TAKEN", "input.slug"},
		{`categoryUpsert(input: {name: "A", parentId: "cat_moon"})`, "NOT_FOUND", "input.parentId"},
		{`categoryUpsert(input: {id: "cat_moon", name: "A"})`, "NOT_FOUND", "input.id"},
		{`categoryUpsert(input: {id: "cat_audio", parentId: "cat_audio"})`, "INVALID_INPUT", "input.parentId"},
		{`categoryUpsert(input: {id: "cat_audio", parentId: "cat_speakers"})`, "INVALID_INPUT", "input.parentId"},
		{`categoryDelete(id: "cat_moon")`, "NOT_FOUND", "id"},
		{`categoryDelete(id: "cat_audio")`, "CONFLICT", "id"},
		{`categoryDelete(id: "cat_kitchen")`, "CONFLICT", "id"},
		{`categoryDelete(id: "cat_audio", moveContentsTo: "cat_headphones")`, "INVALID_INPUT", "moveContentsTo"},
		{`categoryDelete(id: "cat_audio", moveContentsTo: "cat_moon")`, "NOT_FOUND", "moveContentsTo"},
		{`brandUpsert(input: {})`, "INVALID_INPUT", "input.name"},
		{`brandUpsert(input: {name: "Fernlyd"})`, "SLUG_TAKEN", "input.slug"},
		{`brandUpsert(input: {id: "brd_moon", name: "A"})`, "NOT_FOUND", "input.id"},
		{`brandDelete(id: "brd_moon")`, "NOT_FOUND", "id"},
	} {
		name, _, _ := strings.Cut(tt.mutation, "(")
		a := c.Query(t, merchant(), "mutation { "+tt.mutation+" { userErrors { code path message } } }", nil)
		path, _ := a.At(name, "userErrors", 0, "path").([]any)
		var steps []string
		for _, step := range path {
			steps = append(steps, step.(string))
		}
		if a.At(name, "userErrors", 0, "code") != tt.code || strings.Join(steps, ".") != tt.path {
			t.Errorf("%s answers %v %v, want %s at %s", tt.mutation, a.Data, a.Errors, tt.code, tt.path)
		}
	}
}
