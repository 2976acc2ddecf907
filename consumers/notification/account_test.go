package notification_test

import (
	"fmt"
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

func TestAddressesAreJudgedAsAtRegistrationAndCheckout(t *testing.T) {
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
