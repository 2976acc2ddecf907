package product_test

import (
	"testing"

	"pgregory.net/rapid"

	"cartograph/internal/search"
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/producttest"
)

// A facet value's input gives exactly its count. Where other values of a
// facet with multiple choice are selected, the input adds the value's products
// to theirs.
func TestAFacetValuesInputGivesItsCount(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	categories := []*product.Category{nil}
	for _, slug := range []string{"kitchen", "audio", "headphones"} {
		c, err := s.Category(t.Context(), nil, &slug)
		if err != nil || c == nil {
			t.Fatal(slug, err)
		}
		categories = append(categories, c)
	}
	rapid.Check(t, func(rt *rapid.T) {
		q := product.Search{
			Within: rapid.SampledFrom(categories).Draw(rt, "category page"), Sort: search.Featured, First: 100, Total: true, Facets: true,
			Text: rapid.SampledFrom([]string{"", "mug", "wireless mug", "headphones"}).Draw(rt, "text"), Filter: randomFilter(rt),
		}
		for _, facet := range search100(rt, s, q).Facets {
			for _, v := range facet.Values {
				if v.Selected {
					continue
				}
				toggled, alone := q, q
				toggled.Filter = v.Input.(product.Filter)
				alone.Filter = cleared(q.Filter, facet.Key, v)
				want := ids(search100(rt, s, alone))
				if len(want) != v.Count {
					rt.Fatalf("%s %s alone gives %d products, want %d", facet.Key, v.Value, len(want), v.Count)
				}
				if multiple(facet.Key) && anySelected(facet) {
					for id := range ids(search100(rt, s, q)) {
						want[id] = true
					}
				}
				if got := search100(rt, s, toggled); got.Total != len(want) {
					rt.Fatalf("the input %+v of %s %s gives %d products, want %d", v.Input, facet.Key, v.Value, got.Total, len(want))
				}
			}
		}
	})
}

func randomFilter(rt *rapid.T) (f product.Filter) {
	if slug := rapid.SampledFrom([]string{"", "kitchen", "audio"}).Draw(rt, "filter by category"); slug != "" {
		f.CategorySlug = &slug
	}
	f.BrandSlugs = rapid.SampledFrom([][]string{nil, {"kvarta"}, {"fernlyd"}}).Draw(rt, "brands")
	if rapid.Bool().Draw(rt, "by price") {
		f.Price = &product.PriceFilter{Max: new(rapid.SampledFrom([]string{"15", "49.99", "100"}).Draw(rt, "max"))}
	}
	if rapid.Bool().Draw(rt, "in stock") {
		f.InStockOnly = new(true)
	}
	if rapid.Bool().Draw(rt, "by colour") {
		f.Specifications = []product.SpecificationFilter{{Key: "colour", AnyOf: []string{"Moss"}}}
	}
	return f
}

func search100(rt *rapid.T, s *producttest.Shop, q product.Search) *product.Found {
	found, err := s.Find(rt.Context(), q)
	if err != nil {
		rt.Fatal(err)
	}
	return found
}

func ids(found *product.Found) map[string]bool {
	set := map[string]bool{}
	for _, h := range found.Hits {
		set[h.Product.ID] = true
	}
	return set
}

func multiple(facet string) bool {
	return facet != search.CategoryFacet && facet != search.PriceFacet && facet != search.StockFacet
}

func anySelected(f product.Facet) bool {
	for _, v := range f.Values {
		if v.Selected {
			return true
		}
	}
	return false
}

// cleared is the filter with the value as the only choice of its facet.
func cleared(f product.Filter, facet string, v product.FacetValue) product.Filter {
	input := v.Input.(product.Filter)
	switch facet {
	case search.BrandFacet:
		f.BrandSlugs = []string{v.Value}
	case search.CategoryFacet, search.PriceFacet, search.StockFacet:
		return input
	default:
		f.Specifications = []product.SpecificationFilter{{Key: facet, AnyOf: []string{v.Value}}}
		for _, other := range input.Specifications {
			if other.Key != facet {
				f.Specifications = append(f.Specifications, other)
			}
		}
	}
	return f
}
