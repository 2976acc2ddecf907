package user

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/event"
	"cartograph/internal/fault"
)

const otherPassword = "kettles in the snow"

func registration(email, password string) Registration {
	return Registration{Email: email, Password: password, DisplayName: "Eve", Locale: "en-US"}
}

// probe is what an attacker does to find out whether an address has an account,
// and what they see: results, and how long each took on the service's clock.
func probe(t *testing.T, s *Service, c *clock, email string) (seen []string) {
	t.Helper()
	names := map[string]string{} // of accounts, in the order in which they are seen
	var device *string
	see := func(what string, do func() (*Tokens, *User, error)) {
		began := c.Now()
		tokens, u, err := do()
		answer := fault.CodeOf(err)
		if err == nil {
			if names[u.ID] == "" {
				names[u.ID] = fmt.Sprintf("account %d", len(names)+1)
			}
			answer = names[u.ID] + " " + *u.DisplayName()
			device = tokens.DeviceToken
		}
		seen = append(seen, fmt.Sprintf("%s: %s after %v", what, answer, c.Now().Sub(began)))
	}
	register := func(password string) func() (*Tokens, *User, error) {
		return func() (*Tokens, *User, error) {
			return s.Register(from(t, "192.0.2.1"), registration(email, password))
		}
	}
	login := func(password string, device *string) func() (*Tokens, *User, error) {
		return func() (*Tokens, *User, error) {
			return s.Login(from(t, "192.0.2.1"), Credentials{Email: email, Password: password, DeviceToken: device})
		}
	}
	see("register", register(otherPassword))
	see("sign in", login(otherPassword, nil))
	see("register again", register(otherPassword))
	see("register with another password", register("third time's a charm"))
	see("sign in with it", login("third time's a charm", nil))
	for range 2 * freeAttempts {
		see("guess", login(wrongPassword, nil))
		see("sign in", login(otherPassword, device))
		see("guess on a known device", login(wrongPassword, device))
	}
	return seen
}

func TestARegistrationDoesNotRevealWhoHasAnAccount(t *testing.T) {
	t.Parallel()
	s, c := newServiceAndClock(t)
	register(t, s, "ada@demo.test")
	taken, free := probe(t, s, c, "ada@demo.test"), probe(t, s, c, "bo@demo.test")
	if diff := cmp.Diff(free, taken); diff != "" {
		t.Errorf("an address with an account is distinguishable (-free +taken):\n%s", diff)
	}
}

func TestRegistrationsTakeAsLongForTakenAddresses(t *testing.T) {
	t.Parallel()
	s := newService(t)
	fastest := map[bool]time.Duration{}
	for i := range 6 { // in turns, so that a busy machine delays both
		for _, taken := range []bool{true, false} {
			email := fmt.Sprintf("%d-%v@demo.test", i, taken)
			if taken {
				register(t, s, email)
			}
			began := time.Now()
			if _, _, err := s.Register(anonymous(t), registration(email, otherPassword)); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); fastest[taken] == 0 || took < fastest[taken] {
				fastest[taken] = took
			}
		}
	}
	if fastest[true] > 2*fastest[false] || fastest[false] > 2*fastest[true] {
		t.Errorf("a taken address takes %v, a free one %v", fastest[true], fastest[false])
	}
}

func TestTheOwnerOfATakenAddressKeepsTheAccountAndIsNotified(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ada, adas := register(t, s, "ada@demo.test")
	eves, eve, err := s.Register(anonymous(t), registration("Ada@demo.test", otherPassword))
	if err != nil || eve.ID == ada.ID {
		t.Fatalf("registered as %v: %v, want another account", eve, err)
	}
	if _, u, err := s.Login(anonymous(t), Credentials{Email: "ada@demo.test", Password: goodPassword}); err != nil || u.ID != ada.ID {
		t.Errorf("the owner signs in as %v: %v", u, err)
	}
	if seen, err := s.VisibleUsers(signedIn(t, eves), []string{ada.ID}); err != nil || seen[0] != nil {
		t.Errorf("the other account sees the owner: %v, %v", seen, err)
	}
	if sessions, err := s.Sessions(signedIn(t, adas), ada.ID); err != nil || len(sessions) != 2 {
		t.Errorf("the owner has the sessions %v, %v, want both of theirs", sessions, err)
	}
	want := []event.EmailRegisteredAgain{{UserID: ada.ID, Email: "ada@demo.test", DisplayName: "Ada", Locale: "en-US"}}
	if diff := cmp.Diff(want, eventsOf[event.EmailRegisteredAgain](t, s)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestARegistrationWithThePasswordOfTheAccountSignsIn(t *testing.T) {
	t.Parallel()
	s := newService(t)
	guest, err := s.StartGuest(anonymous(t))
	if err != nil {
		t.Fatal(err)
	}
	ada, _ := register(t, s, "ada@demo.test")
	tokens, again, err := s.Register(signedIn(t, guest), registration("ada@demo.test", goodPassword))
	if err != nil || again.ID != ada.ID || *again.DisplayName() != "Ada" {
		t.Fatalf("registered as %v: %v, want the account that exists", again, err)
	}
	if got := claimsOf(t, tokens.AccessToken).GuestID; got == "" {
		t.Error("the guest was not claimed")
	}
	if got := eventsOf[event.EmailRegisteredAgain](t, s); len(got) != 0 {
		t.Errorf("a repeated registration was published: %v", got)
	}
}

func TestConcurrentRegistrationsWithOnePasswordCreateOneAccount(t *testing.T) {
	t.Parallel()
	s := newService(t)
	var mu sync.Mutex
	ids := map[string]bool{}
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			_, u, err := s.Register(anonymous(t), registration("ada@demo.test", goodPassword))
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			ids[u.ID] = true
		})
	}
	wg.Wait()
	if n := count(t, s, "SELECT count(*) FROM users"); n != 1 || len(ids) != 1 {
		t.Errorf("%d accounts were created and %d returned, want 1", n, len(ids))
	}
}

// Whoever has an account with the same address gets no more attempts than others.
func TestAnAccountWithTheSameAddressDoesNotHelpToGuess(t *testing.T) {
	t.Parallel()
	s, c := newServiceAndClock(t)
	ada, _ := register(t, s, "ada@demo.test")
	eves, eve, err := s.Register(from(t, "192.0.2.1"), registration("ada@demo.test", otherPassword))
	if err != nil {
		t.Fatal(err)
	}
	login := func(password string, device *string) (*Tokens, *User, error) {
		return s.Login(from(t, "192.0.2.1"), Credentials{Email: "ada@demo.test", Password: password, DeviceToken: device})
	}
	began := c.Now()
	for range warnAfter {
		fresh, _, err := login(otherPassword, nil) // a new device
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = login(wrongPassword, fresh.DeviceToken)
		wantCode(t, err, "CREDENTIALS_INVALID")
	}
	if took := c.Now().Sub(began); took < maxDelay {
		t.Errorf("%d attempts on as many devices took %v, want them delayed", warnAfter, took)
	}
	if got := eventsOf[event.SignInsFailed](t, s); len(got) != 1 || got[0].UserID != ada.ID {
		t.Errorf("the owner is notified by %v, want one event", got)
	}

	// Nor does a password change to a guess reveal whether the guess is right.
	if _, err := s.ChangePassword(signedIn(t, eves), otherPassword, goodPassword); err != nil {
		t.Fatal(err)
	}
	for name, by := range map[string]context.Context{"the same network": from(t, "192.0.2.1"), "another": from(t, "198.51.100.1")} {
		_, u, err := s.Login(by, Credentials{Email: "ada@demo.test", Password: goodPassword})
		if err != nil || u.ID != eve.ID {
			t.Errorf("in %s the guess signs in as %v: %v, want the account that changed its password", name, u, err)
		}
	}
}

func TestAnOwnerWithTwoAccountsSignsInToEachOnOneDevice(t *testing.T) {
	t.Parallel()
	s := newService(t)
	first, _ := register(t, s, "ada@demo.test")
	tokens, second, err := s.Register(anonymous(t), registration("ada@demo.test", otherPassword))
	if err != nil {
		t.Fatal(err)
	}
	for password, want := range map[string]string{goodPassword: first.ID, otherPassword: second.ID} {
		_, u, err := s.Login(anonymous(t), Credentials{Email: "ada@demo.test", Password: password, DeviceToken: tokens.DeviceToken})
		if err != nil || u.ID != want {
			t.Errorf("signed in as %v: %v, want %s", u, err, want)
		}
	}
	// On a known device its account comes first where both have the same password.
	if _, err := s.ChangePassword(signedIn(t, tokens), otherPassword, goodPassword); err != nil {
		t.Fatal(err)
	}
	firsts, _, err := s.Login(anonymous(t), Credentials{Email: "ada@demo.test", Password: goodPassword, DeviceToken: tokens.DeviceToken})
	if err != nil || claimsOf(t, firsts.AccessToken).Subject != second.ID {
		t.Errorf("the device signed in to another account: %v", err)
	}
}

func TestTheAccountsOfAnAddressAreBounded(t *testing.T) {
	t.Parallel()
	s := newService(t)
	register(t, s, "ada@demo.test")
	const copies = `INSERT INTO users SELECT 'usr_' || n, email, password_hash, display_name, phone, locale, roles, NULL, NULL, created_at, password_set_at
		FROM users, generate_series(2, $1) n`
	if _, err := s.pool.Exec(t.Context(), copies, maxAccountsOfEmail); err != nil {
		t.Fatal(err)
	}
	_, _, err := s.Register(anonymous(t), registration("ada@demo.test", otherPassword))
	wantCode(t, err, "RATE_LIMITED")
	if n := count(t, s, "SELECT count(*) FROM users"); n != maxAccountsOfEmail {
		t.Errorf("%d accounts, want %d", n, maxAccountsOfEmail)
	}
}
