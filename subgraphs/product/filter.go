package product

import (
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"cartograph/internal/fault"
	"cartograph/internal/message"
	"cartograph/internal/money"
	"cartograph/internal/search"
)

const (
	maxText   = 200 // characters
	maxValues = 50  // in a list of a filter
)

// Filter is the schema's ProductFilter. Its JSON is a valid ProductFilter
// input.
type Filter struct {
	CategorySlug   *string               `json:"categorySlug,omitempty"`
	CollectionSlug *string               `json:"collectionSlug,omitempty"`
	BrandSlugs     []string              `json:"brandSlugs,omitempty"`
	Price          *PriceFilter          `json:"price,omitempty"`
	MinRating      *float64              `json:"minRating,omitempty"`
	InStockOnly    *bool                 `json:"inStockOnly,omitempty"`
	OnSaleOnly     *bool                 `json:"onSaleOnly,omitempty"`
	Specifications []SpecificationFilter `json:"specifications,omitempty"`
	Tags           []string              `json:"tags,omitempty"`
}

// PriceFilter is a range of decimal amounts in the caller's currency.
type PriceFilter struct {
	Min *string `json:"min,omitempty"`
	Max *string `json:"max,omitempty"`
}

// SpecificationFilter is a property with its accepted values.
type SpecificationFilter struct {
	Key   string   `json:"key"`
	AnyOf []string `json:"anyOf"`
}

// query converts f to a filter of the index.
func (f *Filter) query(currency string) (search.Filter, error) {
	q := search.Filter{
		Brands: f.BrandSlugs, Tags: f.Tags,
		InStock: f.InStockOnly != nil && *f.InStockOnly, OnSale: f.OnSaleOnly != nil && *f.OnSaleOnly,
	}
	if f.MinRating != nil {
		if !(*f.MinRating >= 0 && *f.MinRating <= 5) {
			return q, fault.Localized(fault.Invalid, "product.min_rating").At("filter", "minRating")
		}
		q.RatingMin = int(math.Ceil(*f.MinRating*100 - 1e-9))
	}
	if f.CategorySlug != nil {
		q.Category = *f.CategorySlug
	}
	if f.CollectionSlug != nil {
		q.Collection = *f.CollectionSlug
	}
	if given := f.values(); len(storable(given)) < len(given) {
		return q, fault.Localized(fault.Invalid, "product.unstorable_filter").At("filter")
	}
	tooMany := len(f.BrandSlugs) > maxValues || len(f.Tags) > maxValues || len(f.Specifications) > maxValues
	for _, s := range f.Specifications {
		tooMany = tooMany || len(s.AnyOf) > maxValues
		if len(s.AnyOf) > 0 {
			q.Attributes = append(q.Attributes, search.AttributeFilter{Key: s.Key, AnyOf: s.AnyOf})
		}
	}
	if tooMany {
		return q, fault.Localized(fault.Invalid, "product.filter_limit", message.Args{"limit": maxValues}).At("filter")
	}
	return q, f.Price.query(currency, &q)
}

// values are all texts of f that are compared exactly.
func (f *Filter) values() []string {
	all := slices.Concat(f.BrandSlugs, f.Tags)
	if f.CategorySlug != nil {
		all = append(all, *f.CategorySlug)
	}
	if f.CollectionSlug != nil {
		all = append(all, *f.CollectionSlug)
	}
	for _, s := range f.Specifications {
		all = append(append(all, s.Key), s.AnyOf...)
	}
	return all
}

func (p *PriceFilter) query(currency string, q *search.Filter) error {
	if p == nil {
		return nil
	}
	for _, bound := range []struct {
		name   string
		amount *string
		minor  **int64
	}{{"min", p.Min, &q.PriceMin}, {"max", p.Max, &q.PriceMax}} {
		if bound.amount == nil {
			continue
		}
		m, err := money.Parse(*bound.amount, currency)
		if err != nil || m.Minor < 0 {
			return fault.Localized(fault.Invalid, "product.malformed_price", message.Args{"amount": *bound.amount, "currency": currency}).At("filter", "price", bound.name)
		}
		*bound.minor = &m.Minor
	}
	if q.PriceMin != nil && q.PriceMax != nil && *q.PriceMin > *q.PriceMax {
		return fault.Localized(fault.Invalid, "product.empty_price_range").At("filter", "price")
	}
	return nil
}

func checkText(text string) error {
	if utf8.RuneCountInString(text) > maxText {
		return fault.Localized(fault.Invalid, "product.query_limit", message.Args{"limit": maxText})
	}
	return nil
}

// toggled returns f with a facet's value added, or removed if it was selected.
func (f Filter) toggled(facet string, v search.FacetValue, currency string) (toggled Filter, selected bool) {
	switch facet {
	case search.BrandFacet:
		f.BrandSlugs, selected = toggle(f.BrandSlugs, v.Value)
	case search.CategoryFacet:
		if selected = f.CategorySlug != nil && *f.CategorySlug == v.Value; selected {
			f.CategorySlug = nil
		} else {
			f.CategorySlug = &v.Value
		}
	case search.StockFacet:
		if selected = f.InStockOnly != nil && *f.InStockOnly; selected {
			f.InStockOnly = nil
		} else {
			f.InStockOnly = new(true)
		}
	case search.RatingFacet:
		stars, _ := strconv.ParseFloat(v.Value, 64) // the index's own value
		if selected = f.MinRating != nil && *f.MinRating == stars; selected {
			f.MinRating = nil
		} else {
			f.MinRating = &stars
		}
	case search.PriceFacet:
		f.Price, selected = f.Price.toggled(v, currency)
	default:
		f.Specifications, selected = toggleSpecification(f.Specifications, facet, v.Value)
	}
	return f, selected
}

func toggle(list []string, value string) (toggled []string, selected bool) {
	if i := slices.Index(list, value); i >= 0 {
		return slices.Delete(slices.Clone(list), i, i+1), true
	}
	return append(slices.Clone(list), value), false
}

func toggleSpecification(list []SpecificationFilter, key, value string) (toggled []SpecificationFilter, selected bool) {
	list = slices.Clone(list)
	i := slices.IndexFunc(list, func(s SpecificationFilter) bool { return s.Key == key })
	if i < 0 {
		return append(list, SpecificationFilter{key, []string{value}}), false
	}
	list[i].AnyOf, selected = toggle(list[i].AnyOf, value)
	if len(list[i].AnyOf) == 0 {
		list = slices.Delete(list, i, i+1)
	}
	return list, selected
}

// toggled selects a range of prices, of which only one can be selected, or
// clears it.
func (p *PriceFilter) toggled(v search.FacetValue, currency string) (toggled *PriceFilter, selected bool) {
	amount := func(minor *int64) *string {
		if minor == nil {
			return nil
		}
		return new(money.Money{Minor: *minor, Currency: currency}.Amount())
	}
	chosenRange := &PriceFilter{Min: amount(v.Min), Max: amount(v.Max)}
	if p != nil && same(p.Min, chosenRange.Min) && same(p.Max, chosenRange.Max) {
		return nil, true
	}
	return chosenRange, false
}

func same(a, b *string) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}
