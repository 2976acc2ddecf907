package graph_test

import (
	"strings"
	"testing"

	"cartograph/internal/search"
	"cartograph/internal/subgraph/subgraphtest"
)

func TestAPlainListIsOneStatement(t *testing.T) {
	t.Parallel()
	c := open(t)
	list := `slug title subtitle status tags createdAt brand { id slug name } priceRange { min { formatted } max { formatted } } compareAtPriceRange { max { formatted } }
		availability { status canBuy quantity maxPerOrder restockAt asOf } featuredImage { id alt url(width: 320) width }`
	for query, want := range map[string]int{
		`{ search(first: 20) { nodes { ` + list + ` } } }`:                                                    0,
		`{ search(query: "hedphones") { edges { cursor score node { ` + list + ` } } didYouMean tookMs } }`:   0,
		`{ search { nodes { ...Card } } } fragment Card on Product { ` + list + ` }`:                          0,
		`{ search { totalCount nodes { slug } } }`:                                                            0,
		`{ search(query: "mug") { totalCount facets { key } edges { highlights { html } node { title } } } }`: 0,
		`{ search { nodes { slug description variants { nodes { sku } } options { name } } } }`:               1,
		`{ search { nodes { slug brand { name logo { url } } } } }`:                                           1,
		`{ search { totalCount facets { key } nodes { breadcrumbs { slug } related { slug } } } }`:            2,
		`{ search(first: 0) { totalCount } }`:                                                                 0,
	} {
		c.Statements.Reset()
		if a := c.Query(t, anyone(), query, nil); len(a.Errors) > 0 {
			t.Errorf("%s: %+v", query, a.Errors)
		}
		if n := c.Statements.N(); n != want {
			t.Errorf("%s\ntook %d statements, want %d", query, n, want)
		}
	}
}

func TestACardAgreesWithTheProductPage(t *testing.T) {
	t.Parallel()
	c := open(t)
	fields := `id slug title subtitle status tags createdAt brand { id slug name } priceRange { min { formatted } max { formatted } } compareAtPriceRange { min { formatted } }
		availability { status canBuy quantity restockAt asOf } featuredImage { id alt position url(width: 320) width height }`
	euros := subgraphtest.CallerOf(anyone())
	euros.Currency = "EUR"
	cards := c.QueryAs(t, euros, `{ search(sort: FEATURED) { nodes { `+fields+` } } }`, nil)
	n := 0
	for _, card := range cards.At("search", "nodes").([]any) {
		id := card.(map[string]any)["id"]
		page := c.QueryAs(t, euros, `query($id: ID) { product(id: $id) { `+fields+` } }`, map[string]any{"id": id})
		if diff := diffJSON(card, page.At("product")); diff != "" {
			t.Errorf("%s: the card is not as the page (-card +page):\n%s", id, diff)
		}
		n++
	}
	if n != 5 {
		t.Errorf("%d products are listed, want 5", n)
	}
}

func TestSearchForgivesAndMarks(t *testing.T) {
	t.Parallel()
	c := open(t)
	a := c.Query(t, anyone(), `{ search(query: "auror hedphones", filter: {brandSlugs: ["fernlyd"]}) { totalCount didYouMean edges { node { slug } score highlights { field html } }
		facets { key name kind values { value label count selected swatchHex input } } } }`, nil)
	if len(a.Errors) > 0 || a.At("search", "totalCount") != 1.0 || a.At("search", "didYouMean") != "auror headphones" ||
		a.At("search", "edges", 0, "highlights", 0, "html") != "<em>Aurora</em> <em>Headphones</em>" {
		t.Fatalf("search answers %+v", a)
	}
	if score, _ := a.At("search", "edges", 0, "score").(float64); score <= 0 {
		t.Errorf("score = %v, want more than 0", score)
	}
	for i, want := range []map[string]any{
		{"key": "category", "kind": "TERMS"}, {"key": "brand", "kind": "TERMS"}, {"key": "price", "kind": "RANGE"}, {"key": "inStock", "kind": "BOOLEAN"}, {"key": "colour", "kind": "SWATCH"},
	} {
		for field, value := range want {
			if got := a.At("search", "facets", i, field); got != value {
				t.Errorf("facet %d has %s %v, want %v", i, field, got, value)
			}
		}
	}
	brand := a.At("search", "facets", 1, "values", 0).(map[string]any)
	if diff := diffJSON(map[string]any{"value": "fernlyd", "label": "Fernlyd", "count": 1.0, "selected": true, "swatchHex": nil, "input": map[string]any{}}, brand); diff != "" {
		t.Errorf("the chosen brand (-want +got):\n%s", diff)
	}
	if label := a.At("search", "facets", 2, "values", 0, "label"); label != "$50.00 – $99.99" {
		t.Errorf("the range is called %v, want $50.00 – $99.99", label)
	}
}

// Pasting a facet's input back gives what the facet announced.
func TestAFacetsInputTogglesIt(t *testing.T) {
	t.Parallel()
	c := open(t)
	query := `query($filter: ProductFilter) { search(filter: $filter) { totalCount facets { key values { value count selected input } } } }`
	all := c.Query(t, anyone(), query, nil)
	tried := 0
	for i := 0; all.At("search", "facets", i) != nil; i++ {
		for j := 0; all.At("search", "facets", i, "values", j) != nil; j++ {
			value := all.At("search", "facets", i, "values", j).(map[string]any)
			chosen := c.Query(t, anyone(), query, map[string]any{"filter": value["input"]})
			if len(chosen.Errors) > 0 || chosen.At("search", "totalCount") != value["count"] {
				t.Errorf("%v gives %v, want %v: %+v", value["input"], chosen.At("search", "totalCount"), value["count"], chosen.Errors)
			}
			back := find(chosen, all.At("search", "facets", i, "key"), value["value"])
			if back == nil || back["selected"] != true {
				t.Errorf("%v is not shown as selected after it was chosen", value)
				continue
			}
			again := c.Query(t, anyone(), query, map[string]any{"filter": back["input"]})
			if again.At("search", "totalCount") != all.At("search", "totalCount") {
				t.Errorf("%v does not undo the choice", back["input"])
			}
			tried++
		}
	}
	if tried < 10 {
		t.Errorf("%d values were tried, want 10 at least", tried)
	}
}

func find(a subgraphtest.Answer, facet, value any) map[string]any {
	for i := 0; a.At("search", "facets", i) != nil; i++ {
		for j := 0; a.At("search", "facets", i, "values", j) != nil; j++ {
			v := a.At("search", "facets", i, "values", j).(map[string]any)
			if a.At("search", "facets", i, "key") == facet && v["value"] == value {
				return v
			}
		}
	}
	return nil
}

func TestPagesOfASearchNeitherOverlapNorSkip(t *testing.T) {
	t.Parallel()
	c := open(t)
	for _, sort := range []string{"RELEVANCE", "FEATURED", "PRICE_ASC", "PRICE_DESC", "NEWEST"} {
		query := `query($after: String) { search(sort: ` + sort + `, first: 2, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }`
		seen := map[any]bool{}
		var after any
		for range 10 {
			a := c.Query(t, anyone(), query, map[string]any{"after": after})
			for _, n := range a.At("search", "nodes").([]any) {
				id := n.(map[string]any)["id"]
				if seen[id] {
					t.Errorf("%s shows %v twice", sort, id)
				}
				seen[id] = true
			}
			if a.At("search", "pageInfo", "hasNextPage") == false {
				break
			}
			after = a.At("search", "pageInfo", "endCursor")
		}
		if len(seen) != 5 {
			t.Errorf("%s shows %d products, want 5", sort, len(seen))
		}
	}
}

func TestWhatIsNoLongerSoldIsLeftOutOfDetailedLists(t *testing.T) {
	t.Parallel()
	c := open(t)
	if _, err := c.Pool.Exec(t.Context(), "UPDATE products SET status = 'ARCHIVED' WHERE id = 'prd_c'"); err != nil {
		t.Fatal(err)
	}
	a := c.Query(t, anyone(), `{ search { nodes { id description } } }`, nil)
	if nodes := a.At("search", "nodes").([]any); len(a.Errors) > 0 || len(nodes) != 4 {
		t.Errorf("%d products are listed, want 4: %+v", len(nodes), a.Errors)
	}
}

func TestSuggestionsCompleteWhatIsTyped(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.Want(t, anyone(), `{ searchSuggest(prefix: "Kit") { queries products { slug } categories { slug } brands { slug } } }`, nil,
		`{"searchSuggest": {"queries": ["kitchen"], "products": [{"slug": "slug-e"}, {"slug": "slug-d"}, {"slug": "slug-c"}], "categories": [{"slug": "kitchen"}], "brands": []}}`)
	c.Want(t, anyone(), `{ a: searchSuggest(prefix: "kva", limit: 1) { queries products { slug } brands { name } } b: searchSuggest(prefix: " ") { queries products { slug } categories { slug } brands { slug } } c: searchSuggest(prefix: "zzz") { queries } }`, nil,
		`{"a": {"queries": ["kvarta"], "products": [{"slug": "slug-b"}], "brands": [{"name": "Kvarta"}]}, "b": {"queries": [], "products": [], "categories": [], "brands": []}, "c": {"queries": []}}`)
}

func BenchmarkSearchList(b *testing.B) {
	c := open(b)
	query := `{ search(first: 20) { nodes { slug title priceRange { min { formatted } } availability { status } featuredImage { url(width: 320) } } } }`
	for b.Loop() {
		if a := c.Query(b, anyone(), query, nil); len(a.Errors) > 0 {
			b.Fatal(a.Errors)
		}
	}
}

func TestNamesAndSentencesAreInTheReadersLanguage(t *testing.T) {
	t.Parallel()
	c := open(t)
	german := subgraphtest.CallerOf(anyone())
	german.Locale, german.Currency = "de-AT", "EUR"
	names := c.QueryAs(t, german, `{ search { facets { key name } } }`, nil)
	for i, want := range []string{"Kategorie", "Marke", "Preis", "Auf Lager"} {
		if got := names.At("search", "facets", i, "name"); got != want {
			t.Errorf("facet %d is called %v, want %s", i, got, want)
		}
	}
	for query, want := range map[string]string{
		`{ search(first: 101) { totalCount } }`:                            "first muss zwischen 0 und 100 liegen.",
		`{ search(after: "x") { totalCount } }`:                            "Dieser Cursor gehört nicht zu dieser Liste.",
		`{ search(filter: {price: {min: "5", max: "1"}}) { totalCount } }`: "Der niedrigste Preis liegt über dem höchsten.",
		`{ categories(depth: 99) { slug } }`:                               "depth muss zwischen 1 und 10 liegen.",
		`{ product { slug } }`:                                             "Genau eines von id und slug ist erforderlich.",
		`{ search(filter: {price: {min: "1.234567"}}) { totalCount } }`:    "„1.234567“ ist kein Preis in EUR.",
	} {
		a := c.QueryAs(t, german, query, nil)
		if len(a.Errors) != 1 || a.Errors[0].Message != want {
			t.Errorf("%s: %+v, want %q", query, a.Errors, want)
		}
	}
}

func TestStaffSetSynonyms(t *testing.T) {
	t.Parallel()
	c := open(t)
	find := `{ search(query: "polar lights headset") { nodes { slug } } }`
	c.Want(t, anyone(), find, nil, `{"search": {"nodes": []}}`)
	set := `mutation($groups: [SynonymGroupInput!]!) { searchSynonymsSet(groups: $groups) { synonyms { terms } userErrors { code path } } }`
	groups := map[string]any{"groups": []any{
		map[string]any{"terms": []any{"aurora", " polar  lights "}}, map[string]any{"terms": []any{"headphones", "headset"}},
	}}
	c.Want(t, admin(), set, groups,
		`{"searchSynonymsSet": {"synonyms": [{"terms": ["aurora", "polar lights"]}, {"terms": ["headphones", "headset"]}], "userErrors": []}}`)
	c.Want(t, anyone(), find, nil, `{"search": {"nodes": [{"slug": "slug-a"}]}}`)
	c.Want(t, admin(), `{ searchSynonyms { terms } }`, nil, `{"searchSynonyms": [{"terms": ["aurora", "polar lights"]}, {"terms": ["headphones", "headset"]}]}`)
	for _, terms := range [][]any{{"alone"}, {"lamp", "?!"}, {"lamp", strings.Repeat("x", 61)}} {
		c.Want(t, admin(), set, map[string]any{"groups": []any{map[string]any{"terms": terms}}},
			`{"searchSynonymsSet": {"synonyms": null, "userErrors": [{"code": "INVALID_INPUT", "path": ["groups", "0", "terms"]}]}}`)
	}
}

func TestASearchIsRestrictedToACollection(t *testing.T) {
	t.Parallel()
	c := open(t)
	usd := map[string]search.Price{"USD": {Min: 100, Max: 100}}
	collected := search.Document{Card: search.Card{ID: "prd_x", Slug: "slug-x", Title: "X", Prices: usd}, Version: 1, Collections: []string{"gifts"}}
	collected.Brand = search.Brand{ID: "brd_x", Slug: "brand-x", Name: "X"}
	if err := c.Index.Upsert(t.Context(), collected); err != nil {
		t.Fatal(err)
	}
	query := `query($slug: String) { search(filter: {collectionSlug: $slug}) { totalCount nodes { slug } facets { key values { input } } } }`
	a := c.Must(t, anyone(), query, map[string]any{"slug": "gifts"})
	if at(a, "search.totalCount") != 1.0 || at(a, "search.nodes.0.slug") != "slug-x" {
		t.Errorf("in the collection: %s", a.Body)
	}
	if got := at(a, "search.facets.0.values.0.input.collectionSlug"); got != "gifts" {
		t.Errorf("the filter of a facet's value is in the collection %v, want gifts: %s", got, a.Body)
	}
	if a := c.Query(t, anyone(), query, map[string]any{"slug": "gi\x00fts"}); len(a.Errors) != 1 {
		t.Errorf("a slug that cannot be stored: %s, want it refused", a.Body)
	}
}
