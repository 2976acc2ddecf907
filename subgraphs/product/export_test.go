package product_test

import (
	"bytes"
	"iter"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/productfile"
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/producttest"
)

func exported(t *testing.T, s *producttest.Shop, format productfile.Format) string {
	t.Helper()
	currencies, err := s.PriceCurrencies(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	locales, err := s.Locales(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w, err := productfile.NewWriter(&file, format, currencies, locales)
	if err != nil {
		t.Fatal(err)
	}
	for p, err := range s.Export(t.Context(), nil) {
		if err == nil {
			err = w.Write(p)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return file.String()
}

// importFile imports products and returns why some were refused.
func importFile(t *testing.T, s *producttest.Shop, products iter.Seq2[productfile.Product, error], how product.FileImport) (product.FileResult, []string) {
	t.Helper()
	var refused []string
	how.Refused = func(e *productfile.LineError) { refused = append(refused, e.Error()) }
	result, err := s.ImportFile(t.Context(), products, how)
	if err != nil {
		t.Fatal(err)
	}
	return result, refused
}

func jsonLines(lines ...string) iter.Seq2[productfile.Product, error] {
	return productfile.Read(strings.NewReader(strings.Join(lines, "\n")), productfile.JSONLines)
}

func csvRows(rows ...string) iter.Seq2[productfile.Product, error] {
	return productfile.Read(strings.NewReader(strings.Join(rows, "\n")), productfile.CSV)
}

func TestAnExportedCatalogueIsImportedAsItWas(t *testing.T) {
	t.Parallel()
	for _, format := range []productfile.Format{productfile.JSONLines, productfile.CSV} {
		s := producttest.Open(t)
		assortment := producttest.Assortment()
		assortment.Products[0].Images[0].ThumbHash = "1QcSHQRnh493V4dIh4eXh1h4kJUI" // no file has it
		s.Take(t, assortment)
		s.Take(t, product.Assortment{Products: producttest.Volume(300)})
		file := exported(t, s, format)
		published := len(s.Published(t))
		result, refused := importFile(t, s, productfile.Read(strings.NewReader(file), format), product.FileImport{})
		if want := (product.FileResult{Unchanged: 307}); result != want || len(s.Published(t)) != published {
			t.Errorf("%s into the same shop = %+v, %v and %d events, want all unchanged and none", format, result, refused, len(s.Published(t))-published)
		}
		other := producttest.Open(t)
		result, refused = importFile(t, other, productfile.Read(strings.NewReader(file), format), product.FileImport{})
		if want := (product.FileResult{Created: 307}); result != want {
			t.Errorf("%s into an empty shop = %+v, %v, want all created", format, result, refused)
		}
		if diff := cmp.Diff(file, exported(t, other, format)); diff != "" {
			t.Errorf("the %s export of the other shop differs (-first +second):\n%s", format, diff)
		}
	}
}

func TestTheExamplesOfTheDocumentationAreTheSame(t *testing.T) {
	t.Parallel()
	ids := regexp.MustCompile(`"id":"\w+",|"createdAt":"[^"]*",`)
	var catalogues []string
	for _, format := range []productfile.Format{productfile.JSONLines, productfile.CSV} {
		file, err := os.Open("../../docs/catalogue-example." + string(format))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close() //nolint:errcheck // it is only read
		s := producttest.Open(t)
		if result, refused := importFile(t, s, productfile.Read(file, format), product.FileImport{}); result != (product.FileResult{Created: 2}) {
			t.Errorf("the %s example = %+v, %q, want 2 products created", format, result, refused)
		}
		catalogues = append(catalogues, ids.ReplaceAllString(exported(t, s, productfile.JSONLines), ""))
	}
	if diff := cmp.Diff(catalogues[0], catalogues[1]); diff != "" {
		t.Errorf("the examples differ (-jsonl +csv):\n%s", diff)
	}
}
