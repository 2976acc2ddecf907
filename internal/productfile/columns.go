package productfile

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"

	"cartograph/internal/catalogue"
)

// A column is one of a CSV file. Its read function sets what a cell gives, and its
// write function returns the cell.
type column[T any] struct {
	name  string
	read  func(*T, string) error
	write func(*T) string
}

func text[T any](name string, field func(*T) **string) column[T] {
	return column[T]{
		name,
		func(t *T, cell string) error { *field(t) = &cell; return nil },
		func(t *T) string {
			if s := *field(t); s != nil {
				return *s
			}
			return ""
		},
	}
}

func number[T any](name string, field func(*T) **int) column[T] {
	return column[T]{
		name,
		func(t *T, cell string) error {
			if cell == "" {
				return nil // a number has no empty form: it stays as it is
			}
			n, err := strconv.Atoi(cell)
			if err != nil {
				return fmt.Errorf("%s is a whole number, not %q", name, cell)
			}
			*field(t) = &n
			return nil
		},
		func(t *T) string {
			if n := *field(t); n != nil {
				return strconv.Itoa(*n)
			}
			return ""
		},
	}
}

func key[T any](name string, field func(*T) *string) column[T] {
	return column[T]{
		name,
		func(t *T, cell string) error { *field(t) = cell; return nil },
		func(t *T) string { return *field(t) },
	}
}

func texts(name string, field func(*Product) *[]string) column[Product] {
	return column[Product]{
		name,
		func(p *Product, cell string) error { *field(p) = readTexts(cell); return nil },
		func(p *Product) string { return joinItems(*field(p), escape) },
	}
}

// productColumns are those of a product, which its first row fills.
func productColumns() []column[Product] {
	return []column[Product]{
		key("id", func(p *Product) *string { return &p.ID }),
		key(slugColumn, func(p *Product) *string { return &p.Slug }),
		text("title", func(p *Product) **string { return &p.Title }),
		text("subtitle", func(p *Product) **string { return &p.Subtitle }),
		text("description", func(p *Product) **string { return &p.Description }),
		text("description_html", func(p *Product) **string { return &p.DescriptionHTML }),
		text("status", func(p *Product) **string { return &p.Status }),
		text("category", func(p *Product) **string { return &p.Category }),
		text("brand", func(p *Product) **string { return &p.Brand }),
		text("seller", func(p *Product) **string { return &p.Seller }),
		text("seo_title", func(p *Product) **string { return &p.SEOTitle }),
		text("seo_description", func(p *Product) **string { return &p.SEODescription }),
		text("canonical_url", func(p *Product) **string { return &p.CanonicalURL }),
		texts("tags", func(p *Product) *[]string { return &p.Tags }),
		texts("keywords", func(p *Product) *[]string { return &p.Keywords }),
		number("featured_rank", func(p *Product) **int { return &p.FeaturedRank }),
		{
			"created_at",
			func(p *Product, cell string) error {
				if cell == "" {
					return nil
				}
				at, err := time.Parse(time.RFC3339Nano, cell)
				if err != nil {
					return fmt.Errorf("created_at is a time such as 2026-03-10T09:00:00Z, not %q", cell)
				}
				p.CreatedAt = &at
				return nil
			},
			func(p *Product) string {
				if p.CreatedAt == nil {
					return ""
				}
				return p.CreatedAt.Format(time.RFC3339Nano)
			},
		},
		{
			"images",
			func(p *Product, cell string) (err error) { p.Images, err = readImages(cell); return err },
			func(p *Product) string { return joinItems(p.Images, writeImage) },
		},
		{
			"specifications",
			func(p *Product, cell string) (err error) {
				p.Specifications, err = readSpecifications(cell)
				return err
			},
			func(p *Product) string { return writeSpecifications(p.Specifications) },
		},
	}
}

// translatedColumns are those of the texts in a language.
func translatedColumns(locale string) []column[Product] {
	of := func(p *Product) *Texts {
		if p.Translations == nil {
			p.Translations = map[string]*Texts{}
		}
		if p.Translations[locale] == nil {
			p.Translations[locale] = &Texts{}
		}
		return p.Translations[locale]
	}
	translated := func(name string, field func(*Texts) **string) column[Product] {
		return text(name+":"+locale, func(p *Product) **string { return field(of(p)) })
	}
	return []column[Product]{
		translated("title", func(t *Texts) **string { return &t.Title }),
		translated("subtitle", func(t *Texts) **string { return &t.Subtitle }),
		translated("description", func(t *Texts) **string { return &t.Description }),
		translated("description_html", func(t *Texts) **string { return &t.DescriptionHTML }),
		translated("seo_title", func(t *Texts) **string { return &t.SEOTitle }),
		translated("seo_description", func(t *Texts) **string { return &t.SEODescription }),
		{
			"options:" + locale,
			func(p *Product, cell string) (err error) { of(p).Options, err = readOptionTexts(cell); return err },
			func(p *Product) string { return writeOptionTexts(of(p).Options) },
		},
		{
			"specifications:" + locale,
			func(p *Product, cell string) (err error) {
				of(p).Groups, of(p).Specifications, err = readSpecificationTexts(cell)
				return err
			},
			func(p *Product) string { return writeSpecificationTexts(of(p).Groups, of(p).Specifications) },
		},
	}
}

// translatedColumn is the column with a name such as title:de; false if there is none.
func translatedColumn(name string) (column[Product], bool) {
	_, locale, translated := strings.Cut(name, ":")
	if tag, err := language.Parse(locale); !translated || err != nil || tag == language.Und {
		return column[Product]{}, false
	}
	for _, c := range translatedColumns(locale) {
		if c.name == name {
			return c, true
		}
	}
	return column[Product]{}, false
}

// variantColumns are those of a variant, which each row fills.
func variantColumns() []column[Variant] {
	return []column[Variant]{
		key("variant_id", func(v *Variant) *string { return &v.ID }),
		key("sku", func(v *Variant) *string { return &v.SKU }),
		text("variant_title", func(v *Variant) **string { return &v.Title }),
		number("weight_grams", func(v *Variant) **int { return &v.WeightGrams }),
		text("tax_class", func(v *Variant) **string { return &v.TaxClass }),
		text("barcode", func(v *Variant) **string { return &v.Barcode }),
		number("stock", func(v *Variant) **int { return &v.Stock }),
		text("restock_at", func(v *Variant) **string { return &v.RestockAt }),
		{
			"variant_image",
			func(v *Variant, cell string) error {
				image, err := readImage(cell)
				v.Image = &image
				return err
			},
			func(v *Variant) string {
				if v.Image == nil {
					return ""
				}
				return writeImage(*v.Image)
			},
		},
	}
}

func priceColumn(currency string) column[Variant] {
	return column[Variant]{
		"price_" + currency,
		func(v *Variant, cell string) error { v.Prices[currency] = Amount(cell); return nil },
		func(v *Variant) string { return string(v.Prices[currency]) },
	}
}

func compareAtColumn(currency string) column[Variant] {
	return column[Variant]{
		"compare_at_" + currency,
		func(v *Variant, cell string) error { v.CompareAt[currency] = Amount(cell); return nil },
		func(v *Variant) string { return string(v.CompareAt[currency]) },
	}
}

const slugColumn = "slug"

// The columns of an option. The name and the list of values are the product's; the
// value is the variant's.
func optionName(i int) string   { return fmt.Sprintf("option%d_name", i+1) }
func optionValues(i int) string { return fmt.Sprintf("option%d_values", i+1) }
func optionValue(i int) string  { return fmt.Sprintf("option%d_value", i+1) }

// optionCells are what a file gives of an option, before it is known of which.
type optionCells struct {
	name   string
	values []catalogue.OptionValue
}

func (o *optionCells) option() catalogue.Option {
	return catalogue.Option{Name: o.name, Values: o.values}
}

// add adds a value that the list of values lacks: a file need not list them.
func (o *optionCells) add(value string) {
	for _, v := range o.values {
		if v.Value == value {
			return
		}
	}
	o.values = append(o.values, catalogue.OptionValue{Value: value})
}

// Spreadsheet programs run a cell that begins with one of these as a formula. What
// others have typed into a catalogue must not, so that an apostrophe goes before
// it, which such a program does not show.
const formula = "=+-@\t\r'"

func guard(cell string) string {
	if cell != "" && strings.ContainsRune(formula, rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

func unguard(cell string) string {
	if len(cell) > 1 && cell[0] == '\'' && strings.ContainsRune(formula, rune(cell[1])) {
		return cell[1:]
	}
	return cell
}
