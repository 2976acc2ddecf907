package app

import (
	"context"
	"errors"
	"io"
	"time"

	"cartograph/internal/demo"
	"cartograph/subgraphs/product"
)

const (
	seedBatch = 500
	seedValue = 7 // the same generated products on every run
)

// Seed adds n generated products to the catalogue, and their stock, and reports its
// progress on w. It writes to the databases that cfg names, else to those of the
// instance that runs on the data folder; that instance publishes the events.
// Existing products are not changed.
func Seed(ctx context.Context, cfg Config, w io.Writer, n int) error {
	if n < 1 {
		return errors.New("--products N is required, with N of at least 1")
	}
	shop, err := openShop(ctx, cfg)
	if err != nil {
		return err
	}
	defer shop.close() //nolint:contextcheck // also after ctx has ended
	if err := shop.seed(ctx, newCounter(w, int64(n)), n); err != nil {
		return err
	}
	return shop.products.Analyze(ctx)
}

func (s *shop) seed(ctx context.Context, progress *counter, n int) error {
	assortment := demoAssortment(time.Now())
	// Generated products refer to its categories and brands. Its own products, and the
	// collections of them, may not be in this shop.
	assortment.Products, assortment.Collections = nil, nil
	var batch []demo.Product
	flush := func() error {
		for _, p := range batch {
			assortment.Products = append(assortment.Products, productDraft(p))
		}
		if _, err := s.products.Import(ctx, assortment); err != nil {
			return err
		}
		if err := s.stock.ReceiveFirst(ctx, stockOf(batch)); err != nil {
			return err
		}
		progress.add(int64(len(batch)))
		assortment, batch = product.Assortment{}, batch[:0]
		return nil
	}
	for p := range demo.Volume(n, seedValue) {
		if batch = append(batch, p); len(batch) == seedBatch {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	err := flush()
	progress.end()
	return err
}
