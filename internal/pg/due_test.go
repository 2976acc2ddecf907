package pg_test

import (
	"testing"
	"testing/fstest"

	"cartograph/internal/pg"
	"cartograph/internal/pgtest"
)

func TestWorkThatIsDueAbsurdlyFarAheadIsDueNow(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t, fstest.MapFS{})
	for _, sql := range []string{
		"CREATE TABLE jobs (id text, waits bool, due_at timestamptz)",
		`INSERT INTO jobs VALUES ('soon', true, now() + interval '1 hour'), ('jumped', true, now() + interval '3 days'),
			('done', false, now() + interval '3 days'), ('never', true, NULL)`,
	} {
		if _, err := pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	dates := pg.DueDates{Table: "jobs", Column: "due_at", Where: "waits"}
	for round, want := range []int64{1, 0} {
		if n, err := dates.Heal(t.Context(), pool); n != want || err != nil {
			t.Errorf("round %d healed %d, %v; want %d", round, n, err, want)
		}
	}
	var due string
	if err := pool.QueryRow(t.Context(), "SELECT string_agg(id, ' ') FROM jobs WHERE due_at <= now()").Scan(&due); err != nil || due != "jumped" {
		t.Errorf("due is %q, %v; want the one whose date jumped", due, err)
	}
}
