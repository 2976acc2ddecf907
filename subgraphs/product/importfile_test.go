package product_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/event"
	"cartograph/internal/productfile"
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/producttest"
)

const mug = `{"slug":"tall-mug","title":"Tall Mug","category":"Kitchen > Cups","brand":"Pottle","variants":[{"sku":"TM-1","prices":{"USD":"12.50"}}]}`

func TestAFileCreatesProductsWithTheirCategoriesAndBrands(t *testing.T) {
	t.Parallel()
	s := producttest.Open(t)
	result, refused := importFile(t, s, csvRows(
		"\ufeffslug;title;category;brand;tags;option1_name;option1_value;sku;price_USD;compare_at_USD;price_JPY;weight_grams",
		"tall-mug;Tall Mug;Kitchen > Cups;Pottle;gift; Colour;Red;TM-R;12.50;15;1800;300",
		";;;;;;Blue;TM-B;12.5;;1800;310",
		"bowl;Bowl;kitchen > cups;POTTLE;;;;B-1;8;;;",
	), product.FileImport{})
	if want := (product.FileResult{Created: 2}); result != want {
		t.Fatalf("the result is %+v, %v, want 2 created", result, refused)
	}
	p, err := s.Product(t.Context(), nil, new("tall-mug"))
	if err != nil || p == nil {
		t.Fatal(p, err)
	}
	if p.Brand.Name != "Pottle" || p.Category.Name != "Cups" || p.Breadcrumbs[0].Name != "Kitchen" || len(p.Variants) != 2 || p.Variants[1].Title != "Blue" ||
		p.Variants[0].Price.Minor != 1250 || p.Variants[0].CompareAtPrice.Minor != 1500 || p.Status != product.Published {
		t.Errorf("the product is %+v with variants %+v, %+v", p, p.Variants[0], p.Variants[1])
	}
	if bowl, err := s.Product(t.Context(), nil, new("bowl")); err != nil || bowl.Brand.ID != p.Brand.ID || bowl.Category.ID != p.Category.ID {
		t.Errorf("the bowl is %+v, %v, want it in the same category and of the same brand", bowl, err)
	}
}

func TestImportingAFileAgainChangesNothing(t *testing.T) {
	t.Parallel()
	s := producttest.Open(t)
	received := map[string]int{}
	how := product.FileImport{Receive: func(_ context.Context, delivery []event.Line) error {
		for _, l := range delivery {
			received[l.VariantID] = l.Quantity
		}
		return nil
	}}
	file := []string{
		"title,category,sku,price_USD,stock,description",
		`Tall Mug,Kitchen,TM-1,12.50,5,"Made of clay.` + "\r\n\r\n" + `Holds tea."`,
		"Tall Mug,Kitchen,TM-2,12.50,0,",
	}
	result, refused := importFile(t, s, csvRows(file...), how)
	if want := (product.FileResult{Created: 1, Refused: 1}); result != want || !slices.Equal(refused, []string{"line 5: another product has the slug"}) {
		t.Fatalf("the result is %+v, %q, want one created and one refused for its slug", result, refused)
	}
	published := len(s.Published(t))
	result, _ = importFile(t, s, csvRows(file[:2]...), how)
	if want := (product.FileResult{Unchanged: 1}); result != want || len(s.Published(t)) != published || len(received) != 1 {
		t.Errorf("the second result is %+v with %d events and %d deliveries, want it unchanged, none and the delivery repeated", result, len(s.Published(t))-published, len(received))
	}
}

func TestWhatAFileLeavesOutStaysAsItIs(t *testing.T) {
	t.Parallel()
	s := producttest.Open(t)
	s.Take(t, producttest.Assortment())
	before, err := s.Product(t.Context(), new("prd_a"), nil)
	if err != nil {
		t.Fatal(err)
	}
	result, refused := importFile(t, s, csvRows("sku,price_USD,compare_at_USD", "SKU-a-1,50.00,", "SKU-a-2,51.00,60"), product.FileImport{})
	if want := (product.FileResult{Changed: 1}); result != want {
		t.Fatalf("the result is %+v, %v, want one product changed by two rows", result, refused)
	}
	after, err := s.Product(t.Context(), new("prd_a"), nil)
	if err != nil || len(after.Variants) != 2 || after.Variants[0].Price.Minor != 5000 || after.Variants[0].CompareAtPrice != nil || after.Variants[1].CompareAtPrice.Minor != 6000 {
		t.Fatalf("the variants are %+v, %v, want the new prices", after.Variants, err)
	}
	if after.Version != before.Version+1 {
		t.Errorf("version %d became %d, want the next", before.Version, after.Version)
	}
	if diff := cmp.Diff([]any{before.Title, before.Description, before.Tags, before.Specifications, before.Brand, before.Images, before.CreatedAt},
		[]any{after.Title, after.Description, after.Tags, after.Specifications, after.Brand, after.Images, after.CreatedAt}); diff != "" {
		t.Errorf("what the file leaves out changed (-before +after):\n%s", diff)
	}
	importFile(t, s, jsonLines(`{"id":"prd_a","slug":"aurora","tags":[],"subtitle":"","brand":""}`), product.FileImport{})
	if p, err := s.Product(t.Context(), nil, new("aurora")); err != nil || p == nil || p.ID != "prd_a" || len(p.Tags) != 0 || p.Subtitle != nil || p.Brand != nil {
		t.Errorf("the product is %+v, %v, want its slug changed, and no tags, subtitle and brand", p, err)
	}
}

func TestADryRunWritesNothing(t *testing.T) {
	t.Parallel()
	s := producttest.Open(t)
	s.Take(t, producttest.Assortment())
	before, published := exported(t, s, productfile.JSONLines), len(s.Published(t))
	result, _ := importFile(t, s, jsonLines(mug, `{"slug":"slug-a","title":"Renamed"}`, `{"slug":"slug-b"}`, `{"slug":"slug-c","status":"SOLD"}`), product.FileImport{
		DryRun: true, Receive: func(context.Context, []event.Line) error { return fmt.Errorf("stock is received") },
	})
	if want := (product.FileResult{Created: 1, Changed: 1, Unchanged: 1, Refused: 1}); result != want {
		t.Errorf("the result is %+v, want %+v", result, want)
	}
	categories := 0
	if err := s.Pool.QueryRow(t.Context(), "SELECT count(*) FROM categories").Scan(&categories); err != nil || categories != 4 {
		t.Errorf("there are %d categories, %v, want the 4 from before", categories, err)
	}
	if diff := cmp.Diff(before, exported(t, s, productfile.JSONLines)); diff != "" || len(s.Published(t)) != published {
		t.Errorf("the catalogue changed, with %d events:\n%s", len(s.Published(t))-published, diff)
	}
}

func TestAFileSaysWhatIsWrongWithEachProduct(t *testing.T) {
	t.Parallel()
	s := producttest.Open(t)
	s.Take(t, producttest.Assortment())
	before, published := exported(t, s, productfile.JSONLines), len(s.Published(t))
	with := func(old, replacement string) string { return strings.Replace(mug, old, replacement, 1) }
	for line, want := range map[string]string{
		`{"slug":"x"`:                                                          "the line ends within a product",
		`{"slug":"x","bogus":1}`:                                               `unknown field "bogus"`,
		`{"slug":7}`:                                                           "slug cannot be a number",
		"{\"slug\":\"\xff\"}":                                                  "the text is not UTF-8",
		with(`"title":"Tall Mug"`, `"title":""`):                               "title:",
		with("Kitchen > Cups", "Kitchen > "):                                   "a path is expected",
		with("Kitchen > Cups", "/nowhere"):                                     `there is no category with the slug "nowhere"`,
		with(`"category":"Kitchen > Cups",`, ""):                               "a new product needs a category",
		with("tall-mug", "Tall Mug"):                                           "slug:",
		with(`"prices"`, `"compareAt"`):                                        "variant TM-1 has no price in USD",
		with(`"12.50"`, `"12.505"`):                                            "variant TM-1:",
		with(`"12.50"`, `"free"`):                                              "variant TM-1:",
		with(`"12.50"`, `0`):                                                   "The price must be from 0.01",
		with(`"USD"`, `"XXX"`):                                                 "variant TM-1:",
		with(`}}]`, `},"compareAt":{"USD":"12.50"}}]`):                         "USD.compareAt.amount: The price must be from 12.51",
		with(`"sku":"TM-1",`, ""):                                              "a variant has no SKU",
		with("TM-1", `SKU-a-1"},{"sku":"SKU-b-1`):                              "but the SKU",
		with(`"sku"`, `"stock":-1,"sku"`):                                      "a stock of -1",
		with(`"sku"`, `"weightGrams":-1,"sku"`):                                "The weight must be from 0",
		with(`"sku"`, `"barcode":"12345","sku"`):                               "A barcode has 8 or 12 to 14 digits",
		with(`"USD"`, `"KWD"`):                                                 "KWD.price.currencyCode:",
		with(`"Pottle"`, `"`+strings.Repeat("x", 121)+`"`):                     "brand: This text must have",
		with("Kitchen > Cups", strings.Repeat("a > ", 10)+"a"):                 "at most 10 levels",
		with("Kitchen > Cups", strings.Repeat("a", 121)):                       "a path is expected",
		with(`"title"`, `"canonicalUrl":"javascript:alert(1)","title"`):        "canonicalUrl:",
		with(`"title"`, `"translations":{"xx-bogus-":{}},"title"`):             "A translation needs a language",
		with(`"title"`, `"translations":{"en":{"title":"Mug"}},"title"`):       "A translation needs a language",
		with(`"title"`, `"translations":{"de":{"groups":{"No":"x"}}},"title"`): "This object has no such text",
		`{"slug":"slug-g","status":"ARCHIVED"}`:                                "was never published",
		`{"slug":"slug-a","status":"DRAFT"}`:                                   "cannot be a draft again",
		`{"slug":"slug-a","options":[{"name":"Colour","values":[{"value":"Moss","swatchHex":"red"}]}]}`:                             "swatchHex: A colour is written as",
		`{"slug":"slug-a","options":[{"name":"Colour","values":[{"value":"Moss"},{"value":" Moss"}]}]}`:                             "is given twice",
		`{"slug":"slug-a","options":[{"name":"Colour","values":[{"value":"` + strings.Repeat("x", 61) + `"}]}]}`:                    "must have from 1 to 60",
		`{"slug":"slug-a","options":[` + strings.Repeat(`{"name":"a","values":[{"value":"b"}]},`, 5) + `{"name":"c","values":[]}]}`: "at most 5 entries",
		with(`"sku"`, `"restockAt":"soon","sku"`):                                         `restock at "soon"`,
		with(`"title"`, `"status":"SOLD","title"`):                                        `status "SOLD"`,
		with(`"title"`, `"images":[{"alt":"x"}],"title"`):                                 "a picture is given by its name",
		with(`"title"`, `"seller":"nobody@x.test","title"`):                               `there is no account "nobody@x.test" to sell it`,
		with(`"variants":[`, `"variants":[{"sku":"TM-2","prices":{"USD":1}},`):            "have the same options",
		with(`"title"`, `"options":[{"name":"Size","values":[{"value":"S"}]}],"title"`):   "A variant needs one of the values of each option",
		with(`"title"`, `"tags":["`+strings.Repeat("x", 60)+`"],"title"`):                 "tags",
		`{"id":"prd_a","slug":"slug-b"}`:                                                  "the slug slug-b is that of another product",
		`{"slug":"slug-a","variants":[{"sku":"SKU-b-1"}]}`:                                "is of product slug-b",
		`{"slug":"slug-a","variants":[{"sku":"SKU-a-1"},{"sku":"SKU-a-1"}]}`:              "is there twice",
		`{"slug":"slug-a","variants":[{"sku":"SKU-a-1","prices":{"USD":null}}]}`:          "has no price in USD",
		`{"slug":"slug-a","description":"` + strings.Repeat("x", productfileLimit) + `"}`: "the line is longer",
	} {
		result, refused := importFile(t, s, jsonLines("", line, `{"slug":"slug-c"}`), product.FileImport{
			Sellers: func(context.Context, []string) (map[string]string, error) { return nil, nil },
		})
		if result != (product.FileResult{Unchanged: 1, Refused: 1}) || len(refused) != 1 || !strings.HasPrefix(refused[0], "line 2: ") || !strings.Contains(refused[0], want) {
			t.Errorf("%.200s = %+v, %q, want line 2 refused because %q", line, result, refused, want)
		}
	}
	if diff := cmp.Diff(before, exported(t, s, productfile.JSONLines)); diff != "" || len(s.Published(t)) != published {
		t.Errorf("the catalogue changed, with %d events:\n%s", len(s.Published(t))-published, diff)
	}
}

const productfileLimit = 1 << 20

// Two products of a file that have the same SKU by mistake do not replace each other,
// although a product is found by its SKUs.
func TestTwoProductsOfAFileAreNeverOne(t *testing.T) {
	t.Parallel()
	s := producttest.Open(t)
	file := []string{mug}
	for i := range 300 { // in another batch than the first
		file = append(file, fmt.Sprintf(`{"slug":"bowl-%d","title":"Bowl","category":"Kitchen > Cups","variants":[{"sku":"B-%d","prices":{"USD":"8"}}]}`, i, i))
	}
	file = append(file, strings.Replace(mug, "tall-mug", "small-mug", 1))
	result, refused := importFile(t, s, jsonLines(file...), product.FileImport{})
	if want := (product.FileResult{Created: 301, Refused: 1}); result != want || !slices.Equal(refused, []string{"line 302: the SKU TM-1 is that of product tall-mug, which the file has already"}) {
		t.Errorf("the result is %+v, %q, want the last refused", result, refused)
	}
	result, refused = importFile(t, s, jsonLines(strings.Replace(mug, "tall-mug", "small-mug", 1)), product.FileImport{})
	if want := (product.FileResult{Changed: 1}); result != want {
		t.Errorf("another file = %+v, %q, want the product of the SKU to have the new slug", result, refused)
	}
}
