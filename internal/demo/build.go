package demo

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"html"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"

	"cartograph/internal/catalogue"
)

// entry is a product as its author writes it down. Its variants are all
// combinations of its options, the last option turning fastest.
type entry struct {
	kind, brand, category string // the last two are slugs
	slug, title, subtitle string
	text                  string   // one or two paragraphs, apart by a blank line
	points                []string // highlights
	tags                  []string
	specs                 []catalogue.SpecificationGroup

	sku     string // what every variant's sku begins with
	cents   int64  // US price of the plainest variant
	was     int64  // former US price; 0 for none
	grams   int
	options []catalogue.Option
	extra   map[string]int64 // by option value: US cents on top
	heavier map[string]int   // by option value: grams on top

	stock       []int // one for each variant, in order
	restockDays int   // until more of what is sold out arrive; 0 for never
	priceDays   int   // since the price moved; 0 for since the beginning
	ageDays     int   // since the product came into the shop
	rank        int   // 1 for the front of the shop; 0 for behind the ranked
	archived    bool
}

// Products are the catalogue, with dates counted from now.
func Products(now time.Time) []Product {
	b := builder{
		now: now.UTC().Truncate(time.Second), tariffs: tariffs(), seller: seller(), german: germanTexts(), dictionary: germanDictionary(),
	}
	entries := allEntries()
	products := make([]Product, len(entries))
	for i, e := range entries {
		products[i] = b.product(e, 100+i)
	}
	return products
}

func allEntries() []entry {
	var all []entry
	for _, page := range [][]entry{
		headphones(), speakers(), computing(), coffee(), cookware(),
		home(), furniture(), bags(), outdoor(), clothing(),
	} {
		all = append(all, page...)
	}
	return all
}

type builder struct {
	now     time.Time
	tariffs []tariff
	seller  string

	german     map[string]germanText // by slug
	dictionary map[string]string     // English to German
}

func (b builder) product(e entry, lastRank int) Product {
	p := Product{
		ID: productID(e.slug), Slug: e.slug, Title: e.title, Subtitle: e.subtitle,
		Description: plainText(e), DescriptionHTML: htmlText(e),
		Status: Published, BrandID: brandID(e.brand), CategoryID: categoryID(e.category),
		SellerID: b.seller, Kind: e.kind, Tags: e.tags, Keywords: keywords(e),
		Specifications: e.specs, Options: e.options,
		Translations: catalogue.Translations{"de": german(e, b.german[e.slug], b.dictionary)},
		FeaturedRank: e.rank, CreatedAt: b.daysFromNow(-e.ageDays),
	}
	if e.archived {
		p.Status = Archived
	}
	if p.FeaturedRank == 0 {
		p.FeaturedRank = lastRank
	}
	for i, chosen := range combinations(e.options) {
		p.Variants = append(p.Variants, b.variant(e, chosen, e.stock[i]))
	}
	p.Pictures = []catalogue.Image{
		media(e.slug+"-1.svg", e.title),
		media(e.slug+"-2.svg", e.title+", another view"),
	}
	return p
}

func (b builder) variant(e entry, chosen []catalogue.OptionValue, stock int) Variant {
	v := Variant{SKU: e.sku, WeightGrams: e.grams, Stock: stock}
	cents, was := e.cents, e.was
	var titles []string
	for i, value := range chosen {
		v.SKU += "-" + skuPart(value.Value)
		v.Options = append(v.Options, catalogue.SelectedOption{Name: e.options[i].Name, Value: value.Value})
		v.WeightGrams += e.heavier[value.Value]
		cents += e.extra[value.Value]
		was += e.extra[value.Value]
		titles = append(titles, value.Value)
	}
	v.ID = variantID(v.SKU)
	v.Title = strings.Join(titles, " / ")
	v.Barcode = barcode(barcodeCatalogue, hash(v.SKU))
	v.Prices = priceList(cents, b.tariffs)
	v.PriceSince = b.daysFromNow(-e.ageDays)
	if e.was > 0 {
		v.CompareAt = priceList(was, b.tariffs)
		v.PriceSince = b.daysFromNow(-e.priceDays)
	}
	if stock == 0 && e.restockDays > 0 {
		v.RestockAt = b.daysFromNow(e.restockDays)
	}
	v.Picture = variantMedia(e, chosen)
	return v
}

func (b builder) daysFromNow(days int) time.Time { return b.now.AddDate(0, 0, days) }

// combinations are all ways to choose one value of each option.
func combinations(options []catalogue.Option) [][]catalogue.OptionValue {
	all := [][]catalogue.OptionValue{nil}
	for _, o := range options {
		var longer [][]catalogue.OptionValue
		for _, chosen := range all {
			for _, value := range o.Values {
				longer = append(longer, append(slices.Clip(chosen), value))
			}
		}
		all = longer
	}
	return all
}

func plainText(e entry) string {
	if len(e.points) == 0 {
		return e.text
	}
	return e.text + "\n\n• " + strings.Join(e.points, "\n• ")
}

func htmlText(e entry) string {
	var b strings.Builder
	for paragraph := range strings.SplitSeq(e.text, "\n\n") {
		fmt.Fprintf(&b, "<p>%s</p>", html.EscapeString(paragraph))
	}
	if len(e.points) == 0 {
		return b.String()
	}
	b.WriteString("<ul>")
	for _, point := range e.points {
		fmt.Fprintf(&b, "<li>%s</li>", html.EscapeString(point))
	}
	b.WriteString("</ul>")
	return b.String()
}

// skuPart is what a value adds to a sku: three letters of a word, or all of
// what has a number in it. "Crème" becomes CRE, "256 GB" becomes 256GB.
func skuPart(value string) string {
	plain := strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToUpper(fold(value)))
	if !strings.ContainsAny(plain, "0123456789") && len(plain) > 3 {
		return plain[:3]
	}
	return plain
}

// slugOf makes a value fit for an address: "Crème" becomes "creme".
func slugOf(value string) string {
	words := strings.FieldsFunc(strings.ToLower(fold(value)), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	return strings.Join(words, "-")
}

// fold takes the accents off.
func fold(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) {
		return s
	}
	folded, _, err := transform.String(transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn)), norm.NFC), s)
	if err != nil {
		return s
	}
	return folded
}

func hash(s string) uint64 {
	sum := sha256.Sum256([]byte(s))
	return binary.BigEndian.Uint64(sum[:8])
}

// variantMedia is the picture of one variant. Only the colour shows, so sizes
// of one colour share a picture; without colours all share the product's first.
func variantMedia(e entry, chosen []catalogue.OptionValue) catalogue.Image {
	for _, value := range chosen {
		if value.SwatchHex != "" {
			return media(colourPicture(e.slug, value.Value), e.title+", "+value.Value)
		}
	}
	return media(e.slug+"-1.svg", e.title)
}

func media(name, alt string) catalogue.Image {
	return catalogue.Image{ID: mediaID(name), Name: name, Alt: alt, Width: pictureSide, Height: pictureSide}
}

// Below: short words for those who write entries.

func group(name string, items ...catalogue.Specification) catalogue.SpecificationGroup {
	return catalogue.SpecificationGroup{Name: name, Items: items}
}

// spec is one line of a data sheet; its key is its name in snake_case.
func spec(name, value string, unit ...string) catalogue.Specification {
	key := strings.ReplaceAll(slugOf(name), "-", "_")
	return catalogue.Specification{Key: key, Name: name, Value: value, Unit: strings.Join(unit, "")}
}

func option(name string, values ...string) catalogue.Option {
	o := catalogue.Option{Name: name}
	for _, v := range values {
		o.Values = append(o.Values, catalogue.OptionValue{Value: v})
	}
	return o
}

func sizes(values ...string) catalogue.Option { return option("Size", values...) }

func colours(names ...string) catalogue.Option { return swatches("Colour", names...) }

// swatches is an option whose values are colours of the palette.
func swatches(name string, colours ...string) catalogue.Option {
	known := palette()
	o := catalogue.Option{Name: name}
	for _, c := range colours {
		o.Values = append(o.Values, catalogue.OptionValue{Value: c, SwatchHex: known[c]})
	}
	return o
}

func options(all ...catalogue.Option) []catalogue.Option { return all }
func words(s string) []string                            { return strings.Fields(s) }
