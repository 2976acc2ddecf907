// Package search finds products by words, filters and order.
//
// It indexes documents and does not depend on the catalogue, which decides what
// is in them. A document is replaced as a whole and only by a newer version, so
// updates may be repeated and arrive out of order. A document contains the card
// that lists show, so that a page of hits needs no other source.
package search

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cartograph/internal/catalogue"
)

// Searcher is an index of documents.
type Searcher interface {
	// Search returns a page of hits and what else the query selects.
	Search(ctx context.Context, q Query) (Result, error)
	// Complete returns words with the prefix, the most frequent first.
	Complete(ctx context.Context, prefix string, limit int) ([]string, error)
	// Upsert indexes documents, each unless a newer version is indexed. A *RefusedError
	// names those that are not accepted.
	Upsert(ctx context.Context, documents ...Document) error
	// Delete removes documents, each unless a newer version is indexed.
	Delete(ctx context.Context, deletions ...Deletion) error
}

// Rebuilder is a Searcher beside whose index a new one is filled while it is searched
// and written.
type Rebuilder interface {
	Searcher
	// Begin adds an empty index, or continues with the one that an earlier call added.
	// Until Swap, Upsert and Delete write to both.
	Begin(ctx context.Context) error
	// Fill writes documents to the new index alone, each unless it has a newer version.
	Fill(ctx context.Context, documents ...Document) error
	// Swap makes the new index the one that is searched, and deletes the old one.
	Swap(ctx context.Context) error
}

// ErrUnavailable is in the chain of an error that a Searcher returns while its server
// cannot be reached or is overloaded.
var ErrUnavailable = errors.New("the search index is unavailable")

// RefusedError reports documents that the index does not accept as they are, now or
// later. It has all others of the call.
type RefusedError struct {
	IDs    []string
	Reason error // of the first
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("the search index refused %d documents: %v", len(e.IDs), e.Reason)
}

// Unwrap is the reason.
func (e *RefusedError) Unwrap() error { return e.Reason }

// FallbackCurrency is the currency of a product's price where it has none in
// the requested one. Every document has a price in it.
const FallbackCurrency = "USD"

// Currencies are those of an index of a shop that sells in some: in order, with
// FallbackCurrency.
func Currencies(sold []string) []string {
	all := append([]string{FallbackCurrency}, sold...)
	slices.Sort(all)
	return slices.Compact(all)
}

// PlentyInStock caps the available quantity in a document. Without the cap
// every sale would change a document.
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
	// Texts are the title and subtitle by locale, where they are translated.
	Texts map[string]CardTexts `json:"texts,omitempty"`
}

// CardTexts are the texts of a card in one language; what is empty is not translated.
type CardTexts struct {
	Title    string `json:"title,omitempty"`
	Subtitle string `json:"subtitle,omitempty"`
}

// Brand is the manufacturer of a product.
type Brand struct {
	ID   string `json:"id,omitempty"`
	Slug string `json:"slug,omitempty"`
	Name string `json:"name,omitempty"`
}

// Price is the price range of a product's variants, in minor units. The compare-at
// pair is zero where nothing is on sale.
type Price struct {
	Min          int64 `json:"min"`
	Max          int64 `json:"max"`
	CompareAtMin int64 `json:"compareAtMin,omitempty"`
	CompareAtMax int64 `json:"compareAtMax,omitempty"`
}

// Document is a product as the index has it.
type Document struct {
	Card
	Version      int64
	Description  string
	Descriptions map[string]string `json:",omitempty"` // by locale, where it is translated
	Categories   []Category        // the product's own and all above it
	Collections  []string          `json:",omitempty"` // their slugs
	Attributes   []Attribute
	Keywords     []string // further searchable words: SKUs, variants
	Featured     int64    // higher is shown first
	Rating       Rating
	Sales        int64 `json:",omitempty"` // higher sells better; 0 if it was never sold
}

// Rating is what customers think of a product. Without reviews it is zero.
type Rating struct {
	Hundredths int // of the average: 450 for 4.5
	Count      int
}

// maxRatings bounds the count in the order by rating.
const maxRatings = 1_000_000

// Key is the place in the order TopRated: by average, then by the number of ratings.
func (r Rating) Key() int64 {
	return int64(r.Hundredths)*maxRatings + int64(min(r.Count, maxRatings-1))
}

// Stars is how many values the facet of ratings has: one star at least, two and so on.
const Stars = 4

// AtLeastStars is the lowest Key of a rating with so many stars.
func AtLeastStars(n int) int64 { return Rating{Hundredths: 100 * n}.Key() }

// Category is a category of a product: its own or an ancestor.
type Category struct {
	Slug, Name string
	Names      map[string]string `json:",omitempty"` // by locale, where it is translated
}

// Attribute is a property to filter by; a product may have several values.
type Attribute struct {
	Key, Name, Value string
	Unit             string
	Swatch           string                    // "#rrggbb" where the value is a colour
	Texts            map[string]AttributeTexts `json:",omitempty"` // by locale, where it is translated
}

// AttributeTexts are the texts of an attribute in one language; what is empty is not
// translated.
type AttributeTexts struct {
	Name  string `json:",omitempty"`
	Value string `json:",omitempty"`
}

// Deletion removes a document.
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
	TopRated  Sort = "RATING"
	// BestSelling is by Document.Sales.
	BestSelling Sort = "BEST_SELLING"
)

// Query is a search. Products without a price in Currency are shown with that
// of FallbackCurrency: no price filter matches them, and both orders by price
// put them last.
type Query struct {
	Text     string
	Typing   bool      // the last word is the beginning of one
	Language string    // of the customer: "de", or else English is assumed; texts in both are matched
	Locales  []string  // in which the customer reads, the preferred first: names of facets and highlights are in them
	Synonyms *Synonyms // nil: none
	Filter   Filter
	Currency string
	Sort     Sort
	First    int
	After    *Position // the last hit of the page before
	More     bool      // report whether there are hits after the page also where First is 0

	Total      bool // count all hits
	Facets     bool // count by property
	Highlights bool // mark what was found
	Lag        bool // measure how far the index is behind its documents
}

// Filter restricts a search. All conditions must match; of brands, of tags, and
// of an attribute's values, any one may match.
type Filter struct {
	Within     string // the slug of a category that no facet counts without
	Category   string // the slug of one; its subcategories are included
	Brands     []string
	Tags       []string
	Collection string // the slug of one
	PriceMin   *int64
	PriceMax   *int64
	InStock    bool
	OnSale     bool
	RatingMin  int // in hundredths; 0: also what has no rating
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

// Result is the result of a Query.
type Result struct {
	Hits       []Hit
	More       bool // there are hits after these
	Total      int
	Facets     []Facet
	DidYouMean string // the corrected query; empty if nothing was corrected
	Partial    bool   // no document matches all words; these match at least half of them
	// Lag is the age of the oldest document that was written to the index and is not
	// found yet.
	Lag      time.Duration
	Fallback bool // the fallback of a Guarded responded
}

// Hit is a matching document.
type Hit struct {
	Card
	Position   Position
	Score      float64 // comparable within one result; 0 unless sorted by relevance
	Highlights []Highlight
}

// Highlight is a text with its matches in <em>, otherwise escaped.
type Highlight struct {
	Field string // "title" or "description"
	HTML  string
}

// Facet counts hits by one property. Its counts ignore the query's own filter
// on that property: each is what selecting the value instead would match.
type Facet struct {
	Key    string // "brand", "category", "price", "inStock", or an attribute's key
	Name   string
	Total  int          // the number of values
	Values []FacetValue // the most frequent, maxFacetValues at most
}

// The facets that are no attributes.
const (
	BrandFacet    = "brand"
	CategoryFacet = "category"
	PriceFacet    = "price"
	StockFacet    = "inStock"
	RatingFacet   = "rating"
)

// FacetValue is one value of a Facet. A price facet's value is a range.
type FacetValue struct {
	Value    string
	Label    string
	Swatch   string
	Count    int
	Min, Max *int64 // of a price range, both included; nil where it is open
}
