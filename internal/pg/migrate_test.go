package pg_test

import (
	"testing"
	"testing/fstest"

	"golang.org/x/sync/errgroup"

	"cartograph/internal/pg"
	"cartograph/internal/pgtest"
)

func TestReplicasThatStartTogetherMigrateOnce(t *testing.T) {
	t.Parallel()
	url := pgtest.Blank(t)
	migrations := fstest.MapFS{"00001_init.sql": {Data: []byte("-- +goose Up\nCREATE TABLE pots (id text);\nINSERT INTO pots VALUES ('teapot');\n")}}
	var g errgroup.Group
	for range 6 {
		g.Go(func() error {
			pool, err := pg.Open(t.Context(), url, nil)
			if err != nil {
				return err
			}
			defer pool.Close()
			return pg.Migrate(t.Context(), pool, migrations)
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	pool, err := pg.Open(t.Context(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	var pots int
	if err := pool.QueryRow(t.Context(), "SELECT count(*) FROM pots").Scan(&pots); err != nil {
		t.Fatal(err)
	}
	if pots != 1 {
		t.Errorf("the migration ran %d times, want once", pots)
	}
}
