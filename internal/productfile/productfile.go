// Package productfile reads and writes the products of a catalogue as files: JSON
// Lines with one product a line, or CSV with one variant a row. The two hold the
// same; docs/catalogue-import.md describes them for merchants.
//
// What a file leaves out is nil or zero here, and stays as it is in the
// catalogue; what it gives as empty is not nil, and is removed. A file is read
// and written product by product: memory is bounded by maxSize.
package productfile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"path"
	"slices"
	"strings"
	"time"

	"cartograph/internal/catalogue"
)

const (
	// maxSize bounds one product in a file, in bytes.
	maxSize = 1 << 20
	// MaxVariants bounds the variants of one product in a file.
	MaxVariants = 250
	// MaxOptions bounds its options.
	MaxOptions = 5
)

// Format is how products are written down.
type Format string

// The formats.
const (
	JSONLines Format = "jsonl"
	CSV       Format = "csv"
)

// Product is a product of a file.
type Product struct {
	Line int `json:"-"` // where it begins, from 1
	Size int `json:"-"` // in the file, in bytes

	ID              string                         `json:"id,omitempty"`
	Slug            string                         `json:"slug,omitempty"`
	Title           *string                        `json:"title,omitempty"`
	Subtitle        *string                        `json:"subtitle,omitempty"`
	Description     *string                        `json:"description,omitempty"`
	DescriptionHTML *string                        `json:"descriptionHtml,omitempty"`
	Status          *string                        `json:"status,omitempty"`
	Category        *string                        `json:"category,omitempty"` // a path of names, or a slug after a slash
	Brand           *string                        `json:"brand,omitempty"`    // a name
	Seller          *string                        `json:"seller,omitempty"`   // an e-mail address or an ID
	Tags            []string                       `json:"tags,omitzero"`
	Keywords        []string                       `json:"keywords,omitzero"` // it is found by them; never shown
	FeaturedRank    *int                           `json:"featuredRank,omitempty"`
	CreatedAt       *time.Time                     `json:"createdAt,omitempty"`
	SEOTitle        *string                        `json:"seoTitle,omitempty"`
	SEODescription  *string                        `json:"seoDescription,omitempty"`
	CanonicalURL    *string                        `json:"canonicalUrl,omitempty"`
	Specifications  []catalogue.SpecificationGroup `json:"specifications,omitzero"`
	Options         []catalogue.Option             `json:"options,omitzero"`
	Images          []Image                        `json:"images,omitzero"`
	Variants        []Variant                      `json:"variants,omitzero"`
	Translations    map[string]*Texts              `json:"translations,omitempty"` // by locale
}

// Texts are the texts of a product in another language.
type Texts struct {
	Title           *string `json:"title,omitempty"`
	Subtitle        *string `json:"subtitle,omitempty"`
	Description     *string `json:"description,omitempty"`
	DescriptionHTML *string `json:"descriptionHtml,omitempty"`
	SEOTitle        *string `json:"seoTitle,omitempty"`
	SEODescription  *string `json:"seoDescription,omitempty"`

	Options        map[string]catalogue.OptionTexts        `json:"options,omitzero"`        // by the option's name
	Groups         map[string]string                       `json:"groups,omitzero"`         // of specifications, by their names
	Specifications map[string]catalogue.SpecificationTexts `json:"specifications,omitzero"` // by key
}

// Variant is a variant of a Product.
type Variant struct {
	Line int `json:"-"`

	ID          string            `json:"id,omitempty"`
	SKU         string            `json:"sku"`
	Title       *string           `json:"title,omitempty"`
	Options     map[string]string `json:"options,omitempty"` // values by the option's name
	Prices      map[string]Amount `json:"prices,omitempty"`  // by currency
	CompareAt   map[string]Amount `json:"compareAt,omitempty"`
	WeightGrams *int              `json:"weightGrams,omitempty"`
	TaxClass    *string           `json:"taxClass,omitempty"`
	Barcode     *string           `json:"barcode,omitempty"`
	Stock       *int              `json:"stock,omitempty"`     // units of the first delivery
	RestockAt   *string           `json:"restockAt,omitempty"` // RFC 3339, or a day
	Image       *Image            `json:"image,omitempty"`
}

// Image is a picture: the name of one that the shop has, an address to fetch it from,
// or the path of a file in the folder of the catalogue's file. One without any is none.
type Image struct {
	Name   string `json:"name,omitempty"`
	URL    string `json:"url,omitempty"`
	Path   string `json:"path,omitempty"`
	Alt    string `json:"alt,omitempty"`
	Width  int    `json:"width,omitempty"`
	Height int    `json:"height,omitempty"`
}

// Place is where the picture is, in the form of a CSV file.
func (i Image) Place() string { return i.Name + i.URL + i.Path }

// placed is a picture at a place: an address, a path, which has a slash or the extension
// of a file with a photo, or a name.
func placed(place string) Image {
	switch {
	case strings.Contains(place, "://"):
		return Image{URL: place}
	case strings.Contains(place, "/") || slices.Contains(photos, strings.ToLower(path.Ext(place))):
		return Image{Path: place}
	default:
		return Image{Name: place}
	}
}

// photos are extensions that no picture of a shop has in its name.
var photos = []string{".jpg", ".jpeg", ".png", ".webp", ".gif"}

// Amount is a decimal amount as it is written down. An empty one removes a price.
type Amount string

// UnmarshalJSON reads a number, a text or null, so that no amount passes through a
// float.
func (a *Amount) UnmarshalJSON(b []byte) error {
	switch b = bytes.TrimSpace(b); {
	case string(b) == "null":
		*a = ""
	case b[0] == '"':
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		*a = Amount(strings.TrimSpace(s))
	default:
		var n json.Number
		if err := json.Unmarshal(b, &n); err != nil {
			return err
		}
		*a = Amount(n)
	}
	return nil
}

// A LineError is why a part of a file cannot be read. The rest of the file can.
type LineError struct {
	Line int
	Err  error
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap returns the reason without the line.
func (e *LineError) Unwrap() error { return e.Err }

func lineError(line int, format string, args ...any) *LineError {
	return &LineError{Line: line, Err: fmt.Errorf(format, args...)}
}

// Read reads the products of a file. After a *LineError it goes on with what
// follows; any other error is the last.
func Read(r io.Reader, f Format) iter.Seq2[Product, error] {
	if f == CSV {
		return readCSV(r)
	}
	return readLines(r)
}

// Text is a text in the form in which files are compared with the catalogue:
// without surrounding space, and with line feeds for line ends, because spreadsheet
// programs write and CSV readers drop carriage returns.
func Text(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
}

// byteOrderMark begins texts that spreadsheet programs save as UTF-8.
const byteOrderMark = "\ufeff"
