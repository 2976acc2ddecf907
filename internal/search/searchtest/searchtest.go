// Package searchtest is the conformance suite of search.Searcher.
package searchtest

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/search"
)

// Run tests a Searcher. open gives an empty one that sells in USD and EUR.
func Run(t *testing.T, open func(t *testing.T) search.Searcher) {
	t.Run("words", func(t *testing.T) { t.Parallel(); words(t, stocked(t, open)) })
	t.Run("synonyms", func(t *testing.T) { t.Parallel(); synonyms(t, stocked(t, open)) })
	t.Run("ratings", func(t *testing.T) { t.Parallel(); ratings(t, open(t)) })
	t.Run("bestSelling", func(t *testing.T) { t.Parallel(); bestSelling(t, open(t)) })
	t.Run("translations", func(t *testing.T) { t.Parallel(); translations(t, open(t)) })
	t.Run("lag", func(t *testing.T) { t.Parallel(); lag(t, stocked(t, open)) })
	t.Run("filters", func(t *testing.T) { t.Parallel(); filters(t, stocked(t, open)) })
	t.Run("orders", func(t *testing.T) { t.Parallel(); orders(t, stocked(t, open)) })
	t.Run("cards", func(t *testing.T) { t.Parallel(); cards(t, stocked(t, open)) })
	t.Run("highlights", func(t *testing.T) { t.Parallel(); highlights(t, stocked(t, open)) })
	t.Run("facets", func(t *testing.T) { t.Parallel(); facets(t, stocked(t, open)) })
	t.Run("ownFilter", func(t *testing.T) { t.Parallel(); ownFilter(t, stocked(t, open)) })
	t.Run("countsFollowChanges", func(t *testing.T) { t.Parallel(); countsFollowChanges(t, stocked(t, open)) })
	t.Run("completion", func(t *testing.T) { t.Parallel(); completion(t, stocked(t, open)) })
	t.Run("versions", func(t *testing.T) { t.Parallel(); versions(t, open(t)) })
	t.Run("writers", func(t *testing.T) { t.Parallel(); writers(t, open(t)) })
	t.Run("pages", func(t *testing.T) { t.Parallel(); pages(t, open(t)) })
	t.Run("facetLaw", func(t *testing.T) { t.Parallel(); facetLaw(t, open(t)) })
}

func stocked(t *testing.T, open func(t *testing.T) search.Searcher) search.Searcher {
	t.Helper()
	s := open(t)
	var all []search.Document
	for _, thing := range shop() {
		all = append(all, thing.document(1))
	}
	put(t, s, all...)
	return s
}

func put(t *testing.T, s search.Searcher, documents ...search.Document) {
	t.Helper()
	if err := s.Upsert(t.Context(), documents...); err != nil {
		t.Fatal(err)
	}
}

func find(t *testing.T, s search.Searcher, q search.Query) search.Result {
	t.Helper()
	if q.Currency == "" {
		q.Currency = "USD"
	}
	if q.First == 0 {
		q.First = 50
	}
	if q.Sort == "" {
		q.Sort = search.Relevance
	}
	result, err := s.Search(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func ids(result search.Result) []string {
	found := []string{}
	for _, hit := range result.Hits {
		found = append(found, hit.ID)
	}
	return found
}

func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}

func words(t *testing.T, s search.Searcher) {
	for _, tt := range []struct {
		claim, text string
		want        []string
		mended      string
	}{
		{"a word is found", "headphones", []string{"p1", "p2", "p3"}, ""},
		{"all words must be found", "wireless headphones", []string{"p2", "p1"}, ""}, // p1 by its tag
		{"case does not matter", "AURORA", []string{"p1"}, ""},
		{"a beginning is enough", "headp", []string{"p1", "p2", "p3"}, ""},
		{"the description is found", "library", []string{"p1"}, ""},
		{"a brand is found", "kvarta", []string{"p2"}, ""},
		{"a sku is found", "sku-p4", []string{"p4"}, ""},
		{"a missing letter is tolerated", "hedphones", []string{"p1", "p2", "p3"}, "headphones"},
		{"a swapped letter is tolerated", "headphnoes", []string{"p1", "p2", "p3"}, "headphones"},
		{"a missing vowel is forgiven", "samsng", []string{"p5"}, "samsung"},
		{"one wrong word of several is forgiven", "bounce hedphones", []string{"p2"}, "bounce headphones"},
		{"an accent need not be written", "cafe", []string{"p4"}, ""},
		{"an accent may be written", "café", []string{"p4"}, ""},
		{"a hyphen need not be written", "tshirt", []string{"p6"}, ""},
		{"a hyphen may be written", "t-shirt", []string{"p6"}, ""},
		{"a plural finds the singular", "pans with lids", []string{"p7"}, ""},
		{"a singular finds the plural", "headphone", []string{"p1", "p2", "p3"}, ""},
		{"a compound may be written apart", "head phones", []string{"p1", "p2", "p3"}, ""},
		{"words may be written as one", "studioheadphones", []string{"p3"}, ""},
		{"the end of a compound finds it", "phones", []string{"p1", "p2", "p3"}, ""},
		{"stop words need not match", "the headphones for a train", []string{"p1"}, ""},
		{"stop words match where there is nothing else", "for", []string{"p5"}, ""},
		{"a known word in another form is not corrected", "headlines", []string{"p5"}, ""},
		{"what is not sold is not found", "submarine", []string{}, ""},
		{"signs are no words", "!!! & | ' : *", []string{}, ""},
		{"the signs of a query language mean nothing", "pan & lid <pro> !iron:*", []string{"p7"}, ""},
		{"words of other scripts are no error", "наушники 耳机", []string{}, ""},
	} {
		result := find(t, s, search.Query{Text: tt.text, Total: true})
		if got := ids(result); !cmp.Equal(sorted(got), sorted(tt.want)) {
			t.Errorf("%s: %q finds %v, want %v", tt.claim, tt.text, got, tt.want)
		}
		if result.DidYouMean != tt.mended {
			t.Errorf("%s: %q was read as %q, want %q", tt.claim, tt.text, result.DidYouMean, tt.mended)
		}
		if result.Total != len(tt.want) {
			t.Errorf("%s: %q counts %d, want %d", tt.claim, tt.text, result.Total, len(tt.want))
		}
	}
	if got := ids(find(t, s, search.Query{Text: "head"})); len(got) != 4 || got[3] != "p5" {
		t.Errorf(`"head" finds %v, want the three with it in their title before p5, which has it in its description`, got)
	}
	for text, want := range map[string][]string{
		"wireless submarine":         {"p1", "p2"},
		"bounce wireless submarine":  {"p2"},
		"organic moss wireless bowl": {"p1", "p2"},
		"wireless headphones":        nil, // all words match
	} {
		result := find(t, s, search.Query{Text: text})
		if result.Partial != (want != nil) || want != nil && !cmp.Equal(sorted(ids(result)), want) {
			t.Errorf("%q finds %v, partial %t; want %v with most of the words", text, ids(result), result.Partial, want)
		}
	}
	long := strings.Repeat("headphones ", 500)
	if got := ids(find(t, s, search.Query{Text: long})); len(got) != 3 {
		t.Errorf("a very long text finds %v, want the three headphones", got)
	}
}

func filters(t *testing.T, s search.Searcher) {
	for _, tt := range []struct {
		claim  string
		filter search.Filter
		query  search.Query
		want   []string
	}{
		{"no filter finds all", search.Filter{}, search.Query{}, []string{"p1", "p2", "p3", "p4", "p5", "p6", "p7"}},
		{"a category finds what is below it", search.Filter{Category: "kitchen"}, search.Query{}, []string{"p4", "p7"}},
		{"an unknown category finds nothing", search.Filter{Category: "cars"}, search.Query{}, []string{}},
		{"any of the brands", search.Filter{Brands: []string{"kvarta", "samsung"}}, search.Query{}, []string{"p2", "p5"}},
		{"any of the tags", search.Filter{Tags: []string{"gift"}}, search.Query{}, []string{"p2", "p4"}},
		{"a collection", search.Filter{Collection: "under-60"}, search.Query{}, []string{"p2", "p4"}},
		{"a collection and a category", search.Filter{Collection: "under-60", Category: "kitchen"}, search.Query{}, []string{"p4"}},
		{"an unknown collection finds nothing", search.Filter{Collection: "gift"}, search.Query{}, []string{}},
		{"from a price", search.Filter{PriceMin: new(int64(18900))}, search.Query{}, []string{"p1", "p3", "p5"}},
		{"up to a price", search.Filter{PriceMax: new(int64(2900))}, search.Query{}, []string{"p4", "p6"}},
		{"a price in another currency", search.Filter{PriceMin: new(int64(2700)), PriceMax: new(int64(5500))}, search.Query{Currency: "EUR"}, []string{"p2", "p6"}},
		{"no price filter finds what has no price in the currency", search.Filter{PriceMin: new(int64(0))}, search.Query{Currency: "EUR"}, []string{"p1", "p2", "p3", "p4", "p6", "p7"}},
		{"only in stock", search.Filter{InStock: true, Category: "audio"}, search.Query{}, []string{"p1", "p2"}},
		{"only on sale", search.Filter{OnSale: true}, search.Query{}, []string{"p2"}},
		{"any value of an attribute", search.Filter{Attributes: []search.AttributeFilter{{Key: "colour", AnyOf: []string{"Moss", "Black"}}}}, search.Query{}, []string{"p1", "p2", "p3"}},
		{"all attributes", search.Filter{Attributes: []search.AttributeFilter{{Key: "colour", AnyOf: []string{"Moss"}}, {Key: "battery_life", AnyOf: []string{"60"}}}}, search.Query{}, []string{"p2"}},
		{"filters and words", search.Filter{Brands: []string{"fernlyd"}}, search.Query{Text: "hedphones"}, []string{"p1", "p3"}},
		{"a filter is data, not a query", search.Filter{Brands: []string{"x') OR true --"}}, search.Query{}, []string{}},
	} {
		q := tt.query
		q.Filter, q.Total = tt.filter, true
		result := find(t, s, q)
		if got := sorted(ids(result)); !cmp.Equal(got, tt.want) || result.Total != len(tt.want) {
			t.Errorf("%s: found %v and counted %d, want %v", tt.claim, got, result.Total, tt.want)
		}
	}
}

func orders(t *testing.T, s search.Searcher) {
	for _, tt := range []struct {
		query search.Query
		want  []string
	}{
		{search.Query{Sort: search.Featured}, []string{"p1", "p2", "p3", "p7", "p6", "p5", "p4"}},
		{search.Query{Sort: search.Relevance}, []string{"p1", "p2", "p3", "p7", "p6", "p5", "p4"}},
		{search.Query{Sort: search.PriceAsc}, []string{"p4", "p6", "p2", "p7", "p3", "p1", "p5"}},
		{search.Query{Sort: search.PriceDesc}, []string{"p5", "p1", "p3", "p7", "p2", "p6", "p4"}},
		{search.Query{Sort: search.PriceAsc, Currency: "EUR"}, []string{"p4", "p6", "p2", "p7", "p3", "p1", "p5"}},
		{search.Query{Sort: search.PriceDesc, Currency: "EUR"}, []string{"p1", "p3", "p7", "p2", "p6", "p4", "p5"}},
		{search.Query{Sort: search.Newest}, []string{"p4", "p6", "p7", "p1", "p5", "p2", "p3"}},
		{search.Query{Sort: search.PriceAsc, Currency: "KRW"}, []string{"p4", "p6", "p2", "p7", "p3", "p1", "p5"}},
	} {
		if diff := cmp.Diff(tt.want, ids(find(t, s, tt.query))); diff != "" {
			t.Errorf("%s %s is not the order (-want +got):\n%s", tt.query.Sort, tt.query.Currency, diff)
		}
	}
}

func cards(t *testing.T, s search.Searcher) {
	hits := find(t, s, search.Query{Text: "aurora"}).Hits
	if len(hits) != 1 {
		t.Fatalf("found %d, want the one headphones", len(hits))
	}
	if diff := cmp.Diff(shop()[0].document(1).Card, hits[0].Card); diff != "" {
		t.Errorf("the card is not what was put in (-want +got):\n%s", diff)
	}
	if hits[0].Score <= 0 {
		t.Errorf("score = %v, want more than 0", hits[0].Score)
	}
}

func highlights(t *testing.T, s search.Searcher) {
	for _, tt := range []struct {
		text string
		want []search.Highlight
	}{
		{"cafe", []search.Highlight{{Field: "title", HTML: "<em>Café</em> au Lait Bowl"}}},
		{"hedphones light", []search.Highlight{{Field: "title", HTML: "Bounce Wireless <em>Headphones</em>"}, {Field: "description", HTML: "<em>Light</em> on-ear <em>headphones</em>."}}},
		{"pan", []search.Highlight{{Field: "title", HTML: "<em>Pan</em> &amp; Lid &lt;Pro&gt;"}}},
		{"train", []search.Highlight{{Field: "description", HTML: "Adaptive noise cancelling turns a <em>train</em> into a library."}}},
	} {
		hits := find(t, s, search.Query{Text: tt.text, Highlights: true}).Hits
		if len(hits) != 1 {
			t.Errorf("%q finds %d, want 1", tt.text, len(hits))
			continue
		}
		if diff := cmp.Diff(tt.want, hits[0].Highlights); diff != "" {
			t.Errorf("%q is not marked right (-want +got):\n%s", tt.text, diff)
		}
	}
}

func completion(t *testing.T, s search.Searcher) {
	for _, tt := range []struct {
		prefix string
		want   []string
	}{
		{"headp", []string{"headphones"}},
		{"wireless head", []string{"wireless headphones", "wireless headline"}},
		{"CAF", []string{"cafe"}},
		{"zzz", nil},
		{"", nil},
		{"%_'", nil},
	} {
		got, err := s.Complete(t.Context(), tt.prefix, 5)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(tt.want) || len(got) > 0 && !cmp.Equal(got, tt.want) {
			t.Errorf("Complete(%q) = %v, want %v", tt.prefix, got, tt.want)
		}
	}
}
