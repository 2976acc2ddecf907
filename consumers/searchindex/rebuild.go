package searchindex

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/consumers/searchindex/db"
	"cartograph/internal/event"
	"cartograph/internal/inbox"
	"cartograph/internal/search"
)

// fillBatch is how many products are written to a new index at once.
const fillBatch = 1000

// States are the compacted topics that Restore is for.
func States() []event.Topic { return []event.Topic{event.ProductStates, event.InventoryLevels} }

// Restore returns what stores the states of products and levels for the worker, as
// their events did.
func (w *Worker) Restore() func(context.Context, event.Envelope) error {
	states := inbox.NewMux("searchindex", nil)
	inbox.OnDirect(states, func(ctx context.Context, p event.ProductState, e event.Envelope) error {
		if p.Snapshot == nil {
			return w.storeProducts(ctx, db.Product{ID: p.ProductID, Version: p.Version, At: e.Time})
		}
		return w.storeSnapshots(ctx, []event.Envelope{e}, func(int) event.ProductSnapshot { return *p.Snapshot })
	})
	inbox.OnDirect(states, func(ctx context.Context, level event.LevelChanged, _ event.Envelope) error {
		return w.storeLevels(ctx, []event.LevelChanged{level})
	})
	return states.Handle
}

// Rebuild fills a new index with all stored products and swaps it with the one that
// is searched. Workers write to both meanwhile: a product that changes after it was
// read here is in the new index in its later version. A rebuild that is cut off is
// repeated, and continues with the same index. filled reports the products that are
// written, of how many. After a *search.RefusedError the new index is searched, without
// the products that it names.
func Rebuild(ctx context.Context, pool *pgxpool.Pool, index search.Rebuilder, filled func(done, of int)) error {
	q, refused := db.New(pool), search.RefusedError{}
	if err := index.Begin(ctx); err != nil {
		return err
	}
	all, err := q.CountStored(ctx)
	if err != nil {
		return fmt.Errorf("count products: %w", err)
	}
	filled(0, int(all))
	for done, after := 0, ""; ; {
		stored, err := q.StoredAfter(ctx, db.StoredAfterParams{After: after, Limit: fillBatch})
		if err != nil {
			return fmt.Errorf("read products: %w", err)
		}
		if len(stored) == 0 {
			break
		}
		rows, ids := make([]db.PendingRow, len(stored)), make([]string, len(stored))
		for i, p := range stored {
			rows[i], ids[i] = db.PendingRow(p), p.ProductID
		}
		levels, err := q.LevelsOf(ctx, ids)
		if err != nil {
			return fmt.Errorf("read levels: %w", err)
		}
		documents, _, err := changes(rows, levels) // a new index has nothing to remove
		if err != nil {
			return err
		}
		err = index.Fill(ctx, documents...)
		if part, ok := errors.AsType[*search.RefusedError](err); ok {
			refused.IDs, refused.Reason = append(refused.IDs, part.IDs...), cmp.Or(refused.Reason, part.Reason)
		} else if err != nil {
			return err
		}
		done, after = done+len(stored), ids[len(ids)-1]
		filled(min(done, int(all)), int(all))
	}
	if err := index.Swap(ctx); err != nil || len(refused.IDs) == 0 {
		return err
	}
	return &refused
}
