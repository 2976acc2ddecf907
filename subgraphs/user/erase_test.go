package user

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	rpcv1 "cartograph/internal/rpc/v1"
)

func TestADeletedAccountHasNoPersonalData(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ada, tokens := register(t, s, "ada@demo.test")
	ctx := signedIn(t, tokens)
	if _, err := s.AddAddress(ctx, home(), true); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ChangeProfile(ctx, ProfileChange{Phone: new("+1 503 555 0142")}); err != nil {
		t.Fatal(err)
	}
	link := requestReset(t, s, "ada@demo.test")
	wantCode(t, s.DeleteAccount(ctx, wrongPassword), "CREDENTIALS_INVALID")
	for range 2 { // the second finds it deleted
		if err := s.Erase(as(t, auth.Actor{}), ada.ID); err != nil {
			t.Fatal(err)
		}
	}
	for _, text := range []string{"ada@demo.test", "555", "Lindqvist", "97205"} {
		for _, table := range []string{"users", "addresses", "devices", "account_links", "sessions", "audit_log"} {
			if n := count(t, s, "SELECT count(*) FROM "+table+" r WHERE r::text LIKE '%' || $1 || '%'", text); n != 0 {
				t.Errorf("%s has %q", table, text)
			}
		}
	}
	if err := s.CheckSession(ctx); fault.CodeOf(err) != "UNAUTHENTICATED" {
		t.Errorf("the session: %v, want it ended", err)
	}
	if _, _, err := s.ResetPassword(anonymous(t), link, otherPassword); fault.CodeOf(err) != "TOKEN_INVALID" {
		t.Errorf("a link from before: %v", err)
	}
	if diff := cmp.Diff([]event.UserErased{{UserID: ada.ID, DisplayName: erasedName}}, eventsOf[event.UserErased](t, s)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if again, _ := register(t, s, "ada@demo.test"); again.ID == ada.ID {
		t.Error("a new registration gets the deleted account")
	}
}

// A request that passed the check of its session before the account was deleted.
func TestADeletedAccountChangesNoMore(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ada, tokens := register(t, s, "ada@demo.test")
	ctx := signedIn(t, tokens)
	if err := s.Erase(as(t, auth.Actor{}), ada.ID); err != nil {
		t.Fatal(err)
	}
	_, err := s.AddAddress(ctx, home(), true)
	wantCode(t, err, "UNAUTHENTICATED")
	_, err = s.ChangeProfile(ctx, ProfileChange{Phone: new("+1 503 555 0142")})
	wantCode(t, err, "UNAUTHENTICATED")
	_, err = s.SetRoles(admin(t), ada.ID, []Role{Support})
	wantCode(t, err, "NOT_FOUND")
	if err := s.RequestPasswordReset(anonymous(t), ada.ID+"@erased.invalid"); err != nil {
		t.Error(err)
	}
	if n := count(t, s, "SELECT count(*) FROM account_links"); n != 0 {
		t.Errorf("%d links to reset its password", n)
	}
	_, err = NewServer(s).Contact(as(t, auth.Actor{Kind: auth.Service, ID: "notification"}), &rpcv1.ContactRequest{UserId: ada.ID})
	wantCode(t, err, "NOT_FOUND")
}

func TestAUserDeletesTheirAccountWithThePassword(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ada, tokens := register(t, s, "ada@demo.test")
	wantCode(t, s.DeleteAccount(anonymous(t), goodPassword), "UNAUTHENTICATED")
	results := make(chan error, 2)
	for range 2 {
		go func() { results <- s.DeleteAccount(signedIn(t, tokens), goodPassword) }()
	}
	for range 2 {
		if err := <-results; err != nil && fault.CodeOf(err) != "CREDENTIALS_INVALID" {
			t.Error(err)
		}
	}
	if n := len(eventsOf[event.UserErased](t, s)); n != 1 {
		t.Errorf("%d events, want one", n)
	}
	if _, _, err := s.Login(anonymous(t), Credentials{Email: "ada@demo.test", Password: goodPassword}); fault.CodeOf(err) != "CREDENTIALS_INVALID" {
		t.Errorf("a sign-in afterwards: %v", err)
	}
	seen, err := s.VisibleUsers(as(t, auth.Actor{Kind: auth.User, ID: "usr_staff", Scopes: []string{"users:read"}}), []string{ada.ID})
	if err != nil || *seen[0].DisplayName() != erasedName {
		t.Errorf("staff see %v, %v", seen, err)
	}
}

func TestTheLastAdministratorCannotBeErased(t *testing.T) {
	t.Parallel()
	s := newService(t)
	admin, err := s.CreateAdmin(t.Context(), registration("root@demo.test", goodPassword))
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, s.Erase(as(t, auth.Actor{}), admin.ID), "INVALID_INPUT")
	if n := count(t, s, "SELECT count(*) FROM users WHERE erased_at IS NOT NULL"); n != 0 {
		t.Error("it is erased")
	}
}
