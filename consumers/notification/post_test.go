package notification_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"

	"cartograph/internal/event"
)

const adaID = "usr_01J0000000000000000000000A"

// eventsOf returns the payloads of one type that wait to be published, in order.
func eventsOf[P event.Payload](t *testing.T, f fixture) []P {
	t.Helper()
	rows, err := f.pool.Query(t.Context(), "SELECT data::text FROM outbox WHERE type = $1 ORDER BY id", event.Type[P]())
	if err != nil {
		t.Fatal(err)
	}
	payloads, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p P, err error) {
		var data string
		if err := row.Scan(&data); err != nil {
			return p, err
		}
		return p, json.Unmarshal([]byte(data), &p)
	})
	if err != nil {
		t.Fatal(err)
	}
	return payloads
}

func confirmedOf(owner string) event.OrderConfirmed {
	p := confirmed("ord_1")
	p.OwnerID = owner
	return p
}

func TestAMailToAnAccountIsPostedToItsInboxOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for range 2 { // two events with the same meaning
		f.mustHandle(t, confirmedOf(adaID))
	}
	want := []event.NotificationPosted{{
		UserID: adaID, About: "ORDER", Title: "Order C-1 is confirmed", LinkID: "ord_1",
		Body: "Thank you for your order. Your payment has arrived and everything you chose is set aside for you.",
	}}
	got := eventsOf[event.NotificationPosted](t, f)
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(event.NotificationPosted{}, "NotificationID", "PostedAt")); diff != "" {
		t.Fatalf("posted (-want +got):\n%s", diff)
	}
	if time.Since(got[0].PostedAt) > time.Minute {
		t.Errorf("posted at %v", got[0].PostedAt)
	}
	f.mustSend(t)
	f.mustSend(t)
	sent := []event.NotificationSent{{NotificationID: got[0].NotificationID, UserID: adaID, Channel: "EMAIL"}}
	if diff := cmp.Diff(sent, eventsOf[event.NotificationSent](t, f), cmpopts.IgnoreFields(event.NotificationSent{}, "SentAt")); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}

func TestANotificationThatCannotBeMailedIsReported(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.mail.replies(func(string) error { return &smtp.SMTPError{Code: 550, Message: "no such user"} })
	f.mustHandle(t, confirmedOf(adaID))
	f.mustSend(t)
	f.wantStates(t, "ord_1", "ORDER_CONFIRMED FAILED 1")
	want := []event.NotificationFailed{{NotificationID: eventsOf[event.NotificationPosted](t, f)[0].NotificationID, UserID: adaID, Channel: "EMAIL"}}
	got := eventsOf[event.NotificationFailed](t, f)
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(event.NotificationFailed{}, "FailedAt")); diff != "" {
		t.Errorf("failed (-want +got):\n%s", diff)
	}
	if sent := eventsOf[event.NotificationSent](t, f); len(sent) != 0 {
		t.Errorf("%d are reported as sent", len(sent))
	}
}

func TestMailsToAddressesWithoutAnAccountAreInNoInbox(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.mustHandle(t, confirmedOf("gst_01J0000000000000000000000A"))
	f.mustHandle(t, backInStock("alr_1"))
	f.mustHandle(t, resetDue("lnk_1")) // a link is of use in the mail only
	f.mustSend(t)
	if n := len(eventsOf[event.NotificationPosted](t, f)) + len(eventsOf[event.NotificationSent](t, f)); n != 0 {
		t.Errorf("%d notifications are published", n)
	}
}

func TestAnInboxHasWhatIsAboutTheAccountAndItsAlerts(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	alert := backInStock("alr_1")
	alert.UserID, alert.Email, alert.Kind, alert.WasMinor = adaID, "", "PRICE_DROP", 2999
	f.mustHandle(t, alert)
	f.mustHandle(t, signInsFailed())
	failed := failed("ord_1", "pay_1")
	failed.OwnerID = adaID
	f.mustHandle(t, failed)
	want := []event.NotificationPosted{
		{UserID: adaID, About: "PRICE_DROP", LinkID: "prd_a"}, {UserID: "usr_ada", About: "SECURITY"}, {UserID: adaID, About: "PAYMENT", LinkID: "ord_1"},
	}
	got := eventsOf[event.NotificationPosted](t, f)
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(event.NotificationPosted{}, "NotificationID", "PostedAt", "Title", "Body")); diff != "" {
		t.Errorf("posted (-want +got):\n%s", diff)
	}
}
