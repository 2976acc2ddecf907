package graph_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
)

func TestEveryChangeOfAPublishedProductIsUnindexedFromItsCommit(t *testing.T) {
	t.Parallel()
	c := open(t)
	unindexed := func() []string {
		t.Helper()
		rows, err := c.Pool.Query(t.Context(), "SELECT product_id || ' ' || version FROM unindexed_products ORDER BY product_id, version")
		if err != nil {
			t.Fatal(err)
		}
		list, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	for _, sql := range []string{
		"UPDATE products SET title = 'Other', version = version + 1 WHERE id IN ('prd_a', 'prd_f', 'prd_g')", // published, archived, a draft
		"UPDATE products SET updated_at = now() WHERE id = 'prd_b'",
		"UPDATE products SET status = 'ARCHIVED', version = version + 1 WHERE id = 'prd_c'",
		"UPDATE products SET status = 'PUBLISHED', version = version + 1 WHERE id = 'prd_g'",
	} {
		if _, err := c.Pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"prd_a 2", "prd_c 2", "prd_g 3"}, unindexed()); diff != "" {
		t.Errorf("after changes (-want +got):\n%s", diff)
	}
}
