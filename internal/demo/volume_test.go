package demo

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestVolumeProductsAreAllDifferent(t *testing.T) {
	t.Parallel()
	o := once{t, map[string]string{}}
	shop := Open(now())
	for _, p := range shop.Products {
		o.see("id", p.ID, p.Slug)
		o.see("slug", p.Slug, p.Slug)
		for _, v := range p.Variants {
			o.see("sku", v.SKU, p.Slug)
			o.see("barcode", v.Barcode, v.SKU)
		}
	}
	categories, brands := map[string]bool{}, map[string]bool{}
	for _, c := range shop.Categories {
		categories[c.ID] = true
	}
	for _, b := range shop.Brands {
		brands[b.ID] = true
	}
	count := 0
	for p := range Volume(20_000, 1) {
		count++
		o.see("id", p.ID, p.Slug)
		o.see("slug", p.Slug, p.Title)
		if !categories[p.CategoryID] || !brands[p.BrandID] {
			t.Fatalf("%s names a category or brand that does not exist", p.Slug)
		}
		if n := len(p.Variants); n < 1 || n > 4 {
			t.Errorf("%s has %d variants, want 1 to 4", p.Slug, n)
		}
		for _, v := range p.Variants {
			o.see("id", v.ID, v.SKU)
			o.see("sku", v.SKU, p.Slug)
			o.see("barcode", v.Barcode, v.SKU)
			checkVariant(t, p, v)
		}
	}
	if count != 20_000 {
		t.Errorf("Volume gave %d products, want 20000", count)
	}
}

func TestVolumeIsTheSameForTheSameSeed(t *testing.T) {
	t.Parallel()
	long, short := slices.Collect(Volume(300, 42)), slices.Collect(Volume(100, 42))
	if diff := cmp.Diff(long[:100], short); diff != "" {
		t.Errorf("a longer run does not begin with the shorter one:\n%s", diff)
	}
	if other := slices.Collect(Volume(100, 43)); cmp.Equal(other, short) {
		t.Error("two seeds gave the same products")
	}
	if got := slices.Collect(Volume(0, 1)); len(got) != 0 {
		t.Errorf("Volume(0) gave %d products", len(got))
	}
}

func TestVolumeStopsWhenItsConsumerStops(t *testing.T) {
	t.Parallel()
	count := 0
	for range Volume(1_000_000, 1) {
		if count++; count == 3 {
			break
		}
	}
	if count != 3 {
		t.Errorf("took %d products, want 3", count)
	}
}

func BenchmarkVolume(b *testing.B) {
	for range Volume(b.N, 1) {
	}
}
