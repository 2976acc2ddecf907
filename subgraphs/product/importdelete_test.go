package product_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"cartograph/internal/productfile"
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/producttest"
)

// skus are those of prd_a's variants, and their IDs.
func skus(t *testing.T, s *producttest.Shop) (all []string) {
	t.Helper()
	p, err := s.Product(t.Context(), new("prd_a"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range p.Variants {
		all = append(all, v.SKU+" "+v.ID)
	}
	return all
}

func TestVariantsThatAFileListsApartAreNotDeleted(t *testing.T) {
	t.Parallel()
	s := producttest.Open(t)
	s.Take(t, producttest.Assortment())
	both := skus(t, s)
	deleting := product.FileImport{DeleteVariants: true}
	for name, rows := range map[string]iter.Seq2[productfile.Product, error]{
		"without a slug": csvRows("sku,price_USD", "SKU-a-1,50.00", "SKU-a-2,51.00"),
		"in two entries": jsonLines(`{"slug":"slug-a","variants":[{"sku":"SKU-a-1"}]}`, `{"slug":"slug-a","variants":[{"sku":"SKU-a-2"}]}`),
	} {
		_, refused := importFile(t, s, rows, deleting)
		if got := skus(t, s); !slices.Equal(got, both) {
			t.Errorf("%s: the variants are %v, %v, want both", name, got, refused)
		}
	}
	if _, refused := importFile(t, s, csvRows("sku,price_USD", "SKU-a-1,50.00"), deleting); len(refused) != 1 || !strings.Contains(refused[0], "the slug or the ID is needed") {
		t.Errorf("a variant without its product: %v, want it refused", refused)
	}
	if result, refused := importFile(t, s, jsonLines(`{"slug":"slug-a","variants":[{"sku":"SKU-a-2"}]}`), deleting); result.Changed != 1 {
		t.Errorf("%+v, %v, want the product changed", result, refused)
	}
	if got := skus(t, s); !slices.Equal(got, both[1:]) {
		t.Errorf("the variants are %v, want the one that is listed", got)
	}
}

func TestAnImportEndsWhileItsFileIsRead(t *testing.T) {
	t.Parallel()
	s := producttest.Open(t)
	ctx, cancel := context.WithCancel(t.Context())
	var endless iter.Seq2[productfile.Product, error] = func(func(productfile.Product, error) bool) {
		cancel()
		<-t.Context().Done() // as a terminal that nobody types into
	}
	ended := make(chan error, 1)
	go func() {
		_, err := s.ImportFile(ctx, endless, product.FileImport{})
		ended <- err
	}()
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the import ended with %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Error("the import waits for its file after it was cancelled")
	}
}

func TestAnAddressIsNoSellersID(t *testing.T) {
	t.Parallel()
	s := producttest.Open(t)
	s.Take(t, producttest.Assortment())
	result, refused := importFile(t, s, jsonLines(`{"slug":"slug-a","seller":"sam@demo.test"}`, `{"slug":"slug-b","seller":"usr_other"}`), product.FileImport{})
	if result.Changed != 1 || len(refused) != 1 || !strings.Contains(refused[0], "sam@demo.test") {
		t.Errorf("without the accounts: %+v, %v, want the address refused and the ID taken", result, refused)
	}
}
