package product

import (
	"context"
	"fmt"
	"strings"
	"time"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/message"
	"cartograph/internal/money"
	"cartograph/internal/optional"
	"cartograph/internal/search"
	"cartograph/internal/subgraph"
	"cartograph/subgraphs/product/db"
)

// Search is a product search.
type Search struct {
	Text   string
	Typing bool // the last word of Text is the beginning of one
	Filter Filter
	Within *Category // restricts to the category and its subcategories
	Sort   search.Sort
	First  int
	After  *string

	More       bool // report whether there are more results also where First is 0
	Details    bool // read whole products, not cards
	Total      bool
	Facets     bool
	Highlights bool
	Lag        bool
}

// Found is a page of results.
type Found struct {
	Hits       []Hit
	More       bool
	Total      int
	Facets     []Facet
	DidYouMean *string
	Match      Match
	Took       time.Duration
	Lag        time.Duration // the age of the oldest change that the index lacks
}

// Hit is one result.
type Hit struct {
	Product    *Product
	Cursor     string
	Score      *float64
	Highlights []search.Highlight
}

// Match is how many words of the query the results match; the values are the
// schema's.
type Match string

// The matches.
const (
	AllWords  Match = "ALL_WORDS"
	MostWords Match = "MOST_WORDS" // no product matches all of them
)

// FacetKind is the recommended form of display.
type FacetKind string

// The kinds.
const (
	Terms   FacetKind = "TERMS"
	Range   FacetKind = "RANGE"
	Boolean FacetKind = "BOOLEAN"
	Swatch  FacetKind = "SWATCH"
)

// Facet is a property to filter results by.
type Facet struct {
	Key, Name string
	Kind      FacetKind
	// TotalValueCount is the number of values, of which Values has the most
	// frequent.
	TotalValueCount int
	Values          []FacetValue
}

// FacetValue is one value of a Facet.
type FacetValue struct {
	Value, Label string
	Count        int
	Selected     bool
	SwatchHex    *string
	Input        any // the complete Filter with this value toggled
}

// Find runs a search: no statement for cards and counts, and one for whole
// products.
func (s *Service) Find(ctx context.Context, q Search) (*Found, error) {
	began, currency := time.Now(), s.currency(ctx)
	if err := checkText(q.Text); err != nil {
		return nil, err
	}
	filter, err := q.Filter.query(currency)
	if err != nil {
		return nil, err
	}
	if q.Within != nil {
		filter.Within = q.Within.Slug
	}
	after, err := q.position(currency)
	if err != nil {
		return nil, err
	}
	var behind time.Duration
	if q.Lag {
		if behind, err = s.behind.Age(ctx, false); err != nil {
			return nil, err
		}
	}
	result, err := s.search(ctx, search.Query{
		Text: q.Text, Typing: q.Typing, Language: language(ctx), Synonyms: s.forSearch(), Filter: filter, Currency: currency, Sort: q.Sort, First: q.First, After: after, More: q.More,
		Total: q.Total, Facets: q.Facets, Highlights: q.Highlights, Lag: q.Lag, Locales: s.reader(ctx).locales,
	})
	if err != nil {
		return nil, err
	}
	found := &Found{More: result.More, Total: result.Total, DidYouMean: optional.Of(result.DidYouMean), Match: AllWords}
	if result.Partial {
		found.Match = MostWords
	}
	if found.Hits, err = s.hits(ctx, q, result.Hits, currency); err != nil {
		return nil, err
	}
	for _, f := range result.Facets {
		found.Facets = append(found.Facets, facetOf(ctx, f, q.Filter, currency))
	}
	if q.Lag {
		if found.Lag, err = s.lag(ctx, behind, &result); err != nil {
			return nil, err
		}
	}
	found.Took = time.Since(began)
	return found, nil
}

// lag is the age of the oldest change that the index that responded lacks, given that of
// the index before the search: what was indexed meanwhile may not be in the result.
func (s *Service) lag(ctx context.Context, behind time.Duration, result *search.Result) (time.Duration, error) {
	if result.Fallback {
		var err error
		if behind, err = s.behind.Age(ctx, true); err != nil {
			return 0, err
		}
	}
	return max(behind, result.Lag), nil
}

// language is that of the caller's locale.
func language(ctx context.Context) string {
	base, _, _ := strings.Cut(auth.From(ctx).Locale, "-")
	return strings.ToLower(base)
}

// cursorSort names the order that a cursor belongs to, with what the order
// depends on.
func (q *Search) cursorSort(currency string) string {
	switch q.Sort {
	case search.Relevance:
		return string(q.Sort) + " " + strings.TrimSpace(q.Text)
	case search.PriceAsc, search.PriceDesc:
		return string(q.Sort) + " " + currency
	default:
		return string(q.Sort)
	}
}

func (q *Search) position(currency string) (*search.Position, error) {
	var p search.Position
	given, err := subgraph.DecodeCursor(q.After, q.cursorSort(currency), &p.Key, &p.ID)
	if err != nil || !given {
		return nil, err
	}
	if len(storable([]string{p.ID})) == 0 {
		return nil, fault.Localized(fault.Invalid, "common.foreign_cursor").At("after")
	}
	return &p, nil
}

func (s *Service) hits(ctx context.Context, q Search, given []search.Hit, currency string) ([]Hit, error) {
	whole, err := s.details(ctx, q.Details, given)
	if err != nil {
		return nil, err
	}
	hits := make([]Hit, 0, len(given))
	for _, h := range given {
		p := whole[h.ID]
		switch {
		case !q.Details:
			p = cardOf(h.Card, s.reader(ctx), currency, s.buyersCurrency(ctx), s.now())
		case p == nil || p.Status != Published:
			continue // no longer sold; the index is updated soon
		}
		hit := Hit{
			Product: p, Highlights: h.Highlights,
			Cursor: subgraph.EncodeCursor(q.cursorSort(currency), h.Position.Key, h.Position.ID),
		}
		if h.Score > 0 {
			hit.Score = &h.Score
		}
		hits = append(hits, hit)
	}
	return hits, nil
}

func (s *Service) details(ctx context.Context, needed bool, hits []search.Hit) (map[string]*Product, error) {
	if !needed {
		return nil, nil
	}
	ids := make([]string, len(hits))
	for i, h := range hits {
		ids[i] = h.ID
	}
	return s.ProductsByID(ctx, ids)
}

func facetOf(ctx context.Context, f search.Facet, filter Filter, currency string) Facet {
	facet := Facet{Key: f.Key, Name: f.Name, Kind: Terms, TotalValueCount: f.Total, Values: make([]FacetValue, len(f.Values))}
	switch f.Key {
	case search.CategoryFacet:
		facet.Name = message.Text(ctx, "product.facet.category")
	case search.BrandFacet:
		facet.Name = message.Text(ctx, "product.facet.brand")
	case search.PriceFacet:
		facet.Name, facet.Kind = message.Text(ctx, "product.facet.price"), Range
	case search.StockFacet:
		facet.Name, facet.Kind = message.Text(ctx, "product.facet.in_stock"), Boolean
	case search.RatingFacet:
		facet.Name, facet.Kind = message.Text(ctx, "product.facet.rating"), Range
	}
	for i, v := range f.Values {
		input, selected := filter.toggled(f.Key, v, currency)
		facet.Values[i] = FacetValue{
			Value: v.Value, Label: v.Label, Count: v.Count, SwatchHex: optional.Of(v.Swatch), Selected: selected, Input: input,
		}
		if v.Swatch != "" {
			facet.Kind = Swatch
		}
		switch f.Key {
		case search.PriceFacet:
			facet.Values[i].Label = rangeLabel(ctx, v, currency)
		case search.StockFacet:
			facet.Values[i].Label = facet.Name
		case search.RatingFacet:
			facet.Values[i].Label = "≥ " + v.Value
		}
	}
	return facet
}

func rangeLabel(ctx context.Context, v search.FacetValue, currency string) string {
	formatted := func(minor int64) string { return money.Money{Minor: minor, Currency: currency}.Formatted(ctx, nil) }
	switch {
	case v.Min == nil:
		return "≤ " + formatted(*v.Max)
	case v.Max == nil:
		return "≥ " + formatted(*v.Min)
	default:
		return formatted(*v.Min) + " – " + formatted(*v.Max)
	}
}

// Related returns, for each product, others of its category, featured first.
func (s *Service) Related(ctx context.Context, products []*Product, first int, details bool) ([][]*Product, error) {
	byCategory := map[string]*Found{}
	related := make([][]*Product, len(products))
	for i, p := range products {
		found := byCategory[p.Category.ID]
		if found == nil {
			var err error
			found, err = s.Find(ctx, Search{Within: p.Category, Sort: search.Featured, First: first + 1, Details: details})
			if err != nil {
				return nil, err
			}
			byCategory[p.Category.ID] = found
		}
		related[i] = []*Product{}
		for _, h := range found.Hits {
			if h.Product.ID != p.ID && len(related[i]) < first {
				related[i] = append(related[i], h.Product)
			}
		}
	}
	return related, nil
}

// Suggestions are completions of a query and matching objects.
type Suggestions struct {
	Queries    []string
	Products   []*Product
	Categories []*Category
	Brands     []*Brand
}

// Suggest returns up to limit suggestions of each kind.
func (s *Service) Suggest(ctx context.Context, prefix string, limit int, details bool) (*Suggestions, error) {
	folded := strings.ToLower(strings.TrimSpace(strings.ReplaceAll(prefix, "\x00", "")))
	if err := checkText(folded); err != nil || folded == "" || limit == 0 {
		return &Suggestions{}, err
	}
	queries, err := s.complete(ctx, folded, limit)
	if err != nil {
		return nil, err
	}
	found, err := s.Find(ctx, Search{Text: folded, Typing: true, Sort: search.Relevance, First: limit, Details: details})
	if err != nil {
		return nil, err
	}
	suggested := &Suggestions{Queries: queries}
	for _, h := range found.Hits {
		suggested.Products = append(suggested.Products, h.Product)
	}
	q := db.New(s.pool)
	categories, err := q.CategoriesNamedLike(ctx, db.CategoriesNamedLikeParams{Beginning: folded, Language: s.reader(ctx).language(), Limit: int32(limit)})
	if err != nil {
		return nil, fmt.Errorf("suggest categories: %w", err)
	}
	brands, err := q.BrandsNamedLike(ctx, db.BrandsNamedLikeParams{Beginning: folded, Limit: int32(limit)})
	if err != nil {
		return nil, fmt.Errorf("suggest brands: %w", err)
	}
	suggested.Categories, suggested.Brands = categoriesOf(categories, s.reader(ctx)), brandsOf(brands, s.reader(ctx))
	return suggested, nil
}
