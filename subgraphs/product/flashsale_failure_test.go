package product_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"cartograph/internal/event"
	"cartograph/internal/eventtest"
	"cartograph/internal/polltest"
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/producttest"
)

func rename(t *testing.T, s *producttest.Shop, table, to string) {
	t.Helper()
	if _, err := s.Pool.Exec(t.Context(), "ALTER TABLE "+table+" RENAME TO "+to); err != nil {
		t.Fatal(err)
	}
}

func changed(t *testing.T, s *producttest.Shop, saleID string) {
	t.Helper()
	product.NotifyWatchers(s.Service, t.Context(), eventtest.Envelope(event.FlashSaleChanged{SaleID: saleID}))
}

func TestTicksGoOnAfterASaleCouldNotBeRead(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	saleID := liveSale(t, s)
	ticks, err := s.FlashSaleTicks(t.Context(), saleID)
	if err != nil {
		t.Fatal(err)
	}
	nextTick(t, ticks)
	s.HandleEvent(t, claimed(saleID, 2, 3))
	rename(t, s, "flash_sales", "flash_sales_away")
	s.Statements.Reset()
	changed(t, s, saleID)
	polltest.Eventually(t, "the sale is read again after a failure", func() bool { return s.Statements.N() > 2 })
	rename(t, s, "flash_sales_away", "flash_sales")
	if status, remaining := nextTick(t, ticks); status != product.SaleLive || remaining != 2 {
		t.Errorf("after the failure the tick is %q with %d left, want LIVE with 2", status, remaining)
	}
}

func TestWatchersShareAReadWhateverItReturns(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	saleID := liveSale(t, s)
	tick, leave := product.JoinWatchers(s.Service, saleID)
	defer leave()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := tick(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("a watcher that has left reads %v", err)
	}
	const crowd = 40
	wantRead := func(what string, want func(*product.FlashSale, error) bool) {
		t.Helper()
		changed(t, s, saleID)
		s.Statements.Reset()
		var watchers sync.WaitGroup
		for range crowd {
			watchers.Go(func() {
				if sale, err := tick(t.Context()); !want(sale, err) {
					t.Errorf("%s is read as %v, %v", what, sale, err)
				}
			})
		}
		watchers.Wait()
		if n := s.Statements.N(); n > crowd/4 { // one in 125 ms
			t.Errorf("%d watchers of %s took %d statements", crowd, what, n)
		}
	}
	wantRead("a sale", func(sale *product.FlashSale, err error) bool { return err == nil && sale != nil })
	rename(t, s, "flash_sales", "flash_sales_away")
	wantRead("a sale that cannot be read", func(_ *product.FlashSale, err error) bool { return err != nil })
	rename(t, s, "flash_sales_away", "flash_sales")
	wantRead("the sale after that", func(sale *product.FlashSale, err error) bool { return err == nil && sale != nil })
	if _, err := s.Pool.Exec(t.Context(), "UPDATE products SET status = 'ARCHIVED' WHERE id = 'prd_b'"); err != nil {
		t.Fatal(err)
	}
	wantRead("a sale that is hidden", func(sale *product.FlashSale, err error) bool { return err == nil && sale == nil })
}
