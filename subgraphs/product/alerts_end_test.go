package product_test

import (
	"context"
	"slices"
	"testing"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/polltest"
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/producttest"
)

func alertCount(t *testing.T, s *producttest.Shop) (n int) {
	t.Helper()
	if err := s.Pool.QueryRow(t.Context(), "SELECT count(*) FROM stock_alerts").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTheLinkOfAMailEndsAllAlertsOfItsRecipientWithoutASession(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	ada := visitor(t.Context(), "gst_ada", "192.0.2.1")
	for _, variant := range []string{"var_c1", "var_d1"} {
		mustSubscribe(t, ada, s, variant, product.BackInStock, "ada@example.com")
	}
	mustSubscribe(t, ada, s, "var_d1", product.BackInStock, "bob@example.com")
	restock(t, s, "var_c1", 1, 2)
	token := dueAlerts(t, s)[0].UnsubscribeToken
	for _, given := range []string{"", "guessed", "\x00", token, token} {
		if err := s.UnsubscribeAlert(t.Context(), &given, nil); err != nil {
			t.Errorf("token %q: %v, want the same answer for every token", given, err)
		}
		want := 2
		if given == token {
			want = 1
		}
		if n := alertCount(t, s); n != want {
			t.Errorf("after the token %q %d alerts are left, want %d", given, n, want)
		}
	}
}

func TestWhoSubscribedEndsTheSubscriptionAndNobodyElse(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	mustSubscribe(t, visitor(t.Context(), "gst_ada", "192.0.2.1"), s, "var_c1", product.BackInStock, "ada@example.com")
	variant := new("var_c1")
	mustSubscribe(t, visitor(t.Context(), "gst_eve", "192.0.2.2"), s, *variant, product.BackInStock, "ada@example.com") // a repetition by another guest
	if err := s.UnsubscribeAlert(visitor(t.Context(), "gst_eve", "192.0.2.2"), nil, variant); err != nil || alertCount(t, s) != 1 {
		t.Errorf("another guest ends it: %v", err)
	}
	if err := s.UnsubscribeAlert(t.Context(), nil, variant); fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("without a session: %v, want UNAUTHENTICATED", err)
	}
	if err := s.UnsubscribeAlert(t.Context(), variant, variant); fault.KindOf(err) != fault.Invalid {
		t.Errorf("with both arguments: %v, want INVALID_INPUT", err)
	}
	claimed := auth.With(t.Context(), auth.Caller{Actor: auth.Actor{Kind: auth.User, ID: "usr_ada", GuestID: "gst_ada"}})
	if err := s.UnsubscribeAlert(claimed, nil, variant); err != nil || alertCount(t, s) != 0 {
		t.Errorf("the user that the guest has become: %v, %d left", err, alertCount(t, s))
	}
}

func TestAlertsEndWithTheirVariantAndAfterTheirTime(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	for _, variant := range []string{"var_c1", "var_d1"} {
		mustSubscribe(t, customer(t.Context(), "usr_bob"), s, variant, product.BackInStock, "")
	}
	for _, sql := range []string{
		"UPDATE stock_alerts SET expires_at = now() - interval '1 second' WHERE variant_id = 'var_d1'",
		"INSERT INTO stock_alert_tokens (token_sha256, recipient, created_at) VALUES ('\\x01', 'a', now() - interval '181 days'), ('\\x02', 'a', now() - interval '179 days')",
		"UPDATE stock_alert_requests SET began = now() - interval '25 hours'",
	} {
		if _, err := s.Pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	restock(t, s, "var_d1", 1, 2)
	wantRecipients(t, "expired", dueAlerts(t, s))
	if more, err := s.PruneAlerts(t.Context()); err != nil || more {
		t.Fatalf("more: %v, %v", more, err)
	}
	var tokens, requests int
	if err := s.Pool.QueryRow(t.Context(), "SELECT (SELECT count(*) FROM stock_alert_tokens), (SELECT count(*) FROM stock_alert_requests)").Scan(&tokens, &requests); err != nil {
		t.Fatal(err)
	}
	if n := alertCount(t, s); n != 1 || tokens != 1 || requests != 0 {
		t.Errorf("%d alerts, %d tokens and %d requests are left, want 1, 1 and 0", n, tokens, requests)
	}
	if _, err := s.Pool.Exec(t.Context(), "DELETE FROM variants WHERE id = 'var_c1'"); err != nil {
		t.Fatal(err)
	}
	if n := alertCount(t, s); n != 0 {
		t.Errorf("%d alerts outlive their variant", n)
	}
}

func TestABacklogOfOldAlertsIsDeletedBatchAfterBatch(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	if _, err := s.Pool.Exec(t.Context(), `
		INSERT INTO stock_alert_tokens (token_sha256, recipient, created_at)
		SELECT sha256(n::text::bytea), 'ada@example.com', now() - interval '181 days' FROM generate_series(1, 2100) AS n`); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		_ = s.RunAlerts(ctx)
	}()
	polltest.Eventually(t, "all that is too old is deleted", func() bool {
		var left int
		err := s.Pool.QueryRow(t.Context(), "SELECT count(*) FROM stock_alert_tokens").Scan(&left)
		return err == nil && left == 0
	})
	cancel()
	<-stopped
}

func TestADeletedAccountHasNoAlerts(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	for _, user := range []string{"usr_bob", "usr_ada"} {
		mustSubscribe(t, customer(t.Context(), user), s, "var_c1", product.BackInStock, "")
	}
	mustSubscribe(t, customer(t.Context(), "usr_bob"), s, "var_d1", product.PriceDrop, "bob@example.com")
	s.HandleEvent(t, event.UserErased{UserID: "usr_bob", DisplayName: "Deleted account"})
	restock(t, s, "var_c1", 1, 2)
	wantRecipients(t, "after the deletion", dueAlerts(t, s), "BACK_IN_STOCK usr_ada")
	if n := alertCount(t, s); n != 0 {
		t.Errorf("%d alerts of the account are left", n)
	}
}

func TestADeletedAccountLeavesNoAddressOfAGuestThatItClaimed(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	for _, guest := range []string{"gst_bob", "gst_ada"} {
		for _, variant := range []string{"var_c1", "var_d1"} {
			mustSubscribe(t, visitor(t.Context(), guest, "192.0.2.1"), s, variant, product.BackInStock, guest+"@example.com")
		}
	}
	mustSubscribe(t, customer(t.Context(), "usr_bob"), s, "var_c1", product.BackInStock, "bob@work.example.com")
	restock(t, s, "var_c1", 1, 2)
	wantRecipients(t, "before the deletion", dueAlerts(t, s), "BACK_IN_STOCK bob@work.example.com", "BACK_IN_STOCK gst_ada@example.com", "BACK_IN_STOCK gst_bob@example.com")
	s.HandleEvent(t, event.GuestClaimed{GuestID: "gst_bob", UserID: "usr_bob"})
	s.HandleEvent(t, event.UserErased{UserID: "usr_bob", DisplayName: "Deleted account"})
	for _, table := range []string{"stock_alerts", "stock_alert_tokens"} {
		var left []string
		if err := s.Pool.QueryRow(t.Context(), "SELECT array_agg(recipient) FROM "+table).Scan(&left); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(left, []string{"gst_ada@example.com"}) {
			t.Errorf("%s has %q, want what the other guest has only", table, left)
		}
	}
}

func TestAProductThatIsForSaleAgainAlerts(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	mustSubscribe(t, customer(t.Context(), "usr_bob"), s, "var_c1", product.BackInStock, "")
	if _, err := s.Archive(merchant(t), "prd_c"); err != nil {
		t.Fatal(err)
	}
	restock(t, s, "var_c1", 1, 2)
	wantRecipients(t, "archived", dueAlerts(t, s))
	if _, err := s.Publish(merchant(t), "prd_c", nil); err != nil {
		t.Fatal(err)
	}
	wantRecipients(t, "for sale again", dueAlerts(t, s), "BACK_IN_STOCK usr_bob")
}

func TestASubscriptionTakesThreeStatements(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	s.Statements.Reset()
	mustSubscribe(t, customer(t.Context(), "usr_bob"), s, "var_c1", product.BackInStock, "")
	if n := s.Statements.N(); n != 3 {
		t.Errorf("it took %d statements, want 3:\n%v", n, s.Statements.SQL())
	}
}
