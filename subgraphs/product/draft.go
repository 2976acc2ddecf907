package product

import (
	"errors"
	"fmt"
	"time"

	"cartograph/internal/catalogue"
	"cartograph/internal/fault"
	"cartograph/internal/money"
	"cartograph/subgraphs/product/db"
)

// Assortment is the input of Import. The importer assigns all IDs.
type Assortment struct {
	Categories []CategoryDraft // parents before their children
	Brands     []BrandDraft
	Products   []Draft

	Collections []CollectionDraft
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
	SEO                       SEO                    // empty: derived from the texts
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

// check returns what is wrong with the product as a whole, whatever writes it: a price
// that is not below the regular price would show a false reduction.
func (d *Draft) check() error {
	switch {
	case d.Title == "":
		return errors.New("a title is needed")
	case d.Status != Unpublished && d.Status != Published && d.Status != Archived:
		return fmt.Errorf("status %q: DRAFT, PUBLISHED or ARCHIVED is expected", d.Status)
	case len(d.Variants) > maxVariants:
		return fmt.Errorf("a product has at most %d variants", maxVariants)
	}
	if d.Status == Published {
		if problem := unpublishable(&db.Snapshot{Variants: d.snapshotVariants()}); problem != nil {
			return errors.New(problem.Message)
		}
	}
	choices := choices{}
	for i := range d.Variants {
		v := &d.Variants[i]
		if err := v.checkPrices(); err != nil {
			return fmt.Errorf("variant %s: %w", v.SKU, err)
		}
		if inOrderOf(d.Options, v.Options) == nil || len(v.Options) != len(d.Options) {
			return fmt.Errorf("variant %s: %w", v.SKU, plain(fault.Localized(fault.Invalid, "product.variant_options")))
		}
		if other, taken := choices.add(v.Options, v.SKU); taken {
			return fmt.Errorf("variants %s and %s have the same options", other, v.SKU)
		}
	}
	return nil
}

func (v *VariantDraft) checkPrices() error {
	for currency, minor := range v.Prices {
		if !money.Known(currency) || minor <= 0 || minor > maxPrice {
			return fmt.Errorf("the price %d in %q is none", minor, currency)
		}
	}
	for currency, was := range v.CompareAt {
		if minor, priced := v.Prices[currency]; !priced || was <= minor || was > maxPrice {
			return fmt.Errorf("the regular price in %s is not higher than the price", currency)
		}
	}
	return nil
}
