package cart_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/money"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/cart"
)

func TestLastKnownPricesServeWhileTheCatalogueIsDown(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.add(ada(t), t, "var_mug", 2)
	f.catalogue.set(func(s *catalogue) { s.down = true })
	f.redis.FlushAll()

	c, err := f.ActiveCart(ada(t))
	if err != nil {
		t.Fatal(err)
	}
	if q := f.Quote(ada(t), c); !q.Stale || q.Subtotal.Minor != 2500 || q.Lines[0].Snapshot.Title != "Mug" {
		t.Errorf("quote = %+v, want a stale one of $25.00 with its snapshot", q)
	}
	if _, err := f.AddLines(ada(t), cart.AddLinesRequest{Lines: []*cart.LineInput{{"var_pen", 1}}}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("adding = %v, want it unavailable", err)
	}
}

func TestPricesAreFetchedWithoutRedis(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.redis.Close()
	c := f.add(ada(t), t, "var_mug", 1)
	if q := f.Quote(ada(t), c); q.Stale || q.Subtotal.Minor != 1250 {
		t.Errorf("quote = %+v, want a fresh one of $12.50", q)
	}
}

func TestAChangedPriceIsAProblemUntilAcknowledged(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.add(ada(t), t, "var_mug", 1)
	f.catalogue.set(func(s *catalogue) { s.variants["var_mug"].PriceMinor = 1500 })
	handle(t, f, event.ProductChanged{ProductSnapshot: event.ProductSnapshot{
		ProductID: "prd_mug", Variants: []event.VariantSnapshot{{VariantID: "var_mug", Prices: []event.Price{{Currency: "USD", Minor: 1500}}}},
	}})

	c, err := f.ActiveCart(ada(t))
	if err != nil {
		t.Fatal(err)
	}
	q := f.Quote(ada(t), c)
	want := []cart.Problem{cart.PriceChanged{
		LineID: c.Lines[0].ID, Was: usd(1250), Now: usd(1500), Title: "Mug",
	}}
	if diff := cmp.Diff(want, q.Problems); diff != "" {
		t.Fatalf("problems (-want +got):\n%s", diff)
	}
	if _, err := f.AcknowledgePrices(ada(t), c.ID, c.Version-1); fault.CodeOf(err) != "CART_VERSION_MISMATCH" {
		t.Errorf("acknowledging an older version = %v, want an error", err)
	}
	if c, err = f.AcknowledgePrices(ada(t), c.ID, c.Version); err != nil {
		t.Fatal(err)
	}
	if q := f.Quote(ada(t), c); len(q.Problems) != 0 {
		t.Errorf("problems = %+v, want none", q.Problems)
	}
}

func TestLinesHaveTheirTextsInTheReadersLanguage(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.catalogue.set(func(s *catalogue) {
		s.variants["var_mug"].Translations = map[string]*rpcv1.LineTexts{"de": {Title: "Tasse", Subtitle: "Blau"}}
	})
	in := func(reader string) context.Context {
		caller := auth.From(ada(t))
		caller.Locale = reader
		return auth.With(t.Context(), caller)
	}
	title := func(reader string) string {
		c, err := f.ActiveCart(in(reader))
		if err != nil {
			t.Fatal(err)
		}
		line := f.Quote(in(reader), c).Lines[0]
		return line.Snapshot.Title + " " + line.Snapshot.Subtitle
	}
	f.add(in("de-CH"), t, "var_mug", 1)
	for reader, want := range map[string]string{"en-US": "Mug ", "de-DE": "Tasse Blau", "fr-FR": "Mug "} {
		if got := title(reader); got != want {
			t.Errorf("in %s the line shows %q, want %q", reader, got, want)
		}
	}
	if f.catalogue.calls != 1 {
		t.Errorf("the catalogue was called %d times, want once for all languages", f.catalogue.calls)
	}
	// Without catalogue and cache a line has the texts that it was added with.
	f.catalogue.set(func(s *catalogue) { s.down = true })
	f.redis.FlushAll()
	if got := title("de-CH"); got != "Tasse Blau" {
		t.Errorf("without the catalogue the line shows %q, want what was added", got)
	}
}

func usd(minor int64) money.Money { return money.Money{Minor: minor, Currency: "USD"} }
