package user

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/subgraphs/user/db"
)

const wrongPassword = "not the password"

// from is an anonymous caller at a network address.
func from(t *testing.T, address string) context.Context {
	t.Helper()
	caller := auth.From(anonymous(t))
	caller.Address = address
	return auth.With(t.Context(), caller)
}

// attack sends wrong passwords from two networks until each is delayed by the
// maximum.
func attack(t *testing.T, s *Service, email string) {
	t.Helper()
	for network := range 2 {
		for range 2 * freeAttempts {
			_, _, err := s.Login(from(t, "192.0.2."+strconv.Itoa(network)), Credentials{Email: email, Password: wrongPassword})
			wantCode(t, err, "CREDENTIALS_INVALID")
		}
	}
}

func TestWrongPasswordsDoNotLockTheOwnerOut(t *testing.T) {
	t.Parallel()
	s, c := newServiceAndClock(t)
	_, registered := register(t, s, "ada@demo.test")
	attack(t, s, "ada@demo.test")
	for name, login := range map[string]struct {
		address string
		device  *string
		slowest time.Duration
	}{
		"a device that has signed in before, in the attacker's network": {"192.0.2.1", registered.DeviceToken, 0},
		"a new device elsewhere":                 {"198.51.100.1", nil, 0},
		"a new device in the attacker's network": {"192.0.2.1", nil, maxDelay},
		"a device token that was never issued":   {"192.0.2.0", new("unknown"), maxDelay},
	} {
		began := c.Now()
		_, _, err := s.Login(from(t, login.address), Credentials{Email: "ada@demo.test", Password: goodPassword, DeviceToken: login.device})
		if took := c.Now().Sub(began); err != nil || took > login.slowest {
			t.Errorf("%s: the right password after %v: %v, want it accepted within %v", name, took, err, login.slowest)
		}
	}
}

func TestPasswordsAreChangedWhateverStrangersTry(t *testing.T) {
	t.Parallel()
	s, c := newServiceAndClock(t)
	_, tokens := register(t, s, "ada@demo.test")
	attack(t, s, "ada@demo.test")
	began := c.Now()
	if _, err := s.ChangePassword(signedIn(t, tokens), goodPassword, "kettles in the snow"); err != nil || c.Now() != began {
		t.Errorf("the password change from a live session took %v: %v", c.Now().Sub(began), err)
	}
}

func TestWrongPasswordsAreDelayedWhetherOrNotThereIsAnAccount(t *testing.T) {
	t.Parallel()
	for name, email := range map[string]string{"an account": "ada@demo.test", "no account": "eve@demo.test"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c := newServiceAndClock(t)
			register(t, s, "ada@demo.test")
			var got []time.Duration
			for range freeAttempts + 6 {
				began := c.Now()
				_, _, err := s.Login(from(t, "192.0.2.1"), Credentials{Email: email, Password: wrongPassword})
				wantCode(t, err, "CREDENTIALS_INVALID")
				got = append(got, c.Now().Sub(began))
			}
			want := append(make([]time.Duration, freeAttempts),
				firstDelay, 2*firstDelay, 4*firstDelay, maxDelay, maxDelay, maxDelay)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("delays (-want +got):\n%s", diff)
			}
			c.advance(attemptWindow)
			began := c.Now()
			_, _, err := s.Login(from(t, "192.0.2.1"), Credentials{Email: email, Password: wrongPassword})
			wantCode(t, err, "CREDENTIALS_INVALID")
			if took := c.Now().Sub(began); took != 0 {
				t.Errorf("the first attempt of a new window was delayed by %v", took)
			}
		})
	}
}

func TestAKnownDeviceIsDelayedByItsOwnWrongPasswords(t *testing.T) {
	t.Parallel()
	s, c := newServiceAndClock(t)
	_, tokens := register(t, s, "ada@demo.test")
	began := c.Now()
	for i := range freeAttempts + 4 {
		_, _, err := s.Login(from(t, "192.0.2."+strconv.Itoa(i)), Credentials{Email: "ada@demo.test", Password: wrongPassword, DeviceToken: tokens.DeviceToken})
		wantCode(t, err, "CREDENTIALS_INVALID")
	}
	if took := c.Now().Sub(began); took < maxDelay {
		t.Errorf("%d attempts on a known device were delayed by %v, want more", freeAttempts+4, took)
	}
}

func TestParallelGuessesWaitInLineOrAreRefused(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.sleep = func(context.Context, time.Duration) error { return nil } // the line stays as it is
	register(t, s, "ada@demo.test")
	var checked, refused atomic.Int32
	var wg sync.WaitGroup
	for range 30 {
		wg.Go(func() {
			_, _, err := s.Login(from(t, "192.0.2.1"), Credentials{Email: "ada@demo.test", Password: wrongPassword})
			switch fault.CodeOf(err) {
			case "CREDENTIALS_INVALID":
				checked.Add(1)
			case "RATE_LIMITED":
				refused.Add(1)
			default:
				t.Errorf("login: %v", err)
			}
		})
	}
	wg.Wait()
	// Five at once, and behind them 250 ms, 750 ms, 1.75 s; time passes meanwhile.
	if n := checked.Load(); n < freeAttempts+3 || n > 20 || n+refused.Load() != 30 {
		t.Errorf("%d of 30 parallel attempts were checked and %d refused, want about %d checked", n, refused.Load(), freeAttempts+3)
	}
}

func TestOneNetworkCannotTryManyAccounts(t *testing.T) {
	t.Parallel()
	s, c := newServiceAndClock(t)
	began := c.Now()
	for i := range 12 {
		if i == 1 { // the first attempts of the window
			if _, err := s.pool.Exec(t.Context(), "UPDATE password_attempts SET attempts = $1 WHERE key = 'network:2001:db8::/64'", freeOfNetwork); err != nil {
				t.Fatal(err)
			}
		}
		_, _, err := s.Login(from(t, "2001:db8::"+strconv.Itoa(i)), Credentials{Email: strconv.Itoa(i) + "@demo.test", Password: wrongPassword})
		wantCode(t, err, "CREDENTIALS_INVALID")
	}
	if took := c.Now().Sub(began); took < 6*maxDelay {
		t.Errorf("attempts at 11 more accounts from one network of IPv6 were delayed by %v", took)
	}
}

// It may be the password of another account with the same address.
func TestARightPasswordIsNotCountedAndDoesNotExcuseWrongOnes(t *testing.T) {
	t.Parallel()
	s, c := newServiceAndClock(t)
	_, registered := register(t, s, "ada@demo.test")
	login := func(password string, device *string) time.Duration {
		began := c.Now()
		_, _, err := s.Login(anonymous(t), Credentials{Email: "ada@demo.test", Password: password, DeviceToken: device})
		if (err == nil) != (password == goodPassword) {
			t.Errorf("login: %v", err)
		}
		return c.Now().Sub(began)
	}
	for range 2 * freeAttempts {
		if took := login(goodPassword, nil); took != 0 {
			t.Errorf("a right password after right ones was delayed by %v", took)
		}
	}
	for range freeAttempts - 1 { // the registration was counted
		login(wrongPassword, nil)
	}
	if took := login(goodPassword, nil); took != firstDelay {
		t.Errorf("a right password on a new device after wrong ones was delayed by %v, want %v", took, firstDelay)
	}
	for range freeAttempts {
		login(wrongPassword, registered.DeviceToken)
	}
	login(goodPassword, registered.DeviceToken)
	if took := login(goodPassword, registered.DeviceToken); took != 0 {
		t.Errorf("on a known device a right password was delayed by %v after another one", took)
	}
}

func TestTheOwnerIsNotifiedOnceOfWrongPasswordsOfStrangers(t *testing.T) {
	t.Parallel()
	s, _ := newServiceAndClock(t)
	ada, tokens := register(t, s, "ada@demo.test")
	for range warnAfter {
		_, _, err := s.Login(anonymous(t), Credentials{Email: "ada@demo.test", Password: wrongPassword, DeviceToken: tokens.DeviceToken})
		wantCode(t, err, "CREDENTIALS_INVALID")
	}
	if got := eventsOf[event.SignInsFailed](t, s); len(got) != 0 {
		t.Errorf("the owner's own mistakes were published: %+v", got)
	}
	attack(t, s, "ada@demo.test")
	attack(t, s, "eve@demo.test") // no account
	want := []event.SignInsFailed{{UserID: ada.ID, Email: "ada@demo.test", DisplayName: "Ada", Locale: "en-US", Attempts: warnAfter}}
	if diff := cmp.Diff(want, eventsOf[event.SignInsFailed](t, s)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestTheTableOfAttemptsIsBounded(t *testing.T) {
	t.Parallel()
	s, _ := newServiceAndClock(t)
	for i := range 8 {
		_, _, err := s.Login(from(t, "192.0.2."+strconv.Itoa(i)), Credentials{Email: "eve@demo.test", Password: wrongPassword})
		wantCode(t, err, "CREDENTIALS_INVALID")
	}
	if _, err := s.pool.Exec(t.Context(), "UPDATE password_attempts SET began_at = began_at + (ctid::text::point)[1] * interval '1 s'"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.New(s.pool).DeleteExcessAttempts(t.Context(), 5); err != nil {
		t.Fatal(err)
	}
	if n := count(t, s, "SELECT count(*) FROM password_attempts"); n > 6 {
		t.Errorf("%d attempts are kept, want 6 at most", n)
	}
}
