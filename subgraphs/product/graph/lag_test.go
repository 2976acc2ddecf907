package graph_test

import "testing"

func TestASearchReportsHowFarTheIndexIsBehind(t *testing.T) {
	t.Parallel()
	c := open(t)
	lag := func() float64 {
		t.Helper()
		a := c.Query(t, anyone(), `{ search(query: "mug") { indexLagMs } }`, nil)
		ms, ok := a.At("search", "indexLagMs").(float64)
		if len(a.Errors) > 0 || !ok {
			t.Fatalf("search responds %+v", a)
		}
		return ms
	}
	run := func(sql string) {
		t.Helper()
		if _, err := c.Pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	if ms := lag(); ms != 0 {
		t.Errorf("the index has everything and lags by %v ms", ms)
	}
	run("UPDATE products SET version = version + 1 WHERE id = 'prd_g'") // a draft
	if ms := lag(); ms != 0 {
		t.Errorf("after the change of a draft the index lags by %v ms", ms)
	}
	run("UPDATE products SET version = version + 1 WHERE id IN ('prd_a', 'prd_b')")
	run("UPDATE unindexed_products SET since = since - interval '1 hour' WHERE product_id = 'prd_a'")
	if ms := lag(); ms < 3_600_000 || ms > 4_000_000 {
		t.Errorf("the oldest change is an hour old, and the index lags by %v ms", ms)
	}
	run("DELETE FROM unindexed_products")
	if ms := lag(); ms != 0 {
		t.Errorf("the index has everything again and lags by %v ms", ms)
	}
}
