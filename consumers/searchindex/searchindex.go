// Package searchindex updates the search index from events of the catalogue and
// of Inventory.
//
// An event is stored first and indexed soon after, in batches of products.
// Products that are stored and not yet indexed are marked in the database, so
// a crash delays them and loses none. Events may be repeated and arrive in any
// order: only a newer version is stored.
package searchindex

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/consumers/searchindex/db"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/inbox"
	"cartograph/internal/search"
	"cartograph/internal/wakeup"
)

const (
	batchSize    = 1000                   // products indexed at once
	batchDelay   = 10 * time.Millisecond  // after the first event, to index more at once
	bulkSize     = 100                    // products of a batch that is a part of many changes
	bulkDelay    = 500 * time.Millisecond // after it: the stock of a new product follows soon
	pollInterval = 250 * time.Millisecond // finds what another replica stored
	retryDelay   = time.Second            // after a failure
)

// Worker is one replica of the consumer group "searchindex".
type Worker struct {
	pool    *pgxpool.Pool
	index   search.Searcher
	events  *inbox.Mux
	log     *slog.Logger
	pending *wakeup.Signal // an event was stored

	after string // the product after which Index continues; the first one if it is empty
}

// NewWorker returns a worker that stores events in a migrated database and
// indexes their products.
func NewWorker(pool *pgxpool.Pool, index search.Searcher, log *slog.Logger) *Worker {
	// Handlers are idempotent by version, so none uses the outbox's transaction.
	w := &Worker{pool: pool, index: index, events: inbox.NewMux("searchindex", nil), log: log, pending: wakeup.New()}
	inbox.OnAll(w.events, func(ctx context.Context, products []event.ProductPublished, events []event.Envelope) error {
		return w.storeSnapshots(ctx, events, func(i int) event.ProductSnapshot { return products[i].ProductSnapshot })
	})
	inbox.OnAll(w.events, func(ctx context.Context, products []event.ProductChanged, events []event.Envelope) error {
		return w.storeSnapshots(ctx, events, func(i int) event.ProductSnapshot { return products[i].ProductSnapshot })
	})
	inbox.OnDirect(w.events, func(ctx context.Context, p event.ProductArchived, e event.Envelope) error {
		return w.storeProducts(ctx, db.Product{ID: p.ProductID, Version: p.Version, At: e.Time})
	})
	inbox.OnAll(w.events, func(ctx context.Context, levels []event.LevelChanged, _ []event.Envelope) error {
		return w.storeLevels(ctx, levels)
	})
	inbox.OnDirect(w.events, func(ctx context.Context, r event.ProductRankChanged, _ event.Envelope) error {
		return w.storeRank(ctx, r)
	})
	return w
}

// Topics are the topics to subscribe Handle to.
func (w *Worker) Topics() []event.Topic { return w.events.Topics() }

// Handle stores an event for Run to index.
func (w *Worker) Handle(ctx context.Context, e event.Envelope) error { return w.events.Handle(ctx, e) }

// HandleAll stores several events for Run to index.
func (w *Worker) HandleAll(ctx context.Context, events []event.Envelope) error {
	return w.events.HandleAll(ctx, events)
}

func (w *Worker) storeSnapshots(ctx context.Context, events []event.Envelope, snapshot func(i int) event.ProductSnapshot) error {
	products := make([]db.Product, len(events))
	for i, e := range events {
		p := snapshot(i)
		if len(p.CategorySlugs) != len(p.CategoryNames) {
			return fault.New(fault.Invalid, "Product %s has %d categories with %d names.", p.ProductID, len(p.CategorySlugs), len(p.CategoryNames))
		}
		encoded, err := json.Marshal(p)
		if err != nil {
			return fmt.Errorf("store product %s: %w", p.ProductID, err)
		}
		products[i] = db.Product{ID: p.ProductID, Version: p.Version, Snapshot: encoded, At: e.Time}
		for _, v := range p.Variants {
			products[i].VariantIDs = append(products[i].VariantIDs, v.VariantID)
		}
	}
	return w.storeProducts(ctx, products...)
}

func (w *Worker) storeProducts(ctx context.Context, products ...db.Product) error {
	if err := db.StoreProducts(ctx, w.pool, products); err != nil {
		return fmt.Errorf("store %d products from %s: %w", len(products), products[0].ID, err)
	}
	w.pending.Notify()
	return nil
}

func (w *Worker) storeLevels(ctx context.Context, events []event.LevelChanged) error {
	levels := make([]db.Level, len(events))
	for i, l := range events {
		levels[i] = db.Level{VariantID: l.VariantID, Available: l.Available, Version: l.Version, AsOf: l.At.UTC()}
	}
	if err := db.StoreLevels(ctx, w.pool, levels, search.PlentyInStock); err != nil {
		return fmt.Errorf("store %d levels from %s: %w", len(levels), levels[0].VariantID, err)
	}
	w.pending.Notify()
	return nil
}

func (w *Worker) storeRank(ctx context.Context, r event.ProductRankChanged) error {
	if err := db.New(w.pool).StoreRank(ctx, db.StoreRankParams{ProductID: r.ProductID, Rank: r.Rank, Version: r.Version}); err != nil {
		return fmt.Errorf("store rank of product %s: %w", r.ProductID, err)
	}
	w.pending.Notify()
	return nil
}

// Run indexes stored events until ctx ends. Failures are logged and retried.
func (w *Worker) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		n, err := w.Index(ctx)
		switch {
		case n == batchSize:
		case err != nil && ctx.Err() == nil:
			w.log.WarnContext(ctx, "index products failed, retrying", "err", err)
			wakeup.Sleep(ctx, retryDelay)
		default:
			w.pending.Wait(ctx, pollInterval)
			delay := batchDelay
			if n >= bulkSize {
				delay = bulkDelay
			}
			wakeup.Sleep(ctx, delay)
		}
	}
	return nil
}

// Index indexes a batch of pending products and returns its size.
func (w *Worker) Index(ctx context.Context) (int, error) {
	q, readAt := db.New(w.pool), time.Now()
	pending, err := q.Pending(ctx, db.PendingParams{After: w.after, Limit: batchSize})
	if err != nil || len(pending) == 0 {
		w.after = ""
		return 0, err
	}
	done := db.MarkIndexedParams{ReadAt: readAt}
	for _, p := range pending {
		done.ProductIDs, done.Revisions = append(done.ProductIDs, p.ProductID), append(done.Revisions, p.Revision)
	}
	// Levels are read after the revisions: a later change increments the revision
	// again, so the product stays pending.
	levels, err := q.LevelsOf(ctx, done.ProductIDs)
	if err != nil {
		return 0, fmt.Errorf("read levels: %w", err)
	}
	documents, deletions, err := changes(pending, levels)
	if err != nil {
		return 0, err
	}
	upserted, deleted := w.accepted(ctx, w.index.Upsert(ctx, documents...)), w.index.Delete(ctx, deletions...)
	if err := errors.Join(upserted, deleted); err != nil {
		// The next batch is for the fallback, too.
		w.after = pending[len(pending)-1].ProductID
		if fallbackHas(upserted) && fallbackHas(deleted) {
			err = errors.Join(err, q.MarkEmbedded(ctx, db.MarkEmbeddedParams{ProductIDs: done.ProductIDs, Revisions: done.Revisions}))
		}
		return 0, err
	}
	w.after = ""
	if err := q.MarkIndexed(ctx, done); err != nil {
		return 0, fmt.Errorf("mark %d products indexed: %w", len(pending), err)
	}
	return len(pending), nil
}

// fallbackHas reports whether what was written is at least in the fallback.
func fallbackHas(err error) bool {
	_, behind := errors.AsType[*search.BehindError](err)
	return err == nil || behind
}

// accepted logs documents that the index refuses, and returns any other error. They are
// not sent again before their products change: a repetition would be refused, too.
func (w *Worker) accepted(ctx context.Context, err error) error {
	refused, ok := errors.AsType[*search.RefusedError](err)
	if !ok {
		return err
	}
	w.log.ErrorContext(ctx, "documents refused by the search index", "product_ids", refused.IDs, "err", refused.Reason)
	return nil
}

func changes(pending []db.PendingRow, levels []db.LevelsOfRow) (documents []search.Document, deletions []search.Deletion, err error) {
	stock := make(map[string]db.LevelsOfRow, len(levels))
	for _, l := range levels {
		stock[l.VariantID] = l
	}
	for _, row := range pending {
		if row.Snapshot == nil {
			deletions = append(deletions, search.Deletion{ID: row.ProductID, Version: row.Revision})
			continue
		}
		var p event.ProductSnapshot
		if err := json.Unmarshal(row.Snapshot, &p); err != nil {
			return nil, nil, fmt.Errorf("read product %s: %w", row.ProductID, err)
		}
		d := documentOf(p, stock)
		d.Version, d.Sales = row.Revision, row.Rank
		if _, priced := d.Prices[search.FallbackCurrency]; !priced { // without it no price can be shown
			deletions = append(deletions, search.Deletion{ID: row.ProductID, Version: row.Revision})
			continue
		}
		documents = append(documents, d)
	}
	return documents, deletions, nil
}
