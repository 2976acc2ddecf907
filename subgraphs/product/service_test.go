package product_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/internal/search"
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/media"
	"cartograph/subgraphs/product/producttest"
)

func in(t *testing.T, currency string, scopes ...string) context.Context {
	return auth.With(t.Context(), auth.Caller{Actor: auth.Actor{Kind: auth.User, ID: "usr_sam", Scopes: scopes}, Locale: "en-US", Currency: currency})
}

func TestAvailabilityIsThatOfTheNewestLevel(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	at := func(minutes int) time.Time { return producttest.Now().Add(time.Duration(minutes) * time.Minute) }
	for _, tt := range []struct {
		claim     string
		available int
		version   int64
		status    product.AvailabilityStatus
		canBuy    bool
		quantity  *int
		asOf      time.Time
	}{
		{"many are not counted", 6, 10, product.InStock, true, nil, at(10)},
		{"few are counted", 5, 11, product.LowInStock, true, new(5), at(11)},
		{"what is older changes nothing", 99, 10, product.LowInStock, true, new(5), at(11)},
		{"what is as old changes nothing", 99, 11, product.LowInStock, true, new(5), at(11)},
		{"none", 0, 12, product.OutOfStock, false, new(0), at(12)},
	} {
		s.HandleEvent(t, event.LevelChanged{VariantID: "var_b1", Available: tt.available, Version: tt.version, At: at(int(tt.version))})
		v, err := s.Variant(t.Context(), new("var_b1"), nil)
		if err != nil {
			t.Fatal(err)
		}
		want := product.Availability{Status: tt.status, CanBuy: tt.canBuy, Quantity: tt.quantity, MaxPerOrder: 10, AsOf: tt.asOf}
		if diff := cmp.Diff(want, v.Availability); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.claim, diff)
		}
	}
}

func TestAvailabilityOfAProductIsThatOfAllItsVariants(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	restock := producttest.Now().AddDate(0, 0, 9)
	for id, want := range map[string]product.Availability{
		"prd_a": {Status: product.InStock, CanBuy: true},
		"prd_c": {Status: product.OutOfStock, Quantity: new(0)},
		"prd_d": {Status: product.ComingSoon, Quantity: new(0), RestockAt: &restock},
		"prd_f": {Status: product.Discontinued},
	} {
		p, err := s.Product(t.Context(), &id, nil)
		if err != nil || p == nil {
			t.Fatal(id, err)
		}
		want.MaxPerOrder, want.AsOf = 10, p.Availability.AsOf
		if diff := cmp.Diff(want, p.Availability); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
}

func TestPricesAreInOneCurrency(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	for currency, want := range map[string]string{"USD": "59.00 USD", "EUR": "55.00 EUR", "JPY": "59.00 USD", "KWD": "59.00 USD"} {
		p, err := s.Product(in(t, currency), new("prd_a"), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.PriceRange.Min.String(); got != want { // one variant has no price in yen
			t.Errorf("in %s it costs %s, want %s", currency, got, want)
		}
		for _, v := range p.Variants {
			if v.Price.Currency != p.PriceRange.Min.Currency {
				t.Errorf("a variant costs %s, the product %s", v.Price, p.PriceRange.Min)
			}
		}
	}
}

// A cart is in the caller's currency, so what has no price in it cannot be added to
// one, whatever price is shown.
func TestWhatHasNoPriceInTheCallersCurrencyCannotBeBought(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	for currency, want := range map[string]bool{"USD": true, "EUR": true, "JPY": false, "CHF": false, "": true} {
		p, err := s.Product(in(t, currency), new("prd_a"), nil)
		if err != nil {
			t.Fatal(err)
		}
		if p.Availability.CanBuy != want || p.Variants[0].Availability.CanBuy != want {
			t.Errorf("in %q the page shows %s, to buy: %t, want %t", currency, p.PriceRange.Min, p.Availability.CanBuy, want)
		}
		found, err := s.Find(in(t, currency), product.Search{Sort: search.Featured, First: 20})
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range found.Hits {
			if h.Product.ID == "prd_a" && h.Product.Availability.CanBuy != want {
				t.Errorf("in %q the card shows %s, to buy: %t, want %t", currency, h.Product.PriceRange.Min, h.Product.Availability.CanBuy, want)
			}
		}
		for _, o := range p.Options {
			for _, v := range o.Values {
				if v.Available && !want {
					t.Errorf("in %q the option %s %s is available", currency, o.Name, v.Value)
				}
			}
		}
	}
}

func TestDraftsAreForSellers(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	if p, err := s.Product(t.Context(), new("prd_g"), nil); p != nil || err != nil {
		t.Errorf("a draft is shown to everyone: %v, %v", p, err)
	}
	if p, err := s.Product(in(t, "USD", "catalog:write"), new("prd_g"), nil); p == nil || err != nil {
		t.Errorf("a draft is not shown to a seller: %v", err)
	}
}

func TestPriceVariantsLeavesOutWhatIsNotSold(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	catalogue := product.Catalogue{Service: s.Service}
	ids := []string{"var_a1", "var_a2", "var_c1", "var_f1", "var_g1", "var_nosuch"}
	s.Statements.Reset()
	answer, err := catalogue.PriceVariants(t.Context(), &rpcv1.PriceVariantsRequest{VariantIds: ids, Currency: "JPY"})
	if err != nil {
		t.Fatal(err)
	}
	if n := s.Statements.N(); n != 1 {
		t.Errorf("it took %d statements, want 1", n)
	}
	if got := answer.GetVariants(); len(got) != 1 || got[0].GetVariantId() != "var_a1" {
		t.Errorf("in yen are priced %v, want var_a1 alone", got)
	}
	answer, err = catalogue.PriceVariants(t.Context(), &rpcv1.PriceVariantsRequest{VariantIds: ids, Currency: "USD"})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]*rpcv1.PricedVariant{}
	for _, v := range answer.GetVariants() {
		got[v.GetVariantId()] = v
	}
	if len(got) != 3 || got["var_f1"] != nil || got["var_g1"] != nil {
		t.Errorf("priced are %v, want a1, a2 and c1", got)
	}
	want := &rpcv1.PricedVariant{
		VariantId: "var_a1", ProductId: "prd_a", Sku: "SKU-a-1", Title: "Aurora Headphones", Subtitle: "Moss",
		ImageUrl: "https://media.test/media/a-moss.svg", PriceMinor: 5900, CompareAtMinor: 6900, Currency: "USD",
		Available: 12, CanBuy: true, MaxPerOrder: 10, WeightGrams: 254, CategoryIds: []string{"cat_audio", "cat_headphones"}, TaxClass: "STANDARD",
	}
	if got["var_a1"].String() != want.String() {
		t.Errorf("var_a1 is\n%v, want\n%v", got["var_a1"], want)
	}
	if a2 := got["var_a2"]; a2.GetImageUrl() != "https://media.test/media/a.svg" {
		t.Errorf("var_a2 shows %s, want the product's picture", a2.GetImageUrl())
	}
	if c1 := got["var_c1"]; c1.GetCanBuy() || c1.GetAvailable() != 0 {
		t.Errorf("var_c1 is %v, want it sold out", c1)
	}
}

func TestPriceVariantsHasTheTextsOfALineInEveryLanguage(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	if err := s.SetTranslations(merchant(t), []product.TranslationInput{
		{ID: "prd_a", Locale: "de", Field: product.TitleText, Text: "Aurora Kopfhörer"},
		{ID: "prd_a", Locale: "de", Field: product.OptionValueText, Keys: []string{"Colour", "Moss"}, Text: "Moos"},
		{ID: "prd_a", Locale: "de-AT", Field: product.OptionValueText, Keys: []string{"Colour", "Moss"}, Text: "Moosgrün"},
		{ID: "prd_a", Locale: "fr", Field: product.SubtitleText, Text: "Sans fil"},
	}); err != nil {
		t.Fatal(err)
	}
	answer, err := product.Catalogue{Service: s.Service}.PriceVariants(t.Context(), &rpcv1.PriceVariantsRequest{VariantIds: []string{"var_a1"}, Currency: "USD"})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for l, texts := range answer.GetVariants()[0].GetTranslations() {
		got[l] = texts.GetTitle() + ", " + texts.GetSubtitle()
	}
	want := map[string]string{"de": "Aurora Kopfhörer, Moos", "de-AT": "Aurora Kopfhörer, Moosgrün", "fr": "Aurora Headphones, Moss"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("texts (-want +got):\n%s", diff)
	}
}

func TestPriceVariantsRefusesNonsense(t *testing.T) {
	t.Parallel()
	catalogue := product.Catalogue{Service: producttest.Open(t).Service}
	for _, request := range []*rpcv1.PriceVariantsRequest{
		{Currency: "XXX", VariantIds: []string{"var_a1"}}, {VariantIds: []string{"var_a1"}}, {Currency: "USD", VariantIds: make([]string, 501)},
	} {
		if _, err := catalogue.PriceVariants(t.Context(), request); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%d variants in %q = %v, want it refused", len(request.GetVariantIds()), request.GetCurrency(), err)
		}
	}
}

func TestEventsThatAreNoLevelsAreIgnored(t *testing.T) {
	t.Parallel()
	s := producttest.Open(t)
	if err := s.Handle(t.Context(), event.Envelope{Type: "com.cartograph.inventory.counted.v1"}); err != nil {
		t.Errorf("an unknown event = %v, want it ignored", err)
	}
	broken := event.Envelope{Type: event.Type[event.LevelChanged](), Data: []byte(`"x"`)}
	if err := s.Handle(t.Context(), broken); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a broken event = %v, want it refused", err)
	}
}

func TestPicturesAreServedSafely(t *testing.T) {
	t.Parallel()
	h := product.Media(func(name string, w, height int) ([]byte, bool) {
		if name != "mug.svg" {
			return nil, false
		}
		return []byte("<svg/>" + time.Duration(w).String() + time.Duration(height).String()), true
	}, media.New(media.Config{}, nil, nil, slog.New(slog.DiscardHandler)))
	get := func(path string, headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	for path, want := range map[string]int{
		"/media/mug.svg": 200, "/media/mug.svg?w=320": 200, "/media/mug.svg?w=320&h=200": 200,
		"/media/nosuch.svg": 404, "/media/": 404, "/media/a/b.svg": 404, "/media/mug.svg?w=0": 400, "/media/mug.svg?w=-1": 400,
		"/media/mug.svg?w=999999": 400, "/media/mug.svg?h=x": 400,
	} {
		if got := get(path).Code; got != want {
			t.Errorf("%s = %d, want %d", path, got, want)
		}
	}
	w := get("/media/mug.svg?w=320")
	if w.Body.String() != "<svg/>320ns320ns" {
		t.Errorf("w=320 draws %s, want a square", w.Body)
	}
	for header, want := range map[string]string{
		"Content-Type": "image/svg+xml", "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
		"Cache-Control":           "public, max-age=86400, stale-while-revalidate=604800",
	} {
		if got := w.Header().Get(header); got != want {
			t.Errorf("%s = %q, want %q", header, got, want)
		}
	}
	if again := get("/media/mug.svg?w=320", "If-None-Match", w.Header().Get("ETag")); again.Code != http.StatusNotModified || again.Body.Len() != 0 {
		t.Errorf("the same picture again = %d with %d bytes, want 304 with none", again.Code, again.Body.Len())
	}
}
