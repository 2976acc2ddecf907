package user

import (
	"context"
	"testing"

	"cartograph/internal/auth"
	"cartograph/internal/id"
)

func TestAnAccessTokenDiesWithItsSession(t *testing.T) {
	t.Parallel()
	s, c := newServiceAndClock(t)
	ada, first := register(t, s, "ada@demo.test")
	login := func() *Tokens {
		tokens, _, err := s.Login(anonymous(t), Credentials{Email: "ada@demo.test", Password: goodPassword})
		if err != nil {
			t.Fatal(err)
		}
		return tokens
	}
	signedOut, reused, replaced := login(), login(), login()
	guest, err := s.StartGuest(anonymous(t))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*Tokens{"signed out": signedOut, "reused": reused, "replaced": replaced, "kept": first, "guest": guest}
	for name, tokens := range all {
		if err := s.CheckSession(signedIn(t, tokens)); err != nil {
			t.Errorf("%s, while its session lives: %v", name, err)
		}
	}
	if _, err := s.EndSession(signedIn(t, signedOut), nil); err != nil {
		t.Fatal(err)
	}
	for _, tokens := range []*Tokens{reused, guest} {
		if _, _, err := s.Refresh(anonymous(t), tokens.RefreshToken); err != nil {
			t.Fatal(err)
		}
	}
	c.advance(2 * refreshGrace)
	for _, tokens := range []*Tokens{reused, guest} {
		_, _, err := s.Refresh(anonymous(t), tokens.RefreshToken)
		wantCode(t, err, "TOKEN_INVALID")
	}
	if _, err := s.ChangePassword(signedIn(t, first), goodPassword, "kettles in the snow"); err != nil {
		t.Fatal(err)
	}
	for name, tokens := range all {
		err := s.CheckSession(signedIn(t, tokens))
		if name == "kept" {
			if err != nil {
				t.Errorf("the session that changed the password ended: %v", err)
			}
			continue
		}
		if err == nil {
			t.Errorf("%s: the access token outlives its session", name)
			continue
		}
		wantCode(t, err, "UNAUTHENTICATED")
	}
	for name, ctx := range map[string]context.Context{
		"anonymous":         anonymous(t),
		"a foreign session": as(t, auth.Actor{Kind: auth.User, ID: ada.ID, SessionID: "theirs"}),
		"an API client":     as(t, auth.Actor{Kind: auth.APIClient, ID: someID(id.APIClient)}),
	} {
		if err := s.CheckSession(ctx); err != nil {
			t.Errorf("%s has no session of ours, and is refused: %v", name, err)
		}
	}
}
