package user

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/id"
)

func TestRegisterLoginRefresh(t *testing.T) {
	t.Parallel()
	s := newService(t)
	u, tokens := register(t, s, " Ada@Demo.test ")
	if got := *u.Email(); got != "ada@demo.test" {
		t.Errorf("e-mail address = %q, want it normalised", got)
	}
	if diff := cmp.Diff([]string{event.Type[event.UserRegistered](), event.Type[event.EmailVerificationDue]()}, publishedTypes(t, s)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	actor := claimsOf(t, tokens.AccessToken).Actor()
	if actor.Kind != auth.User || actor.ID != u.ID || actor.GuestID != "" || !actor.Has("profile:read") || actor.Has("users:read") {
		t.Errorf("token names %+v", actor)
	}

	_, found, err := s.Login(anonymous(t), Credentials{Email: "ADA@demo.test", Password: goodPassword})
	if err != nil || found.ID != u.ID {
		t.Fatalf("login: %v, %v", found, err)
	}
	next, found, err := s.Refresh(anonymous(t), tokens.RefreshToken)
	if err != nil || found.ID != u.ID {
		t.Fatalf("refresh: %v, %v", found, err)
	}
	if next.RefreshToken == tokens.RefreshToken {
		t.Error("the refresh token was not rotated")
	}
	if got := claimsOf(t, next.AccessToken).SessionID; got != actor.SessionID {
		t.Errorf("refreshed into session %s, want %s", got, actor.SessionID)
	}
	if me, err := s.Me(signedIn(t, next)); err != nil || me == nil || *me.Email() != "ada@demo.test" {
		t.Errorf("me = %+v, %v", me, err)
	}
}

func TestBadRegistrationsReportAllProblems(t *testing.T) {
	t.Parallel()
	s := newService(t)
	_, _, err := s.Register(anonymous(t), Registration{Email: "ada", Password: "short", DisplayName: " ", Locale: "??"})
	many, ok := err.(*fault.InputError) //nolint:errorlint // nothing wraps it here
	if !ok {
		t.Fatalf("error = %v, want an InputError", err)
	}
	var got []string
	for _, f := range many.Faults {
		got = append(got, f.Path[1]+" "+f.Code)
	}
	want := []string{"email INVALID_INPUT", "password PASSWORD_TOO_WEAK", "displayName INVALID_INPUT", "locale INVALID_INPUT"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	if n := count(t, s, "SELECT count(*) FROM users"); n != 0 {
		t.Errorf("%d users, want 0", n)
	}
}

func TestWrongAndUnknownLookTheSame(t *testing.T) {
	t.Parallel()
	s := newService(t)
	register(t, s, "ada@demo.test")
	fastest, messages := map[string]time.Duration{}, map[string]string{}
	for range 5 { // in turns, so that a busy machine delays both
		for _, email := range []string{"ada@demo.test", "eve@demo.test"} {
			began := time.Now()
			_, _, err := s.Login(anonymous(t), Credentials{Email: email, Password: "not the password"})
			took := time.Since(began)
			wantCode(t, err, "CREDENTIALS_INVALID")
			if least, measured := fastest[email]; !measured || took < least {
				fastest[email] = took
			}
			messages[email] = err.Error()
		}
	}
	wrong, wrongTook := messages["ada@demo.test"], fastest["ada@demo.test"]
	unknown, unknownTook := messages["eve@demo.test"], fastest["eve@demo.test"]
	if wrong != unknown {
		t.Errorf("a wrong password is answered %q, an unknown address %q", wrong, unknown)
	}
	if unknownTook < wrongTook/2 {
		t.Errorf("an unknown address is answered in %v, a wrong password in %v", unknownTook, wrongTook)
	}
}

func TestGuestsBecomeTheUserWhoSignsIn(t *testing.T) {
	t.Parallel()
	s := newService(t)
	guestTokens, err := s.StartGuest(anonymous(t))
	if err != nil {
		t.Fatal(err)
	}
	guest := claimsOf(t, guestTokens.AccessToken).Actor()
	want := []string{"cart:read", "orders:read:own", "payments:read:own"}
	if diff := cmp.Diff(want, guest.Scopes); guest.Kind != auth.Guest || id.PrefixOf(guest.ID) != id.Guest || diff != "" {
		t.Fatalf("guest token names %+v", guest)
	}
	renewed, u, err := s.Refresh(anonymous(t), guestTokens.RefreshToken)
	if err != nil || u != nil || claimsOf(t, renewed.AccessToken).Subject != guest.ID {
		t.Fatalf("a guest's refresh: user %v, %v", u, err)
	}

	tokens, ada, err := s.Register(as(t, guest), Registration{Email: "ada@demo.test", Password: goodPassword, DisplayName: "Ada", Locale: "en-US"})
	if err != nil {
		t.Fatal(err)
	}
	if got := claimsOf(t, tokens.AccessToken).Actor(); got.ID != ada.ID || got.GuestID != guest.ID {
		t.Errorf("token names %+v, want %s who was %s", got, ada.ID, guest.ID)
	}
	tokens, _, err = s.Refresh(anonymous(t), tokens.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	if got := claimsOf(t, tokens.AccessToken).GuestID; got != guest.ID {
		t.Errorf("after a refresh the guest is %q, want %s", got, guest.ID)
	}
	_, _, err = s.Refresh(anonymous(t), renewed.RefreshToken)
	wantCode(t, err, "TOKEN_INVALID") // the guest's own session has ended

	// A sign-in whose answer was lost is repeated; another account gets nothing.
	tokens, _, err = s.Login(as(t, guest), Credentials{Email: "ada@demo.test", Password: goodPassword})
	if err != nil || claimsOf(t, tokens.AccessToken).GuestID != guest.ID {
		t.Errorf("the same user's second sign-in lost the guest: %v", err)
	}
	register(t, s, "eve@demo.test")
	tokens, _, err = s.Login(as(t, guest), Credentials{Email: "eve@demo.test", Password: goodPassword})
	if err != nil || claimsOf(t, tokens.AccessToken).GuestID != "" {
		t.Errorf("another account became the guest: %v", err)
	}
}

func TestOldHashesAreRenewedAtLogin(t *testing.T) {
	t.Parallel()
	s := newService(t)
	u, _ := register(t, s, "ada@demo.test")
	cheap := argon{memory: 64, passes: 1, lanes: 1}
	salt := make([]byte, saltBytes)
	sum, err := s.hasher.sum(t.Context(), goodPassword, cheap, salt)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.pool.Exec(t.Context(), "UPDATE users SET password_hash = $1", cheap.encode(salt, sum)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, _, err := s.Login(anonymous(t), Credentials{Email: "ada@demo.test", Password: goodPassword}); err != nil {
			t.Fatal(err)
		}
		var hash string
		if err := s.pool.QueryRow(t.Context(), "SELECT password_hash FROM users WHERE id = $1", u.ID).Scan(&hash); err != nil {
			t.Fatal(err)
		}
		if outdated(hash) {
			t.Errorf("%s is still stored at the old cost", hash)
		}
	}
}

func TestNewPasswordEndsOtherSessions(t *testing.T) {
	t.Parallel()
	s := newService(t)
	_, here := register(t, s, "ada@demo.test")
	there, _, err := s.Login(anonymous(t), Credentials{Email: "ada@demo.test", Password: goodPassword})
	if err != nil {
		t.Fatal(err)
	}
	const next = "kettles in the snow"
	for _, c := range []struct {
		by            context.Context
		current, next string
		code          string
	}{
		{anonymous(t), goodPassword, next, "UNAUTHENTICATED"},
		{as(t, auth.Actor{Kind: auth.User, ID: someID(id.User)}), goodPassword, next, "UNAUTHENTICATED"},
		{signedIn(t, here), "not the password", next, "CREDENTIALS_INVALID"},
		{signedIn(t, here), goodPassword, "short", "PASSWORD_TOO_WEAK"},
		{signedIn(t, here), goodPassword, "ada@demo.test", "PASSWORD_TOO_WEAK"},
	} {
		_, err := s.ChangePassword(c.by, c.current, c.next)
		wantCode(t, err, c.code)
	}
	if _, err := s.ChangePassword(signedIn(t, here), goodPassword, next); err != nil {
		t.Fatal(err)
	}
	_, _, err = s.Refresh(anonymous(t), there.RefreshToken)
	wantCode(t, err, "TOKEN_INVALID")
	if _, _, err := s.Refresh(anonymous(t), here.RefreshToken); err != nil {
		t.Errorf("the session that changed the password ended: %v", err)
	}
	_, _, err = s.Login(anonymous(t), Credentials{Email: "ada@demo.test", Password: goodPassword})
	wantCode(t, err, "CREDENTIALS_INVALID")
	if _, _, err = s.Login(anonymous(t), Credentials{Email: "ada@demo.test", Password: next}); err != nil {
		t.Errorf("login with the new password: %v", err)
	}
}

func TestPasswordChangedDuringLoginWins(t *testing.T) {
	t.Parallel()
	s := newService(t)
	_, tokens := register(t, s, "ada@demo.test")
	row := rowOf(t, s, "ada@demo.test")
	if _, err := s.ChangePassword(signedIn(t, tokens), goodPassword, "kettles in the snow"); err != nil {
		t.Fatal(err)
	}
	_, err := s.completeLogin(anonymous(t), networkAttempt(auth.From(anonymous(t)), row.Email), row, Credentials{Password: goodPassword})
	wantCode(t, err, "CREDENTIALS_INVALID")
	if n := count(t, s, "SELECT count(*) FROM sessions WHERE revoked_at IS NULL"); n != 1 {
		t.Errorf("%d sessions live, want the one that changed the password", n)
	}
}
