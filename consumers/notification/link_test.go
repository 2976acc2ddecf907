package notification_test

import (
	"strings"
	"testing"
	"time"

	"cartograph/internal/event"
)

func resetDue(linkID string) event.PasswordResetDue {
	return event.PasswordResetDue{
		UserID: "usr_ada", Email: "ada@example.com", DisplayName: "Ada", Locale: "en-US",
		LinkID: linkID, ExpiresAt: time.Now().Add(30 * time.Minute),
	}
}

func TestTheTokenOfALinkIsInTheMailOnly(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.mustHandle(t, resetDue("lnk_1"))
	f.mustSend(t)
	f.wantStates(t, "usr_ada", "RESET_PASSWORD SENT 1")
	link := "https://shop.example/account/reset-password#token=token-of-lnk_1"
	if raw := strings.ReplaceAll(strings.ReplaceAll(f.mail.bodies[0], "=\r\n", ""), "=3D", "="); !strings.Contains(raw, link) {
		t.Errorf("no %s in\n%s", link, raw)
	}
	var stored int
	err := f.pool.QueryRow(t.Context(), `SELECT count(*) FROM mails m WHERE m::text LIKE '%token-of%'`).Scan(&stored)
	if err != nil || stored != 0 {
		t.Errorf("%d stored mails have the token, %v", stored, err)
	}
}

func TestTheMailOfALinkThatEndedIsDropped(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.mustHandle(t, resetDue("lnk_used"))
	expired := resetDue("lnk_2")
	expired.ExpiresAt = time.Now().Add(-time.Second)
	f.mustHandle(t, expired)
	f.mustSend(t)
	f.wantStates(t, "usr_ada", "RESET_PASSWORD DROPPED 1", "RESET_PASSWORD DROPPED 1")
	if ids := f.mail.accepted(); len(ids) != 0 {
		t.Errorf("%q were sent, want none", ids)
	}
}

func TestAChangedPasswordIsReportedEachTime(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	changed := event.PasswordChanged{UserID: "usr_ada", Email: "ada@example.com", DisplayName: "Ada", Locale: "de-DE", At: time.Now()}
	f.mustHandle(t, changed)
	f.mustHandle(t, changed)
	changed.At = changed.At.Add(time.Minute)
	f.mustHandle(t, changed)
	f.wantStates(t, "usr_ada", "PASSWORD_CHANGED PENDING 0", "PASSWORD_CHANGED PENDING 0")
}

func TestMailsKeepNoPersonalDataOfDeletedAccounts(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.mustHandle(t, signInsFailed())
	f.mustHandle(t, confirmed("ord_1"))
	f.mustSend(t)
	f.mustHandle(t, resetDue("lnk_1"))
	f.mustHandle(t, event.UserErased{UserID: "usr_ada", DisplayName: "Deleted account"})
	f.mustSend(t)
	f.wantStates(t, "usr_ada", "SIGN_INS_FAILED SENT 1", "RESET_PASSWORD DROPPED 0")
	var kept int
	err := f.pool.QueryRow(t.Context(), `SELECT count(*) FROM mails m WHERE m::text LIKE '%example.com%'`).Scan(&kept)
	if err != nil || kept != 0 {
		t.Errorf("%d mails have an address, %v", kept, err)
	}
}
