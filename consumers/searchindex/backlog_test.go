package searchindex_test

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/consumers/searchindex"
	"cartograph/consumers/searchindex/db"
	"cartograph/internal/event"
	"cartograph/internal/eventtest"
	"cartograph/internal/pgtest"
	"cartograph/internal/search"
	"cartograph/internal/search/postgres"
)

// backlogged is an indexer beside tables of the catalogue.
func backlogged(t *testing.T, index func(*pgxpool.Pool) search.Searcher) (*pgxpool.Pool, *searchindex.Worker, *searchindex.Backlog) {
	t.Helper()
	pool, log := pgtest.New(t, postgres.Migrations(), db.Migrations()), slog.New(slog.DiscardHandler)
	run(t, pool, `CREATE TABLE unindexed_products (product_id text COLLATE "C", version bigint, since timestamptz DEFAULT now() - interval '1 minute', PRIMARY KEY (product_id, version))`)
	run(t, pool, `CREATE TABLE snapshot_queue (product_id text, queued_at timestamptz DEFAULT now() - interval '1 minute')`)
	return pool, searchindex.NewWorker(pool, index(pool), log), searchindex.NewBacklog(pool, log)
}

func run(t *testing.T, pool *pgxpool.Pool, sql string) {
	t.Helper()
	if _, err := pool.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func wantAge(t *testing.T, b *searchindex.Backlog, embedded bool, least, most time.Duration, when string) {
	t.Helper()
	age, err := b.Age(t.Context(), embedded)
	if err != nil || age < least || age > most {
		t.Errorf("%s the index lacks a change of %s (embedded %t), %v, want %s to %s", when, age, embedded, err, least, most)
	}
}

func TestTheLagIsTheAgeOfTheOldestChangeThatTheIndexLacks(t *testing.T) {
	t.Parallel()
	pool, worker, backlog := backlogged(t, func(pool *pgxpool.Pool) search.Searcher { return postgres.New(pool) })
	const minute = time.Minute
	index := indexer{Worker: worker}
	changed := func(p event.Payload) {
		t.Helper()
		e := eventtest.Envelope(p)
		e.Time = time.Now().Add(-minute)
		if err := worker.Handle(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	check := func(least, most time.Duration, when string) {
		t.Helper()
		wantAge(t, backlog, false, least, most, when)
		wantAge(t, backlog, true, least, most, when)
	}
	check(0, 0, "at first")
	run(t, pool, "INSERT INTO unindexed_products VALUES ('p1', 1)")
	check(minute, 2*minute, "before any event")
	changed(lamp("p1", 1))
	check(minute, 2*minute, "after the event was stored")
	index.indexAll(t)
	check(0, 0, "after it was indexed")

	run(t, pool, "INSERT INTO unindexed_products VALUES ('p1', 2, now() - interval '1 minute'), ('p1', 3, now() - interval '10 seconds')")
	check(minute, 2*minute, "after two changes")
	changed(lamp("p1", 2))
	index.indexAll(t)
	check(1, minute-1, "with the first of two changes")
	changed(lamp("p1", 3))
	index.indexAll(t)
	check(0, 0, "after both")
	if err := backlog.Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	var left int
	if err := pool.QueryRow(t.Context(), "SELECT count(*) FROM unindexed_products").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d changes that were stored are left, %v", left, err)
	}
	run(t, pool, "INSERT INTO snapshot_queue VALUES ('p1')")
	check(minute, 2*minute, "while a change of its category is to be published")
	run(t, pool, "DELETE FROM snapshot_queue")

	stocked := level("p1-a", 3, 9)
	stocked.At = time.Now().Add(-minute)
	index.handle(t, stocked)
	check(minute, 2*minute, "after a change of stock")
	index.indexAll(t)
	check(0, 0, "after the stock was indexed")
	run(t, pool, "INSERT INTO unindexed_products VALUES ('p1', 4)")
	check(minute, 2*minute, "while an archived product is found")
	index.handle(t, event.ProductArchived{ProductID: "p1", Version: 4})
	index.indexAll(t)
	check(0, 0, "after it was removed")
}

// lost is an index that is away.
type lost struct{ search.Searcher }

func (lost) Upsert(context.Context, ...search.Document) error { return search.ErrUnavailable }
func (lost) Delete(context.Context, ...search.Deletion) error { return search.ErrUnavailable }

func TestTheLagOfTheEmbeddedIndexIsItsOwn(t *testing.T) {
	t.Parallel()
	pool, worker, backlog := backlogged(t, func(pool *pgxpool.Pool) search.Searcher {
		return search.NewGuarded(lost{}, postgres.New(pool), func(string, string, string) {})
	})
	e := eventtest.Envelope(lamp("p1", 1))
	e.Time = time.Now().Add(-time.Minute)
	if err := worker.Handle(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if _, err := worker.Index(t.Context()); err == nil {
		t.Fatal("an index that is away was written")
	}
	wantAge(t, backlog, false, time.Minute, 2*time.Minute, "while the index is away")
	wantAge(t, backlog, true, 0, 0, "while the index is away")
	changed := eventtest.Envelope(lamp("p1", 2))
	changed.Time = time.Now().Add(-time.Second)
	if err := worker.Handle(t.Context(), changed); err != nil {
		t.Fatal(err)
	}
	wantAge(t, backlog, true, time.Second, 2*time.Minute, "after another change")
	run(t, pool, "DROP TABLE search_documents") // the fallback fails, too
	for range 2 {                               // the first call ends what an earlier one began
		_, _ = worker.Index(t.Context())
	}
	wantAge(t, backlog, true, time.Second, 2*time.Minute, "while the fallback lacks a change")
}

// With a hundred thousand changes to index the age is read as fast as with one.
func TestTheLagIsReadFromIndexesHoweverLongTheBacklog(t *testing.T) {
	t.Parallel()
	pool, _, backlog := backlogged(t, func(pool *pgxpool.Pool) search.Searcher { return postgres.New(pool) })
	run(t, pool, "CREATE INDEX ON unindexed_products (since)")
	run(t, pool, "CREATE INDEX ON snapshot_queue (queued_at)")
	run(t, pool, "INSERT INTO unindexed_products SELECT 'p' || n, 1, now() - n * interval '1 ms' FROM generate_series(1, 20000) n")
	run(t, pool, "INSERT INTO snapshot_queue SELECT product_id, since FROM unindexed_products")
	run(t, pool, "INSERT INTO indexed_products (product_id, version, pending_since) SELECT product_id, 0, since FROM unindexed_products")
	run(t, pool, "ANALYZE unindexed_products, snapshot_queue, indexed_products")
	for _, embedded := range []bool{false, true} {
		wantAge(t, backlog, embedded, 19*time.Second, 5*time.Minute, "with a long backlog")
		var plan []byte
		if err := pool.QueryRow(t.Context(), "EXPLAIN (ANALYZE, FORMAT JSON) "+searchindex.AgeStatement(embedded)).Scan(&plan); err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`"Actual Rows": ([0-9]+)`).FindAllSubmatch(plan, -1) {
			if n, _ := strconv.Atoi(string(m[1])); n > 10 {
				t.Fatalf("a step of the statement reads %d rows (embedded %t): %s", n, embedded, plan)
			}
		}
	}
}

// fussy is an index that refuses one document.
type fussy struct {
	search.Searcher
	id string
}

func (f fussy) Upsert(ctx context.Context, documents ...search.Document) error {
	rest := slices.DeleteFunc(slices.Clone(documents), func(d search.Document) bool { return d.ID == f.id })
	if err := f.Searcher.Upsert(ctx, rest...); err != nil || len(rest) == len(documents) {
		return err
	}
	return &search.RefusedError{IDs: []string{f.id}, Reason: errors.New("too long")}
}

func TestARefusedDocumentHoldsBackNoOther(t *testing.T) {
	t.Parallel()
	pool, worker, backlog := backlogged(t, func(pool *pgxpool.Pool) search.Searcher {
		index := fussy{postgres.New(pool), "p2"}
		return search.NewGuarded(index, postgres.New(pool), func(string, string, string) {})
	})
	for _, id := range []string{"p1", "p2", "p3"} {
		if err := worker.Handle(t.Context(), eventtest.Envelope(lamp(id, 1))); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := worker.Index(t.Context()); err != nil || n != 3 {
		t.Errorf("Index = %d, %v, want all three", n, err)
	}
	wantAge(t, backlog, false, 0, 0, "after one was refused")
	var indexed int
	if err := pool.QueryRow(t.Context(), "SELECT count(*) FROM search_documents").Scan(&indexed); err != nil || indexed != 3 {
		t.Errorf("%d documents in the fallback, %v", indexed, err)
	}
}

func TestBestSellersFollowTheRanksOfProducts(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.handle(t, event.ProductRankChanged{ProductID: "p2", Rank: 7, Version: 1}, lamp("p1", 1), lamp("p2", 1), lamp("p3", 1), event.ProductRankChanged{ProductID: "p3", Rank: 9, Version: 2}, event.ProductRankChanged{ProductID: "p3", Rank: 1, Version: 1})
	w.indexAll(t)
	result, err := w.index.Search(t.Context(), search.Query{Sort: search.BestSelling, First: 5, Currency: "USD"})
	if err != nil || len(result.Hits) != 3 || result.Hits[0].ID != "p3" || result.Hits[1].ID != "p2" {
		t.Errorf("best sellers are %+v, %v, want p3, p2, p1", result.Hits, err)
	}
}
