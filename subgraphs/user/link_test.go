package user

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
)

// tokenOf is the token that the mail of a link has.
func tokenOf(t *testing.T, s *Service, linkID string) string {
	t.Helper()
	token, err := s.LinkToken(as(t, auth.Actor{Kind: auth.Service, ID: "notification"}), linkID)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// requestReset requests a new password and sends the mail; the newest token, or none.
func requestReset(t *testing.T, s *Service, email string) string {
	t.Helper()
	before := len(eventsOf[event.PasswordResetDue](t, s))
	if err := s.RequestPasswordReset(anonymous(t), email); err != nil {
		t.Fatal(err)
	}
	if _, err := s.sendResets(t.Context()); err != nil {
		t.Fatal(err)
	}
	due := eventsOf[event.PasswordResetDue](t, s)
	if len(due) == before {
		return ""
	}
	return tokenOf(t, s, due[len(due)-1].LinkID)
}

func TestARegistrationSendsAMailThatVerifiesTheAddress(t *testing.T) {
	t.Parallel()
	s, c := newServiceAndClock(t)
	ada, tokens := register(t, s, "ada@demo.test")
	if *ada.EmailVerified() {
		t.Fatal("the address is verified before the mail was followed")
	}
	due := eventsOf[event.EmailVerificationDue](t, s)
	if len(due) != 1 || due[0].UserID != ada.ID {
		t.Fatalf("events: %v, want one for the new account", due)
	}
	token := tokenOf(t, s, due[0].LinkID)
	if _, err := s.VerifyEmail(anonymous(t), "wrong"); fault.CodeOf(err) != "TOKEN_INVALID" {
		t.Errorf("a wrong token: %v", err)
	}
	for range 2 { // a repetition changes nothing
		u, err := s.VerifyEmail(anonymous(t), token)
		if err != nil || u.ID != ada.ID || u.Email() != nil {
			t.Fatalf("verified %v, %v, want the account without its private data", u, err)
		}
		c.advance(verificationTTL)
	}
	if me, err := s.Me(signedIn(t, tokens)); err != nil || !*me.EmailVerified() {
		t.Errorf("the account is %v, %v, want it verified", me, err)
	}
	if err := s.RequestVerification(signedIn(t, tokens)); err != nil {
		t.Fatal(err)
	}
	if n := len(eventsOf[event.EmailVerificationDue](t, s)); n != 1 {
		t.Errorf("%d mails, want none for a verified address", n-1)
	}
}

func TestVerificationMailsAreBounded(t *testing.T) {
	t.Parallel()
	s, c := newServiceAndClock(t)
	_, tokens := register(t, s, "ada@demo.test")
	ctx := signedIn(t, tokens)
	for range maxVerifications - 1 {
		if err := s.RequestVerification(ctx); err != nil {
			t.Fatal(err)
		}
	}
	wantCode(t, s.RequestVerification(ctx), "RATE_LIMITED")
	first := eventsOf[event.EmailVerificationDue](t, s)[0]
	token := tokenOf(t, s, first.LinkID)
	c.advance(verificationTTL)
	if _, err := s.VerifyEmail(ctx, token); fault.CodeOf(err) != "TOKEN_EXPIRED" {
		t.Errorf("after its end: %v", err)
	}
	if err := s.RequestVerification(ctx); err != nil {
		t.Errorf("after a day: %v", err)
	}
	if err := s.RequestVerification(anonymous(t)); fault.CodeOf(err) != "UNAUTHENTICATED" {
		t.Errorf("without a session: %v", err)
	}
}

func TestARequestForANewPasswordDoesNotRevealWhoHasAnAccount(t *testing.T) {
	t.Parallel()
	s, c := newServiceAndClock(t)
	register(t, s, "ada@demo.test")
	probe := func(email string) (seen []string) {
		for range 3 * freeAttempts {
			began := c.Now()
			err := s.RequestPasswordReset(from(t, "192.0.2.1"), email)
			seen = append(seen, fault.CodeOf(err)+" after "+c.Now().Sub(began).String())
		}
		return seen
	}
	taken, free := probe("ada@demo.test"), probe("bo@demo.test")
	if diff := cmp.Diff(free, taken); diff != "" {
		t.Errorf("an address with an account is distinguishable (-free +taken):\n%s", diff)
	}
	if last := taken[len(taken)-1]; last != " after 2s" {
		t.Errorf("after %d requests: %q, want them delayed", len(taken), last)
	}
	if n := count(t, s, "SELECT count(*) FROM password_reset_requests"); n != 2 {
		t.Errorf("%d requests are stored, want one for each address", n)
	}
}

func TestANewPasswordByMailEndsAllSessionsAndWorksOnce(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ada, tokens := register(t, s, "ada@demo.test")
	other := requestReset(t, s, "ada@demo.test")
	token := requestReset(t, s, " ADA@demo.test ")
	if _, _, err := s.ResetPassword(anonymous(t), token, "short"); fault.CodeOf(err) != "PASSWORD_TOO_WEAK" {
		t.Errorf("a weak password: %v", err)
	}
	fresh, u, err := s.ResetPassword(anonymous(t), token, otherPassword)
	if err != nil || u.ID != ada.ID || !*u.EmailVerified() {
		t.Fatalf("reset: %v, %v, want Ada with a verified address", u, err)
	}
	if err := s.CheckSession(signedIn(t, fresh)); err != nil {
		t.Errorf("the new session: %v", err)
	}
	if err := s.CheckSession(signedIn(t, tokens)); fault.CodeOf(err) != "UNAUTHENTICATED" {
		t.Errorf("the earlier session: %v, want it ended", err)
	}
	for name, used := range map[string]string{"again": token, "another link": other} {
		if _, _, err := s.ResetPassword(anonymous(t), used, "third time's a charm"); fault.CodeOf(err) != "TOKEN_INVALID" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := s.Login(anonymous(t), Credentials{Email: "ada@demo.test", Password: goodPassword}); fault.CodeOf(err) != "CREDENTIALS_INVALID" {
		t.Errorf("the old password: %v", err)
	}
	if _, _, err := s.Login(anonymous(t), Credentials{Email: "ada@demo.test", Password: otherPassword}); err != nil {
		t.Errorf("the new password: %v", err)
	}
	if changed := eventsOf[event.PasswordChanged](t, s); len(changed) != 1 || changed[0].UserID != ada.ID {
		t.Errorf("events: %v, want the owner notified", changed)
	}
	if n := count(t, s, "SELECT count(*) FROM account_link_tokens WHERE encode(hash, 'escape') LIKE '%' || $1 || '%'", token[:8]); n != 0 {
		t.Error("the token is stored")
	}
}

func TestConcurrentUsesOfALinkSetOnePassword(t *testing.T) {
	t.Parallel()
	s := newService(t)
	register(t, s, "ada@demo.test")
	token := requestReset(t, s, "ada@demo.test")
	const uses = 4
	results := make(chan error, uses)
	for i := range uses {
		go func() {
			_, _, err := s.ResetPassword(anonymous(t), token, otherPassword+string(rune('a'+i)))
			results <- err
		}()
	}
	succeeded := 0
	for range uses {
		if err := <-results; err == nil {
			succeeded++
		} else if fault.CodeOf(err) != "TOKEN_INVALID" {
			t.Error(err)
		}
	}
	if succeeded != 1 {
		t.Errorf("%d uses succeeded, want one", succeeded)
	}
}

func TestALinkForANewPasswordEnds(t *testing.T) {
	t.Parallel()
	s, c := newServiceAndClock(t)
	_, tokens := register(t, s, "ada@demo.test")
	c.advance(time.Minute)
	late := requestReset(t, s, "ada@demo.test")
	c.advance(resetTTL)
	if _, _, err := s.ResetPassword(anonymous(t), late, otherPassword); fault.CodeOf(err) != "TOKEN_EXPIRED" {
		t.Errorf("after half an hour: %v", err)
	}
	outdated := requestReset(t, s, "ada@demo.test")
	c.advance(time.Minute)
	if _, err := s.ChangePassword(signedIn(t, tokens), goodPassword, otherPassword); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.ResetPassword(anonymous(t), outdated, goodPassword); fault.CodeOf(err) != "TOKEN_INVALID" {
		t.Errorf("after the password was changed: %v", err)
	}
}

func TestAnAddressGetsFewMailsForNewPasswords(t *testing.T) {
	t.Parallel()
	s, c := newServiceAndClock(t)
	register(t, s, "ada@demo.test")
	for i := range maxResets + 2 {
		if sent := requestReset(t, s, "ada@demo.test") != ""; sent != (i < maxResets) {
			t.Errorf("request %d was sent: %v", i+1, sent)
		}
	}
	c.advance(resetTTL)
	if requestReset(t, s, "ada@demo.test") == "" {
		t.Error("after half an hour nothing is sent")
	}
	if requestReset(t, s, "nobody@demo.test") != "" {
		t.Error("an address without an account gets a mail")
	}
	wantCode(t, s.RequestPasswordReset(anonymous(t), "no address"), "INVALID_INPUT")
}

func TestOfSeveralAccountsTheVerifiedOneGetsTheLink(t *testing.T) {
	t.Parallel()
	s := newService(t)
	stranger, _ := register(t, s, "ada@demo.test")
	_, ada, err := s.Register(anonymous(t), registration("ada@demo.test", otherPassword))
	if err != nil {
		t.Fatal(err)
	}
	requestReset(t, s, "ada@demo.test")
	if _, err := s.VerifyEmail(anonymous(t), tokenOf(t, s, eventsOf[event.EmailVerificationDue](t, s)[1].LinkID)); err != nil {
		t.Fatal(err)
	}
	requestReset(t, s, "ada@demo.test")
	var got []string
	for _, due := range eventsOf[event.PasswordResetDue](t, s) {
		got = append(got, due.UserID)
	}
	if diff := cmp.Diff([]string{stranger.ID, ada.ID}, got); diff != "" {
		t.Errorf("accounts of the links: the oldest, then the verified one (-want +got):\n%s", diff)
	}
}

func TestOnlyTheNotificationServiceGetsTokensOfLinks(t *testing.T) {
	t.Parallel()
	s := newService(t)
	_, tokens := register(t, s, "ada@demo.test")
	linkID := eventsOf[event.EmailVerificationDue](t, s)[0].LinkID
	for name, ctx := range map[string]context.Context{
		"anonymous": anonymous(t), "owner": signedIn(t, tokens),
		"another service": as(t, auth.Actor{Kind: auth.Service, ID: "order"}),
		"a user":          as(t, auth.Actor{Kind: auth.User, ID: "notification", Scopes: []string{"users:read", "users:write"}}),
	} {
		if token, err := s.LinkToken(ctx, linkID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s got %q, %v", name, token, err)
		}
	}
}
