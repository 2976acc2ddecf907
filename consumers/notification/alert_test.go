package notification_test

import (
	"strings"
	"testing"
	"time"

	"cartograph/internal/event"
	"cartograph/internal/eventtest"
)

func backInStock(alert string) event.StockAlertDue {
	return event.StockAlertDue{
		AlertID: alert, Kind: "BACK_IN_STOCK", Email: "ada@example.com", Locale: "en-US", VariantID: "var_a", ProductID: "prd_a",
		Slug: "desk-lamp", Title: "Desk Lamp", Currency: "USD", PriceMinor: 1999, UnsubscribeToken: "stop-me",
	}
}

func TestAStockAlertIsMailedOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for range 2 { // two events, as of a relay that published twice
		f.mustHandle(t, backInStock("alr_1"))
	}
	f.wantStates(t, "alr_1", "BACK_IN_STOCK PENDING 0")
	f.mustSend(t)
	f.wantStates(t, "alr_1", "BACK_IN_STOCK SENT 1")
	if ids := f.mail.accepted(); len(ids) != 1 || f.mail.recipient("alr_1") != "ada@example.com" {
		t.Errorf("mails %q to %q, want one to the address of the alert", ids, f.mail.recipient("alr_1"))
	}
	if body := f.mail.bodies[0]; !strings.Contains(body, "https://shop.example/products/desk-lamp") || !strings.Contains(strings.ReplaceAll(body, "=\r\n", ""), "unsubscribe#token=3Dstop-me") {
		t.Errorf("the mail does not link to the product and to the end of all alerts:\n%s", body)
	}
}

func TestAStockAlertOfAnAccountGoesToTheAddressThatItHasNow(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ada, gone := backInStock("alr_2"), backInStock("alr_3")
	ada.Email, ada.UserID, ada.Kind, ada.WasMinor = "", "usr_ada", "PRICE_DROP", 2999
	gone.Email, gone.UserID = "", "usr_gone"
	f.mustHandle(t, ada)
	f.mustHandle(t, gone)
	f.mustSend(t)
	f.wantStates(t, "alr_2", "PRICE_DROPPED SENT 1")
	f.wantStates(t, "alr_3", "BACK_IN_STOCK DROPPED 1")
	if to := f.mail.recipient("alr_2"); to != "now-usr_ada@example.com" || len(f.mail.accepted()) != 1 {
		t.Errorf("it went to %q", to)
	}
}

func TestAStockAlertThatArrivesDaysLaterIsNotMailed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	old := eventtest.Envelope(backInStock("alr_4"))
	old.Time = time.Now().Add(-4 * 24 * time.Hour)
	if err := f.Handle(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	f.wantStates(t, "alr_4")
	unknown := backInStock("alr_5")
	unknown.Kind = "NEW_COLOUR"
	if err := f.Handle(t.Context(), eventtest.Envelope(unknown)); err == nil {
		t.Error("an alert of an unknown kind is accepted")
	}
}
