// Package demo is the shop that a first start opens with: its categories,
// brands, products and accounts, and the pictures of the products.
//
// It holds data and generators only, and uses no database or network: package
// app imports the data through the services. It guarantees that every id, slug and sku is the same at every
// fresh start, so that a link or a test can name a product, and that every
// reference in it resolves. All brands, products and accounts are invented.
//
// Dates are the one thing that moves: they are counted from the moment given
// to Open, so that a restock date always lies ahead.
package demo

import (
	"time"

	"cartograph/internal/catalogue"
)

// Shop is the whole demo shop.
type Shop struct {
	Categories []Category // parents before their children
	Brands     []Brand
	Products   []Product
	Accounts   []Account
}

// Category is a node in the tree of categories. A top-level one has no
// ParentID.
type Category struct {
	ID, ParentID string
	Slug, Name   string
	Description  string
	Picture      string // a name for Picture
	Position     int    // among its siblings, from 0
	Translations catalogue.Translations
}

// Brand is an invented maker.
type Brand struct {
	ID, Slug, Name string
	Line           string // what it stands for, in one sentence
	Logo           string // a name for Picture
	Translations   catalogue.Translations
}

// Status is whether a product is on sale; the values are those of the graph.
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
	Keywords        []string // German words that the product is found by
	Specifications  []catalogue.SpecificationGroup
	Options         []catalogue.Option
	Translations    catalogue.Translations
	Variants        []Variant
	Pictures        []catalogue.Image // of the product; each Variant names its own
	FeaturedRank    int               // 1 is shown first
	CreatedAt       time.Time
}

// Variant is what is put into a cart: one answer to every option.
type Variant struct {
	ID, SKU   string
	Title     string                     // its option values: "Moss / 1 TB"
	Options   []catalogue.SelectedOption // in the order of the product's options
	Prices    map[string]int64           // minor units by currency code
	CompareAt map[string]int64           // the former price; nil for none
	// PriceSince is when Prices took effect; CompareAt held until then.
	PriceSince  time.Time
	WeightGrams int
	Barcode     string // EAN-13 from the range kept for use inside a shop
	Stock       int    // units on hand
	// RestockAt is when more arrive; zero when no delivery is on its way.
	RestockAt time.Time
	Picture   catalogue.Image
}

// Account is a user account with its password.
type Account struct {
	ID, Email, Password string
	DisplayName, Phone  string
	Locale              string
	Roles               []string // as the graph's Role names them
	Addresses           []Address
}

// APIClient is an API client with its key.
type APIClient struct {
	ID, Name, Key string
	Scopes        []string
	PerMinute     int // maximum cost of its operations in a minute
}

// Address is a place to send to or to bill.
type Address struct {
	ID                              string
	Name, Company, Line1, Line2     string
	City, Region, PostalCode        string
	CountryCode, Phone              string
	DefaultShipping, DefaultBilling bool
}

// Products and variants in notable states. Examples and tests refer to them by
// these names, and a test checks each state.
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
		Accounts:   Accounts(),
	}
}
