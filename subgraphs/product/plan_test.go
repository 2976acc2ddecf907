package product_test

import (
	"context"
	"strings"
	"testing"

	"cartograph/internal/pg"
	"cartograph/internal/productfile"
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/producttest"
)

// A connection keeps the plans of its statements. Those that were made for an empty
// catalogue must not outlive an import.
func TestAnImportReplacesThePlansThatWereMadeBefore(t *testing.T) {
	t.Parallel()
	s := producttest.Open(t)
	pool, err := pg.Open(t.Context(), s.Pool.Config().ConnString(), nil, pg.PlanByValue)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	conn, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	explain := func(ctx context.Context) (plan string) {
		t.Helper()
		rows, err := conn.Query(ctx, "EXPLAIN EXECUTE page ('volume-v000100')")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				t.Fatal(err)
			}
			plan += line + "\n"
		}
		return plan
	}
	const page = `SELECT p.title, v.sku, r.price_minor FROM products p JOIN variants v ON v.product_id = p.id JOIN variant_prices r ON r.variant_id = v.id WHERE p.slug = $1`
	for _, sql := range []string{"SET plan_cache_mode = force_generic_plan", "ANALYZE", "PREPARE page (text) AS " + page} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	if plan := explain(t.Context()); !strings.Contains(plan, "Seq Scan on variant_prices") {
		t.Fatalf("the plan for an empty catalogue is\n%s, want one that scans tables", plan)
	}
	s.Take(t, producttest.Assortment())
	other := producttest.Open(t)
	other.Take(t, producttest.Assortment())
	other.Take(t, product.Assortment{Products: producttest.Volume(1000)})
	file := exported(t, other, productfile.JSONLines)
	importFile(t, s, productfile.Read(strings.NewReader(file), productfile.JSONLines), product.FileImport{})
	if plan := explain(t.Context()); strings.Contains(plan, "Seq Scan") {
		t.Errorf("after an import of 1,000 products the connection has the plan\n%s, want none that scans a table", plan)
	}
}
