package product_test

import (
	"fmt"
	"sync"
	"testing"

	"cartograph/internal/fault"
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/producttest"
)

func slugged(slug string) product.PageInput { return product.PageInput{Slug: &slug} }

// leadsTo is the ID of the category that a slug leads to.
func leadsTo(t *testing.T, s *producttest.Shop, slug string) string {
	t.Helper()
	c, err := s.Category(t.Context(), nil, &slug)
	if err != nil {
		t.Fatal(err)
	}
	if c == nil {
		return ""
	}
	return c.ID
}

func TestAnEarlierSlugStaysWithItsObject(t *testing.T) {
	t.Parallel()
	s := producttest.Open(t)
	a := save(t, s, product.CategoryInput{PageInput: named("First")})
	save(t, s, product.CategoryInput{ID: &a.ID, PageInput: slugged("second")})
	if got := leadsTo(t, s, "first"); got != a.ID {
		t.Errorf("the earlier slug leads to %q, want %q", got, a.ID)
	}
	b := product.CategoryInput{PageInput: product.PageInput{Name: new("Other"), Slug: new("first")}}
	if _, err := s.UpsertCategory(merchant(t), nil, b); fault.CodeOf(err) != "SLUG_TAKEN" {
		t.Errorf("another category gets the slug: %v, want SLUG_TAKEN", err)
	}
	b.EndRedirect = true
	other := save(t, s, b)
	if got := leadsTo(t, s, "first"); got != other.ID {
		t.Errorf("after endRedirect the slug leads to %q, want %q", got, other.ID)
	}
	// Back to its own earlier slug.
	save(t, s, product.CategoryInput{ID: &a.ID, PageInput: slugged("third")})
	save(t, s, product.CategoryInput{ID: &a.ID, PageInput: slugged("second")})
	if got := leadsTo(t, s, "third"); got != a.ID {
		t.Errorf("the slug between leads to %q, want %q", got, a.ID)
	}
	if err := s.DeleteCategory(merchant(t), a.ID, nil); err != nil {
		t.Fatal(err)
	}
	if got := leadsTo(t, s, "third"); got != "" {
		t.Errorf("the slug of a deleted category leads to %q", got)
	}
}

func TestTheLatestRedirectsAreKept(t *testing.T) {
	t.Parallel()
	s := producttest.Open(t)
	a := save(t, s, product.CategoryInput{PageInput: named("S0")})
	for i := range 25 {
		save(t, s, product.CategoryInput{ID: &a.ID, PageInput: slugged(fmt.Sprintf("s%d", i+1))})
	}
	for i, want := range map[int]string{0: "", 4: "", 5: a.ID, 24: a.ID, 25: a.ID} {
		if got := leadsTo(t, s, fmt.Sprintf("s%d", i)); got != want {
			t.Errorf("slug %d leads to %q, want %q", i, got, want)
		}
	}
}

// A slug that one brand gives up and another takes at the same moment leads to
// exactly one of them. Brands, because no lock orders their changes.
func TestASlugLeadsToOneObjectUnderConcurrency(t *testing.T) {
	t.Parallel()
	s := producttest.Open(t)
	for i := range 40 {
		slug := fmt.Sprintf("contested-%d", i)
		a, err := s.UpsertBrand(merchant(t), nil, product.BrandInput{PageInput: product.PageInput{Name: new("A"), Slug: &slug}})
		if err != nil {
			t.Fatal(err)
		}
		var both sync.WaitGroup
		var renamed, taken error
		both.Go(func() {
			_, renamed = s.UpsertBrand(merchant(t), nil, product.BrandInput{ID: &a.ID, PageInput: slugged(slug + "-new")})
		})
		both.Go(func() {
			_, taken = s.UpsertBrand(merchant(t), nil, product.BrandInput{PageInput: product.PageInput{Name: new("B"), Slug: &slug}})
		})
		both.Wait()
		found, err := s.Brand(t.Context(), nil, &slug)
		if renamed != nil || fault.CodeOf(taken) != "SLUG_TAKEN" || err != nil || found == nil || found.ID != a.ID {
			t.Fatalf("renamed: %v, taken: %v, leads to %v, %v, want the slug to stay with %s", renamed, taken, found, err, a.ID)
		}
	}
}

// The rule is the database's: also an import, or another writer, keeps it.
func TestEveryWriterKeepsEarlierSlugs(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	if _, err := s.Pool.Exec(t.Context(), "UPDATE products SET slug = 'renamed' WHERE id = 'prd_a'"); err != nil {
		t.Fatal(err)
	}
	p, err := s.Product(t.Context(), nil, new("slug-a"))
	if err != nil || p == nil || p.Slug != "renamed" {
		t.Errorf("the earlier slug finds %v, %v, want prd_a", p, err)
	}
	if _, err := s.Pool.Exec(t.Context(), "UPDATE products SET slug = 'slug-a' WHERE id = 'prd_b'"); err == nil {
		t.Error("another product took the slug")
	}
}
