package productfile

import (
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
)

// A Writer writes products. Flush ends the file.
type Writer interface {
	Write(p Product) error
	Flush() error
}

// NewWriter returns a writer of a format. A CSV file has price columns for the
// currencies, and text columns for the locales; what is in another one is an error.
func NewWriter(w io.Writer, f Format, currencies, locales []string) (Writer, error) {
	if f == CSV {
		return newCSVWriter(w, currencies, locales)
	}
	return newLinesWriter(w), nil
}

type csvWriter struct {
	out        *csv.Writer
	currencies int
	locales    []string
	products   []column[Product]
	variants   []column[Variant]
}

func newCSVWriter(w io.Writer, currencies, locales []string) (*csvWriter, error) {
	c := &csvWriter{out: csv.NewWriter(w), currencies: len(currencies), locales: locales, products: productColumns(), variants: variantColumns()}
	for _, currency := range currencies {
		c.variants = append(c.variants, priceColumn(currency), compareAtColumn(currency))
	}
	for _, locale := range locales {
		c.products = append(c.products, translatedColumns(locale)...)
	}
	var header []string
	for _, column := range c.products {
		header = append(header, column.name)
	}
	for i := range MaxOptions {
		header = append(header, optionName(i), optionValues(i), optionValue(i))
	}
	for _, column := range c.variants {
		header = append(header, column.name)
	}
	return c, c.out.Write(header)
}

// Write writes a row for each variant. All but the first have the slug alone of
// what is the product's.
func (c *csvWriter) Write(p Product) error {
	if len(p.Options) > MaxOptions {
		return fmt.Errorf("product %s has %d options, and a CSV file at most %d: export it as JSON Lines", p.Slug, len(p.Options), MaxOptions)
	}
	for locale := range p.Translations {
		if !slices.Contains(c.locales, locale) {
			return fmt.Errorf("product %s is translated to %s, for which the file has no columns", p.Slug, locale)
		}
	}
	p.Translations = maps.Clone(p.Translations) // the columns add those that are missing
	variants := p.Variants
	if len(variants) == 0 {
		variants = []Variant{{}} // a draft: the row is of the product alone
	}
	for i := range variants {
		v := &variants[i]
		if n := len(v.Prices); n > c.currencies {
			return fmt.Errorf("variant %s has prices in %d currencies, and the file columns for %d", v.SKU, n, c.currencies)
		}
		var row []string
		for _, column := range c.products {
			cell := ""
			if i == 0 || column.name == slugColumn {
				cell = column.write(&p)
			}
			row = append(row, guard(cell))
		}
		for o := range MaxOptions {
			row = append(row, c.optionCells(&p, v, o, i == 0)...)
		}
		for _, column := range c.variants {
			row = append(row, guard(column.write(v)))
		}
		if err := c.out.Write(row); err != nil {
			return err
		}
	}
	return nil
}

func (c *csvWriter) optionCells(p *Product, v *Variant, option int, first bool) []string {
	if option >= len(p.Options) {
		return []string{"", "", ""}
	}
	o := p.Options[option]
	cells := []string{"", "", guard(v.Options[o.Name])}
	if first {
		cells[0], cells[1] = guard(o.Name), guard(joinItems(o.Values, writeOptionValue))
	}
	return cells
}

func (c *csvWriter) Flush() error {
	c.out.Flush()
	return c.out.Error()
}
