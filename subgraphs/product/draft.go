package product

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/money"
	"cartograph/internal/search"
	"cartograph/subgraphs/product/db"
)

// Assortment is what Import puts into the catalogue. Ids are the importer's.
type Assortment struct {
	Categories []CategoryDraft // parents before their children
	Brands     []BrandDraft
	Products   []Draft
}

// CategoryDraft is a category to be. A top one has no ParentID.
type CategoryDraft struct {
	ID, ParentID string
	Slug, Name   string
	Description  string
	Image        ImageDraft
	Position     int // among its siblings
}

// BrandDraft is a brand to be.
type BrandDraft struct {
	ID, Slug, Name string
	Logo           ImageDraft
}

// ImageDraft is a picture by its name; without a name there is none.
type ImageDraft struct {
	ID, Name, Alt string
	Width, Height int
}

// Draft is a product to be.
type Draft struct {
	ID, Slug, Title, Subtitle string
	Description               string // plain text
	DescriptionHTML           string // safe to show
	Status                    Status
	BrandID                   string // may be empty
	CategoryID                string
	SellerID                  string
	Tags                      []string
	Specifications            []SpecificationGroup
	Options                   []Option
	Images                    []ImageDraft // the first stands for the product
	Variants                  []VariantDraft
	FeaturedRank              int // 1 is shown first; 0 after all that have one
	CreatedAt                 time.Time
}

// VariantDraft is a variant to be. Each has a price in USD at least.
type VariantDraft struct {
	ID, SKU, Title string
	Options        []SelectedOption
	Prices         map[string]int64 // minor units by currency
	CompareAt      map[string]int64 // what was asked before; above the price
	WeightGrams    int
	Barcode        string
	RestockAt      time.Time // zero: no delivery on its way
	Image          ImageDraft
}

// lastRank is how many products can be ranked before others.
const lastRank = 1_000_000

// featured is the rank turned round: higher is shown earlier.
func (d *Draft) featured() int64 {
	if d.FeaturedRank < 1 {
		return 0
	}
	return int64(max(lastRank-d.FeaturedRank, 1))
}

// check returns why d cannot be imported.
func (d *Draft) check() error {
	bad := func(format string, args ...any) error {
		return fault.New(fault.Invalid, "Product %s: %s.", d.ID, fmt.Sprintf(format, args...))
	}
	switch {
	case d.ID == "" || d.Slug == "" || d.Title == "" || d.CategoryID == "":
		return bad("an id, a slug, a title and a category are needed")
	case d.Status != Unpublished && d.Status != Published && d.Status != Archived:
		return bad("%q is no status", d.Status)
	case len(d.Variants) == 0:
		return bad("it has no variants")
	}
	for _, v := range d.Variants {
		if v.Prices[search.FallbackCurrency] <= 0 {
			return bad("variant %s has no price in %s", v.SKU, search.FallbackCurrency)
		}
		for currency, minor := range v.Prices {
			switch was := v.CompareAt[currency]; {
			case !money.Known(currency):
				return bad("%q is not a currency", currency)
			case minor <= 0 || was != 0 && was <= minor:
				return bad("variant %s costs %d and did cost %d %s", v.SKU, minor, was, currency)
			}
		}
	}
	return nil
}

// hash tells whether the same draft was imported before.
func (d *Draft) hash() ([]byte, error) {
	encoded, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("hash product %s: %w", d.ID, err)
	}
	sum := sha256.Sum256(encoded)
	return sum[:], nil
}

func (d ImageDraft) row() *db.Image {
	if d.Name == "" {
		return nil
	}
	return &db.Image{ID: d.ID, Name: d.Name, Alt: d.Alt, Width: d.Width, Height: d.Height}
}

// snapshot is what the world is told of d.
func (d *Draft) snapshot(version int64, shelves map[string]db.Category, brands map[string]db.Brand) event.ProductSnapshot {
	s := event.ProductSnapshot{
		ProductID: d.ID, Version: version, Slug: d.Slug, Title: d.Title, Subtitle: d.Subtitle, Description: d.Description,
		Tags: d.Tags, Featured: int(d.featured()), CreatedAt: d.CreatedAt.UTC(),
	}
	if b, ok := brands[d.BrandID]; ok {
		s.BrandID, s.BrandSlug, s.BrandName = b.ID, b.Slug, b.Name
	}
	own := shelves[d.CategoryID]
	for _, id := range append([]string{own.ID}, own.Ancestors...) {
		s.CategorySlugs = append(s.CategorySlugs, shelves[id].Slug)
		s.CategoryNames = append(s.CategoryNames, shelves[id].Name)
	}
	for _, group := range d.Specifications {
		for _, item := range group.Items {
			spec := event.Specification{Key: item.Key, Name: item.Name, Value: item.Value}
			if item.Unit != nil {
				spec.Unit = *item.Unit
			}
			s.Specifications = append(s.Specifications, spec)
		}
	}
	for _, o := range d.Options {
		option := event.OptionSnapshot{Name: o.Name}
		for _, v := range o.Values {
			value := event.OptionValueSnapshot{Value: v.Value}
			if v.SwatchHex != nil {
				value.SwatchHex = *v.SwatchHex
			}
			option.Values = append(option.Values, value)
		}
		s.Options = append(s.Options, option)
	}
	if len(d.Images) > 0 {
		image := event.ImageSnapshot(d.Images[0])
		s.Image = &image
	}
	for _, v := range d.Variants {
		s.Variants = append(s.Variants, v.snapshot())
	}
	return s
}

func (v *VariantDraft) snapshot() event.VariantSnapshot {
	s := event.VariantSnapshot{VariantID: v.ID, SKU: v.SKU, Title: v.Title, Options: map[string]string{}}
	for _, o := range v.Options {
		s.Options[o.Name] = o.Value
	}
	for currency, minor := range v.Prices {
		s.Prices = append(s.Prices, event.Price{Currency: currency, Minor: minor, CompareAtMinor: v.CompareAt[currency]})
	}
	if !v.RestockAt.IsZero() {
		at := v.RestockAt.UTC()
		s.RestockAt = &at
	}
	return s
}
