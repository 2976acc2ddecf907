package product_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"cartograph/internal/catalogue"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/producttest"
)

func TestImportPublishesWhatIsSold(t *testing.T) {
	t.Parallel()
	s := producttest.Open(t)
	if changed := s.Take(t, producttest.Assortment()); changed != 7 {
		t.Errorf("%d products changed, want 7", changed)
	}
	types := map[string]string{}
	for _, e := range s.Published(t) {
		types[e.Subject] = e.Type
	}
	published, archived := event.Type[event.ProductPublished](), event.Type[event.ProductArchived]()
	want := map[string]string{"prd_a": published, "prd_b": published, "prd_c": published, "prd_d": published, "prd_e": published, "prd_f": archived}
	if diff := cmp.Diff(want, types); diff != "" {
		t.Errorf("the published events differ (-want +got):\n%s", diff)
	}
	snapshot, err := event.Decode[event.ProductPublished](s.Published(t)[0])
	if err != nil {
		t.Fatal(err)
	}
	for i := range snapshot.Variants {
		slices.SortFunc(snapshot.Variants[i].Prices, func(a, b event.Price) int { return int(a.Minor - b.Minor) })
	}
	wantSnapshot := event.ProductSnapshot{
		ProductID: "prd_a", Version: 1, Slug: "slug-a", Title: "Aurora Headphones", Subtitle: "Wireless", Description: "Aurora Headphones is made to be used every day.",
		BrandID: "brd_fernlyd", BrandSlug: "fernlyd", BrandName: "Fernlyd",
		CategorySlugs: []string{"headphones", "audio"}, CategoryNames: []string{"Headphones", "Audio"}, Tags: []string{"gift"},
		Specifications: []catalogue.Specification{{Key: "battery_life", Name: "Battery life", Value: "45", Unit: "h"}, {Key: "charging", Name: "Charging", Value: "USB-C"}},
		Options:        []catalogue.Option{{Name: "Colour", Values: []catalogue.OptionValue{{Value: "Moss", SwatchHex: "#556b2f"}, {Value: "Chalk", SwatchHex: "#f5f5f0"}}}},
		Image:          &catalogue.Image{ID: "img_a", Name: "a.svg", Alt: "A picture of a", Width: 800, Height: 800},
		Featured:       999_999, CreatedAt: producttest.Now().AddDate(0, 0, -60),
		Variants: []event.VariantSnapshot{
			{VariantID: "var_a1", SKU: "SKU-a-1", Title: "Moss", TaxClass: "STANDARD", Options: map[string]string{"Colour": "Moss"}, Prices: []event.Price{
				{Currency: "EUR", Minor: 5500, CompareAtMinor: 6500}, {Currency: "USD", Minor: 5900, CompareAtMinor: 6900}, {Currency: "JPY", Minor: 8800},
			}},
			{VariantID: "var_a2", SKU: "SKU-a-2", Title: "Chalk", TaxClass: "STANDARD", Options: map[string]string{"Colour": "Chalk"}, Prices: []event.Price{
				{Currency: "EUR", Minor: 6000}, {Currency: "USD", Minor: 6400},
			}},
		},
	}
	if diff := cmp.Diff(wantSnapshot, snapshot.ProductSnapshot); diff != "" {
		t.Errorf("the snapshot is not the product (-want +got):\n%s", diff)
	}
}

// A catalogue that is filled at its first start, while products are imported, has both
// whichever comes first: none of them is taken for the other's.
func TestInitialDataIsImportedOnceBesideOtherImports(t *testing.T) {
	t.Parallel()
	other := func(s *producttest.Shop) error {
		a := producttest.Assortment()
		a.Products = producttest.Volume(300)
		_, err := s.Import(t.Context(), a)
		return err
	}
	initial := func(s *producttest.Shop) error { return s.ImportOnce(t.Context(), "demo", producttest.Assortment()) }
	for name, fill := range map[string]func(s *producttest.Shop) error{
		"initial data first": func(s *producttest.Shop) error { return errors.Join(initial(s), other(s)) },
		"others first":       func(s *producttest.Shop) error { return errors.Join(other(s), initial(s)) },
		"all at once": func(s *producttest.Shop) error {
			var g errgroup.Group
			for _, run := range []func(*producttest.Shop) error{initial, other, initial, other} {
				g.Go(func() error { return run(s) })
			}
			return g.Wait()
		},
	} {
		s := producttest.Open(t)
		if err := fill(s); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		products := 0
		if err := s.Pool.QueryRow(t.Context(), "SELECT count(*) FROM products WHERE version = 1").Scan(&products); err != nil || products != 307 {
			t.Errorf("%s: %d products are in their first version, %v, want 307", name, products, err)
		}
		renamed := producttest.Assortment()
		renamed.Products[0].Title = "Renamed"
		if err := s.ImportOnce(t.Context(), "demo", renamed); err != nil {
			t.Fatal(err)
		}
		if p, err := s.Product(t.Context(), new("prd_a"), nil); err != nil || p.Title == "Renamed" {
			t.Errorf("%s: the second import renamed the product to %q, %v", name, p.Title, err)
		}
	}
}

func TestImportingTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	s := producttest.Open(t)
	s.Take(t, producttest.Assortment())
	published := len(s.Published(t))
	before, err := s.Product(t.Context(), new("prd_a"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if changed := s.Take(t, producttest.Assortment()); changed != 0 {
		t.Errorf("%d products changed, want none", changed)
	}
	after, err := s.Product(t.Context(), new("prd_a"), nil)
	if err != nil || after.Version != before.Version || len(s.Published(t)) != published {
		t.Errorf("version %d became %d and %d events %d, %v, want no change", before.Version, after.Version, published, len(s.Published(t)), err)
	}
}

// What an import publishes of a new product is not read from the database: it is what
// is read of the product when it changes.
func TestANewProductIsPublishedAsItIsStored(t *testing.T) {
	t.Parallel()
	s := producttest.Open(t)
	a := producttest.Assortment()
	s.Take(t, a)
	for i := range a.Products {
		a.Products[i].FeaturedRank += 10
	}
	s.Take(t, a)
	versions := map[string][]event.ProductSnapshot{}
	for _, e := range s.Published(t) {
		if e.Type == event.Type[event.ProductArchived]() {
			continue
		}
		p, err := event.Decode[event.ProductChanged](e) // ProductPublished has the same form
		if err != nil {
			t.Fatal(err)
		}
		p.Version, p.Featured = 0, 0
		versions[p.ProductID] = append(versions[p.ProductID], p.ProductSnapshot)
	}
	for id, snapshots := range versions {
		if diff := cmp.Diff(snapshots[0], snapshots[len(snapshots)-1]); diff != "" {
			t.Errorf("%s as it was published (-) and as it is stored (+):\n%s", id, diff)
		}
	}
	if len(versions) != 5 {
		t.Errorf("%d products were published, want 5", len(versions))
	}
}

func TestImportReplacesWhatChanged(t *testing.T) {
	t.Parallel()
	s := producttest.Open(t)
	a := producttest.Assortment()
	s.Take(t, a)
	a.Products[0].Variants = a.Products[0].Variants[:1]
	delete(a.Products[0].Variants[0].Prices, "JPY")
	a.Products[1].Status = product.Archived
	a.Products[6].Status = product.Published
	a.Categories[1].Name, a.Brands[1].Name = "Cooking", "Kvarta & Co"
	if changed := s.Take(t, a); changed != 3 {
		t.Errorf("%d products changed, want 3", changed)
	}
	published := s.Published(t)
	last := map[string]string{}
	for _, e := range published {
		last[e.Subject] = e.Type
	}
	if last["prd_a"] != event.Type[event.ProductChanged]() || last["prd_b"] != event.Type[event.ProductArchived]() || last["prd_g"] != event.Type[event.ProductPublished]() {
		t.Errorf("the published events are %v, want a changed, b archived, g published", last)
	}
	p, err := s.Product(t.Context(), new("prd_a"), nil)
	if err != nil || len(p.Variants) != 1 || p.Version != 2 {
		t.Fatalf("a has %d variants in version %d, %v, want 1 in version 2", len(p.Variants), p.Version, err)
	}
	g, err := s.Product(t.Context(), nil, new("slug-g"))
	if err != nil || g == nil || g.Category.Name != "Cooking" || g.Brand.Name != "Kvarta & Co" {
		t.Errorf("g is %+v, %v, want it shown, with the new names", g, err)
	}
}

func TestImportRefusesWhatCannotBeSold(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*product.Assortment){
		"no variants":             func(a *product.Assortment) { a.Products[0].Variants = nil },
		"no price":                func(a *product.Assortment) { a.Products[0].Variants[1].Prices = map[string]int64{"EUR": 100} },
		"a price of zero":         func(a *product.Assortment) { a.Products[0].Variants[1].Prices["USD"] = 0 },
		"a foreign price of zero": func(a *product.Assortment) { a.Products[0].Variants[1].Prices["EUR"] = 0 },
		"a sale that is dearer":   func(a *product.Assortment) { a.Products[0].Variants[0].CompareAt["USD"] = 5900 },
		"no known currency":       func(a *product.Assortment) { a.Products[0].Variants[1].Prices["XXX"] = 100 },
		"no slug":                 func(a *product.Assortment) { a.Products[0].Slug = "" },
		"no status":               func(a *product.Assortment) { a.Products[0].Status = "SOLD" },
		"no category":             func(a *product.Assortment) { a.Products[0].CategoryID = "cat_moon" },
		"no parent":               func(a *product.Assortment) { a.Categories[2].ParentID = "cat_moon" },
	} {
		s := producttest.Open(t)
		a := producttest.Assortment()
		spoil(&a)
		if _, err := s.Import(t.Context(), a); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s = %v, want it refused", name, err)
		}
		if published := s.Published(t); len(published) != 0 {
			t.Errorf("%s: %d events were published, want none", name, len(published))
		}
	}
}

func TestTheDatabaseHoldsTheRules(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	for _, sql := range []string{
		"UPDATE products SET slug = 'slug-a' WHERE id = 'prd_b'",
		"UPDATE products SET status = 'SOLD' WHERE id = 'prd_b'",
		"UPDATE variants SET sku = 'SKU-a-1' WHERE id = 'var_b1'",
		"UPDATE variant_prices SET price_minor = 0",
		"UPDATE variant_prices SET compare_at_minor = price_minor",
		"UPDATE categories SET ancestors = '{}' WHERE id = 'cat_headphones'",
		"DELETE FROM categories WHERE id = 'cat_kitchen'",
	} {
		if _, err := s.Pool.Exec(t.Context(), sql); err == nil {
			t.Errorf("%s was allowed", sql)
		}
	}
}

// Ten thousand products with thirty thousand variants are imported in seconds,
// not minutes: no statement is sent for a single product.
func TestImportWorksInBatches(t *testing.T) {
	t.Parallel()
	s := producttest.Open(t)
	a := producttest.Assortment()
	s.Take(t, a)
	s.Statements.Reset()
	s.Take(t, product.Assortment{Products: producttest.Volume(200)})
	if n := s.Statements.N(); n > 20 {
		t.Errorf("200 products took %d statements, want 20 at most", n)
	}
}

func BenchmarkImport10k(b *testing.B) {
	for b.Loop() {
		s := producttest.Open(b)
		s.Take(b, producttest.Assortment())
		drafts := producttest.Volume(10_000)
		began := time.Now()
		s.Take(b, product.Assortment{Products: drafts})
		b.ReportMetric(time.Since(began).Seconds(), "s/10k")
	}
}

func BenchmarkProductBySlug(b *testing.B) {
	s := producttest.Stocked(b)
	s.Take(b, product.Assortment{Products: producttest.Volume(10_000)})
	if _, err := s.Pool.Exec(b.Context(), "ANALYZE"); err != nil {
		b.Fatal(err)
	}
	slug := "volume-v005000"
	for b.Loop() {
		if p, err := s.Product(b.Context(), nil, &slug); err != nil || p == nil {
			b.Fatal(p, err)
		}
	}
}
