package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/schollz/progressbar/v3"

	"cartograph/consumers/inventory"
	"cartograph/internal/demo"
	"cartograph/internal/embedded/postgres"
	"cartograph/internal/outbox"
	"cartograph/internal/pg"
	"cartograph/subgraphs/product"
)

const (
	seedBatch = 500
	seedValue = 7 // the same generated products on every run
)

// Seed adds n generated products to the catalogue, and their stock, with a
// progress bar on w. It writes to the databases that cfg names, else to those
// of the instance that runs on the data folder; that instance publishes the
// events. Existing products are not changed.
func Seed(ctx context.Context, cfg Config, w io.Writer, n int) error {
	if n < 1 {
		return errors.New("--products N is required, with N of at least 1")
	}
	if err := findRunning(&cfg); err != nil {
		return err
	}
	catalogue, err := pg.Open(ctx, cfg.Product.DatabaseURL, nil, pg.PlanByValue)
	if err != nil {
		return fmt.Errorf("product: %w", err)
	}
	defer catalogue.Close()
	stockPool, err := pg.Open(ctx, cfg.Inventory.DatabaseURL, nil)
	if err != nil {
		return fmt.Errorf("inventory: %w", err)
	}
	defer stockPool.Close()
	return seed(ctx, cfg, catalogue, stockPool, w, n)
}

// findRunning fills empty database URLs with those of a running embedded
// cluster.
func findRunning(cfg *Config) error {
	if cfg.Product.DatabaseURL != "" && cfg.Inventory.DatabaseURL != "" {
		return nil
	}
	cluster, err := postgres.Attach(filepath.Join(cfg.DataDir, postgresDir))
	if err != nil {
		return fmt.Errorf("start cartograph first, or set PRODUCT_DATABASE_URL and INVENTORY_DATABASE_URL: %w", err)
	}
	fillDatabaseURLs(cfg, cluster)
	return nil
}

func seed(ctx context.Context, cfg Config, catalogue, stockPool *pgxpool.Pool, w io.Writer, n int) error {
	log := slog.New(slog.DiscardHandler)
	products := product.NewService(cfg.Product, catalogue, outbox.New(catalogue), nil, nil, time.Now, log)
	stock := inventory.NewWorker(stockPool, outbox.New(stockPool), cfg.Inventory, log)
	bar := progressbar.NewOptions(n, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription("products"),
		progressbar.OptionShowCount(), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionOnCompletion(func() { _, _ = fmt.Fprintln(w) }))

	assortment := demoAssortment(time.Now())
	assortment.Products = nil // generated products refer to its categories and brands
	var batch []demo.Product
	done := 0
	flush := func() error {
		for _, p := range batch {
			assortment.Products = append(assortment.Products, productDraft(p))
		}
		if _, err := products.Import(ctx, assortment); err != nil {
			return err
		}
		// The key is that of the batch, so that a second run adds no stock.
		key := fmt.Sprintf("seed-%d-%d", done, len(batch))
		if err := stock.Receive(ctx, key, stockOf(batch)); err != nil {
			return err
		}
		done += len(batch)
		err := bar.Add(len(batch))
		batch, assortment.Products = batch[:0], assortment.Products[:0]
		return err
	}
	for p := range demo.Volume(n, seedValue) {
		if batch = append(batch, p); len(batch) == seedBatch {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if len(batch) > 0 {
		return flush()
	}
	return nil
}
