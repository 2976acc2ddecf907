package product_test

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"

	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/producttest"
)

// An import reads a product, derives what it is to be, and writes it: what staff
// change in between is not lost, and what two imports create is there once.
func TestImportsAndEditorsDoNotUndoEachOther(t *testing.T) {
	t.Parallel()
	s := producttest.Open(t)
	s.Take(t, producttest.Assortment())
	staff := in(t, "USD", "catalog:write", "catalog:manage")
	var g errgroup.Group
	var titles, subtitles atomic.Int64
	const rounds = 12
	for worker := range 2 {
		g.Go(func() error {
			for range rounds {
				n := titles.Add(1)
				line := fmt.Sprintf(`{"slug":"slug-a","title":"Title %d"}`, n)
				for {
					result, refused := importFile(t, s, jsonLines(line, mug), product.FileImport{})
					if result.Refused == 0 {
						break
					}
					// Editors that never pause keep an import out, and a repetition completes it.
					if !slices.Equal(refused, []string{"line 1: the product is changed by others at this moment"}) {
						return fmt.Errorf("import of worker %d: %+v, %v", worker, result, refused)
					}
				}
			}
			return nil
		})
		g.Go(func() error {
			for range rounds {
				subtitle := fmt.Sprintf("Subtitle %d", subtitles.Add(1))
				if _, err := s.Update(staff, "prd_a", nil, product.Details{Subtitle: &subtitle}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	p, err := s.Product(t.Context(), new("prd_a"), nil)
	if err != nil || p.Version != 1+4*rounds {
		t.Errorf("version %d, %v, want %d: every change of the four is one", p.Version, err, 1+4*rounds)
	}
	if p.Subtitle == nil || *p.Subtitle == "Wireless" || p.Title == "Aurora Headphones" {
		t.Errorf("the product is %q, %v, want a title of the imports and a subtitle of the editors", p.Title, p.Subtitle)
	}
	mugs := 0
	if err := s.Pool.QueryRow(t.Context(), "SELECT count(*) FROM products WHERE title = 'Tall Mug' AND version = 1").Scan(&mugs); err != nil || mugs != 1 {
		t.Errorf("%d mugs, %v, want one that no import changed", mugs, err)
	}
}
