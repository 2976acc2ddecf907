package event

import (
	"time"

	"cartograph/internal/catalogue"
)

// ProductSnapshot is all that a consumer needs to show or find a product, without
// a call to the catalogue.
type ProductSnapshot struct {
	ProductID       string                    `json:"productId"`
	Version         int64                     `json:"version"`
	Slug            string                    `json:"slug"`
	Title           string                    `json:"title"`
	Subtitle        string                    `json:"subtitle,omitempty"`
	Description     string                    `json:"description"`
	BrandID         string                    `json:"brandId,omitempty"`
	BrandSlug       string                    `json:"brandSlug,omitempty"`
	BrandName       string                    `json:"brandName,omitempty"`
	CategorySlugs   []string                  `json:"categorySlugs"` // the product's own and its ancestors'
	CategoryNames   []string                  `json:"categoryNames"`
	CollectionSlugs []string                  `json:"collectionSlugs,omitempty"`
	Tags            []string                  `json:"tags"`
	Keywords        []string                  `json:"keywords,omitempty"` // further words that it is found by, in any language
	Specifications  []catalogue.Specification `json:"specifications"`
	Options         []catalogue.Option        `json:"options,omitempty"`
	Image           *catalogue.Image          `json:"image,omitempty"` // the main picture
	Featured        int                       `json:"featured"`        // higher is shown earlier
	CreatedAt       time.Time                 `json:"createdAt"`
	Variants        []VariantSnapshot         `json:"variants"`
	Rating          *Rating                   `json:"rating,omitempty"` // of the published reviews; absent without any
	// Translations are the product's texts by BCP 47 locale. What a locale does not
	// have is as above.
	Translations map[string]ProductTexts `json:"translations,omitempty"`
}

// Rating summarises the published reviews of a product.
type Rating struct {
	Average float64 `json:"average"` // 1 to 5, rounded to two decimals
	Count   int     `json:"count"`
}

// ProductTexts are the texts of a product in one language, without its description as
// HTML.
type ProductTexts struct {
	catalogue.Texts
	CategoryNames []string `json:"categoryNames,omitempty"` // in the order of CategorySlugs; as above where not translated
}

// VariantSnapshot is one variant of a ProductSnapshot.
type VariantSnapshot struct {
	VariantID string            `json:"variantId"`
	SKU       string            `json:"sku"`
	Title     string            `json:"title"`
	Options   map[string]string `json:"options,omitempty"`
	Prices    []Price           `json:"prices"`
	TaxClass  string            `json:"taxClass,omitempty"`
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

// FlashSaleChanged reports the terms of a flash sale, all of them each time.
type FlashSaleChanged struct {
	SaleID   string          `json:"saleId"`
	Version  int64           `json:"version"` // a consumer ignores an older version than it has
	StartsAt time.Time       `json:"startsAt"`
	EndsAt   time.Time       `json:"endsAt"`
	Items    []FlashSaleItem `json:"items"`
}

// FlashSaleItem is what a flash sale offers of one variant, in one currency.
type FlashSaleItem struct {
	VariantID      string `json:"variantId"`
	Currency       string `json:"currency"`
	Allocated      int    `json:"allocated"` // units that are sold at the sale's price at most
	MaxPerCustomer int    `json:"maxPerCustomer"`
}

// Type, Topic and Subject make it a Payload.
func (FlashSaleChanged) Type() string      { return typeName("product", "flashSaleChanged") }
func (FlashSaleChanged) Topic() Topic      { return Products }
func (e FlashSaleChanged) Subject() string { return e.SaleID }

// ProductRankChanged reports how well a product sells, for the order of best sellers.
// It follows sales with a delay.
type ProductRankChanged struct {
	ProductID string `json:"productId"`
	Rank      int64  `json:"rank"`    // higher sells better; 0 if it was never sold
	Version   int64  `json:"version"` // of the rank
}

// Type, Topic and Subject make it a Payload.
func (ProductRankChanged) Type() string      { return typeName("product", "rankChanged") }
func (ProductRankChanged) Topic() Topic      { return Products }
func (e ProductRankChanged) Subject() string { return e.ProductID }

// StockAlertDue requests the mail of a stock alert, which ends with it. The recipient is
// an account or an address. Amounts are in one currency.
type StockAlertDue struct {
	AlertID          string `json:"alertId"`
	Kind             string `json:"kind"` // BACK_IN_STOCK or PRICE_DROP
	UserID           string `json:"userId,omitempty"`
	Email            string `json:"email,omitempty"`
	Locale           string `json:"locale"`
	VariantID        string `json:"variantId"`
	ProductID        string `json:"productId"`
	Slug             string `json:"slug"`
	Title            string `json:"title"` // of the product, in the language of the locale where it is translated
	Subtitle         string `json:"subtitle,omitempty"`
	Currency         string `json:"currency"`
	PriceMinor       int64  `json:"priceMinor"`
	WasMinor         int64  `json:"wasMinor,omitempty"` // of a PRICE_DROP: the price when the alert was subscribed
	UnsubscribeToken string `json:"unsubscribeToken"`   // ends the recipient's other alerts
}

// Type, Topic and Subject make it a Payload.
func (StockAlertDue) Type() string      { return typeName("product", "stockAlertDue") }
func (StockAlertDue) Topic() Topic      { return Products }
func (e StockAlertDue) Subject() string { return e.VariantID }

// ReviewFacts are the fields that all events of a review have.
type ReviewFacts struct {
	ReviewID  string    `json:"reviewId"`
	ProductID string    `json:"productId"`
	AuthorID  string    `json:"authorId"` // usr_…
	Rating    int       `json:"rating"`   // 1 to 5
	At        time.Time `json:"at"`
}

// ReviewPublished reports that everyone sees a review, which counts towards the
// product's rating.
type ReviewPublished struct {
	ReviewFacts
}

// Type, Topic and Subject make it a Payload.
func (ReviewPublished) Type() string      { return typeName("product", "reviewPublished") }
func (ReviewPublished) Topic() Topic      { return Products }
func (e ReviewPublished) Subject() string { return e.ProductID }

// ReviewWithdrawn reports that a published review was changed, deleted or rejected,
// and no longer counts. Its rating is the one that was published.
type ReviewWithdrawn struct {
	ReviewFacts
}

// Type, Topic and Subject make it a Payload.
func (ReviewWithdrawn) Type() string      { return typeName("product", "reviewWithdrawn") }
func (ReviewWithdrawn) Topic() Topic      { return Products }
func (e ReviewWithdrawn) Subject() string { return e.ProductID }

// ProductState is the present state of a product. Its topic is compacted: it has the
// last state of every product for ever, from which any index can be filled. It is
// stored with every ProductPublished, ProductChanged and ProductArchived.
type ProductState struct {
	ProductID string           `json:"productId"`
	Version   int64            `json:"version"`
	Snapshot  *ProductSnapshot `json:"snapshot,omitempty"` // absent once the product is archived
}

// Type, Topic and Subject make it a Payload.
func (ProductState) Type() string      { return typeName("product", "stateChanged") }
func (ProductState) Topic() Topic      { return ProductStates }
func (e ProductState) Subject() string { return e.ProductID }

// State is the product's state after the event.
func (e ProductPublished) State() Payload {
	return ProductState{e.ProductID, e.Version, &e.ProductSnapshot}
}

// State is the product's state after the event.
func (e ProductChanged) State() Payload {
	return ProductState{e.ProductID, e.Version, &e.ProductSnapshot}
}

// State is the product's state after the event.
func (e ProductArchived) State() Payload { return ProductState{e.ProductID, e.Version, nil} }
