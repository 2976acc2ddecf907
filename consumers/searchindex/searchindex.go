// Package searchindex keeps the search index at what the catalogue and stock
// say.
//
// An event is kept first and indexed soon after, many products at once. What
// was kept and not yet indexed is marked in the database, so a crash delays a
// product and never loses one. Events may come twice and in any order: what is
// older than what is known changes nothing.
package searchindex

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/consumers/searchindex/db"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/search"
	"cartograph/internal/wakeup"
)

const (
	batchSize    = 200                    // products indexed at once
	batchDelay   = 10 * time.Millisecond  // after the first event, to index more at once
	pollInterval = 250 * time.Millisecond // finds what another replica stored
	retryDelay   = time.Second            // after a failure
)

// Worker is one replica of the consumer group "searchindex".
type Worker struct {
	pool    *pgxpool.Pool
	index   search.Searcher
	log     *slog.Logger
	pending *wakeup.Signal // an event was stored
}

// NewWorker returns a worker that keeps what it is told in a migrated
// database, and indexes it.
func NewWorker(pool *pgxpool.Pool, index search.Searcher, log *slog.Logger) *Worker {
	return &Worker{pool: pool, index: index, log: log, pending: wakeup.New()}
}

// Topics are what Handle wants to hear.
func (w *Worker) Topics() []event.Topic { return []event.Topic{event.Products, event.InventoryLevels} }

// Handle keeps what an event tells, for Run to index.
func (w *Worker) Handle(ctx context.Context, e event.Envelope) error {
	switch e.Type {
	case event.Type[event.ProductPublished](), event.Type[event.ProductChanged]():
		snapshot, err := event.Decode[event.ProductPublished](e) // both tell a snapshot
		if err != nil {
			return err
		}
		return w.keepSnapshot(ctx, snapshot.ProductSnapshot)
	case event.Type[event.ProductArchived]():
		archived, err := event.Decode[event.ProductArchived](e)
		if err != nil {
			return err
		}
		return w.keepProduct(ctx, archived.ProductID, archived.Version, nil, nil)
	case event.Type[event.LevelChanged]():
		level, err := event.Decode[event.LevelChanged](e)
		if err != nil {
			return err
		}
		return w.keepLevel(ctx, level)
	default:
		return nil // nothing that can be found
	}
}

func (w *Worker) keepSnapshot(ctx context.Context, p event.ProductSnapshot) error {
	if len(p.CategorySlugs) != len(p.CategoryNames) {
		return fault.New(fault.Invalid, "Product %s has %d categories with %d names.", p.ProductID, len(p.CategorySlugs), len(p.CategoryNames))
	}
	encoded, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("keep product %s: %w", p.ProductID, err)
	}
	var variants []string
	for _, v := range p.Variants {
		variants = append(variants, v.VariantID)
	}
	return w.keepProduct(ctx, p.ProductID, p.Version, encoded, variants)
}

func (w *Worker) keepProduct(ctx context.Context, id string, version int64, snapshot []byte, variants []string) error {
	if err := db.KeepProduct(ctx, w.pool, id, version, snapshot, variants); err != nil {
		return fmt.Errorf("keep product %s: %w", id, err)
	}
	w.pending.Notify()
	return nil
}

func (w *Worker) keepLevel(ctx context.Context, l event.LevelChanged) error {
	if err := db.KeepLevel(ctx, w.pool, l.VariantID, l.Available, l.Version, l.At.UTC(), search.PlentyInStock); err != nil {
		return fmt.Errorf("keep level of %s: %w", l.VariantID, err)
	}
	w.pending.Notify()
	return nil
}

// Run indexes what Handle kept, until ctx ends. Failures are logged and tried
// again.
func (w *Worker) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		n, err := w.Index(ctx)
		switch {
		case n == batchSize:
		case err != nil && ctx.Err() == nil:
			w.log.WarnContext(ctx, "index products", "err", err)
			wakeup.Sleep(ctx, retryDelay)
		default:
			w.pending.Wait(ctx, pollInterval)
			wakeup.Sleep(ctx, batchDelay)
		}
	}
	return nil
}

// Index indexes a batch of what waits, and returns how much it was.
func (w *Worker) Index(ctx context.Context) (int, error) {
	q := db.New(w.pool)
	waiting, err := q.Waiting(ctx, batchSize)
	if err != nil || len(waiting) == 0 {
		return 0, err
	}
	done := db.MarkIndexedParams{}
	for _, p := range waiting {
		done.ProductIDs, done.Revisions = append(done.ProductIDs, p.ProductID), append(done.Revisions, p.Revision)
	}
	// Levels are read after the revisions: what changes from here on has a
	// later revision and comes again.
	levels, err := q.LevelsOf(ctx, done.ProductIDs)
	if err != nil {
		return 0, fmt.Errorf("read levels: %w", err)
	}
	documents, deletions, err := changes(waiting, levels)
	if err != nil {
		return 0, err
	}
	if err := w.index.Upsert(ctx, documents...); err != nil {
		return 0, err
	}
	if err := w.index.Delete(ctx, deletions...); err != nil {
		return 0, err
	}
	if err := q.MarkIndexed(ctx, done); err != nil {
		return 0, fmt.Errorf("mark %d products indexed: %w", len(waiting), err)
	}
	return len(waiting), nil
}

func changes(waiting []db.WaitingRow, levels []db.LevelsOfRow) (documents []search.Document, deletions []search.Deletion, err error) {
	stock := make(map[string]db.LevelsOfRow, len(levels))
	for _, l := range levels {
		stock[l.VariantID] = l
	}
	for _, row := range waiting {
		if row.Snapshot == nil {
			deletions = append(deletions, search.Deletion{ID: row.ProductID, Version: row.Revision})
			continue
		}
		var p event.ProductSnapshot
		if err := json.Unmarshal(row.Snapshot, &p); err != nil {
			return nil, nil, fmt.Errorf("read product %s: %w", row.ProductID, err)
		}
		d := documentOf(p, stock)
		d.Version = row.Revision
		if _, priced := d.Prices[search.FallbackCurrency]; !priced { // it cannot be shown
			deletions = append(deletions, search.Deletion{ID: row.ProductID, Version: row.Revision})
			continue
		}
		documents = append(documents, d)
	}
	return documents, deletions, nil
}
