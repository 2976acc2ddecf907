package product_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cartograph/internal/catalogue"
	"cartograph/internal/productfile"
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/producttest"
)

// word is a text without spaces around it, with what files have to escape.
func word(most int) *rapid.Generator[string] {
	return rapid.StringOfN(rapid.RuneFrom([]rune("ab\"',;|>=#[]\\+-@:/ß漢1")), 1, most, -1)
}

func words(t *rapid.T, label string) []string {
	return rapid.SliceOfNDistinct(word(6), 0, 3, rapid.ID).Draw(t, label)
}

// product draws a product that editors can make: with n, so that names are unique.
func drawn(n int) *rapid.Generator[productfile.Product] {
	return rapid.Custom(func(t *rapid.T) productfile.Product {
		maybe := func(label string) *string {
			return new(rapid.OneOf(rapid.Just(""), word(9)).Draw(t, label))
		}
		at := time.Unix(rapid.Int64Range(1, 4e9).Draw(t, "at"), rapid.Int64Range(0, 999_999).Draw(t, "µs")*1000).UTC()
		status := rapid.SampledFrom([]string{"DRAFT", "PUBLISHED", "ARCHIVED"}).Draw(t, "status")
		p := productfile.Product{
			Line: n + 1, Slug: fmt.Sprint("product-", n), Title: new(word(9).Draw(t, "title")), Subtitle: maybe("subtitle"), Status: &status, CreatedAt: &at,
			DescriptionHTML: new("<p>" + strings.Repeat("Text. ", rapid.IntRange(0, 3).Draw(t, "sentences")) + "</p>"),
			Category:        new(rapid.SampledFrom([]string{"Kitchen", `Kitchen > Cups \> Mugs`, "A; B"}).Draw(t, "category")), Brand: maybe("brand"),
			Tags: words(t, "tags"), Keywords: words(t, "keywords"), FeaturedRank: new(rapid.IntRange(0, 9).Draw(t, "rank")),
			SEOTitle: maybe("SEO title"), SEODescription: maybe("SEO description"), CanonicalURL: new(rapid.SampledFrom([]string{"", "https://example.test/a;b|c"}).Draw(t, "canonical")),
			Translations: map[string]*productfile.Texts{},
		}
		for _, name := range words(t, "images") {
			p.Images = append(p.Images, productfile.Image{Name: strings.Map(func(r rune) rune {
				if strings.ContainsRune("/\\:", r) {
					return 'x'
				}
				return r
			}, name) + fmt.Sprint(len(p.Images)) + ".svg", Alt: *maybe("alt"), Width: rapid.IntRange(1, 999).Draw(t, "width"), Height: 7})
		}
		for i, name := range words(t, "groups") {
			g := catalogue.SpecificationGroup{Name: name}
			for j := range rapid.IntRange(1, 3).Draw(t, "items") {
				g.Items = append(g.Items, catalogue.Specification{Key: fmt.Sprintf("key_%d%d", i, j), Name: word(9).Draw(t, "name"), Value: word(9).Draw(t, "value"), Unit: *maybe("unit")})
			}
			p.Specifications = append(p.Specifications, g)
		}
		drawVariants(t, &p, n)
		for _, locale := range rapid.SampledFrom([][]string{nil, {"de"}, {"de", "pt-BR"}}).Draw(t, "locales") {
			p.Translations[locale] = drawTexts(t, &p, maybe)
		}
		return p
	})
}

func drawVariants(t *rapid.T, p *productfile.Product, n int) {
	for _, name := range rapid.SliceOfNDistinct(word(6), 0, productfile.MaxOptions, rapid.ID).Draw(t, "options") {
		o := catalogue.Option{Name: name}
		for i, value := range rapid.SliceOfNDistinct(word(6), 2, 3, rapid.ID).Draw(t, "values") {
			o.Values = append(o.Values, catalogue.OptionValue{Value: value, SwatchHex: []string{"", "#a0b1c2", ""}[i]})
		}
		p.Options = append(p.Options, o)
	}
	variants := rapid.IntRange(0, 2).Draw(t, "variants")
	if *p.Status == "PUBLISHED" || *p.Status == "ARCHIVED" {
		variants = max(variants, 1)
	}
	if len(p.Options) == 0 {
		variants = min(variants, 1)
	}
	for i := range variants {
		v := productfile.Variant{
			Line: p.Line, SKU: fmt.Sprintf("%s%d-%d", word(4).Draw(t, "sku"), n, i), Options: map[string]string{}, TaxClass: new(rapid.SampledFrom([]string{"STANDARD", "FOOD"}).Draw(t, "tax class")), WeightGrams: new(rapid.IntRange(0, 9).Draw(t, "grams")),
			Barcode: new(rapid.SampledFrom([]string{"", "2000000000015"}).Draw(t, "barcode")), Title: new(rapid.OneOf(rapid.Just(""), word(9)).Draw(t, "variant title")),
			Prices: map[string]productfile.Amount{"USD": "12.50"}, CompareAt: map[string]productfile.Amount{},
		}
		if rapid.Bool().Draw(t, "reduced") {
			v.CompareAt["USD"], v.Prices["JPY"] = "15.00", "1800"
		}
		for j, o := range p.Options {
			at := rapid.IntRange(0, len(o.Values)-1).Draw(t, "value")
			if j == 0 {
				at = i // no two have the same options
			}
			v.Options[o.Name] = o.Values[at].Value
		}
		p.Variants = append(p.Variants, v)
	}
}

func drawTexts(t *rapid.T, p *productfile.Product, maybe func(string) *string) *productfile.Texts {
	texts := &productfile.Texts{
		Title: new(word(9).Draw(t, "translated title")), Subtitle: maybe("translated subtitle"), SEOTitle: maybe("translated SEO title"), SEODescription: maybe("translated SEO description"),
		Options: map[string]catalogue.OptionTexts{}, Groups: map[string]string{}, Specifications: map[string]catalogue.SpecificationTexts{},
	}
	if rapid.Bool().Draw(t, "HTML") {
		texts.DescriptionHTML = new("<p>Aus <strong>Ton</strong>.</p>")
	} else {
		texts.Description = new("Aus Ton.\n\nVon Hand.")
	}
	for _, o := range p.Options {
		texts.Options[o.Name] = catalogue.OptionTexts{Name: *maybe("option"), Values: map[string]string{o.Values[0].Value: word(9).Draw(t, "value")}}
	}
	for _, g := range p.Specifications {
		texts.Groups[g.Name] = *maybe("group")
		texts.Specifications[g.Items[0].Key] = catalogue.SpecificationTexts{Name: *maybe("name"), Value: *maybe("value")}
	}
	return texts
}

// All that editors can make of a catalogue goes through a file into an empty shop, and
// changes nothing in its own.
func TestAnyCatalogueIsTheSameAfterExportAndImport(t *testing.T) {
	t.Parallel()
	s, others := producttest.Open(t), map[productfile.Format]*producttest.Shop{productfile.JSONLines: producttest.Open(t), productfile.CSV: producttest.Open(t)}
	var all []productfile.Product
	for n := range 120 {
		all = append(all, drawn(n).Example(n))
	}
	result, refused := importFile(t, s, func(yield func(productfile.Product, error) bool) {
		for _, p := range all {
			if !yield(p, nil) {
				return
			}
		}
	}, product.FileImport{})
	if result.Created != len(all) {
		t.Fatalf("the products = %+v, %q, want all created", result, refused)
	}
	want := exported(t, s, productfile.JSONLines)
	if translated := strings.Count(want, `"translations":{"de"`); translated < 10 || !slices.ContainsFunc(all, func(p productfile.Product) bool { return len(p.Options) == productfile.MaxOptions }) {
		t.Fatalf("%d products are translated, or none has %d options: the products are too plain", translated, productfile.MaxOptions)
	}
	for format, other := range others {
		file := exported(t, s, format)
		if result, refused := importFile(t, s, productfile.Read(strings.NewReader(file), format), product.FileImport{}); result.Unchanged != len(all) {
			t.Errorf("%s into the same shop = %+v, %q, want all unchanged", format, result, refused)
		}
		if result, refused := importFile(t, other, productfile.Read(strings.NewReader(file), format), product.FileImport{}); result.Created != len(all) {
			t.Errorf("%s into an empty shop = %+v, %q, want all created", format, result, refused)
		}
		if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(exported(t, other, productfile.JSONLines), "\n")); diff != "" {
			t.Errorf("the other shop after the %s file differs (-first +second):\n%s", format, diff)
		}
	}
}
