package app

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	searchindexdb "cartograph/consumers/searchindex/db"
	"cartograph/internal/pg"
	"cartograph/internal/search/postgres"
	productdb "cartograph/subgraphs/product/db"
)

// A database is where a role keeps its state.
type database struct {
	url     func(*Config) *string
	owner   string // the role whose database it is; "" for the role's own
	migrate func(context.Context, *pgxpool.Pool) error
	options []pg.Option
}

// open connects to a role's database and migrates it.
func (r role) openDatabase(ctx context.Context, cfg *Config, tracer pgx.QueryTracer) (*pgxpool.Pool, error) {
	url := *r.database.url(cfg)
	if url == "" {
		return nil, fmt.Errorf("no database: set %s_DATABASE_URL", strings.ToUpper(r.name))
	}
	pool, err := pg.Open(ctx, url, tracer, r.database.options...)
	if err != nil {
		return nil, err
	}
	if err := r.database.migrate(ctx, pool); err != nil {
		pool.Close()
		return nil, err
	}
	return pool, nil
}

// Migrate brings the databases of the named roles up to date, of all roles
// with a database URL where none is named. Roles do the same when they start;
// this is for deployments that separate the two.
func Migrate(ctx context.Context, cfg Config, log *slog.Logger, names []string) error {
	chosen, err := choose(names)
	if err != nil {
		return err
	}
	for _, r := range chosen {
		if r.database == nil || len(names) == 0 && *r.database.url(&cfg) == "" {
			continue
		}
		pool, err := r.openDatabase(ctx, &cfg, nil)
		if err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		pool.Close()
		log.InfoContext(ctx, "database is up to date", "role", r.name)
	}
	return nil
}

// migrations applies one service's files.
func migrations(files func() fs.FS) func(context.Context, *pgxpool.Pool) error {
	return func(ctx context.Context, pool *pgxpool.Pool) error { return pg.Migrate(ctx, pool, files()) }
}

func migrateProduct(ctx context.Context, pool *pgxpool.Pool) error {
	if err := pg.Migrate(ctx, pool, productdb.Migrations()); err != nil {
		return err
	}
	return migrateSearch(ctx, pool)
}

// migrateSearch migrates the search tables, which are in the product database.
// Product reads them and searchindex fills them: the first to start creates
// them.
func migrateSearch(ctx context.Context, pool *pgxpool.Pool) error {
	if err := pg.MigrateShared(ctx, pool); err != nil {
		return err
	}
	if err := pg.MigrateAs(ctx, pool, "migrations_search", postgres.Migrations()); err != nil {
		return err
	}
	return pg.MigrateAs(ctx, pool, "migrations_searchindex", searchindexdb.Migrations())
}
