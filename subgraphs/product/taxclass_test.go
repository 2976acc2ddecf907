package product_test

import (
	"slices"
	"testing"

	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/producttest"
)

// TestATaxClassReachesTheCheckout sets tax classes by a file, and later rows without one
// leave them.
func TestATaxClassReachesTheCheckout(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	classOf := func() string {
		t.Helper()
		answer, err := product.Catalogue{Service: s.Service}.PriceVariants(t.Context(), &rpcv1.PriceVariantsRequest{VariantIds: []string{"var_b1"}, Currency: "USD"})
		if err != nil {
			t.Fatal(err)
		}
		return answer.GetVariants()[0].GetTaxClass()
	}
	for _, tt := range []struct {
		header, row, want string
	}{
		{"sku,tax_class", "SKU-b-1,books", "BOOKS"},
		{"sku,price_USD", "SKU-b-1,31.00", "BOOKS"},
		{"sku,tax_class", "SKU-b-1,", "STANDARD"},
		{"sku,tax_class", "SKU-b-1,FOOD", "FOOD"},
	} {
		result, refused := importFile(t, s, csvRows(tt.header, tt.row), product.FileImport{})
		if got := classOf(); got != tt.want || result.Changed != 1 {
			t.Errorf("after %q the class is %s, %+v %v, want %s", tt.row, got, result, refused, tt.want)
		}
	}
	_, refused := importFile(t, s, csvRows("sku,tax_class", "SKU-b-1,LUXURY"), product.FileImport{})
	want := []string{`line 2: variant SKU-b-1: unknown tax class "LUXURY": one of [STANDARD REDUCED BOOKS FOOD ZERO] is expected`}
	if !slices.Equal(refused, want) || classOf() != "FOOD" {
		t.Errorf("an unknown class is answered by %q, and the class is %s", refused, classOf())
	}
}
