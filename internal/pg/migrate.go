package pg

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
)

//go:embed migrations/*.sql
var shared embed.FS

// Migrate brings a service's database up to date: first the tables that all
// services have, then its own. Replicas that start together take turns: the
// first one migrates, the others find nothing to do.
func Migrate(ctx context.Context, pool *pgxpool.Pool, migrations fs.FS) error {
	if err := MigrateShared(ctx, pool); err != nil {
		return err
	}
	return MigrateAs(ctx, pool, "migrations", migrations)
}

// MigrateShared applies the migrations of the tables that all services have.
func MigrateShared(ctx context.Context, pool *pgxpool.Pool) error {
	return MigrateAs(ctx, pool, "migrations_shared", Shared())
}

// MigrateAs applies migrations whose progress is kept in the named table.
func MigrateAs(ctx context.Context, pool *pgxpool.Pool, table string, migrations fs.FS) error {
	unlock, err := lockMigrations(ctx, pool)
	if err != nil {
		return err
	}
	defer unlock()
	store, err := database.NewStore(goose.DialectPostgres, table)
	if err != nil {
		return err
	}
	db := stdlib.OpenDBFromPool(pool)
	defer func() { _ = db.Close() }() // the pool stays open
	provider, err := goose.NewProvider("", db, migrations, goose.WithStore(store))
	if err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate %s: %w", pool.Config().ConnConfig.Database, err)
	}
	return nil
}
