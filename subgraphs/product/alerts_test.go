package product_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/producttest"
)

// visitor is a guest who reads German and pays in dollars, at a network.
func visitor(ctx context.Context, guest, address string) context.Context {
	return auth.With(ctx, auth.Caller{Actor: auth.Actor{Kind: auth.Guest, ID: guest}, Locale: "de-DE", Currency: "USD", Address: address})
}

func customer(ctx context.Context, userID string) context.Context {
	return auth.With(ctx, auth.Caller{Actor: auth.Actor{Kind: auth.User, ID: userID}, Locale: "en-US", Currency: "USD", Address: "192.0.2.9"})
}

func subscribe(ctx context.Context, s *producttest.Shop, variant string, kind product.AlertKind, email string) error {
	r := product.AlertRequest{VariantID: variant, Kind: kind}
	if email != "" {
		r.Email = &email
	}
	return s.SubscribeAlert(ctx, r)
}

func mustSubscribe(t *testing.T, ctx context.Context, s *producttest.Shop, variant string, kind product.AlertKind, email string) {
	t.Helper()
	if err := subscribe(ctx, s, variant, kind, email); err != nil {
		t.Fatal(err)
	}
}

// dueAlerts serves all that is queued and returns the alerts that are published.
func dueAlerts(t *testing.T, s *producttest.Shop) (due []event.StockAlertDue) {
	t.Helper()
	for more := true; more; {
		var err error
		if more, err = s.ServeAlerts(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range s.Published(t) {
		if e.Type == event.Type[event.StockAlertDue]() {
			a, err := event.Decode[event.StockAlertDue](e)
			if err != nil {
				t.Fatal(err)
			}
			due = append(due, a)
		}
	}
	return due
}

func wantRecipients(t *testing.T, when string, due []event.StockAlertDue, want ...string) {
	t.Helper()
	var got []string
	for _, a := range due {
		got = append(got, a.Kind+" "+cmp.Or(a.Email, a.UserID))
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("%s alerts are due to %q, want %q", when, got, want)
	}
}

func restock(t *testing.T, s *producttest.Shop, variant string, available int, version int64) {
	t.Helper()
	s.HandleEvent(t, event.LevelChanged{VariantID: variant, OnHand: available, Available: available, Version: version, At: producttest.Now()})
}

func setPrice(t *testing.T, s *producttest.Shop, currency, amount string) {
	t.Helper()
	if _, err := s.SetPrices(merchant(t), []product.PriceChange{{VariantID: "var_e1", Price: product.NewPrice{Amount: amount, Currency: currency}}}); err != nil {
		t.Fatal(err)
	}
}

func TestAnAlertIsDueOnceWhenStockComesBack(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	ada := visitor(t.Context(), "gst_ada", "192.0.2.1")
	for range 2 { // twice is one
		mustSubscribe(t, ada, s, "var_c1", product.BackInStock, " Ada@Example.com ")
	}
	mustSubscribe(t, customer(t.Context(), "usr_bob"), s, "var_c1", product.BackInStock, "")
	wantRecipients(t, "while it is sold out", dueAlerts(t, s))
	restock(t, s, "var_c1", 4, 2)
	restock(t, s, "var_c1", 3, 3)
	due := dueAlerts(t, s)
	wantRecipients(t, "in stock", due, "BACK_IN_STOCK ada@example.com", "BACK_IN_STOCK usr_bob")
	restock(t, s, "var_c1", 0, 4)
	restock(t, s, "var_c1", 9, 5)
	if again := dueAlerts(t, s); len(again) != len(due) {
		t.Errorf("%d alerts are due after the next delivery, want the first %d: a subscription ends with its mail", len(again), len(due))
	}
	if err := subscribe(ada, s, "var_c1", product.BackInStock, "ada@example.com"); fault.CodeOf(err) != "CONFLICT" {
		t.Errorf("a variant in stock: %v, want CONFLICT", err)
	}
}

func TestWhatIsSoldOutAgainAlertsNobody(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	mustSubscribe(t, visitor(t.Context(), "gst_ada", "192.0.2.1"), s, "var_c1", product.BackInStock, "ada@example.com")
	restock(t, s, "var_c1", 1, 2)
	restock(t, s, "var_c1", 0, 3)
	wantRecipients(t, "sold out again", dueAlerts(t, s))
	restock(t, s, "var_c1", 1, 4)
	wantRecipients(t, "back", dueAlerts(t, s), "BACK_IN_STOCK ada@example.com")
}

func TestAnAlertIsDueWhenThePriceFallsBelowThatOfTheSubscription(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	setPrice(t, s, "USD", "60")
	mustSubscribe(t, visitor(t.Context(), "gst_ada", "192.0.2.1"), s, "var_e1", product.PriceDrop, "ada@example.com")
	setPrice(t, s, "EUR", "1") // another currency
	setPrice(t, s, "USD", "70")
	setPrice(t, s, "USD", "60")
	wantRecipients(t, "at the old price", dueAlerts(t, s))
	setPrice(t, s, "USD", "59.99")
	due := dueAlerts(t, s)
	wantRecipients(t, "below it", due, "PRICE_DROP ada@example.com")
	if a := due[0]; a.PriceMinor != 5999 || a.WasMinor != 6000 || a.Currency != "USD" || a.Title != "Alltagspfanne" || a.Slug != "slug-e" {
		t.Errorf("the alert is %+v, want both prices and the title in the subscriber's language", a)
	}
}

func TestAFlashSaleAlertsThoseWhoWaitForALowerPrice(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	mustSubscribe(t, customer(t.Context(), "usr_bob"), s, "var_b1", product.PriceDrop, "")
	liveSale(t, s)
	wantRecipients(t, "during the sale", dueAlerts(t, s), "PRICE_DROP usr_bob")
}

func TestManyAlertsAreServedInBatchesWithOneStatementEach(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	const many = 450
	if _, err := s.Pool.Exec(t.Context(), `
		INSERT INTO stock_alerts (id, variant_id, kind, recipient, owner_id, locale, currency, price_minor, expires_at)
		SELECT 'alr_' || n, 'var_c1', 'BACK_IN_STOCK', n || '@example.com', '', 'en', 'USD', 100, now() + interval '1 day' FROM generate_series(1, $1) AS n`, many); err != nil {
		t.Fatal(err)
	}
	restock(t, s, "var_c1", 1, 2)
	s.Statements.Reset()
	if more, err := s.ServeAlerts(t.Context()); err != nil || !more {
		t.Fatalf("the first batch: %v, %v; want more", more, err)
	}
	if n := s.Statements.N(); n > 5 {
		t.Errorf("a batch took %d statements, want 5 at most:\n%v", n, s.Statements.SQL())
	}
	var wg sync.WaitGroup
	for range 3 { // replicas
		wg.Go(func() {
			for more := true; more; {
				var err error
				if more, err = s.ServeAlerts(t.Context()); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	recipients := map[string]int{}
	for _, a := range dueAlerts(t, s) {
		recipients[a.Email]++
	}
	if len(recipients) != many {
		t.Errorf("%d recipients are alerted, want %d", len(recipients), many)
	}
	for r, n := range recipients {
		if n != 1 {
			t.Errorf("%s is alerted %d times", r, n)
		}
	}
}

func TestABatchThatFailsLosesNoAlert(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	mustSubscribe(t, customer(t.Context(), "usr_bob"), s, "var_c1", product.BackInStock, "")
	restock(t, s, "var_c1", 1, 2)
	for _, sql := range []string{"ALTER TABLE outbox RENAME TO outbox_away", "ALTER TABLE outbox_away RENAME TO outbox"} {
		if _, err := s.Pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
		if _, err := s.ServeAlerts(t.Context()); (err == nil) != (sql == "ALTER TABLE outbox_away RENAME TO outbox") {
			t.Fatalf("after %s: %v", sql, err)
		}
	}
	wantRecipients(t, "afterwards", dueAlerts(t, s), "BACK_IN_STOCK usr_bob")
}

func TestTheLimitsOfAlerts(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	var refused error
	asked := 0
	for ; refused == nil && asked < 300; asked++ { // guests of one network, each for another address
		refused = subscribe(visitor(t.Context(), fmt.Sprintf("gst_%d", asked), "192.0.2.7"), s, "var_c1", product.BackInStock, fmt.Sprintf("a%d@example.com", asked%150))
	}
	var f *fault.Error
	if !errors.As(refused, &f) || f.Kind != fault.RateLimited || f.RetryAfter <= 0 || asked != 201 {
		t.Errorf("request %d of a network is refused with %v, want 200 in a day and when to come back", asked, refused)
	}
	if err := subscribe(visitor(t.Context(), "gst_x", "192.0.2.8"), s, "var_c1", product.BackInStock, "a1@example.com"); err != nil {
		t.Errorf("another network is refused: %v", err)
	}
	if err := subscribe(visitor(t.Context(), "gst_x", "192.0.2.8"), s, "var_c1", product.BackInStock, ""); fault.CodeOf(err) != "INVALID_INPUT" {
		t.Errorf("a guest without an address: %v", err)
	}
	for _, hidden := range []string{"var_f1", "var_g1", "var_none", "\x00"} { // archived, a draft, unknown
		for _, ctx := range []context.Context{customer(t.Context(), "usr_bob"), merchant(t)} {
			if err := subscribe(ctx, s, hidden, product.PriceDrop, "bob@example.com"); fault.CodeOf(err) != "NOT_FOUND" {
				t.Errorf("%q: %v, want NOT_FOUND", hidden, err)
			}
		}
	}
}

func TestAnAddressGetsABoundedNumberOfMailsAndNobodyIsToldSo(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	if _, err := s.Pool.Exec(t.Context(), `
		INSERT INTO stock_alert_tokens (token_sha256, recipient) SELECT sha256(n::text::bytea), 'ada@example.com' FROM generate_series(1, 19) AS n`); err != nil {
		t.Fatal(err)
	}
	ada := visitor(t.Context(), "gst_ada", "192.0.2.1")
	for _, variant := range []string{"var_c1", "var_d1"} {
		mustSubscribe(t, ada, s, variant, product.BackInStock, "ada@example.com")
		restock(t, s, variant, 1, 2)
	}
	wantRecipients(t, "at 19 mails within 30 days", dueAlerts(t, s), "BACK_IN_STOCK ada@example.com")
}
