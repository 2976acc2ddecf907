package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/pg"
	"cartograph/internal/search"
)

var _ search.Rebuilder = (*Index)(nil)

// Begin adds an empty generation, or continues with the one that an earlier rebuild
// left. From then on every write goes to both.
func (x *Index) Begin(ctx context.Context) error {
	return x.locked(ctx, "begin a new search index", "UPDATE search_generations SET building = coalesce(building, live + 1)")
}

// Fill writes documents to the new generation alone.
func (x *Index) Fill(ctx context.Context, documents ...search.Document) error {
	return x.upsert(ctx, "(SELECT building FROM search_generations)", documents)
}

// Swap makes the new generation the one that is searched, and deletes the old one.
func (x *Index) Swap(ctx context.Context) error {
	err := x.locked(ctx, "swap the search index", "UPDATE search_generations SET live = building, building = NULL WHERE building IS NOT NULL")
	if err != nil {
		return err
	}
	_, err = x.pool.Exec(ctx, "DELETE FROM search_documents WHERE generation < (SELECT live FROM search_generations)")
	if err != nil {
		return fmt.Errorf("delete the old search index: %w", err)
	}
	return x.followed(ctx)
}

// locked runs a statement while no document is written.
func (x *Index) locked(ctx context.Context, doing, sql string) error {
	err := pg.InTx(ctx, x.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(writeLock)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, sql)
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}
