package product_test

import (
	"testing"

	"cartograph/subgraphs/product/producttest"
)

// otherSales stores more sales of a variant than a list has, which begin before liveSale
// begins.
func otherSales(t *testing.T, s *producttest.Shop, variantID, endsAt string) {
	t.Helper()
	if _, err := s.Pool.Exec(t.Context(), `
WITH sales AS (
    INSERT INTO flash_sales (id, seller_id, title, starts_at, ends_at)
    SELECT 'fls_' || n, '', 'Earlier', now() - interval '2 days', `+endsAt+` FROM generate_series(1, 60) AS n RETURNING id
)
INSERT INTO flash_sale_items (sale_id, variant_id, currency, price_minor, allocated, max_per_customer, position)
SELECT id, $1, 'USD', 100, 5, 1, 0 FROM sales`, variantID); err != nil {
		t.Fatal(err)
	}
}

func TestSalesThatAreNotSeenTakeNoPlaceInTheList(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	saleID := liveSale(t, s)
	if _, err := s.Archive(merchant(t), "prd_c"); err != nil {
		t.Fatal(err)
	}
	otherSales(t, s, "var_c1", "now() + interval '1 hour'")
	sales, err := s.FlashSales(t.Context(), true)
	if err != nil || len(sales) != 1 || sales[0].ID != saleID {
		t.Errorf("%d sales, %v, want the one of a published product", len(sales), err)
	}
	if all, err := s.FlashSales(merchant(t), true); err != nil || len(all) != 50 {
		t.Errorf("staff see %d sales, %v, want 50", len(all), err)
	}
}

func TestSalesThatHaveEndedAreListedLast(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	saleID := liveSale(t, s)
	otherSales(t, s, "var_d1", "now() - interval '1 day'")
	sales, err := s.FlashSales(t.Context(), false)
	if err != nil || len(sales) != 50 || sales[0].ID != saleID {
		t.Errorf("%d sales, %v, want 50, of which the first is the one that goes on", len(sales), err)
	}
}
