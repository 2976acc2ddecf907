package event

import "time"

// ProductSnapshot is all that a consumer needs to show or find a product, without
// a call to the catalogue.
type ProductSnapshot struct {
	ProductID      string            `json:"productId"`
	Version        int64             `json:"version"`
	Slug           string            `json:"slug"`
	Title          string            `json:"title"`
	Subtitle       string            `json:"subtitle,omitempty"`
	Description    string            `json:"description"`
	BrandID        string            `json:"brandId,omitempty"`
	BrandSlug      string            `json:"brandSlug,omitempty"`
	BrandName      string            `json:"brandName,omitempty"`
	CategorySlugs  []string          `json:"categorySlugs"` // the product's own and its ancestors'
	CategoryNames  []string          `json:"categoryNames"`
	Tags           []string          `json:"tags"`
	Specifications []Specification   `json:"specifications"`
	Options        []OptionSnapshot  `json:"options,omitempty"`
	Image          *ImageSnapshot    `json:"image,omitempty"` // the main one
	Featured       int               `json:"featured"`        // higher is shown earlier
	CreatedAt      time.Time         `json:"createdAt"`
	Variants       []VariantSnapshot `json:"variants"`
}

// Specification is one property of a product that can be filtered by.
type Specification struct {
	Key   string `json:"key"`
	Name  string `json:"name"`
	Value string `json:"value"`
	Unit  string `json:"unit,omitempty"`
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

// OptionSnapshot is one option of a product, such as its size, with its values.
type OptionSnapshot struct {
	Name   string                `json:"name"`
	Values []OptionValueSnapshot `json:"values"`
}

// OptionValueSnapshot is one value of an OptionSnapshot.
type OptionValueSnapshot struct {
	Value     string `json:"value"`
	SwatchHex string `json:"swatchHex,omitempty"` // of a colour: "#rrggbb"
}

// ImageSnapshot is a picture by its name.
type ImageSnapshot struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Alt    string `json:"alt"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
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
