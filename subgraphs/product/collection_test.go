package product_test

import (
	"slices"
	"sync"
	"testing"

	"cartograph/internal/event"
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/producttest"
)

func collect(t *testing.T, s *producttest.Shop, slug string, group product.ConditionsInput) *product.Collection {
	t.Helper()
	c, err := s.UpsertCollection(merchant(t), nil, product.CollectionInput{
		PageInput: product.PageInput{Name: &slug}, Rule: &product.RuleInput{AnyOf: []product.ConditionsInput{group}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func members(t *testing.T, s *producttest.Shop, c *product.Collection) []string {
	t.Helper()
	for {
		n, err := s.EvaluateQueued(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			break
		}
	}
	page, err := s.ProductsIn(t.Context(), c, 100, -1<<62, "")
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{}
	for _, p := range page {
		ids = append(ids, p.ID)
	}
	slices.Sort(ids)
	return ids
}

func TestAProductJoinsAndLeavesARuleAsItChanges(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	tagged := product.ConditionsInput{Conditions: product.Conditions{Tags: []string{"summer"}}}
	stocked := product.ConditionsInput{Conditions: product.Conditions{CategoryID: new("cat_kitchen"), InStockOnly: true}}
	cheap := product.ConditionsInput{MaxPrice: &product.NewPrice{Amount: "15", Currency: "USD"}}
	summer, kitchen, bargains := collect(t, s, "Summer", tagged), collect(t, s, "Kitchen", stocked), collect(t, s, "Bargains", cheap)
	want := func(step string, c *product.Collection, want ...string) {
		t.Helper()
		if got := members(t, s, c); !slices.Equal(got, append([]string{}, want...)) {
			t.Errorf("%s: %s has %v, want %v", step, c.Title, got, want)
		}
	}
	want("at first", summer)
	want("at first", kitchen, "prd_e")
	want("at first", bargains, "prd_d")

	if _, err := s.Update(merchant(t), "prd_b", nil, product.Details{Tags: &[]string{"summer"}}); err != nil {
		t.Fatal(err)
	}
	want("tagged", summer, "prd_b")
	publishQueued(t, s)
	if got := snapshots(t, s, 0)["prd_b"].CollectionSlugs; !slices.Equal(got, []string{"summer"}) {
		t.Errorf("the last snapshot of prd_b has collections %v, want summer", got)
	}
	s.HandleEvent(t, event.LevelChanged{VariantID: "var_d1", OnHand: 1, Available: 1, Version: 2, At: producttest.Now()})
	s.HandleEvent(t, event.LevelChanged{VariantID: "var_e1", Available: 0, Version: 2, At: producttest.Now()})
	want("one delivered and one sold out", kitchen, "prd_d")
	if _, err := s.SetPrices(merchant(t), []product.PriceChange{{VariantID: "var_d1", Price: product.NewPrice{Amount: "16", Currency: "USD"}}}); err != nil {
		t.Fatal(err)
	}
	want("dearer", bargains)
	if _, err := s.Archive(merchant(t), "prd_b"); err != nil {
		t.Fatal(err)
	}
	want("archived", summer)
	if err := s.DeleteCategory(merchant(t), "cat_kitchen", new("cat_audio")); err != nil {
		t.Fatal(err)
	}
	want("moved to another category", kitchen)
}

func TestProductsGrowOldWithoutAChange(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	for id, days := range map[string]string{"prd_a": "29", "prd_b": "31"} {
		if _, err := s.Pool.Exec(t.Context(), "UPDATE products SET created_at = now() - $2::text::int * interval '1 day' WHERE id = $1", id, days); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Pool.Exec(t.Context(), "UPDATE products SET created_at = '2020-01-01' WHERE id NOT IN ('prd_a', 'prd_b')"); err != nil {
		t.Fatal(err)
	}
	c := collect(t, s, "New", product.ConditionsInput{Conditions: product.Conditions{NewWithinDays: new(30)}})
	if got := members(t, s, c); !slices.Equal(got, []string{"prd_a"}) {
		t.Errorf("new are %v, want prd_a", got)
	}
	// Days pass for products that nothing else changes.
	evaluate := func(step string, want ...string) {
		t.Helper()
		if err := s.EvaluateAging(t.Context()); err != nil {
			t.Fatal(err)
		}
		page, err := s.ProductsIn(t.Context(), c, 100, -1<<62, "")
		if err != nil {
			t.Fatal(err)
		}
		got := []string{}
		for _, p := range page {
			got = append(got, p.ID)
		}
		if !slices.Equal(got, append([]string{}, want...)) {
			t.Errorf("%s: new are %v, want %v", step, got, want)
		}
	}
	evaluate("at first", "prd_a")
	pass := func(days int) {
		t.Helper()
		execute(t, s, "UPDATE products SET created_at = created_at - $1::int * interval '1 day'", days)
		execute(t, s, "UPDATE collection_aging SET until = until - $1::int * interval '1 day'", days)
		execute(t, s, "DELETE FROM collection_queue")
	}
	pass(2)
	evaluate("after two days")
	n := len(s.Published(t))
	publishQueued(t, s)
	if p, published := snapshots(t, s, n)["prd_a"]; !published || len(p.CollectionSlugs) > 0 {
		t.Errorf("the product that left is published (%t) in %v", published, p.CollectionSlugs)
	}
	// One that no evaluation was due for stays as it is.
	execute(t, s, "INSERT INTO collection_products VALUES ($1, 'prd_b', 0)", c.ID)
	evaluate("without a day for what left long ago", "prd_b")
}

func execute(t *testing.T, s *producttest.Shop, sql string, args ...any) {
	t.Helper()
	if _, err := s.Pool.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

// TestNoConcurrentChangeIsMissed changes products while rules are set and evaluated: at the
// end each rule has exactly the products with its tag.
func TestNoConcurrentChangeIsMissed(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	tags := []string{"red", "green", "blue"}
	var work sync.WaitGroup
	for i, id := range []string{"prd_a", "prd_b", "prd_c", "prd_d", "prd_e"} {
		work.Go(func() {
			for n := range 12 {
				if _, err := s.Update(merchant(t), id, nil, product.Details{Tags: &[]string{tags[(n+i)%3]}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	collections := make([]*product.Collection, len(tags))
	for i, tag := range tags {
		work.Go(func() {
			collections[i] = collect(t, s, tag, product.ConditionsInput{Conditions: product.Conditions{Tags: []string{tag}}})
		})
		work.Go(func() {
			for range 10 {
				if _, err := s.EvaluateQueued(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	work.Wait()
	for i, c := range collections {
		var want []string
		rows, err := s.Pool.Query(t.Context(), "SELECT id FROM products WHERE status = 'PUBLISHED' AND $1 = ANY (tags) ORDER BY id", tags[i])
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				t.Fatal(err)
			}
			want = append(want, id)
		}
		rows.Close()
		if got := members(t, s, c); !slices.Equal(got, append([]string{}, want...)) {
			t.Errorf("%s has %v, want %v", tags[i], got, want)
		}
	}
}
