// Package postgres is a search.Searcher that keeps documents in Postgres and searches
// them in the memory of each replica.
//
// A write is committed to a table. Every replica reads the table when it starts, and
// then what has changed since, so all find the same within a moment, and a search
// sends no statement.
package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/pg"
	"cartograph/internal/search"
	"cartograph/internal/search/memory"
	"cartograph/internal/wakeup"
)

const (
	followInterval = 100 * time.Millisecond
	retryDelay     = time.Second
	readBatch      = 2000 // documents
)

// Index is a Searcher on a database with Migrations applied. The shop sells in the
// currencies; queries in another one run in search.FallbackCurrency.
type Index struct {
	pool       *pgxpool.Pool
	currencies []string
	follows    chan struct{} // one reads changes at a time
	copy       atomic.Pointer[replica]
}

var _ search.Searcher = (*Index)(nil)

// replica is a generation in memory.
type replica struct {
	*memory.Index
	generation int
	change     atomic.Int64 // the last one that is in it
	current    atomic.Int64 // when it had all changes, by the clock of this process in nanoseconds
}

// New returns the index of a database.
func New(pool *pgxpool.Pool, currencies ...string) *Index {
	return &Index{pool: pool, currencies: currencies, follows: make(chan struct{}, 1)}
}

// Run follows the changes of other processes until ctx ends.
func (x *Index) Run(ctx context.Context, log *slog.Logger) error {
	began := time.Now()
	for ctx.Err() == nil {
		loaded := x.copy.Load() != nil
		r, err := x.follow(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			log.WarnContext(ctx, "read of search documents failed, retrying", "err", err)
			wakeup.Sleep(ctx, retryDelay)
		case err == nil && !loaded:
			log.InfoContext(ctx, "search documents read", "documents", r.Len(), "seconds", time.Since(began).Seconds())
		default:
			wakeup.Sleep(ctx, followInterval)
		}
	}
	return nil
}

// Loaded returns an error until the documents were read: a search before would wait for
// that.
func (x *Index) Loaded() error {
	if x.copy.Load() == nil {
		return errNotLoaded
	}
	return nil
}

var errNotLoaded = errors.New("search documents are being read")

// follow applies what has changed to the copy in memory. A new generation is read as
// a whole before it replaces the old one.
func (x *Index) follow(ctx context.Context) (*replica, error) {
	select {
	case x.follows <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	defer func() { <-x.follows }()
	for {
		live, err := x.live(ctx)
		if err != nil {
			return nil, err
		}
		r := x.copy.Load()
		if r != nil && r.generation == live {
			return r, x.readAll(ctx, r)
		}
		r = &replica{Index: memory.New(x.currencies...), generation: live}
		if err := x.readAll(ctx, r); err != nil {
			return nil, err
		}
		// A generation that was swapped meanwhile may have been deleted while it was read.
		if after, err := x.live(ctx); err != nil {
			return nil, err
		} else if after == live {
			x.copy.Store(r)
			return r, nil
		}
	}
}

// live is the generation that is searched.
func (x *Index) live(ctx context.Context) (live int, err error) {
	if err := x.pool.QueryRow(ctx, "SELECT live FROM search_generations").Scan(&live); err != nil {
		return 0, fmt.Errorf("read the generation of the search index: %w", err)
	}
	return live, nil
}

func (x *Index) readAll(ctx context.Context, r *replica) error {
	for {
		began := time.Now()
		n, err := x.read(ctx, r)
		if err != nil {
			return fmt.Errorf("read search documents: %w", err)
		}
		if n < readBatch {
			r.current.Store(began.UnixNano())
			return nil
		}
	}
}

// read applies the next changes and returns their number.
func (x *Index) read(ctx context.Context, r *replica) (int, error) {
	rows, err := x.pool.Query(ctx, `
SELECT id, version, document, change FROM search_documents
WHERE generation = $1 AND change > $2 ORDER BY change LIMIT $3`, r.generation, r.change.Load(), readBatch)
	if err != nil {
		return 0, err
	}
	n := 0
	var id string
	var version, change int64
	var encoded []byte
	_, err = pgx.ForEachRow(rows, []any{&id, &version, &encoded, &change}, func() error {
		n++
		if err := r.apply(ctx, id, version, encoded); err != nil {
			return err
		}
		r.change.Store(change)
		return nil
	})
	return n, err
}

// apply writes a document; nil removes it.
func (r *replica) apply(ctx context.Context, id string, version int64, encoded []byte) error {
	if encoded == nil {
		return r.Delete(ctx, search.Deletion{ID: id, Version: version})
	}
	var d search.Document
	if err := json.Unmarshal(encoded, &d); err != nil {
		return fmt.Errorf("document %s: %w", id, err)
	}
	d.Version = version
	return r.Upsert(ctx, d)
}

// loaded is the copy in memory. The first call reads all documents.
func (x *Index) loaded(ctx context.Context) (*replica, error) {
	if r := x.copy.Load(); r != nil {
		return r, nil
	}
	return x.follow(ctx)
}

// Search returns a page of hits and what else the query selects.
func (x *Index) Search(ctx context.Context, q search.Query) (search.Result, error) {
	r, err := x.loaded(ctx)
	if err != nil {
		return search.Result{}, err
	}
	var lag time.Duration
	if q.Lag {
		if lag, err = x.lag(ctx, r); err != nil {
			return search.Result{}, err
		}
	}
	result, err := r.Search(ctx, q)
	result.Lag = lag
	return result, err
}

// lag is the age of the oldest change that a replica lacks, or a little more: it is younger
// than the replica was when it had all.
func (x *Index) lag(ctx context.Context, r *replica) (time.Duration, error) {
	var behind bool
	err := x.pool.QueryRow(ctx, `
SELECT EXISTS (SELECT FROM search_documents WHERE generation = (SELECT live FROM search_generations) AND change > $1)`, r.change.Load()).Scan(&behind)
	if err != nil {
		return 0, fmt.Errorf("measure the lag of the search index: %w", err)
	}
	if !behind {
		return 0, nil
	}
	return max(time.Since(time.Unix(0, r.current.Load())), 0), nil
}

// Complete returns words with the prefix, the most frequent first.
func (x *Index) Complete(ctx context.Context, prefix string, limit int) ([]string, error) {
	r, err := x.loaded(ctx)
	if err != nil {
		return nil, err
	}
	return r.Complete(ctx, prefix, limit)
}

// everyGeneration is the one that is searched, and the one that is being filled.
const everyGeneration = "(SELECT live FROM search_generations), (SELECT building FROM search_generations)"

// Upsert indexes documents, each unless a newer version is indexed.
func (x *Index) Upsert(ctx context.Context, documents ...search.Document) error {
	return x.upsert(ctx, everyGeneration, documents)
}

func (x *Index) upsert(ctx context.Context, generations string, documents []search.Document) error {
	var w writes
	for i := range documents {
		d := &documents[i]
		if err := d.Check(); err != nil {
			return err
		}
		encoded, err := json.Marshal(d)
		if err != nil {
			return fmt.Errorf("index %s: %w", d.ID, err)
		}
		w.add(d.ID, d.Version, new(string(encoded)))
	}
	return x.store(ctx, &w, generations)
}

// Delete removes documents, each unless a newer version is indexed.
func (x *Index) Delete(ctx context.Context, deletions ...search.Deletion) error {
	var w writes
	for _, d := range deletions {
		w.add(d.ID, d.Version, nil)
	}
	return x.store(ctx, &w, everyGeneration)
}

// writes are rows as columns, one for each document: the newest. Null is a removal.
type writes struct {
	at        map[string]int
	ids       []string
	versions  []int64
	documents []*string
}

func (w *writes) add(id string, version int64, document *string) {
	if w.at == nil {
		w.at = map[string]int{}
	}
	i, twice := w.at[id]
	if !twice {
		w.at[id] = len(w.ids)
		w.ids, w.versions, w.documents = append(w.ids, id), append(w.versions, version), append(w.documents, document)
	} else if w.versions[i] < version {
		w.versions[i], w.documents[i] = version, document
	}
}

// writeLock serialises writers, so that changes are numbered in the order of commits:
// a reader that has seen a number has seen all below it. Documents are written in
// batches, so the lock is taken rarely.
const writeLock = 0x736561726368 // "search"

const storeDocuments = `
INSERT INTO search_documents AS d (generation, id, version, document, change)
SELECT generation, id, version, document::json, nextval('search_changes')
FROM unnest($1::text[], $2::bigint[], $3::text[]) AS given (id, version, document),
     unnest(ARRAY[%s]) AS generation
WHERE generation IS NOT NULL
ON CONFLICT (generation, id) DO UPDATE SET version = excluded.version, document = excluded.document, change = excluded.change
WHERE d.version < excluded.version OR d.version = excluded.version AND excluded.document IS NULL`

// store writes to generations, and to the copy in memory if there is one.
func (x *Index) store(ctx context.Context, w *writes, generations string) error {
	if len(w.ids) == 0 {
		return nil
	}
	err := pg.InTx(ctx, x.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(writeLock)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, fmt.Sprintf(storeDocuments, generations), w.ids, w.versions, w.documents)
		return err
	})
	if err != nil {
		return fmt.Errorf("store %d search documents: %w", len(w.ids), err)
	}
	return x.followed(ctx)
}

// followed brings the copy in memory up to date, if there is one.
func (x *Index) followed(ctx context.Context) error {
	if x.copy.Load() == nil {
		return nil
	}
	_, err := x.follow(ctx)
	return err
}
