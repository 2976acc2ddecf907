// Package demo is the shop that a first start opens with: its categories,
// brands, products and people, and the pictures of the products.
//
// It holds data and generators only. It knows no database and no network; the
// assembly turns what it says into rows through the services, as a seller and a
// customer would. It promises that every id, slug and sku is the same at every
// fresh start, so that a link or a test can name a product, and that every
// reference in it resolves. All brands, products and people are invented.
//
// Dates are the one thing that moves: they are counted from the moment given
// to Open, so that a restock date always lies ahead.
package demo

import "time"

// Shop is the whole demo shop.
type Shop struct {
	Categories []Category // parents before their children
	Brands     []Brand
	Products   []Product
	People     []Person
}

// Category is one shelf of the shop. A top category has no ParentID.
type Category struct {
	ID, ParentID string
	Slug, Name   string
	Description  string
	Picture      string // a name for Picture
	Position     int    // among its siblings, from 0
}

// Brand is an invented maker.
type Brand struct {
	ID, Slug, Name string
	Line           string // what it stands for, in one sentence
	Logo           string // a name for Picture
}

// Status says whether a product is on sale; the values are those of the graph.
type Status string

// A demo product is on sale, or was once and lives on in old orders.
const (
	Published Status = "PUBLISHED"
	Archived  Status = "ARCHIVED"
)

// Product is one page of the shop, with everything that can be bought there.
type Product struct {
	ID, Slug        string
	Title, Subtitle string
	Description     string // plain text, paragraphs apart by a blank line
	DescriptionHTML string // the same as <p> and <ul>, safe to show
	Status          Status
	BrandID         string
	CategoryID      string
	SellerID        string // the usr_… who sells it
	Kind            string // what it is, in one word: headphones, mug, lamp
	Tags            []string
	Specifications  []SpecificationGroup
	Options         []Option
	Variants        []Variant
	Pictures        []Media // of the product; each Variant names its own
	FeaturedRank    int     // 1 is shown first
	CreatedAt       time.Time
}

// SpecificationGroup is one block of a data sheet.
type SpecificationGroup struct {
	Name  string
	Items []Specification
}

// Specification is one line of a data sheet. Key is stable and snake_case, for
// filters; Unit is empty where the value needs none.
type Specification struct {
	Key, Name, Value, Unit string
}

// Option is one choice that a customer makes, with its values in order.
type Option struct {
	Name   string
	Values []OptionValue
}

// OptionValue is one answer to an Option. Only colours have a SwatchHex.
type OptionValue struct {
	Value, SwatchHex string
}

// SelectedOption says which value of which option a variant is.
type SelectedOption struct {
	Name, Value string
}

// Variant is what is put into a cart: one answer to every option.
type Variant struct {
	ID, SKU   string
	Title     string           // its option values: "Moss / 1 TB"
	Options   []SelectedOption // in the order of the product's options
	Prices    map[string]int64 // minor units by currency code
	CompareAt map[string]int64 // what was asked before; nil when nothing was
	// PriceSince is when Prices took effect; CompareAt held until then.
	PriceSince  time.Time
	WeightGrams int
	Barcode     string // EAN-13 from the range kept for use inside a shop
	Stock       int    // units on hand
	// RestockAt is when more arrive; zero when no delivery is on its way.
	RestockAt time.Time
	Picture   Media
}

// Media is a picture by its name; Picture draws it at any size.
type Media struct {
	ID, Name, Alt string
	Width, Height int // the shape it is meant for, in pixels
}

// Person is somebody who can sign in.
type Person struct {
	ID, Email, Password string
	DisplayName, Phone  string
	Locale              string
	Roles               []string // as the graph's Role names them
	Addresses           []Address
}

// Program is a partner's, which asks with a key.
type Program struct {
	ID, Name, Key string
	Scopes        []string
	PerMinute     int // what its operations may cost together
}

// Address is a place to send to or to bill.
type Address struct {
	ID                              string
	Name, Company, Line1, Line2     string
	City, Region, PostalCode        string
	CountryCode, Phone              string
	DefaultShipping, DefaultBilling bool
}

// Products and variants with a story. Walkthroughs and tests name them by
// these, and a test holds the catalogue to each.
const (
	SlugFiveLeft   = "aurora-anc-headphones" // a product with a scarce variant
	SKUFiveLeft    = "FER-AUR-MOS"           // exactly 5 on hand
	SlugSoldOut    = "ember-goose-kettle"    // nothing left, more on its way
	SKUSoldOut     = "POT-EMB-MAT"           // one of its variants
	SlugArchived   = "pip-clip-music-player" // no longer sold
	SlugPriceMoved = "linna-desk-lamp"       // cheaper since yesterday
)

// Open returns the demo shop as it stands at now.
func Open(now time.Time) Shop {
	return Shop{
		Categories: Categories(),
		Brands:     Brands(),
		Products:   Products(now),
		People:     People(),
	}
}
