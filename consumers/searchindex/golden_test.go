package searchindex_test

import (
	_ "embed"
	"slices"
	"strings"
	"testing"

	"cartograph/internal/demo"
	"cartograph/internal/event"
	"cartograph/internal/search"
)

//go:embed testdata/golden.tsv
var golden string

// goldenQuery is a query with the slugs or the category, of which one is right
// for the first hit.
type goldenQuery struct {
	text, category string
	slugs          []string
}

func goldenQueries(t *testing.T) []goldenQuery {
	t.Helper()
	var all []goldenQuery
	for line := range strings.Lines(golden) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		text, right, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok {
			t.Fatalf("line %q has no expectation", line)
		}
		q := goldenQuery{text: text}
		if category, ok := strings.CutPrefix(right, "category/"); ok {
			q.category = category
		} else {
			q.slugs = strings.Fields(right)
		}
		all = append(all, q)
	}
	return all
}

// demoSnapshots are the published products of the demo shop, and the category
// of each by slug.
func demoSnapshots() (snapshots []event.ProductPublished, categoryOf map[string]string) {
	shop := demo.Open(day(1))
	categories, brands := map[string]demo.Category{}, map[string]demo.Brand{}
	for _, c := range shop.Categories {
		categories[c.ID] = c
	}
	for _, b := range shop.Brands {
		brands[b.ID] = b
	}
	categoryOf = map[string]string{}
	for _, p := range shop.Products {
		if p.Status != demo.Published {
			continue
		}
		s := event.ProductSnapshot{
			ProductID: p.ID, Version: 1, Slug: p.Slug, Title: p.Title, Subtitle: p.Subtitle, Description: p.Description,
			BrandID: p.BrandID, BrandSlug: brands[p.BrandID].Slug, BrandName: brands[p.BrandID].Name, Tags: p.Tags, Keywords: p.Keywords,
			Options: p.Options, Featured: 1_000_000 - p.FeaturedRank, CreatedAt: p.CreatedAt,
		}
		for id := p.CategoryID; id != ""; id = categories[id].ParentID {
			s.CategorySlugs, s.CategoryNames = append(s.CategorySlugs, categories[id].Slug), append(s.CategoryNames, categories[id].Name)
		}
		for _, group := range p.Specifications {
			s.Specifications = append(s.Specifications, group.Items...)
		}
		for _, v := range p.Variants {
			variant := event.VariantSnapshot{VariantID: v.ID, SKU: v.SKU, Title: v.Title, Options: map[string]string{}, Prices: []event.Price{{Currency: "USD", Minor: v.Prices["USD"]}}}
			for _, o := range v.Options {
				variant.Options[o.Name] = o.Value
			}
			s.Variants = append(s.Variants, variant)
		}
		snapshots, categoryOf[p.Slug] = append(snapshots, event.ProductPublished{ProductSnapshot: s}), categories[p.CategoryID].Slug
	}
	return snapshots, categoryOf
}

// recallFloor is the share of the golden queries whose first hit must be right.
// The misses that it allows are named by the test.
const recallFloor = 0.96

func TestNaturalWordsFindWhatAShopperExpects(t *testing.T) {
	t.Parallel()
	w := open(t)
	snapshots, categoryOf := demoSnapshots()
	for _, s := range snapshots {
		w.handle(t, s)
	}
	w.indexAll(t)
	queries := goldenQueries(t)
	if len(queries) < 120 {
		t.Fatalf("%d golden queries, want 120 at least", len(queries))
	}
	var missed []string
	for _, q := range queries {
		result, err := w.index.Search(t.Context(), search.Query{Text: q.text, First: 5, Sort: search.Relevance, Currency: "USD"})
		if err != nil {
			t.Fatal(err)
		}
		first := "nothing"
		if len(result.Hits) > 0 {
			first = result.Hits[0].Slug
		}
		if !slices.Contains(q.slugs, first) && (q.category == "" || categoryOf[first] != q.category) {
			missed = append(missed, q.text+" → "+first)
			t.Logf("%q finds %s first, want %v%s", q.text, first, q.slugs, q.category)
		}
	}
	if recall := 1 - float64(len(missed))/float64(len(queries)); recall < recallFloor {
		t.Errorf("the first hit is right for %.3f of %d queries, want %.2f at least; not for %s", recall, len(queries), recallFloor, strings.Join(missed, ", "))
	}
}

func TestAnUnknownCompoundIsFoundByItsParts(t *testing.T) {
	t.Parallel()
	w := open(t)
	snapshots, _ := demoSnapshots()
	for _, s := range snapshots {
		if slices.Contains([]string{"edge-chefs-knife", "creme-stoneware-mug", "little-band-kids-headphones", "aurora-anc-headphones", "tide-watch"}, s.Slug) {
			w.handle(t, s)
		}
	}
	w.indexAll(t)
	for text, want := range map[string]struct{ slug, didYouMean string }{
		"Kaffeetasse":     {"creme-stoneware-mug", ""}, // a document has both words, apart from each other
		"Kinderkopfhörer": {"little-band-kids-headphones", ""},
		"Kochmesser":      {"edge-chefs-knife", "messer"}, // the thing is the last word
		"wristwatch":      {"tide-watch", "watch"},
	} {
		result, err := w.index.Search(t.Context(), search.Query{Text: text, First: 1, Sort: search.Relevance, Currency: "USD"})
		if err != nil {
			t.Fatal(err)
		}
		if len(result.Hits) != 1 || result.Hits[0].Slug != want.slug || result.DidYouMean != want.didYouMean {
			t.Errorf("%q finds %+v for %q, want %s for %q", text, result.Hits, result.DidYouMean, want.slug, want.didYouMean)
		}
	}
}
