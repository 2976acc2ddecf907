package product

import (
	"fmt"
	"time"

	"cartograph/internal/catalogue"
	"cartograph/internal/fault"
	"cartograph/internal/money"
	"cartograph/internal/search"
)

// Assortment is the input of Import. The importer assigns all IDs.
type Assortment struct {
	Categories []CategoryDraft // parents before their children
	Brands     []BrandDraft
	Products   []Draft
}

// CategoryDraft is a category to import. A top-level one has no ParentID; an
// Image without a name is none.
type CategoryDraft struct {
	ID, ParentID string
	Slug, Name   string
	Description  string
	Image        catalogue.Image
	Position     int // among its siblings
	Translations catalogue.Translations
}

// BrandDraft is a brand to import. A Logo without a name is none.
type BrandDraft struct {
	ID, Slug, Name string
	Description    string
	Logo           catalogue.Image
	Translations   catalogue.Translations
}

// Draft is a product to import.
type Draft struct {
	ID, Slug, Title, Subtitle string
	Description               string // plain text
	DescriptionHTML           string // safe to show
	Status                    Status
	BrandID                   string // may be empty
	CategoryID                string
	SellerID                  string
	Tags                      []string
	Keywords                  []string // further words that it is found by, in any language; never shown
	Specifications            []catalogue.SpecificationGroup
	Options                   []catalogue.Option
	Translations              catalogue.Translations `json:",omitempty"`
	Images                    []catalogue.Image      // the first is the main picture
	Variants                  []VariantDraft
	FeaturedRank              int // 1 is shown first; 0 after all ranked products
	CreatedAt                 time.Time
}

// VariantDraft is a variant to import. It has a price in search.FallbackCurrency
// at least.
type VariantDraft struct {
	ID, SKU, Title string
	Options        []catalogue.SelectedOption
	Prices         map[string]int64 // minor units by currency
	CompareAt      map[string]int64 // the regular price, above Prices; absent when not on sale
	WeightGrams    int
	TaxClass       catalogue.TaxClass // empty: the standard one
	Barcode        string
	RestockAt      time.Time // zero: no delivery is scheduled
	Image          catalogue.Image
}

// lastRank bounds FeaturedRank; products ranked beyond it share the last place.
const lastRank = 1_000_000

// featured is the rank inverted for the index: higher is shown earlier, and 0
// is unranked.
func (d *Draft) featured() int64 {
	if d.FeaturedRank < 1 {
		return 0
	}
	return int64(max(lastRank-d.FeaturedRank, 1))
}

// check returns why d cannot be imported. It repeats no constraint of the
// database except those whose message needs a name: a price of zero or a
// regular price at or below the price would show a false reduction.
func (d *Draft) check() error {
	bad := func(format string, args ...any) error {
		return fault.New(fault.Invalid, "Product %s: %s.", d.ID, fmt.Sprintf(format, args...))
	}
	switch {
	case d.ID == "" || d.Slug == "" || d.Title == "" || d.CategoryID == "":
		return bad("ID, slug, title and category are required")
	case d.Status != Unpublished && d.Status != Published && d.Status != Archived:
		return bad("unknown status %q", d.Status)
	case len(d.Variants) == 0:
		return bad("at least one variant is required")
	}
	choices := map[string]string{}
	for _, v := range d.Variants {
		if other, taken := choices[fmt.Sprint(v.Options)]; taken {
			return bad("variants %s and %s have the same options", other, v.SKU)
		}
		choices[fmt.Sprint(v.Options)] = v.SKU
		if v.Prices[search.FallbackCurrency] <= 0 {
			return bad("variant %s has no price in %s", v.SKU, search.FallbackCurrency)
		}
		for currency, minor := range v.Prices {
			switch was := v.CompareAt[currency]; {
			case !money.Known(currency):
				return bad("unknown currency %q", currency)
			case minor <= 0 || was != 0 && was <= minor:
				return bad("variant %s has price %d and regular price %d in %s", v.SKU, minor, was, currency)
			}
		}
	}
	return nil
}
