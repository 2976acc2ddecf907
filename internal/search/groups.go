package search

import "strings"

// Group is the conditions of a filter that belong to one facet: its counts leave
// them out.
type Group struct {
	Facet              string   // the facet's key; an attribute's with its prefix; empty: counts of all facets keep it
	Any                []string // keys of terms of which a document must have one
	Price              bool     // within both bounds, in the query's currency
	PriceMin, PriceMax *int64
	OnSale, InStock    bool
	RatingMin          int
}

// Groups are the conditions of f.
func (f *Filter) Groups() []Group {
	var all []Group
	if f.Within != "" {
		all = append(all, Group{Any: []string{categoryTerm(f.Within)}})
	}
	if len(f.Tags) > 0 {
		all = append(all, Group{Any: termsOf(f.Tags, tagTerm)})
	}
	if f.Collection != "" {
		all = append(all, Group{Any: []string{collectionTerm(f.Collection)}})
	}
	if f.OnSale {
		all = append(all, Group{OnSale: true})
	}
	if f.Category != "" {
		all = append(all, Group{Facet: CategoryFacet, Any: []string{categoryTerm(f.Category)}})
	}
	if len(f.Brands) > 0 {
		all = append(all, Group{Facet: BrandFacet, Any: termsOf(f.Brands, brandTerm)})
	}
	if f.PriceMin != nil || f.PriceMax != nil {
		highest := int64(ForeignRank - 1)
		if f.PriceMax != nil {
			highest = min(highest, *f.PriceMax)
		}
		all = append(all, Group{Facet: PriceFacet, Price: true, PriceMin: f.PriceMin, PriceMax: &highest})
	}
	if f.InStock {
		all = append(all, Group{Facet: StockFacet, InStock: true})
	}
	if f.RatingMin > 0 {
		all = append(all, Group{Facet: RatingFacet, RatingMin: f.RatingMin})
	}
	for _, a := range f.Attributes {
		all = append(all, Group{
			Facet: attributePrefix + a.Key, Any: termsOf(a.AnyOf, func(v string) string { return attributeTerm(a.Key, v) }),
		})
	}
	return all
}

// HasTerms reports whether the facet's values are terms, whose keys begin with its
// key and an equals sign.
func (g *Group) HasTerms() bool {
	return g.Facet == BrandFacet || g.Facet == CategoryFacet || strings.HasPrefix(g.Facet, attributePrefix)
}

// FacetOf is the facet of a term's key, or one of Uncounted.
func FacetOf(key string) string {
	facet, _, _ := strings.Cut(key, "=")
	return facet
}

const (
	tagFacet        = "tag"
	collectionFacet = "collection"
)

// Uncounted are terms that are filtered by and not counted: tags and collections.
func Uncounted() []string { return []string{collectionFacet, tagFacet} }

// HasWords reports whether a text has any that a document can be found by.
func HasWords(text string) bool { return len(words(text)) > 0 }

func termsOf(values []string, term func(string) string) []string {
	terms := make([]string, len(values))
	for i, v := range values {
		terms[i] = term(v)
	}
	return terms
}
