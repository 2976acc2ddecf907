// Package search finds products by words, filters and order.
//
// It knows documents, not the catalogue: whoever owns products says what can
// be found. A document is replaced as a whole and never by an older version of
// itself, so documents may come twice and out of order. What a list shows is
// kept in the document; showing a page of hits asks nobody else.
package search

import (
	"context"
	"time"

	"cartograph/internal/catalogue"
)

// Searcher is an index of documents.
type Searcher interface {
	// Search answers with a page of hits and what else the query asks for.
	Search(ctx context.Context, q Query) (Result, error)
	// Complete gives words that begin like prefix, the most frequent first.
	Complete(ctx context.Context, prefix string, limit int) ([]string, error)
	// Upsert puts documents in, each unless a newer version of it came before.
	Upsert(ctx context.Context, documents ...Document) error
	// Delete takes documents out, each unless a newer version of it came before.
	Delete(ctx context.Context, deletions ...Deletion) error
}

// FallbackCurrency is what a product costs where it has no price in the
// currency that was asked for. Every document has a price in it.
const FallbackCurrency = "USD"

// PlentyInStock is the most that a document says is available: "at least so
// many". Busy stock would otherwise change its document with every sale.
const PlentyInStock = 20

// Card is what a list shows of a product.
type Card struct {
	ID        string           `json:"id"`
	Slug      string           `json:"slug"`
	Title     string           `json:"title"`
	Subtitle  string           `json:"subtitle,omitempty"`
	Brand     Brand            `json:"brand,omitzero"`
	Tags      []string         `json:"tags,omitempty"`
	Image     *catalogue.Image `json:"image,omitempty"`
	Prices    map[string]Price `json:"prices"`    // by currency
	Available int              `json:"available"` // over all variants, PlentyInStock at most
	RestockAt *time.Time       `json:"restockAt,omitempty"`
	AsOf      time.Time        `json:"asOf"` // of Available
	CreatedAt time.Time        `json:"createdAt"`
}

// Brand is who made a product.
type Brand struct {
	ID   string `json:"id,omitempty"`
	Slug string `json:"slug,omitempty"`
	Name string `json:"name,omitempty"`
}

// Price is what the variants of a product cost, in minor units. The compare-at
// pair is zero where nothing is on sale.
type Price struct {
	Min          int64 `json:"min"`
	Max          int64 `json:"max"`
	CompareAtMin int64 `json:"compareAtMin,omitempty"`
	CompareAtMax int64 `json:"compareAtMax,omitempty"`
}

// Document is what can be found.
type Document struct {
	Card
	Version     int64
	Description string
	Categories  []Category // the product's own and all above it
	Attributes  []Attribute
	Keywords    []string // further words to be found by: skus, variants
	Featured    int64    // higher is shown earlier
}

// Category is a category of a product: its own or an ancestor.
type Category struct {
	Slug, Name string
}

// Attribute is a property to filter by; a product may have several values.
type Attribute struct {
	Key, Name, Value string
	Unit             string
	Swatch           string // "#rrggbb" where the value is a colour
}

// Deletion takes a document out.
type Deletion struct {
	ID      string
	Version int64
}

// Sort is an order of hits.
type Sort string

// The orders. Ties go to the later id, so that every order is total.
const (
	Relevance Sort = "RELEVANCE" // without words: Featured
	Featured  Sort = "FEATURED"
	PriceAsc  Sort = "PRICE_ASC"
	PriceDesc Sort = "PRICE_DESC"
	Newest    Sort = "NEWEST"
)

// Query says what is looked for. Products without a price in Currency are
// shown with that of FallbackCurrency: no price filter finds them, and an
// order by price puts them behind the others, dearest or cheapest first alike.
type Query struct {
	Text     string
	Filter   Filter
	Currency string
	Sort     Sort
	First    int
	After    *Position // the last hit of the page before

	Total      bool // count all hits
	Facets     bool // count by property
	Highlights bool // mark what was found
}

// Filter narrows a search. Its conditions all hold; of brands and tags, and of
// an attribute's values, any one does.
type Filter struct {
	Categories []string // slugs, of which all must hold; subcategories are included
	Brands     []string
	Tags       []string
	PriceMin   *int64
	PriceMax   *int64
	InStock    bool
	OnSale     bool
	Attributes []AttributeFilter
}

// AttributeFilter finds products that have any of the values.
type AttributeFilter struct {
	Key   string
	AnyOf []string
}

// Position is where a page ended: the sort key and the id of its last hit.
type Position struct {
	Key int64
	ID  string
}

// Result is the answer to a Query.
type Result struct {
	Hits       []Hit
	More       bool // there are hits after these
	Total      int
	Facets     []Facet
	DidYouMean string // how misspelt words were read; empty if none was
}

// Hit is a document that was found.
type Hit struct {
	Card
	Position   Position
	Score      float64 // comparable within one answer; 0 where nothing was compared
	Highlights []Highlight
}

// Highlight is a text with what was found in <em>. All else in it is escaped.
type Highlight struct {
	Field string // "title" or "description"
	HTML  string
}

// Facet counts hits by one property. Its counts ignore the query's own filter
// on that property: they tell what choosing another value would find.
type Facet struct {
	Key    string // "brand", "category", "price", "inStock", or an attribute's key
	Name   string
	Values []FacetValue
}

// The facets that are no attributes.
const (
	BrandFacet    = "brand"
	CategoryFacet = "category"
	PriceFacet    = "price"
	StockFacet    = "inStock"
)

// FacetValue is one value of a Facet. A price facet's value is a range.
type FacetValue struct {
	Value    string
	Label    string
	Swatch   string
	Count    int
	Min, Max *int64 // of a price range, both included; nil where it is open
}
