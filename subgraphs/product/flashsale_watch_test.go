package product_test

import (
	"context"
	"testing"
	"time"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/eventtest"
	"cartograph/internal/fault"
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/producttest"
)

func claimed(saleID string, version int64, held int) event.FlashSaleClaimed {
	return event.FlashSaleClaimed{SaleID: saleID, VariantID: "var_b1", SaleVersion: 1, Allocated: 5, Held: held, Version: version, At: time.Now()}
}

// liveSale is a sale of five of var_b1 that goes on for an hour.
func liveSale(t *testing.T, s *producttest.Shop) (saleID string) {
	t.Helper()
	ctx := auth.With(t.Context(), auth.Caller{Actor: auth.Actor{Kind: auth.User, ID: "usr_sam", Scopes: []string{"catalog:write", "pricing:write"}}})
	sale, err := s.UpsertFlashSale(ctx, product.FlashSaleInput{
		Title: "Friday rush", StartsAt: time.Now().Add(-time.Minute), EndsAt: time.Now().Add(time.Hour),
		Items: []product.FlashSaleItemInput{{VariantID: "var_b1", Price: product.NewPrice{Amount: "20", Currency: "USD"}, Allocated: 5, MaxPerCustomer: 1}},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.HandleEvent(t, claimed(sale.ID, 1, 0))
	if _, err := s.ApplySchedule(auth.With(t.Context(), auth.Caller{Actor: auth.Actor{Kind: auth.Service, ID: "product"}})); err != nil {
		t.Fatal(err)
	}
	return sale.ID
}

func nextTick(t *testing.T, ticks <-chan *product.FlashSale) (status product.SaleStatus, remaining int) {
	t.Helper()
	select {
	case sale, open := <-ticks:
		if !open {
			return "", 0
		}
		if age := time.Since(sale.ServerTime); age > 10*time.Second {
			t.Errorf("a tick is %s old", age)
		}
		return sale.Status, sale.Items[0].Remaining
	case <-time.After(20 * time.Second):
		t.Fatal("no tick for 20 s")
	}
	return "", 0
}

func TestWatchersOfASaleGetItAtOnceAndAfterEachChange(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	saleID := liveSale(t, s)
	var crowd []<-chan *product.FlashSale
	for range 3 {
		ticks, err := s.FlashSaleTicks(t.Context(), saleID)
		if err != nil {
			t.Fatal(err)
		}
		crowd = append(crowd, ticks)
		if status, remaining := nextTick(t, ticks); status != product.SaleLive || remaining != 5 {
			t.Errorf("the first tick is %s with %d left", status, remaining)
		}
	}
	s.Statements.Reset()
	for version := int64(2); version < 5; version++ {
		product.NotifyWatchers(s.Service, t.Context(), eventtest.Envelope(claimed(saleID, version, int(version))))
	}
	for _, ticks := range crowd {
		for remaining := 5; remaining != 1; { // figures in between may be skipped
			if _, remaining = nextTick(t, ticks); remaining == 0 {
				t.Fatal("the ticks ended")
			}
		}
	}
	if n := s.Statements.N(); n > 3+3 {
		t.Errorf("three events and ticks of three watchers took %d statements, want 6 at most", n)
	}
	if _, err := s.Pool.Exec(t.Context(), "UPDATE flash_sales SET ends_at = now()"); err != nil {
		t.Fatal(err)
	}
	product.NotifyWatchers(s.Service, t.Context(), eventtest.Envelope(event.FlashSaleChanged{SaleID: saleID}))
	for _, ticks := range crowd {
		if status, _ := nextTick(t, ticks); status != product.SaleEnded {
			t.Errorf("at its end the sale is %s", status)
		}
		if status, _ := nextTick(t, ticks); status != "" {
			t.Errorf("after its end the sale is %s, want no tick", status)
		}
	}
}

func TestTicksEndWithTheirWatcher(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	ctx, cancel := context.WithCancel(t.Context())
	ticks, err := s.FlashSaleTicks(ctx, liveSale(t, s))
	if err != nil {
		t.Fatal(err)
	}
	nextTick(t, ticks)
	cancel()
	for status := product.SaleLive; status != ""; {
		status, _ = nextTick(t, ticks)
	}
	if _, err := s.FlashSaleTicks(t.Context(), "fls_none"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an unknown sale: %v, want NOT_FOUND", err)
	}
}
