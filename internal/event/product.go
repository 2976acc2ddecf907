package event

import (
	"time"

	"cartograph/internal/catalogue"
)

// ProductSnapshot is all that a consumer needs to show or find a product, without
// a call to the catalogue.
type ProductSnapshot struct {
	ProductID      string                    `json:"productId"`
	Version        int64                     `json:"version"`
	Slug           string                    `json:"slug"`
	Title          string                    `json:"title"`
	Subtitle       string                    `json:"subtitle,omitempty"`
	Description    string                    `json:"description"`
	BrandID        string                    `json:"brandId,omitempty"`
	BrandSlug      string                    `json:"brandSlug,omitempty"`
	BrandName      string                    `json:"brandName,omitempty"`
	CategorySlugs  []string                  `json:"categorySlugs"` // the product's own and its ancestors'
	CategoryNames  []string                  `json:"categoryNames"`
	Tags           []string                  `json:"tags"`
	Keywords       []string                  `json:"keywords,omitempty"` // further words that it is found by, in any language
	Specifications []catalogue.Specification `json:"specifications"`
	Options        []catalogue.Option        `json:"options,omitempty"`
	Image          *catalogue.Image          `json:"image,omitempty"` // the main picture
	Featured       int                       `json:"featured"`        // higher is shown earlier
	CreatedAt      time.Time                 `json:"createdAt"`
	Variants       []VariantSnapshot         `json:"variants"`
}

// VariantSnapshot is one variant of a ProductSnapshot.
type VariantSnapshot struct {
	VariantID string            `json:"variantId"`
	SKU       string            `json:"sku"`
	Title     string            `json:"title"`
	Options   map[string]string `json:"options,omitempty"`
	Prices    []Price           `json:"prices"`
	RestockAt *time.Time        `json:"restockAt,omitempty"` // when more arrive
}

// Price is what a variant costs in one currency.
type Price struct {
	Currency       string `json:"currency"`
	Minor          int64  `json:"minor"`
	CompareAtMinor int64  `json:"compareAtMinor,omitempty"`
}

// ProductPublished reports that a product can be found and bought.
type ProductPublished struct {
	ProductSnapshot
}

// Type, Topic and Subject make it a Payload.
func (ProductPublished) Type() string      { return typeName("product", "published") }
func (ProductPublished) Topic() Topic      { return Products }
func (e ProductPublished) Subject() string { return e.ProductID }

// ProductChanged reports the present state of a published product.
type ProductChanged struct {
	ProductSnapshot
}

// Type, Topic and Subject make it a Payload.
func (ProductChanged) Type() string      { return typeName("product", "changed") }
func (ProductChanged) Topic() Topic      { return Products }
func (e ProductChanged) Subject() string { return e.ProductID }

// ProductArchived reports that a product can no longer be found or bought.
type ProductArchived struct {
	ProductID string `json:"productId"`
	Version   int64  `json:"version"`
}

// Type, Topic and Subject make it a Payload.
func (ProductArchived) Type() string      { return typeName("product", "archived") }
func (ProductArchived) Topic() Topic      { return Products }
func (e ProductArchived) Subject() string { return e.ProductID }
