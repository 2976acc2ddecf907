package user

import (
	"context"
	"testing"

	"cartograph/internal/auth"
)

// stating is a caller whose program and country are stated.
func stating(ctx context.Context, userAgent, country string) context.Context {
	caller := auth.From(ctx)
	caller.UserAgent, caller.IPCountry = userAgent, country
	return auth.With(ctx, caller)
}

func TestASessionShowsByWhatAndFromWhereItGotTokensLast(t *testing.T) {
	t.Parallel()
	s := newService(t)
	register(t, s, "ada@demo.test")
	tokens, ada, err := s.Login(stating(anonymous(t), "Firefox", "AT"), Credentials{Email: "ada@demo.test", Password: goodPassword})
	if err != nil {
		t.Fatal(err)
	}
	shown := func() (userAgent, country string) {
		t.Helper()
		sessions, err := s.Sessions(signedIn(t, tokens), ada.ID)
		if err != nil || len(sessions) != 2 {
			t.Fatalf("sessions: %+v, %v, want two", sessions, err)
		}
		for _, session := range sessions {
			switch {
			case !session.Current && (session.UserAgent != nil || session.IPCountry != nil):
				t.Errorf("the session of the registration shows %+v, and nothing was stated", session)
			case session.Current && session.UserAgent != nil && session.IPCountry != nil:
				userAgent, country = *session.UserAgent, *session.IPCountry
			}
		}
		return userAgent, country
	}
	for _, step := range []struct{ userAgent, country, wantAgent, wantCountry string }{
		{"", "", "Firefox", "AT"}, // a request that states nothing changes nothing
		{"Firefox 2", "", "Firefox 2", "AT"},
		{"Chrome", "DE", "Chrome", "DE"},
	} {
		if tokens, _, err = s.Refresh(stating(anonymous(t), step.userAgent, step.country), tokens.RefreshToken); err != nil {
			t.Fatal(err)
		}
		if userAgent, country := shown(); userAgent != step.wantAgent || country != step.wantCountry {
			t.Errorf("after a refresh by %q in %q the session shows %q in %q", step.userAgent, step.country, userAgent, country)
		}
	}
}

func TestTheOriginOfSessionsIsStoredForUsersOnlyAndErasedWithThem(t *testing.T) {
	t.Parallel()
	s := newService(t)
	guest, err := s.StartGuest(stating(anonymous(t), "Firefox", "AT"))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Refresh(stating(anonymous(t), "Firefox", "AT"), guest.RefreshToken); err != nil {
		t.Fatal(err)
	}
	const stored = "SELECT count(*) FROM sessions WHERE user_agent IS NOT NULL OR ip_country IS NOT NULL"
	if n := count(t, s, stored); n != 0 {
		t.Error("the origin of a guest is stored")
	}
	credentials := Credentials{Email: "ada@demo.test", Password: goodPassword}
	ada, _ := register(t, s, credentials.Email)
	tokens, _, err := s.Login(stating(anonymous(t), "Firefox", "AT"), credentials)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Login(stating(anonymous(t), "Chrome", "DE"), credentials); err != nil {
		t.Fatal(err)
	}
	if _, err := s.EndSession(signedIn(t, tokens), nil); err != nil {
		t.Fatal(err)
	}
	if n := count(t, s, stored); n != 2 {
		t.Errorf("%d origins are stored, want 2", n)
	}
	if err := s.Erase(t.Context(), ada.ID); err != nil {
		t.Fatal(err)
	}
	if n := count(t, s, stored); n != 0 {
		t.Errorf("%d origins are left after the erasure, of ended sessions too", n)
	}
}
