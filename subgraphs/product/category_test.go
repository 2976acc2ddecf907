package product_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"cartograph/internal/fault"
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/producttest"
)

// merchant is the context of a member of the shop's staff.
func merchant(t *testing.T) context.Context { return in(t, "USD", "catalog:write", "catalog:manage") }

func save(t *testing.T, s *producttest.Shop, in product.CategoryInput) *product.Category {
	t.Helper()
	c, err := s.UpsertCategory(merchant(t), nil, in)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func named(name string) product.PageInput { return product.PageInput{Name: &name} }

// chain creates categories, each below the one before.
func chain(t *testing.T, s *producttest.Shop, prefix string, levels int) []*product.Category {
	t.Helper()
	var all []*product.Category
	for i := range levels {
		in := product.CategoryInput{PageInput: named(fmt.Sprintf("%s %d", prefix, i))}
		if i > 0 {
			in.ParentID = &all[i-1].ID
		}
		all = append(all, save(t, s, in))
	}
	return all
}

// checkTree compares the ancestors of every category with its parent.
func checkTree(t *testing.T, s *producttest.Shop) {
	t.Helper()
	all, err := s.Categories(t.Context(), nil, 10)
	if err != nil {
		t.Fatal(err)
	}
	byID := map[string]*product.Category{}
	for _, c := range all {
		byID[c.ID] = c
	}
	var n int
	if err := s.Pool.QueryRow(t.Context(), "SELECT count(*) FROM categories").Scan(&n); err != nil || n != len(all) {
		t.Errorf("%d of %d categories are reached from the top, %v", len(all), n, err)
	}
	for _, c := range all {
		var want []string
		for parent := c.ParentID; parent != nil; parent = byID[*parent].ParentID {
			want = append([]string{*parent}, want...)
		}
		if !slices.Equal(want, c.AncestorIDs) {
			t.Errorf("%s has ancestors %v, want %v", c.Name, c.AncestorIDs, want)
		}
	}
}

func TestAMovedCategoryTakesItsDescendantsAlong(t *testing.T) {
	t.Parallel()
	s := producttest.Open(t)
	a, b := chain(t, s, "a", 4), chain(t, s, "b", 5)
	s.Statements.Reset()
	moved := save(t, s, product.CategoryInput{ID: &a[1].ID, Move: true, ParentID: &b[4].ID})
	if n := s.Statements.N(); n > 14 {
		t.Errorf("the move took %d statements, want 14 at most", n)
	}
	if len(moved.AncestorIDs) != 5 {
		t.Errorf("it has ancestors %v, want all five", moved.AncestorIDs)
	}
	checkTree(t, s)
	// b has five levels, and a three below them: two more are allowed.
	in := product.CategoryInput{PageInput: named("deep"), ParentID: &a[3].ID}
	in.ParentID = &save(t, s, in).ID
	in.Name = new("deepest")
	in.ParentID = &save(t, s, in).ID
	in.Name = new("too deep")
	if _, err := s.UpsertCategory(merchant(t), nil, in); fault.KindOf(err) != fault.Invalid {
		t.Errorf("an eleventh level: %v, want INVALID_INPUT", err)
	}
	if _, err := s.UpsertCategory(merchant(t), nil, product.CategoryInput{ID: &b[0].ID, Move: true, ParentID: &a[0].ID}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("ten levels below another: %v, want INVALID_INPUT", err)
	}
	save(t, s, product.CategoryInput{ID: &a[1].ID, Move: true})
	checkTree(t, s)
}

func TestConcurrentMovesMakeNoCycle(t *testing.T) {
	t.Parallel()
	s := producttest.Open(t)
	a, b := chain(t, s, "a", 3), chain(t, s, "b", 3)
	for range 10 {
		var moves sync.WaitGroup
		errs := make([]error, 2)
		for i, move := range [][2]string{{a[0].ID, b[2].ID}, {b[0].ID, a[2].ID}} {
			moves.Go(func() {
				_, errs[i] = s.UpsertCategory(merchant(t), nil, product.CategoryInput{ID: &move[0], Move: true, ParentID: &move[1]})
			})
		}
		moves.Wait()
		for i, other := range []int{1, 0} {
			if errs[i] != nil && (fault.KindOf(errs[i]) != fault.Invalid || errs[other] != nil) {
				t.Fatalf("moves: %v, want one refused as a cycle", errs)
			}
		}
		if errs[0] == nil && errs[1] == nil {
			t.Fatal("both moves succeeded, want one refused as a cycle")
		}
		checkTree(t, s)
		for _, top := range []string{a[0].ID, b[0].ID} {
			save(t, s, product.CategoryInput{ID: &top, Move: true})
		}
	}
}

func TestSiblingsAreNumberedInTheirOrder(t *testing.T) {
	t.Parallel()
	s := producttest.Open(t)
	names := func() (names []string) {
		all, err := s.Categories(t.Context(), nil, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range all {
			names = append(names, c.Name)
		}
		return names
	}
	byName := map[string]*product.Category{}
	for _, name := range []string{"a", "b", "c", "d"} {
		byName[name] = save(t, s, product.CategoryInput{PageInput: named(name)})
	}
	for _, tt := range []struct {
		name     string
		position int
		want     []string
	}{
		{"d", 0, []string{"d", "a", "b", "c"}},
		{"d", 2, []string{"a", "b", "d", "c"}},
		{"a", 99, []string{"b", "d", "c", "a"}},
		{"d", 1, []string{"b", "d", "c", "a"}},
		{"b", 1, []string{"d", "b", "c", "a"}},
	} {
		save(t, s, product.CategoryInput{ID: &byName[tt.name].ID, Position: &tt.position})
		if got := names(); !slices.Equal(got, tt.want) {
			t.Errorf("%s at %d: %v, want %v", tt.name, tt.position, got, tt.want)
		}
	}
	save(t, s, product.CategoryInput{ID: &byName["d"].ID, Move: true, ParentID: &byName["a"].ID})
	save(t, s, product.CategoryInput{ID: &byName["d"].ID, Move: true})
	if got, want := names(), []string{"b", "c", "a", "d"}; !slices.Equal(got, want) {
		t.Errorf("a category that comes back is at %v, want it last: %v", got, want)
	}
}

func TestADeletedCategoryLeavesItsContentsToAnother(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	deeper := save(t, s, product.CategoryInput{PageInput: named("Over-ear"), ParentID: new("cat_headphones")})
	if err := s.DeleteCategory(merchant(t), "cat_headphones", new("cat_kitchen")); err != nil {
		t.Fatal(err)
	}
	checkTree(t, s)
	moved, err := s.Category(t.Context(), &deeper.ID, nil)
	if err != nil || !slices.Equal(moved.AncestorIDs, []string{"cat_kitchen"}) {
		t.Errorf("its child is below %v, %v, want cat_kitchen", moved.AncestorIDs, err)
	}
	p, err := s.Product(t.Context(), new("prd_a"), nil)
	if err != nil || p.Category.ID != "cat_kitchen" {
		t.Errorf("its product is in %v, %v, want cat_kitchen", p.Category, err)
	}
	if gone, err := s.Category(t.Context(), nil, new("headphones")); err != nil || gone != nil {
		t.Errorf("it is still there: %v, %v", gone, err)
	}
	if err := s.DeleteCategory(merchant(t), "cat_speakers", nil); err != nil {
		t.Errorf("an empty category is not deleted: %v", err)
	}
}
