package app

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"

	inventorydb "cartograph/consumers/inventory/db"
	notificationdb "cartograph/consumers/notification/db"
	"cartograph/gatewaysim"
	"cartograph/internal/pg"
	cartdb "cartograph/subgraphs/cart/db"
	orderdb "cartograph/subgraphs/order/db"
	paymentdb "cartograph/subgraphs/payment/db"
	productdb "cartograph/subgraphs/product/db"
	userdb "cartograph/subgraphs/user/db"
)

// Migrate brings the databases of the named roles up to date, of all roles
// with a database URL where none is named. Roles do the same when they start;
// this is for deployments that want it done before.
func Migrate(ctx context.Context, cfg Config, log *slog.Logger, names []string) error {
	if _, err := choose(names); err != nil {
		return err
	}
	for _, m := range []struct {
		role, url  string
		migrations fs.FS
	}{
		{"user", cfg.User.DatabaseURL, userdb.Migrations()},
		{"product", cfg.Product.DatabaseURL, productdb.Migrations()},
		{"cart", cfg.Cart.DatabaseURL, cartdb.Migrations()},
		{"order", cfg.Order.DatabaseURL, orderdb.Migrations()},
		{"payment", cfg.Payment.DatabaseURL, paymentdb.Migrations()},
		{"inventory", cfg.Inventory.DatabaseURL, inventorydb.Migrations()},
		{"notification", cfg.Notification.DatabaseURL, notificationdb.Migrations()},
		{"gatewaysim", cfg.GatewaySim.DatabaseURL, gatewaysim.Migrations()},
	} {
		if len(names) > 0 && !slices.Contains(names, m.role) || len(names) == 0 && m.url == "" {
			continue
		}
		if err := migrate(ctx, m.role, m.url, m.migrations); err != nil {
			return fmt.Errorf("%s: %w", m.role, err)
		}
		log.InfoContext(ctx, "database is up to date", "role", m.role)
	}
	return nil
}

func migrate(ctx context.Context, role, url string, migrations fs.FS) error {
	if url == "" {
		return noDatabase(role)
	}
	pool, err := pg.Open(ctx, url, nil)
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := pg.Migrate(ctx, pool, migrations); err != nil || role != "product" {
		return err
	}
	return migrateSearch(ctx, pool)
}
