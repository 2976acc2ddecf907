package graph_test

import (
	"strings"
	"testing"

	"cartograph/internal/auth"
)

func TestACollectionByHandKeepsItsOrder(t *testing.T) {
	t.Parallel()
	c := open(t)
	a := c.Must(t, merchant(), `mutation { collectionUpsert(input: {title: "Our favourites", description: "By hand.", productIds: ["prd_e", "prd_f", "prd_a", "prd_b", "prd_e"]}) {
		collection { id slug title seo { canonicalUrl } rule { anyOf { tags } } } userErrors { code } } }`, nil)
	if at(a, "collectionUpsert.collection.slug") != "our-favourites" || at(a, "collectionUpsert.collection.seo.canonicalUrl") != "https://shop.test/collections/our-favourites" ||
		at(a, "collectionUpsert.collection.rule") != nil {
		t.Fatalf("created %v", a.Data)
	}
	page := `query($after: String) { collection(slug: "our-favourites") { productCount products(first: 2, after: $after) { nodes { slug } pageInfo { hasNextPage hasPreviousPage endCursor } } } }`
	c.Statements.Reset()
	first := c.Must(t, anyone(), page, nil)
	if n := c.Statements.N(); n != 4 {
		t.Errorf("a page took %d statements, want 4: the collection, its order, the products and the count:\n%v", n, c.Statements.SQL())
	}
	// prd_f is archived, and prd_e is there once.
	if at(first, "collection.products.nodes.0.slug") != "slug-e" || at(first, "collection.products.nodes.1.slug") != "slug-a" ||
		at(first, "collection.productCount") != 3.0 || at(first, "collection.products.pageInfo.hasNextPage") != true {
		t.Errorf("the first page is %v", first.Data)
	}
	second := c.Must(t, anyone(), page, map[string]any{"after": at(first, "collection.products.pageInfo.endCursor")})
	if at(second, "collection.products.nodes.0.slug") != "slug-b" || at(second, "collection.products.pageInfo.hasNextPage") != false || at(second, "collection.products.pageInfo.hasPreviousPage") != true {
		t.Errorf("the second page is %v", second.Data)
	}
	c.Want(t, merchant(), `mutation($id: ID!) { collectionUpsert(input: {id: $id, slug: "favourites", productIds: ["prd_b", "prd_a"]}) { collection { slug title products { nodes { slug } } } userErrors { code } } }`,
		map[string]any{"id": at(a, "collectionUpsert.collection.id")},
		`{"collectionUpsert": {"collection": {"slug": "favourites", "title": "Our favourites", "products": {"nodes": [{"slug": "slug-b"}, {"slug": "slug-a"}]}}, "userErrors": []}}`)
	c.Want(t, anyone(), `{ collection(slug: "our-favourites") { slug } product(id: "prd_a") { collections { title } } e: product(id: "prd_e") { collections { title } } }`, nil,
		`{"collection": {"slug": "favourites"}, "product": {"collections": [{"title": "Our favourites"}]}, "e": {"collections": []}}`)
}

// TestARuleHasTheProductsThatMeetAGroupOfConditions is about a shop where prd_a costs 59
// dollars, prd_b 30, prd_c 20, prd_d 12 and prd_e 80.
func TestARuleHasTheProductsThatMeetAGroupOfConditions(t *testing.T) {
	t.Parallel()
	c := open(t)
	for rule, want := range map[string]string{
		`{categoryId: "cat_kitchen"}`: "cde",
		`{categoryId: "cat_audio"}`:   "ab",
		`{categoryId: "cat_kitchen", maxPrice: {amount: "20", currencyCode: "USD"}}`:                           "cd",
		`{minPrice: {amount: "20.01", currencyCode: "USD"}, maxPrice: {amount: "59.00", currencyCode: "USD"}}`: "ab",
		`{minPrice: {amount: "0", currencyCode: "JPY"}}`:                                                       "a",
		`{brandIds: ["brd_fernlyd", "brd_moon"]}`:                                                              "a",
		`{tags: ["gift", "sale"], inStockOnly: true}`:                                                          "abe",
		`{tags: ["sale"]}`: "",
		`{specifications: [{key: "battery_life", anyOf: ["45", "50"]}]}`:                                "a",
		`{specifications: [{key: "battery_life", anyOf: ["45"]}, {key: "charging", anyOf: ["USB-A"]}]}`: "",
		`{specifications: [{key: "colour", anyOf: ["Chalk"]}]}`:                                         "a",
		`{createdSince: "2026-02-01T00:00:00Z"}`:                                                        "bcd",
		`{brandIds: ["brd_fernlyd"]}, {categoryId: "cat_kitchen", inStockOnly: true}`:                   "ae",
		`{categoryId: "cat_moon"}`:                                                                      "",
		`{tags: ["gift"], brandIds: ["brd_kvarta"], categoryId: "cat_audio"}, {maxPrice: {amount: "12", currencyCode: "USD"}}, {tags: ["\\\" OR"]}`: "bd",
	} {
		a := c.Must(t, merchant(), `mutation { collectionUpsert(input: {title: "T", slug: "t", endRedirect: true, rule: {anyOf: [`+rule+`]}}) { collection { id productCount products { nodes { slug } } } userErrors { code message path } } }`, nil)
		var got []string
		nodes, _ := at(a, "collectionUpsert.collection.products.nodes").([]any)
		for _, node := range nodes {
			got = append(got, strings.TrimPrefix(node.(map[string]any)["slug"].(string), "slug-"))
		}
		if strings.Join(got, "") != want || at(a, "collectionUpsert.collection.productCount") != float64(len(want)) {
			t.Errorf("%s has %v, want %s: %v", rule, got, want, at(a, "collectionUpsert.userErrors"))
		}
		c.Must(t, merchant(), `mutation($id: ID!) { collectionDelete(id: $id) { deletedId } }`, map[string]any{"id": at(a, "collectionUpsert.collection.id")})
	}
}

func TestStaffReadTheRuleOfACollection(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.Want(t, merchant(), `mutation { collectionUpsert(input: {title: "Kitchen", rule: {anyOf: [{categoryId: "cat_kitchen", minPrice: {amount: "5", currencyCode: "EUR"}, inStockOnly: true, newWithinDays: 30, specifications: [{key: "size", anyOf: ["L"]}]}]}}) {
		collection { rule { anyOf { categoryId brandIds tags specifications { key anyOf } minPrice { amount currencyCode } maxPrice { amount } inStockOnly newWithinDays createdSince } } } userErrors { code path } } }`, nil,
		`{"collectionUpsert": {"userErrors": [], "collection": {"rule": {"anyOf": [{"categoryId": "cat_kitchen", "brandIds": [], "tags": [], "specifications": [{"key": "size", "anyOf": ["L"]}],
			"minPrice": {"amount": "5.00", "currencyCode": "EUR"}, "maxPrice": null, "inStockOnly": true, "newWithinDays": 30, "createdSince": null}]}}}}`)
	if a := c.Query(t, anyone(), `{ collection(slug: "kitchen") { title rule { anyOf { tags } } } }`, nil); at(a, "collection.rule") != nil || len(a.Codes()) != 1 || at(a, "collection.title") != "Kitchen" {
		t.Errorf("a customer reads the rule: %v %v", a.Data, a.Codes())
	}
}

func TestCollectionsComeInPagesAndLanguages(t *testing.T) {
	t.Parallel()
	c := open(t)
	ids := map[string]string{}
	for _, title := range []string{"B", "A", "C"} {
		a := c.Must(t, merchant(), `mutation($t: String) { collectionUpsert(input: {title: $t}) { collection { id } userErrors { code } } }`, map[string]any{"t": title})
		ids[title], _ = at(a, "collectionUpsert.collection.id").(string)
	}
	c.translate(t, `{id: "`+ids["A"]+`", locale: "de", field: TITLE, text: "Zuletzt"}`)
	page := `query($after: String) { collections(first: 2, after: $after) { totalCount nodes { title translation { locale isFallback } } pageInfo { hasNextPage endCursor } } }`
	first := c.QueryAs(t, reading("de-DE"), page, nil)
	second := c.QueryAs(t, reading("de-DE"), page, map[string]any{"after": at(first, "collections.pageInfo.endCursor")})
	if at(first, "collections.nodes.0.title") != "Zuletzt" || at(first, "collections.nodes.1.title") != "B" || at(first, "collections.totalCount") != 3.0 ||
		at(first, "collections.nodes.1.translation.isFallback") != true || at(second, "collections.nodes.0.title") != "C" || at(second, "collections.pageInfo.hasNextPage") != false {
		t.Errorf("the pages are %v and %v", first.Data, second.Data)
	}
}

func TestOnlyStaffOfTheShopChangeCollections(t *testing.T) {
	t.Parallel()
	c := open(t)
	made := c.Must(t, merchant(), `mutation { collectionUpsert(input: {title: "A"}) { collection { id } } }`, nil)
	id, _ := at(made, "collectionUpsert.collection.id").(string)
	rule := func(group string) string {
		return `collectionUpsert(input: {title: "B", rule: {anyOf: [` + group + `]}})`
	}
	for _, tt := range []struct {
		who                  auth.Actor
		mutation, code, path string
	}{
		{seller(), `collectionUpsert(input: {title: "Mine"})`, "FORBIDDEN", ""},
		{seller(), `collectionDelete(id: "` + id + `")`, "FORBIDDEN", ""},
		{merchant(), `collectionUpsert(input: {})`, "INVALID_INPUT", "input.title"},
		{merchant(), `collectionUpsert(input: {title: "A"})`, "SLUG_TAKEN", "input.slug"},
		{merchant(), `collectionUpsert(input: {id: "col_moon", title: "A"})`, "NOT_FOUND", "input.id"},
		{merchant(), `collectionUpsert(input: {title: "B", productIds: ["prd_moon"]})`, "NOT_FOUND", "input.productIds"},
		{merchant(), `collectionUpsert(input: {title: "B", productIds: [], rule: {anyOf: [{tags: ["a"]}]}})`, "INVALID_INPUT", "input.rule"},
		{merchant(), rule(``), "INVALID_INPUT", "input.rule.anyOf"},
		{merchant(), rule(`{}`), "INVALID_INPUT", "input.rule.anyOf.0"},
		{merchant(), rule(`{tags: ["a"]}, {maxPrice: {amount: "5.999", currencyCode: "EUR"}}`), "INVALID_INPUT", "input.rule.anyOf.1.maxPrice.amount"},
		{merchant(), rule(`{maxPrice: {amount: "5", currencyCode: "AUD"}}`), "INVALID_INPUT", "input.rule.anyOf.0.maxPrice.currencyCode"},
		{merchant(), rule(`{minPrice: {amount: "6", currencyCode: "EUR"}, maxPrice: {amount: "5", currencyCode: "EUR"}}`), "INVALID_INPUT", "input.rule.anyOf.0.minPrice"},
		{merchant(), rule(`{newWithinDays: 0}`), "INVALID_INPUT", "input.rule.anyOf.0.newWithinDays"},
		{merchant(), rule(`{specifications: [{key: "size", anyOf: []}]}`), "INVALID_INPUT", "input.rule.anyOf.0.specifications.0.anyOf"},
		{merchant(), rule(`{tags: [` + strings.Repeat(`"a",`, 51) + `]}`), "INVALID_INPUT", "input.rule.anyOf.0.tags"},
		{merchant(), `collectionDelete(id: "col_moon")`, "NOT_FOUND", "id"},
		{merchant(), `collectionDelete(id: "` + id + `")`, "", ""},
	} {
		name, _, _ := strings.Cut(tt.mutation, "(")
		a := c.Query(t, tt.who, "mutation { "+tt.mutation+" { userErrors { code path } } }", nil)
		code, _ := a.At(name, "userErrors", 0, "code").(string)
		if len(a.Codes()) > 0 {
			code = a.Codes()[0]
		}
		var steps []string
		path, _ := a.At(name, "userErrors", 0, "path").([]any)
		for _, step := range path {
			steps = append(steps, step.(string))
		}
		if code != tt.code || strings.Join(steps, ".") != tt.path {
			t.Errorf("%s answers %v %v, want %s at %s", tt.mutation, a.Data, a.Errors, tt.code, tt.path)
		}
	}
}
