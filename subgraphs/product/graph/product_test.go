package graph_test

import (
	"strings"
	"testing"

	"cartograph/internal/catalogue"
	"cartograph/internal/subgraph"
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/producttest"
)

func TestAProductPageIsOneStatement(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.Want(t, anyone(), `{ product(slug: "slug-a") {
		__typename id slug title subtitle description descriptionHtml status version tags createdAt
		brand { name logo { url(width: 64) } } category { slug } breadcrumbs { name slug }
		media(first: 1) { __typename id alt position ... on Image { url(width: 960) width } }
		featuredImage { url(width: 320, height: 200) }
		specifications { name items { key name value unit } }
		options { name values { value swatchHex available } }
		priceRange { min { amount currencyCode formatted } max { formatted } } compareAtPriceRange { min { formatted } max { formatted } }
		availability { status canBuy quantity maxPerOrder restockAt asOf }
		variants(first: 1) { totalCount pageInfo { hasNextPage hasPreviousPage } nodes {
			id sku title selectedOptions { name value } image { url } price { formatted } compareAtPrice { formatted }
			availability { status quantity } weightGrams barcode product { slug } } }
		variant(selectedOptions: [{name: "Colour", value: "Chalk"}]) { sku price { formatted } compareAtPrice { formatted } barcode availability { status quantity } }
		none: variant(selectedOptions: [{name: "Colour", value: "Gold"}]) { sku }
		seo { title description } } }`, nil, `{"product": {
		"__typename": "Product", "id": "prd_a", "slug": "slug-a", "title": "Aurora Headphones", "subtitle": "Wireless",
		"description": "Aurora Headphones is made to be used every day.", "descriptionHtml": "<p>Aurora Headphones</p>",
		"status": "PUBLISHED", "version": 1, "tags": ["gift"], "createdAt": "2026-01-09T09:00:00.000Z",
		"brand": {"name": "Fernlyd", "logo": {"url": "https://media.test/media/fernlyd.svg?w=64"}},
		"category": {"slug": "headphones"}, "breadcrumbs": [{"name": "Audio", "slug": "audio"}, {"name": "Headphones", "slug": "headphones"}],
		"media": [{"__typename": "Image", "id": "img_a", "alt": "A picture of a", "position": 0, "url": "https://media.test/media/a.svg?w=960", "width": 800}],
		"featuredImage": {"url": "https://media.test/media/a.svg?h=200&w=320"},
		"specifications": [{"name": "Power", "items": [{"key": "battery_life", "name": "Battery life", "value": "45", "unit": "h"}, {"key": "charging", "name": "Charging", "value": "USB-C", "unit": null}]}],
		"options": [{"name": "Colour", "values": [{"value": "Moss", "swatchHex": "#556b2f", "available": true}, {"value": "Chalk", "swatchHex": "#f5f5f0", "available": true}]}],
		"priceRange": {"min": {"amount": "59.00", "currencyCode": "USD", "formatted": "$59.00"}, "max": {"formatted": "$64.00"}},
		"compareAtPriceRange": {"min": {"formatted": "$69.00"}, "max": {"formatted": "$69.00"}},
		"availability": {"status": "IN_STOCK", "canBuy": true, "quantity": null, "maxPerOrder": 10, "restockAt": null, "asOf": "2026-03-10T08:00:00.000Z"},
		"variants": {"totalCount": 2, "pageInfo": {"hasNextPage": true, "hasPreviousPage": false}, "nodes": [{
			"id": "var_a1", "sku": "SKU-a-1", "title": "Moss", "selectedOptions": [{"name": "Colour", "value": "Moss"}],
			"image": {"url": "https://media.test/media/a-moss.svg"}, "price": {"formatted": "$59.00"}, "compareAtPrice": {"formatted": "$69.00"},
			"availability": {"status": "IN_STOCK", "quantity": null}, "weightGrams": 254, "barcode": "2000000000015", "product": {"slug": "slug-a"}}]},
		"variant": {"sku": "SKU-a-2", "price": {"formatted": "$64.00"}, "compareAtPrice": null, "barcode": null, "availability": {"status": "LOW_STOCK", "quantity": 3}},
		"none": null,
		"seo": {"title": "Aurora Headphones", "description": "Aurora Headphones is made to be used every day."}}}`)
	if n := c.Statements.N(); n != 1 {
		t.Errorf("it took %d statements, want 1:\n%v", n, c.Statements.SQL())
	}
}

func TestRelatedProductsCostOneStatementMore(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.Want(t, anyone(), `{ product(id: "prd_a") { title related(first: 4) { slug title featuredImage { url(width: 320) } priceRange { min { formatted } } } } }`, nil,
		`{"product": {"title": "Aurora Headphones", "related": [{"slug": "slug-b", "title": "Bounce Headphones", "featuredImage": {"url": "https://media.test/media/b.svg?w=320"}, "priceRange": {"min": {"formatted": "$30.00"}}}]}}`)
	if n := c.Statements.N(); n != 2 {
		t.Errorf("it took %d statements, want 2:\n%v", n, c.Statements.SQL())
	}
	c.Statements.Reset()
	c.Want(t, anyone(), `{ products(ids: ["prd_a", "prd_b"]) { related { id description } } }`, nil,
		`{"products": [{"related": [{"id": "prd_b", "description": "Bounce Headphones is made to be used every day."}]}, {"related": [{"id": "prd_a", "description": "Aurora Headphones is made to be used every day."}]}]}`)
	if n := c.Statements.N(); n != 3 {
		t.Errorf("two of one category with details took %d statements, want 3:\n%v", n, c.Statements.SQL())
	}
}

func TestCategoriesCostOneStatementALevelOfTheQuery(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.Want(t, anyone(), `{ categories { slug description image { url } productCount parent { id } children { slug productCount parent { slug } ancestors { slug } } } }`, nil, `{"categories": [
		{"slug": "audio", "description": "All that sounds.", "image": {"url": "https://media.test/media/audio.svg"}, "productCount": 2, "parent": null, "children": [
			{"slug": "headphones", "productCount": 2, "parent": {"slug": "audio"}, "ancestors": [{"slug": "audio"}]},
			{"slug": "speakers", "productCount": 0, "parent": {"slug": "audio"}, "ancestors": [{"slug": "audio"}]}]},
		{"slug": "kitchen", "description": null, "image": null, "productCount": 3, "parent": null, "children": []}]}`)
	if n := c.Statements.N(); n > 8 {
		t.Errorf("it took %d statements, want 8 at most: each field once a level", n)
	}
	c.Want(t, anyone(), `{ all: categories(depth: 3) { slug } below: categories(parentId: "cat_audio") { slug } none: categories(parentId: "cat_moon", depth: 2) { slug }
		byId: category(id: "cat_audio") { slug } bySlug: category(slug: "speakers") { id } gone: category(id: "cat_moon") { id } }`, nil,
		`{"all": [{"slug": "audio"}, {"slug": "kitchen"}, {"slug": "headphones"}, {"slug": "speakers"}], "below": [{"slug": "headphones"}, {"slug": "speakers"}], "none": [],
		  "byId": {"slug": "audio"}, "bySlug": {"id": "cat_speakers"}, "gone": null}`)
}

func TestACategoryShowsItsProducts(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.Want(t, anyone(), `{ category(slug: "kitchen") { products(first: 2, sort: PRICE_ASC, filter: {price: {min: "15"}}) { totalCount nodes { slug } pageInfo { hasNextPage }
		facets { key values { value count selected input } } } } }`, nil, `{"category": {"products": {"totalCount": 2, "nodes": [{"slug": "slug-c"}, {"slug": "slug-e"}], "pageInfo": {"hasNextPage": false}, "facets": [
			{"key": "category", "values": [{"value": "kitchen", "count": 2, "selected": false, "input": {"categorySlug": "kitchen", "price": {"min": "15"}}}]},
			{"key": "brand", "values": [{"value": "kvarta", "count": 2, "selected": false, "input": {"brandSlugs": ["kvarta"], "price": {"min": "15"}}}]},
			{"key": "price", "values": [{"value": "0", "count": 2, "selected": false, "input": {"price": {"max": "24.99"}}}, {"value": "2", "count": 1, "selected": false, "input": {"price": {"min": "50.00", "max": "99.99"}}}]},
			{"key": "inStock", "values": [{"value": "true", "count": 1, "selected": false, "input": {"price": {"min": "15"}, "inStockOnly": true}}]}]}}}`)
}

func TestBrandsComeInPages(t *testing.T) {
	t.Parallel()
	c := open(t)
	first := c.Query(t, anyone(), `{ brands(first: 1) { totalCount edges { cursor node { slug } } pageInfo { hasNextPage endCursor } } }`, nil)
	if first.At("brands", "edges", 0, "node", "slug") != "fernlyd" || first.At("brands", "pageInfo", "hasNextPage") != true || first.At("brands", "totalCount") != 2.0 {
		t.Fatalf("the first page is %v", first.Data)
	}
	second := c.Query(t, anyone(), `query($after: String) { brands(first: 1, after: $after) { nodes { slug logo { id } } pageInfo { hasNextPage hasPreviousPage } } }`,
		map[string]any{"after": first.At("brands", "pageInfo", "endCursor")})
	if second.At("brands", "nodes", 0, "slug") != "kvarta" || second.At("brands", "pageInfo", "hasNextPage") != false || second.At("brands", "pageInfo", "hasPreviousPage") != true {
		t.Errorf("the second page is %v", second.Data)
	}
}

func TestVariantsComeInPages(t *testing.T) {
	t.Parallel()
	c := open(t)
	query := `query($after: String) { product(id: "prd_a") { variants(first: 1, after: $after) { edges { cursor node { id } } pageInfo { hasNextPage } } } }`
	first := c.Query(t, anyone(), query, nil)
	second := c.Query(t, anyone(), query, map[string]any{"after": first.At("product", "variants", "edges", 0, "cursor")})
	if second.At("product", "variants", "edges", 0, "node", "id") != "var_a2" || second.At("product", "variants", "pageInfo", "hasNextPage") != false {
		t.Errorf("the second page is %v", second.Data)
	}
}

func TestACursorSurvivesTheDeletionOfItsVariant(t *testing.T) {
	t.Parallel()
	c := open(t)
	assortment := producttest.Assortment()
	a := &assortment.Products[0]
	third := a.Variants[1]
	third.ID, third.SKU, third.Title = "var_a3", "SKU-a-3", "Coral"
	third.Options = []catalogue.SelectedOption{{Name: "Colour", Value: "Coral"}}
	a.Options[0].Values = append(a.Options[0].Values, catalogue.OptionValue{Value: "Coral"})
	a.Variants = append(a.Variants, third)
	c.Take(t, assortment)
	query := `query($after: String) { product(id: "prd_a") { variants(first: 2, after: $after) { edges { cursor node { id } } } } }`
	first := c.Query(t, anyone(), query, nil)
	a.Variants = []product.VariantDraft{a.Variants[0], third}
	c.Take(t, assortment)
	second := c.Query(t, anyone(), query, map[string]any{"after": first.At("product", "variants", "edges", 1, "cursor")})
	if second.At("product", "variants", "edges", 0, "node", "id") != "var_a3" || second.At("product", "variants", "edges", 1) != nil {
		t.Errorf("after the deletion the second page is %v, want var_a3 alone", second.Data)
	}
}

func TestAnEmptyPageHasHasNextPage(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.published(t, "usr_ada", 4)
	for query, path := range map[string]string{
		`{ search(first: 0) { pageInfo { hasNextPage } } }`:                                            "search",
		`{ search(first: 0) { totalCount facets { key } pageInfo { hasNextPage } } }`:                  "search",
		`{ brands(first: 0) { pageInfo { hasNextPage } } }`:                                            "brands",
		`{ product(id: "prd_a") { variants(first: 0) { pageInfo { hasNextPage } } } }`:                 "product variants",
		`{ product(id: "prd_a") { reviews(first: 0) { pageInfo { hasNextPage } } } }`:                  "product reviews",
		`{ category(slug: "audio") { products(first: 0) { nodes { id } pageInfo { hasNextPage } } } }`: "category products",
	} {
		var at []any
		for part := range strings.FieldsSeq(path + " pageInfo hasNextPage") {
			at = append(at, part)
		}
		if a := c.Query(t, anyone(), query, nil); a.At(at...) != true {
			t.Errorf("%s = %v %v, want hasNextPage", query, a.Data, a.Errors)
		}
	}
}

func TestEntitiesComeInBatchesAndMissingOnesAreNull(t *testing.T) {
	t.Parallel()
	c := open(t)
	query := `query($reps: [_Any!]!) { _entities(representations: $reps) { __typename
		... on Product { slug category { slug } } ... on ProductVariant { sku weightGrams product { title } } ... on Category { name } ... on Brand { name } } }`
	rep := func(typename, id string) map[string]any { return map[string]any{"__typename": typename, "id": id} }
	a := c.Query(t, anyone(), query, map[string]any{"reps": []any{
		rep("Product", "prd_b"), rep("Product", "prd_nosuch"), rep("Product", "prd_a"), rep("ProductVariant", "var_a2"), rep("ProductVariant", "nonsense"), rep("ProductVariant", "var_f1"),
		rep("Category", "cat_audio"), rep("Brand", "brd_kvarta"), rep("Brand", "brd_nosuch"), rep("Product", "prd_g"),
	}})
	if len(a.Errors) > 0 {
		t.Fatalf("errors: %+v", a.Errors)
	}
	for i, want := range []any{"slug-b", nil, "slug-a", "SKU-a-2", nil, "SKU-f-1", "Audio", "Kvarta", nil, nil} {
		got := any(nil)
		for _, field := range []string{"slug", "sku", "name"} {
			if v := a.At("_entities", i, field); v != nil {
				got = v
			}
		}
		if got != want {
			t.Errorf("entity %d is %v, want %v", i, got, want)
		}
	}
	if n := c.Statements.N(); n != 4 {
		t.Errorf("ten entities of four types took %d statements, want 4:\n%v", n, c.Statements.SQL())
	}
}

func TestBadInputIsAnsweredClearly(t *testing.T) {
	t.Parallel()
	c := open(t)
	newest := c.Query(t, anyone(), `{ search(sort: NEWEST, first: 1) { edges { cursor } } }`, nil).At("search", "edges", 0, "cursor").(string)
	zero := "\x00"
	for code, queries := range map[string][]string{
		"BAD_USER_INPUT": {
			`{ search(sort: NEWEST, after: "` + subgraph.EncodeCursor("NEWEST", 1, zero) + `") { tookMs } }`,
			`{ brands(after: "` + subgraph.EncodeCursor("brands", zero, "") + `") { nodes { id } } }`,
			`{ product(id: "prd_a", slug: "slug-a") { id } }`,
			`{ product { id } }`,
			`{ search(filter: {brandSlugs: ["a\u0000"]}) { tookMs } }`,
			`{ search(filter: {specifications: [{key: "x", anyOf: ["\u0000"]}]}) { tookMs } }`,
			`{ productVariant { id } }`,
			`{ productVariant(id: "var_a1", sku: "x") { id } }`,
			`{ category { id } }`,
			`{ search(first: 101) { tookMs } }`,
			`{ search(first: -1) { tookMs } }`,
			`{ search(after: "broken") { tookMs } }`,
			`{ search(sort: FEATURED, after: "` + newest + `") { tookMs } }`,
			`{ search(query: "mug", after: "` + newest + `") { tookMs } }`,
			`{ search(filter: {price: {min: "9", max: "8"}}) { tookMs } }`,
			`{ search(filter: {price: {min: "-1"}}) { tookMs } }`,
			`{ search(filter: {price: {min: "1.999"}}) { tookMs } }`,
			`{ search(filter: {price: {min: "cheap"}}) { tookMs } }`,
			`{ search(filter: {price: {max: "999999999999999999"}}) { tookMs } }`,
			`query($q: String) { search(query: $q) { tookMs } }`,
			`{ searchSuggest(prefix: "a", limit: 21) { queries } }`,
			`{ searchSuggest(prefix: "a", limit: -1) { queries } }`,
			`{ categories(depth: 0) { id } }`,
			`{ categories(depth: 11) { id } }`,
			`{ brands(first: 101) { nodes { id } } }`,
			`{ brands(after: "` + newest + `") { nodes { id } } }`,
			`{ product(id: "prd_a") { variants(first: 1000) { totalCount } } }`,
			`{ product(id: "prd_a") { variants(after: "x") { totalCount } } }`,
			`{ product(id: "prd_a") { media(first: 1000) { id } } }`,
			`{ product(id: "prd_a") { related(first: 1000) { id } } }`,
			`{ product(id: "prd_a") { boughtTogether(first: -1) { id } } }`,
			`{ trending(first: 101) { id } }`,
			`{ product(id: "prd_a") { reviews(first: 1000) { totalCount } } }`,
			`{ product(id: "prd_a") { reviews(rating: 6) { totalCount } } }`,
			`{ product(id: "prd_a") { reviews(after: "` + newest + `") { totalCount } } }`,
			`{ product(id: "prd_a") { featuredImage { url(width: 0) } } }`,
			`{ product(id: "prd_a") { featuredImage { url(height: 5000) } } }`,
			`query($ids: [ID!]!) { products(ids: $ids) { id } }`,
			`subscription { availabilityChanged(variantIds: []) { id } }`,
		},
		"GRAPHQL_VALIDATION_FAILED": {
			`{ product(id: "prd_a") { price } }`,
		},
		"UNAUTHENTICATED": {
			`{ productVariant(id: "var_a1") { stock { onHand } } }`,
			`mutation { stockAdjust(input: {variantId: "var_a1", delta: 1, reason: RECEIVED, idempotencyKey: "k"}) { replayed } }`,
		},
	} {
		for _, query := range queries {
			a := c.Query(t, anyone(), query, map[string]any{"ids": make([]string, 101), "q": string(make([]byte, 201))})
			if len(a.Errors) != 1 || a.Errors[0].Extensions["code"] != code {
				t.Errorf("%s\nanswers %+v, want one error %s", query, a, code)
			}
		}
	}
	c.Want(t, anyone(), `{ a: product(slug: "\u0000") { id } b: category(id: "\u0000") { id } c: categories(parentId: "\u0000") { id } d: search(query: "\u0000") { totalCount } f: searchSuggest(prefix: "\u0000zz") { queries } e: products(ids: ["a\u0000", "prd_a"]) { id } }`, nil,
		`{"a": null, "b": null, "c": [], "d": {"totalCount": 0}, "f": {"queries": []}, "e": [null, {"id": "prd_a"}]}`)
	c.Want(t, anyone(), `{ a: product(id: "prd_nosuch") { id } b: product(slug: "' OR 1=1") { id } c: productVariant(sku: "nosuch") { id } d: products(ids: ["prd_a", "x", "prd_g"]) { id } e: product(id: "prd_f") { status } }`, nil,
		`{"a": null, "b": null, "c": null, "d": [{"id": "prd_a"}, null, null], "e": {"status": "ARCHIVED"}}`)
}

func BenchmarkProductPage(b *testing.B) {
	c := open(b)
	c.Take(b, product.Assortment{Products: producttest.Volume(2000)})
	query := `{ product(slug: "volume-v000500") { title descriptionHtml breadcrumbs { name } brand { name } media { ... on Image { url(width: 960) } } specifications { items { name value } }
		options { values { value available } } priceRange { min { formatted } } variants { nodes { id sku price { formatted } availability { status } } } } }`
	for b.Loop() {
		if a := c.Query(b, anyone(), query, nil); a.At("product", "title") == nil {
			b.Fatal(a)
		}
	}
}
