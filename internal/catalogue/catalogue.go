// Package catalogue holds the value types of a product's data sheet, its
// options and its pictures.
//
// They have one shape from the demo data through the import, the database's
// JSON columns and the events to the search index, and one JSON form: their
// tags are part of the event contract and of stored rows. Renaming one needs a
// migration and a new event version.
package catalogue

import "cartograph/internal/optional"

// Image is a picture by its name; the media endpoint serves it.
type Image struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Alt    string `json:"alt"`
	Width  int    `json:"width"` // intended size in pixels
	Height int    `json:"height"`
	// ThumbHash is a placeholder of some 25 bytes in base64; empty where there is none.
	ThumbHash string `json:"thumbhash,omitempty"`
}

// NullableThumbHash is ThumbHash as GraphQL represents it: nil where there is none.
func (i Image) NullableThumbHash() *string { return optional.Of(i.ThumbHash) }

// SpecificationGroup is one block of a data sheet.
type SpecificationGroup struct {
	Name  string          `json:"name"`
	Items []Specification `json:"items"`
}

// Specification is one line of a data sheet. Key is stable and snake_case, for
// filters; Unit is empty where the value needs none.
type Specification struct {
	Key   string `json:"key"`
	Name  string `json:"name"`
	Value string `json:"value"`
	Unit  string `json:"unit,omitempty"`
}

// NullableUnit is Unit as GraphQL represents it: nil where there is none.
func (s Specification) NullableUnit() *string { return optional.Of(s.Unit) }

// Option is a choice that distinguishes the variants of a product, with its
// values in display order.
type Option struct {
	Name   string        `json:"name"`
	Values []OptionValue `json:"values"`
}

// OptionValue is one value of an Option.
type OptionValue struct {
	Value     string `json:"value"`
	SwatchHex string `json:"swatchHex,omitempty"` // "#rrggbb" of a colour, else empty
}

// NullableSwatch is SwatchHex as GraphQL represents it: nil where there is
// none.
func (v OptionValue) NullableSwatch() *string { return optional.Of(v.SwatchHex) }

// SelectedOption is the value of one option that a variant has.
type SelectedOption struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Texts are the texts of a product, category, brand or collection in one language.
// What is empty is not translated. The title of a category or brand is its name.
type Texts struct {
	Title           string                        `json:"title,omitempty"`
	Subtitle        string                        `json:"subtitle,omitempty"`
	Description     string                        `json:"description,omitempty"`
	DescriptionHTML string                        `json:"descriptionHtml,omitempty"`
	SEOTitle        string                        `json:"seoTitle,omitempty"`
	SEODescription  string                        `json:"seoDescription,omitempty"`
	Options         map[string]OptionTexts        `json:"options,omitempty"`        // by the option's name
	Groups          map[string]string             `json:"groups,omitempty"`         // of specifications, by their names
	Specifications  map[string]SpecificationTexts `json:"specifications,omitempty"` // by key
}

// OptionTexts are the name and values of an option in one language.
type OptionTexts struct {
	Name   string            `json:"name,omitempty"`
	Values map[string]string `json:"values,omitempty"` // by the value
}

// SpecificationTexts are a line of a data sheet in one language.
type SpecificationTexts struct {
	Name  string `json:"name,omitempty"`
	Value string `json:"value,omitempty"`
}

// Translations are texts by BCP 47 locale: "de", or "de-AT" where a region differs.
type Translations map[string]Texts

// TaxClass is the kind of goods by which countries choose a tax rate. Order has the
// rates.
type TaxClass string

// The classes.
const (
	TaxStandard TaxClass = "STANDARD"
	TaxReduced  TaxClass = "REDUCED" // at the general reduced rate of a country
	TaxBooks    TaxClass = "BOOKS"   // printed
	TaxFood     TaxClass = "FOOD"
	TaxZero     TaxClass = "ZERO" // nowhere taxed
)

// TaxClasses are all classes.
func TaxClasses() []TaxClass {
	return []TaxClass{TaxStandard, TaxReduced, TaxBooks, TaxFood, TaxZero}
}
