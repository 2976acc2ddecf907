package productfile_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cartograph/internal/catalogue"
	"cartograph/internal/productfile"
)

// Texts with all that could be taken for a mark, a quotation or a formula. A
// carriage return before a line feed is missing: CSV readers drop it.
func text(min int) *rapid.Generator[string] {
	return rapid.StringOfN(rapid.RuneFrom([]rune(" \n\"',;|>=#[]\\+-@:/xäß漢e1")), min, 12, -1)
}

func visible() *rapid.Generator[string] {
	return text(1).Filter(func(s string) bool { return strings.TrimSpace(s) != "" })
}

func name(t *rapid.T, label string) string {
	return strings.TrimSpace(visible().Draw(t, label))
}

// products have what a catalogue can have: names are unique, and lists have
// no empty members.
func products() *rapid.Generator[productfile.Product] {
	return rapid.Custom(func(t *rapid.T) productfile.Product {
		at := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "at"), rapid.Int64Range(0, 999_999).Draw(t, "µs")*1000).UTC()
		p := productfile.Product{
			ID: "prd_1", Slug: rapid.StringMatching(`[a-z0-9-]{1,8}`).Draw(t, "slug"),
			Title: new(text(0).Draw(t, "title")), Subtitle: new(text(0).Draw(t, "subtitle")), Description: new(text(0).Draw(t, "description")),
			DescriptionHTML: new(text(0).Draw(t, "html")), Status: new("DRAFT"), Category: new(text(0).Draw(t, "category")), Brand: new(text(0).Draw(t, "brand")),
			SEOTitle: new(text(0).Draw(t, "SEO title")), SEODescription: new(text(0).Draw(t, "SEO description")), CanonicalURL: new(text(0).Draw(t, "canonical")),
			Translations: map[string]*productfile.Texts{"de": texts(t), "pt-BR": texts(t)},
			Seller:       new("usr_1"), Tags: rapid.SliceOfN(visible(), 0, 3).Draw(t, "tags"), Keywords: rapid.SliceOfN(visible(), 0, 3).Draw(t, "keywords"),
			FeaturedRank: new(rapid.Int().Draw(t, "rank")), CreatedAt: &at, Specifications: []catalogue.SpecificationGroup{}, Images: []productfile.Image{},
		}
		for _, group := range rapid.SliceOfNDistinct(visible(), 0, 2, rapid.ID).Draw(t, "groups") {
			g := catalogue.SpecificationGroup{Name: group}
			for range rapid.IntRange(1, 3).Draw(t, "items") {
				g.Items = append(g.Items, catalogue.Specification{Key: text(0).Draw(t, "key"), Name: text(0).Draw(t, "name"), Value: text(0).Draw(t, "value"), Unit: text(0).Draw(t, "unit")})
			}
			p.Specifications = append(p.Specifications, g)
		}
		for range rapid.IntRange(0, 3).Draw(t, "images") {
			i := productfile.Image{Alt: text(0).Draw(t, "alt")}
			switch file := strings.ReplaceAll(visible().Draw(t, "file"), "/", "x"); rapid.IntRange(0, 3).Draw(t, "kind of place") {
			case 0:
				i.Name = file
			case 1:
				i.URL = "https://example.test/" + file
			case 2:
				i.Path = "./" + file
			default:
				i.Path = file + ".JPG"
			}
			if rapid.Bool().Draw(t, "sized") {
				i.Width, i.Height = rapid.IntRange(1, 4096).Draw(t, "width"), rapid.IntRange(1, 4096).Draw(t, "height")
			}
			p.Images = append(p.Images, i)
		}
		for _, option := range rapid.SliceOfNDistinct(visible(), 0, productfile.MaxOptions, rapid.ID).Draw(t, "options") {
			o := catalogue.Option{Name: option}
			for i, value := range rapid.SliceOfNDistinct(visible(), 1, 3, rapid.ID).Draw(t, "values") {
				v := catalogue.OptionValue{Value: value}
				if i == 1 {
					v.SwatchHex = "#a0b1c2"
				}
				o.Values = append(o.Values, v)
			}
			p.Options = append(p.Options, o)
		}
		for i := range rapid.IntRange(1, 3).Draw(t, "variants") {
			v := productfile.Variant{
				ID: fmt.Sprint("var_", i), SKU: name(t, "sku"), Title: new(text(0).Draw(t, "title")), Barcode: new(name(t, "barcode")),
				WeightGrams: new(rapid.IntRange(0, 9).Draw(t, "grams")), Stock: new(rapid.IntRange(0, 9).Draw(t, "stock")), RestockAt: new(""), Image: &productfile.Image{}, TaxClass: new("FOOD"),
				Prices: map[string]productfile.Amount{"EUR": "1.50", "USD": ""}, CompareAt: map[string]productfile.Amount{"EUR": "", "USD": ""},
			}
			for _, o := range p.Options {
				if v.Options == nil {
					v.Options = map[string]string{}
				}
				v.Options[o.Name] = rapid.SampledFrom(o.Values).Draw(t, "value").Value
			}
			p.Variants = append(p.Variants, v)
		}
		return p
	})
}

// texts are translations, of which those of options and specifications are not empty.
func texts(t *rapid.T) *productfile.Texts {
	all := &productfile.Texts{
		Title: new(text(0).Draw(t, "title")), Subtitle: new(text(0).Draw(t, "subtitle")), Description: new(text(0).Draw(t, "description")),
		DescriptionHTML: new(text(0).Draw(t, "html")), SEOTitle: new(text(0).Draw(t, "SEO title")), SEODescription: new(text(0).Draw(t, "SEO description")),
		Options: map[string]catalogue.OptionTexts{}, Specifications: map[string]catalogue.SpecificationTexts{},
		Groups: rapid.MapOfN(visible(), visible(), 0, 2).Draw(t, "groups"),
	}
	for _, name := range rapid.SliceOfNDistinct(visible(), 0, 2, rapid.ID).Draw(t, "options") {
		all.Options[name] = catalogue.OptionTexts{Name: visible().Draw(t, "option"), Values: rapid.MapOfN(visible(), visible(), 1, 2).Draw(t, "values")}
	}
	for _, key := range rapid.SliceOfNDistinct(visible(), 0, 2, rapid.ID).Draw(t, "keys") {
		all.Specifications[key] = catalogue.SpecificationTexts{Name: text(0).Draw(t, "name"), Value: text(0).Draw(t, "value")}
	}
	return all
}

func TestAFileIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	for _, format := range []productfile.Format{productfile.JSONLines, productfile.CSV} {
		rapid.Check(t, func(t *rapid.T) {
			want := rapid.SliceOfNDistinct(products(), 1, 3, func(p productfile.Product) string { return p.Slug }).Draw(t, "products")
			var file bytes.Buffer
			w, err := productfile.NewWriter(&file, format, []string{"EUR", "USD"}, []string{"de", "pt-BR"})
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range want {
				if err := w.Write(p); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			written := file.String()
			var got []productfile.Product
			for p, err := range productfile.Read(&file, format) {
				if err != nil {
					t.Fatalf("%v in\n%s", err, written)
				}
				p.Line, p.Size = 0, 0
				for i := range p.Variants {
					p.Variants[i].Line = 0
				}
				got = append(got, p)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%s is read differently (-written +read):\n%s\n%s", format, diff, written)
			}
		})
	}
}
