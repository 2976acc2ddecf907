package searchtest

import (
	"cmp"
	"slices"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cartograph/internal/search"
)

// pages: any walk by pages gives what one large page gives, in an order that
// is the announced one, without a gap or a repeat.
func pages(t *testing.T, s search.Searcher) {
	all := crowd(97, 3)
	put(t, s, all...)
	rapid.Check(t, func(rt *rapid.T) {
		q := search.Query{
			Sort:     rapid.SampledFrom([]search.Sort{search.Relevance, search.Featured, search.PriceAsc, search.PriceDesc, search.Newest}).Draw(rt, "sort"),
			Text:     rapid.SampledFrom([]string{"", "quiet", "lantarn", "la"}).Draw(rt, "text"),
			Currency: rapid.SampledFrom([]string{"USD", "EUR"}).Draw(rt, "currency"),
		}
		q.Filter.InStock = rapid.Bool().Draw(rt, "in stock")
		if rapid.Bool().Draw(rt, "by brand") {
			q.Filter.Brands = []string{"fernlyd"}
		}
		whole := q
		whole.First = len(all) + 1
		want := find(t, s, whole)
		if want.More {
			rt.Fatal("a page larger than everything has hasNextPage")
		}
		first := rapid.IntRange(1, 40).Draw(rt, "first")
		if diff := gocmp.Diff(ids(want), walk(t, s, q, first)); diff != "" {
			rt.Fatalf("%s by pages of %d (-whole +pages):\n%s", q.Sort, first, diff)
		}
		if q.Text == "" {
			if diff := gocmp.Diff(expected(all, q), ids(want)); diff != "" {
				rt.Fatalf("%s in %s (-want +got):\n%s", q.Sort, q.Currency, diff)
			}
		}
	})
}

func walk(t *testing.T, s search.Searcher, q search.Query, first int) []string {
	t.Helper()
	got := []string{}
	for q.First = first; ; {
		page := find(t, s, q)
		got = append(got, ids(page)...)
		if !page.More {
			return got
		}
		q.After = &page.Hits[len(page.Hits)-1].Position
	}
}

// expected is the order that a query without words has, made independently.
func expected(all []search.Document, q search.Query) []string {
	kept := slices.DeleteFunc(slices.Clone(all), func(d search.Document) bool {
		return q.Filter.InStock && d.Available == 0 || len(q.Filter.Brands) > 0 && d.Brand.Slug != q.Filter.Brands[0]
	})
	price := func(d search.Document) (foreign int, minor int64) {
		if p, ok := d.Prices[q.Currency]; ok {
			return 0, p.Min
		}
		return 1, d.Prices[search.FallbackCurrency].Min
	}
	slices.SortFunc(kept, func(a, b search.Document) int {
		fa, pa := price(a)
		fb, pb := price(b)
		switch q.Sort {
		case search.PriceAsc:
			return cmp.Or(cmp.Compare(fa, fb), cmp.Compare(pa, pb), cmp.Compare(a.ID, b.ID))
		case search.PriceDesc:
			return cmp.Or(cmp.Compare(fa, fb), cmp.Compare(pb, pa), cmp.Compare(b.ID, a.ID))
		case search.Newest:
			return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(b.ID, a.ID))
		default:
			return cmp.Or(cmp.Compare(b.Featured, a.Featured), cmp.Compare(b.ID, a.ID))
		}
	})
	order := make([]string, len(kept))
	for i, d := range kept {
		order[i] = d.ID
	}
	return order
}

// versions: what is older changes nothing, whatever came.
func versions(t *testing.T, s search.Searcher) {
	lamp := func(title string, version int64) search.Document {
		return thing{id: "p1", title: title, cents: 100}.document(version)
	}
	claim := func(why, text string, want int) {
		t.Helper()
		if got := find(t, s, search.Query{Text: text, Total: true}); len(got.Hits) != want || got.Total != want {
			t.Errorf("%s: %q finds %d and counts %d, want %d", why, text, len(got.Hits), got.Total, want)
		}
	}
	put(t, s, lamp("third", 3))
	put(t, s, lamp("second", 2), lamp("first", 1))
	claim("older documents came later", "third", 1)
	claim("older documents came later", "second", 0)
	put(t, s, lamp("fourth", 4), lamp("fifth", 5), lamp("fourth", 4))
	claim("one batch has several versions", "fifth", 1)
	remove := func(version int64) {
		if err := s.Delete(t.Context(), search.Deletion{ID: "p1", Version: version}); err != nil {
			t.Fatal(err)
		}
	}
	remove(4)
	claim("an older deletion came later", "fifth", 1)
	remove(6)
	claim("it is deleted", "fifth", 0)
	put(t, s, lamp("fifth", 5))
	claim("what is older than its deletion came again", "fifth", 0)
	put(t, s, lamp("seventh", 7))
	claim("it is sold again", "seventh", 1)
}

// writers: batches that overlap neither block each other for good nor lose
// count.
func writers(t *testing.T, s search.Searcher) {
	all := crowd(40, 5)
	var wg sync.WaitGroup
	for w := range 6 {
		wg.Go(func() {
			batch := slices.Clone(all)
			for i := range batch {
				batch[i].Version = int64(w + 1)
				batch[i].Brand = search.Brand{Slug: "only", Name: "Only"}
			}
			if w%2 == 0 {
				slices.Reverse(batch)
			}
			if err := s.Upsert(t.Context(), batch...); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	result := find(t, s, search.Query{Facets: true, Total: true})
	if result.Total != 40 || counted(result, "brand")["only"] != 40 {
		t.Errorf("total %d, brands %v, want 40 and 40", result.Total, counted(result, "brand"))
	}
}
