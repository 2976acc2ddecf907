package user

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"cartograph/internal/event"
)

// eventsOf returns the payloads of one type that wait to be published, in order.
func eventsOf[P event.Payload](t *testing.T, s *Service) []P {
	t.Helper()
	rows, err := s.pool.Query(t.Context(), "SELECT data::text FROM outbox WHERE type = $1 ORDER BY id", event.Type[P]())
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

func TestAGuestIsClaimedOnceByTheFirstAccount(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ada, _ := register(t, s, "ada@demo.test")
	register(t, s, "eve@demo.test")
	guest, err := s.StartGuest(anonymous(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, email := range []string{"ada@demo.test", "ada@demo.test", "eve@demo.test"} {
		if _, _, err := s.Login(signedIn(t, guest), Credentials{Email: email, Password: goodPassword}); err != nil {
			t.Fatal(err)
		}
	}
	want := []event.GuestClaimed{{GuestID: claimsOf(t, guest.AccessToken).Subject, UserID: ada.ID}}
	if diff := cmp.Diff(want, eventsOf[event.GuestClaimed](t, s)); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
}

func TestTheTokensOfASessionHaveTheChoiceOfItsSignIn(t *testing.T) {
	t.Parallel()
	s := newService(t)
	register(t, s, "ada@demo.test")
	for choice, want := range map[CartMerge]string{MergeCarts: "", KeepGuestCart: "KEEP_GUEST", KeepAccountCart: "KEEP_ACCOUNT"} {
		guest, err := s.StartGuest(anonymous(t))
		if err != nil {
			t.Fatal(err)
		}
		tokens, _, err := s.Login(signedIn(t, guest), Credentials{Email: "ada@demo.test", Password: goodPassword, CartMerge: choice})
		if err != nil {
			t.Fatal(err)
		}
		refreshed, _, err := s.Refresh(anonymous(t), tokens.RefreshToken)
		if err != nil {
			t.Fatal(err)
		}
		registered, _, err := s.Register(signedIn(t, guest), Registration{
			Email: "ada@demo.test", Password: goodPassword, DisplayName: "Ada", Locale: "en-US", CartMerge: choice,
		})
		if err != nil {
			t.Fatal(err)
		}
		for name, got := range map[string]*Tokens{"sign-in": tokens, "refresh": refreshed, "registration": registered} {
			if claims := claimsOf(t, got.AccessToken); claims.CartMerge != want || claims.GuestID == "" {
				t.Errorf("%s with %s: cart merge %q of guest %q, want %q", name, choice, claims.CartMerge, claims.GuestID, want)
			}
		}
	}
}

func TestARegistrationClaimsTheGuest(t *testing.T) {
	t.Parallel()
	s := newService(t)
	guest, err := s.StartGuest(anonymous(t))
	if err != nil {
		t.Fatal(err)
	}
	_, u, err := s.Register(signedIn(t, guest), Registration{Email: "ada@demo.test", Password: goodPassword, DisplayName: "Ada", Locale: "en-US"})
	if err != nil {
		t.Fatal(err)
	}
	want := []event.GuestClaimed{{GuestID: claimsOf(t, guest.AccessToken).Subject, UserID: u.ID}}
	if diff := cmp.Diff(want, eventsOf[event.GuestClaimed](t, s)); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
	// The answer may be lost, and the sign-in repeated with the guest's token.
	if revoked := eventsOf[event.SessionRevoked](t, s); len(revoked) != 0 {
		t.Errorf("revoked sessions = %+v, want none", revoked)
	}
	if err := s.CheckSession(signedIn(t, guest)); err != nil {
		t.Errorf("the guest's token after the claim: %v", err)
	}
}

func TestEveryRevocationIsPublishedOnceWhileAccessTokensAreValid(t *testing.T) {
	t.Parallel()
	s, c := newServiceAndClock(t)
	login := func() *Tokens {
		tokens, _, err := s.Login(anonymous(t), Credentials{Email: "ada@demo.test", Password: goodPassword})
		if err != nil {
			t.Fatal(err)
		}
		return tokens
	}
	_, registered := register(t, s, "ada@demo.test") // its access token expires first
	c.advance(accessTokenTTL + refreshGrace + time.Second)
	signedOut, replaced, reused := login(), login(), login()
	for range 2 {
		if _, err := s.EndSession(signedIn(t, signedOut), nil); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := s.Refresh(anonymous(t), reused.RefreshToken); err != nil {
		t.Fatal(err)
	}
	c.advance(refreshGrace + time.Second)
	for range 2 {
		_, _, err := s.Refresh(anonymous(t), reused.RefreshToken)
		wantCode(t, err, "TOKEN_INVALID")
	}
	if _, err := s.ChangePassword(signedIn(t, registered), goodPassword, "kettles in the snow"); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range eventsOf[event.SessionRevoked](t, s) {
		got = append(got, r.SessionID)
		if until := r.AccessTokensExpireAt.Sub(c.Now()); until <= 0 || until > accessTokenTTL+refreshGrace {
			t.Errorf("access tokens of %s expire in %v", r.SessionID, until)
		}
	}
	var want []string
	for _, tokens := range []*Tokens{signedOut, reused, replaced} {
		want = append(want, claimsOf(t, tokens.AccessToken).SessionID)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("revoked sessions (-want +got):\n%s", diff)
	}
}
