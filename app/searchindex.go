package app

import (
	"context"
	"net/http"

	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/consumers/searchindex"
	"cartograph/consumers/searchindex/db"
	"cartograph/internal/pg"
	"cartograph/internal/search"
)

func runSearchIndex(ctx context.Context, h *host) error {
	if h.cfg.SearchIndex.DatabaseURL == "" {
		return noDatabase(h.role)
	}
	pool, err := pg.Open(ctx, h.cfg.SearchIndex.DatabaseURL, h.tracer, pg.PlanByValue)
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := migrateSearch(ctx, pool); err != nil {
		return err
	}
	worker := searchindex.NewWorker(pool, search.NewPostgres(pool, h.cfg.Product.Currencies...), h.log)
	h.consume(pool, worker.Topics(), worker.Handle)
	h.also(worker.Run)
	return h.serve(ctx, pool, http.NotFoundHandler())
}

// migrateSearch brings the search tables, which lie in the product database,
// up to date. Product reads them and searchindex fills them: whoever starts
// first makes them.
func migrateSearch(ctx context.Context, pool *pgxpool.Pool) error {
	if err := pg.MigrateShared(ctx, pool); err != nil {
		return err
	}
	if err := pg.MigrateAs(ctx, pool, "migrations_search", search.Migrations()); err != nil {
		return err
	}
	return pg.MigrateAs(ctx, pool, "migrations_searchindex", db.Migrations())
}
