package graph_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/event"
	"cartograph/internal/productfile"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/internal/subgraph/subgraphtest"
	"cartograph/subgraphs/product"
)

const upsertSale = `mutation($input: FlashSaleInput!) { flashSaleUpsert(input: $input) {
	flashSale { id status items { variant { id } salePrice { amount } allocated remaining claimedPercent maxPerCustomer } } userErrors { code path message } } }`

func saleItem(variantID, amount string, allocated int) input {
	return input{"variantId": variantID, "salePrice": input{"amount": amount, "currencyCode": "USD"}, "allocated": allocated, "maxPerCustomer": 2}
}

// saleOf is a sale that has begun and goes on for an hour.
func saleOf(items ...any) input {
	return input{"title": "Friday rush", "startsAt": inHours(-1), "endsAt": inHours(1), "items": items}
}

func inHours(n int) string {
	return time.Now().Add(time.Duration(n) * time.Hour).UTC().Format(time.RFC3339)
}

func with(sale input, more ...any) input {
	for i := 0; i < len(more); i += 2 {
		sale[more[i].(string)] = more[i+1]
	}
	return sale
}

func (c client) upsertSale(t *testing.T, sale input) (saleID string, a subgraphtest.Answer) {
	t.Helper()
	a = c.Must(t, seller(), upsertSale, input{"input": sale})
	saleID, _ = a.At("flashSaleUpsert", "flashSale", "id").(string)
	return saleID, a
}

// startSale is a sale of five of var_b1 for 20 instead of 30, of which Inventory has the quota.
func (c client) startSale(t *testing.T) (saleID string) {
	t.Helper()
	saleID, a := c.upsertSale(t, saleOf(saleItem("var_b1", "20", 5)))
	if saleID == "" {
		t.Fatal(errorsOf(a, "flashSaleUpsert"))
	}
	c.claims(t, saleID, 1, 1, 0, 0)
	c.schedule(t)
	return saleID
}

func (c client) claims(t *testing.T, saleID string, version, saleVersion int64, held, sold int) {
	t.Helper()
	c.HandleEvent(t, event.FlashSaleClaimed{SaleID: saleID, VariantID: "var_b1", SaleVersion: saleVersion, Allocated: 5, Held: held, Sold: sold, Version: version, At: time.Now()})
}

func (c client) schedule(t *testing.T) {
	t.Helper()
	if _, err := c.ApplySchedule(system(t.Context())); err != nil {
		t.Fatal(err)
	}
}

func (c client) wantSale(t *testing.T, saleID, status string, remaining, percent int, price, regular, lowest any) {
	t.Helper()
	a := c.Must(t, anyone(), `query($id: ID!) { flashSale(id: $id) { status items { remaining claimedPercent
		variant { price { amount } compareAtPrice { amount } lowestPrice30Days { amount } } } } }`, input{"id": saleID})
	amount := func(a any) any {
		if a == nil {
			return nil
		}
		return map[string]any{"amount": a}
	}
	want := map[string]any{"status": status, "items": []any{map[string]any{
		"remaining": float64(remaining), "claimedPercent": float64(percent),
		"variant": map[string]any{"price": amount(price), "compareAtPrice": amount(regular), "lowestPrice30Days": amount(lowest)},
	}}}
	if diff := cmp.Diff(want, a.At("flashSale")); diff != "" {
		t.Errorf("the sale (-want +got):\n%s", diff)
	}
}

// quoted is the price that a cart and a checkout get.
func (c client) quoted(t *testing.T) *rpcv1.PricedVariant {
	t.Helper()
	out, err := product.Catalogue{Service: c.Service}.PriceVariants(t.Context(), &rpcv1.PriceVariantsRequest{VariantIds: []string{"var_b1"}, Currency: "USD"})
	if err != nil || len(out.GetVariants()) != 1 {
		t.Fatalf("%v, %v", out, err)
	}
	return out.GetVariants()[0]
}

func TestASalePriceIsInEffectFromItsQuotaToItsEnd(t *testing.T) {
	t.Parallel()
	c := open(t)
	events := len(c.productEvents(t))
	saleID, a := c.upsertSale(t, saleOf(saleItem("var_b1", "20", 5)))
	if errs := errorsOf(a, "flashSaleUpsert"); errs != nil {
		t.Fatal(errs)
	}
	c.schedule(t)
	c.wantSale(t, saleID, "SCHEDULED", 5, 0, "30.00", nil, nil) // Inventory has no quota
	if terms := saleTerms(t, c); len(terms) != 1 || terms[0].Version != 1 || terms[0].Items[0].Allocated != 5 || terms[0].Items[0].MaxPerCustomer != 2 {
		t.Fatalf("reported %+v, want the terms of the sale", terms)
	}
	c.claims(t, saleID, 1, 1, 0, 0)
	var replicas sync.WaitGroup
	for range 4 {
		replicas.Go(func() { c.schedule(t) })
	}
	replicas.Wait()
	c.wantSale(t, saleID, "LIVE", 5, 0, "20.00", "30.00", "30.00")
	if n := len(c.productEvents(t)) - events; n != 2 {
		t.Errorf("%d events, want the terms and one change of the price", n)
	}
	if q := c.quoted(t); q.GetPriceMinor() != 2000 || q.GetFlashSaleId() != saleID || q.GetAvailable() != 5 || q.GetMaxPerOrder() != 2 {
		t.Errorf("quoted %v, want the price, the quota and the limit of the sale", q)
	}
	c.claims(t, saleID, 3, 1, 2, 1)
	c.claims(t, saleID, 2, 1, 5, 0) // late
	c.wantSale(t, saleID, "LIVE", 2, 60, "20.00", "30.00", "30.00")

	c.exec(t, `UPDATE flash_sales SET ends_at = now()`)
	c.schedule(t)
	c.wantSale(t, saleID, "ENDED", 2, 60, "30.00", nil, nil)
	if q := c.quoted(t); q.GetPriceMinor() != 3000 || q.GetFlashSaleId() != "" || q.GetAvailable() != 40 || q.GetMaxPerOrder() != 10 {
		t.Errorf("after the end quoted %v, want the regular price", q)
	}
	c.schedule(t)
	if n := len(c.productEvents(t)) - events; n != 3 {
		t.Errorf("%d events, want one more for the end", n)
	}
}

func saleTerms(t *testing.T, c client) (terms []event.FlashSaleChanged) {
	t.Helper()
	for _, e := range c.productEvents(t) {
		if e.Type == event.Type[event.FlashSaleChanged]() {
			p, err := event.Decode[event.FlashSaleChanged](e)
			if err != nil {
				t.Fatal(err)
			}
			terms = append(terms, p)
		}
	}
	return terms
}

func TestASaleWhoseUnitsAreSoldEndsAndReturnsWithThem(t *testing.T) {
	t.Parallel()
	c := open(t)
	saleID := c.startSale(t)
	c.claims(t, saleID, 2, 1, 2, 3) // held, not sold
	c.schedule(t)
	c.wantSale(t, saleID, "LIVE", 0, 100, "20.00", "30.00", "30.00")
	if q := c.quoted(t); q.GetAvailable() != 0 || q.GetCanBuy() || q.GetFlashSaleId() == "" {
		t.Errorf("while all is held, quoted %v, want nothing available", q)
	}
	c.claims(t, saleID, 3, 1, 0, 5)
	c.schedule(t)
	c.wantSale(t, saleID, "SOLD_OUT", 0, 100, "30.00", nil, nil)
	c.claims(t, saleID, 4, 1, 0, 4) // an order was cancelled
	c.schedule(t)
	c.wantSale(t, saleID, "LIVE", 1, 80, "20.00", "30.00", "20.00") // the lowest price was that of the sale
}

func TestRegularPricesChangeBehindASale(t *testing.T) {
	t.Parallel()
	c := open(t)
	saleID := c.startSale(t)
	c.setPrices(t, priced("var_b1", "28", "USD"))
	c.wantSale(t, saleID, "LIVE", 5, 0, "20.00", "28.00", "30.00")
	c.setPrices(t, priced("var_b1", "26", "USD", "compareAt", "35", "effectiveAt", inHours(1)))
	c.exec(t, `UPDATE scheduled_prices SET effective_at = now() - interval '1 s'`)
	c.schedule(t)
	c.wantSale(t, saleID, "LIVE", 5, 0, "20.00", "26.00", "30.00")
	c.setPrices(t, priced("var_b1", "19", "USD")) // nobody pays more than the regular price
	c.wantSale(t, saleID, "LIVE", 5, 0, "19.00", nil, nil)
	if q := c.quoted(t); q.GetFlashSaleId() != "" || q.GetPriceMinor() != 1900 {
		t.Errorf("quoted %v, want the regular price", q)
	}
	c.setPrices(t, priced("var_b1", "26", "USD", "compareAt", "35"))
	c.Must(t, seller(), variants, input{"id": "prd_b", "variants": []any{input{"sku": "SKU-b-1", "weightGrams": 100, "prices": []any{input{"price": input{"amount": "25", "currencyCode": "USD"}}}}}})
	c.wantSale(t, saleID, "LIVE", 5, 0, "20.00", "25.00", "19.00")
	c.exec(t, `UPDATE flash_sales SET ends_at = now()`)
	c.schedule(t)
	c.wantSale(t, saleID, "ENDED", 5, 0, "25.00", nil, nil)
}

func TestAnImportLeavesASaleInEffect(t *testing.T) {
	t.Parallel()
	c := open(t)
	saleID := c.startSale(t)
	var file bytes.Buffer
	w, err := productfile.NewWriter(&file, productfile.JSONLines, []string{"USD", "EUR", "JPY"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for p, err := range c.Export(t.Context(), nil) {
		if err == nil {
			err = w.Write(p)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.ImportFile(t.Context(), productfile.Read(strings.NewReader(strings.Replace(file.String(), "Café Mug", "Coffee Mug", 1)), productfile.JSONLines), product.FileImport{}); err != nil {
		t.Fatal(err)
	}
	c.wantSale(t, saleID, "LIVE", 5, 0, "20.00", "30.00", "30.00")
}

func TestChangesOfASaleTakeEffectAtOnce(t *testing.T) {
	t.Parallel()
	c := open(t)
	saleID := c.startSale(t)
	again := saleOf(saleItem("var_b1", "20", 5))
	terms := saleTerms(t, c)
	again["startsAt"], again["endsAt"] = terms[0].StartsAt.Format(time.RFC3339Nano), terms[0].EndsAt.Format(time.RFC3339Nano)
	for range 2 {
		if _, a := c.upsertSale(t, with(again, "id", saleID)); errorsOf(a, "flashSaleUpsert") != nil {
			t.Fatal(errorsOf(a, "flashSaleUpsert"))
		}
	}
	if n := len(saleTerms(t, c)); n != 1 {
		t.Errorf("the same terms again are reported: %d events", n)
	}
	c.upsertSale(t, with(again, "items", []any{saleItem("var_b1", "18", 9)}))
	c.wantSale(t, saleID, "LIVE", 9, 0, "18.00", "30.00", "20.00")
	c.claims(t, saleID, 2, 2, 1, 2)
	if _, a := c.upsertSale(t, with(again, "items", []any{saleItem("var_b1", "18", 2)})); !slices.Equal(errorsOf(a, "flashSaleUpsert"), []string{"CONFLICT input.items.0.allocated"}) {
		t.Errorf("fewer units than are claimed: %v", errorsOf(a, "flashSaleUpsert"))
	}
	c.upsertSale(t, with(again, "items", []any{saleItem("var_a1", "18", 2)}))
	if q := c.quoted(t); q.GetFlashSaleId() != "" || q.GetPriceMinor() != 3000 {
		t.Errorf("what the sale has no more is quoted %v", q)
	}
	c.upsertSale(t, with(again, "endsAt", time.Now().UTC().Format(time.RFC3339)))
	if _, a := c.upsertSale(t, with(again, "endsAt", inHours(2))); !slices.Equal(errorsOf(a, "flashSaleUpsert"), []string{"CONFLICT input.id"}) {
		t.Errorf("a sale that was ended: %v, want CONFLICT", errorsOf(a, "flashSaleUpsert"))
	}
}

func TestImpossibleSalesAreRefusedWithEveryError(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.startSale(t)
	for name, tt := range map[string]struct {
		sale input
		want []string
	}{
		"everything": {input{"title": " ", "startsAt": inHours(2), "endsAt": inHours(1), "items": []any{
			saleItem("var_a1", "0", 1), saleItem("var_a1", "5", 1), saleItem("var_a2", "5", 0), with(saleItem("var_e1", "5", 1), "maxPerCustomer", 11),
		}}, []string{
			"INVALID_INPUT input.title", "INVALID_INPUT input.endsAt", "INVALID_INPUT input.items.0.salePrice.amount",
			"INVALID_INPUT input.items.1.variantId", "INVALID_INPUT input.items.2.allocated", "INVALID_INPUT input.items.3.maxPerCustomer",
		}},
		"no items":        {with(saleOf(), "items", []any{}), []string{"INVALID_INPUT input.items"}},
		"too long":        {with(saleOf(saleItem("var_a1", "5", 1)), "endsAt", inHours(24*32)), []string{"INVALID_INPUT input.endsAt"}},
		"ended":           {with(saleOf(saleItem("var_a1", "5", 1)), "endsAt", time.Now().Add(-time.Second).UTC().Format(time.RFC3339)), []string{"INVALID_INPUT input.endsAt"}},
		"overlaps":        {saleOf(saleItem("var_b1", "5", 1)), []string{"CONFLICT input.items.0.variantId"}},
		"not cheaper":     {saleOf(saleItem("var_a1", "59", 1)), []string{"INVALID_INPUT input.items.0.salePrice.amount"}},
		"unknown variant": {saleOf(saleItem("var_none", "5", 1)), []string{"NOT_FOUND input.items.0.variantId"}},
		"unknown sale":    {with(saleOf(saleItem("var_a1", "5", 1)), "id", "fls_none"), []string{"NOT_FOUND input.id"}},
	} {
		if _, a := c.upsertSale(t, tt.sale); !slices.Equal(errorsOf(a, "flashSaleUpsert"), tt.want) {
			t.Errorf("%s: %v, want %v", name, errorsOf(a, "flashSaleUpsert"), tt.want)
		}
	}
	if _, a := c.upsertSale(t, with(saleOf(saleItem("var_b1", "5", 1)), "startsAt", inHours(1), "endsAt", inHours(3))); a.At("flashSaleUpsert", "flashSale") == nil {
		t.Errorf("right after another sale: %v", errorsOf(a, "flashSaleUpsert"))
	}
}

func TestASaleKeepsWhatWasClaimedOfARemovedVariant(t *testing.T) {
	t.Parallel()
	c := open(t)
	saleID := c.startSale(t)
	c.exec(t, `DELETE FROM variants WHERE id = 'var_b1'`)
	c.claims(t, saleID, 2, 1, 0, 3)
	var sold int
	if err := c.Pool.QueryRow(t.Context(), "SELECT sold FROM flash_sale_items WHERE sale_id = $1", saleID).Scan(&sold); err != nil || sold != 3 {
		t.Errorf("sold %d, %v, want 3", sold, err)
	}
	c.Want(t, anyone(), `query($id: ID!) { flashSale(id: $id) { id } }`, input{"id": saleID}, `{"flashSale": null}`)
	if n, err := c.ApplySchedule(system(t.Context())); n != 0 || err != nil {
		t.Errorf("%d products due, %v, want none", n, err)
	}
}

func TestOfSalesAtTheSameTimeOneIsStored(t *testing.T) {
	t.Parallel()
	c := open(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	outcomes := map[string]int{}
	for n := range 8 {
		wg.Go(func() {
			_, a := c.upsertSale(t, with(saleOf(saleItem("var_b1", "20", 5)), "title", fmt.Sprint("Sale ", n)))
			mu.Lock()
			defer mu.Unlock()
			outcomes[strings.Join(errorsOf(a, "flashSaleUpsert"), " ")]++
		})
	}
	wg.Wait()
	if outcomes[""] != 1 || outcomes["CONFLICT input.items.0.variantId"] != 7 {
		t.Errorf("%v, want one sale and seven conflicts", outcomes)
	}
}

func TestSalesOfDraftsAndOthersAreNotSeen(t *testing.T) {
	t.Parallel()
	c := open(t)
	saleID, _ := c.upsertSale(t, saleOf(saleItem("var_b1", "20", 5)))
	list := `{ flashSales { id } }`
	one := `query($id: ID!) { flashSale(id: $id) { id } }`
	c.Want(t, anyone(), list, nil, `{"flashSales": [{"id": "`+saleID+`"}]}`)
	c.exec(t, `UPDATE products SET status = 'DRAFT' WHERE id = 'prd_b'`)
	c.Want(t, anyone(), list, nil, `{"flashSales": []}`)
	c.Want(t, anyone(), one, input{"id": saleID}, `{"flashSale": null}`)
	c.Want(t, otherSeller(), one, input{"id": saleID}, `{"flashSale": null}`)
	c.Want(t, seller(), one, input{"id": saleID}, `{"flashSale": {"id": "`+saleID+`"}}`)
	a := c.Must(t, otherSeller(), upsertSale, input{"input": with(saleOf(saleItem("var_b1", "20", 5)), "id", saleID)})
	if errs := errorsOf(a, "flashSaleUpsert"); !slices.Equal(errs, []string{"NOT_FOUND input.id"}) {
		t.Errorf("another seller: %v, want NOT_FOUND", errs)
	}
	c.exec(t, `UPDATE products SET status = 'PUBLISHED' WHERE id = 'prd_b'`)
	c.exec(t, `UPDATE flash_sales SET ends_at = now()`)
	c.Want(t, anyone(), list, nil, `{"flashSales": []}`)
	c.Want(t, anyone(), `{ flashSales(activeOnly: false) { id status } }`, nil, `{"flashSales": [{"id": "`+saleID+`", "status": "ENDED"}]}`)
}
