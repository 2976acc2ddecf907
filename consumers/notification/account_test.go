package notification_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"cartograph/internal/email/emailtest"
	"cartograph/internal/event"
	"cartograph/internal/eventtest"
)

func signInsFailed() event.SignInsFailed {
	return event.SignInsFailed{UserID: "usr_ada", Email: "ada@example.com", DisplayName: "Ada", Locale: "de-DE", Attempts: 10}
}

func TestAnOwnerIsWarnedOnceADay(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for range 2 { // a quarter of an hour apart
		f.mustHandle(t, signInsFailed())
	}
	f.mustHandle(t, event.EmailRegisteredAgain{UserID: "usr_ada", Email: "ada@example.com", DisplayName: "Ada", Locale: "de-DE"})
	old := eventtest.Envelope(signInsFailed())
	old.Time = time.Now().Add(-25 * time.Hour)
	if err := f.Handle(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	f.wantStates(t, "usr_ada", "SIGN_INS_FAILED PENDING 0", "REGISTERED_AGAIN PENDING 0")
	f.mustSend(t)
	f.wantStates(t, "usr_ada", "SIGN_INS_FAILED SENT 1", "REGISTERED_AGAIN SENT 1")

	if _, err := f.pool.Exec(t.Context(), "UPDATE mails SET occasion = '2026-01-01'"); err != nil { // as if of an earlier day
		t.Fatal(err)
	}
	f.mustHandle(t, signInsFailed())
	f.wantStates(t, "usr_ada", "SIGN_INS_FAILED SENT 1", "REGISTERED_AGAIN SENT 1", "SIGN_INS_FAILED PENDING 0")
}

func TestAnOwnerGetsOneMailForEachNewDevice(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	signedIn := event.SignedInOnNewDevice{
		UserID: "usr_ada", Email: "ada@example.com", DisplayName: "Ada", Locale: "de-DE", DeviceID: "d1", At: time.Now(),
	}
	f.mustHandle(t, signedIn)
	f.mustHandle(t, signedIn)
	f.wantStates(t, "usr_ada", "SIGNED_IN_ON_NEW_DEVICE PENDING 0")
	signedIn.DeviceID = "d2"
	f.mustHandle(t, signedIn)
	f.mustSend(t)
	f.wantStates(t, "usr_ada", "SIGNED_IN_ON_NEW_DEVICE SENT 1", "SIGNED_IN_ON_NEW_DEVICE SENT 1")
	if ids := f.mail.accepted(); len(ids) != 2 || ids[0] == ids[1] {
		t.Errorf("the mails have the IDs %q, want one for each device", ids)
	}
}

func TestAddressesAreValidatedAsAtRegistrationAndCheckout(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for i, c := range emailtest.Addresses() {
		order := fmt.Sprintf("ord_%d", i)
		p := confirmed(order)
		p.Email = c.Given
		err := f.Handle(t.Context(), eventtest.Envelope(p))
		if (err == nil) != (c.SMTP != "") {
			t.Errorf("%q: %v, want it accepted: %v", c.Given, err, c.SMTP != "")
		}
		f.mustSend(t)
		if got := f.mail.recipient(order); c.SMTP != "" && got != c.SMTP {
			t.Errorf("%q was sent to %q, want %q", c.Given, got, c.SMTP)
		}
	}
}

func TestAnOwnerReadsOfAPauseOncePerEndpointAndDay(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	paused := event.WebhookPauseNoticeDue{
		UserID: "usr_ada", Email: "ada@example.com", DisplayName: "Ada", Locale: "en-US", EndpointID: "whe_1",
		URL: "https://partner.example/events", Failures: 10, Reason: strings.Repeat("é", 5000), PausedUntil: time.Now().Add(time.Minute), At: time.Now(),
	}
	f.mustHandle(t, paused)
	f.mustHandle(t, paused)
	f.wantStates(t, "usr_ada", "ENDPOINT_PAUSED PENDING 0")
	paused.EndpointID = "whe_2"
	f.mustHandle(t, paused)
	f.mustSend(t)
	f.wantStates(t, "usr_ada", "ENDPOINT_PAUSED SENT 1", "ENDPOINT_PAUSED SENT 1")
	if body := f.mail.bodies[0]; !strings.Contains(body, "https://shop.example/account/webhooks/whe_") || len(body) > 30_000 {
		t.Errorf("the mail has no link to the endpoint, or is %d bytes long", len(body))
	}
}
