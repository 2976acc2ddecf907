package router_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/router"
	"cartograph/router/gqlerr"
)

// keyService finds keys by their hash, and counts its calls.
type keyService struct {
	mu    sync.Mutex
	keys  map[string]router.APIKey
	away  bool
	calls int
}

func (k *keyService) verify(_ context.Context, sum []byte) (router.APIKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.calls++
	if k.away {
		return router.APIKey{}, errors.New("no answer")
	}
	if key, ok := k.keys[hex.EncodeToString(sum)]; ok {
		return key, nil
	}
	return router.APIKey{}, router.ErrUnknownKey
}

func (k *keyService) set(change func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	change()
}

func sha256Of(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

func withKeys(t *testing.T, o router.APIKeyOptions) *router.Identity {
	t.Helper()
	keys, err := router.NewAPIKeys(o)
	if err != nil {
		t.Fatal(err)
	}
	identity, err := router.NewIdentity(router.IdentityOptions{Keys: keys}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return identity
}

func TestAKeyNamesItsClient(t *testing.T) {
	t.Parallel()
	service := &keyService{keys: map[string]router.APIKey{sha256Of("ck_live_b"): {ID: "api_b", Scopes: []string{"orders:read"}, PerMinute: 60}}}
	identity := withKeys(t, router.APIKeyOptions{
		Fixed:  []router.APIKey{{ID: "api_a", SHA256: sha256Of("ck_live_a"), Scopes: []string{"cart:read"}}},
		Verify: service.verify,
	})
	a := auth.Actor{Kind: auth.APIClient, ID: "api_a", Scopes: []string{"cart:read"}}
	b := auth.Actor{Kind: auth.APIClient, ID: "api_b", Scopes: []string{"orders:read"}}
	for name, c := range map[string]struct {
		headers []string
		want    auth.Actor
	}{
		"configured":                  {[]string{"X-API-Key", "ck_live_a"}, a},
		"configured, as bearer token": {[]string{"Authorization", "Bearer ck_live_a"}, a},
		"the service's":               {[]string{"X-API-Key", "ck_live_b"}, b},
		"the service's, as bearer":    {[]string{"Authorization", "bearer ck_live_b"}, b},
	} {
		caller, err := identity.Identify(t.Context(), requestWith(c.headers...))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(c.want, caller.Actor); diff != "" {
			t.Errorf("%s: actor (-want +got):\n%s", name, diff)
		}
		if c.want.ID == "api_b" && caller.PerMinute != 60 {
			t.Errorf("%s: %d a minute, want that of the key", name, caller.PerMinute)
		}
	}
	for name, headers := range map[string][]string{
		"unknown":           {"X-API-Key", "ck_live_x"},
		"unknown, bearer":   {"Authorization", "Bearer ck_live_x"},
		"its hash":          {"X-API-Key", sha256Of("ck_live_a")},
		"far too long":      {"X-API-Key", strings.Repeat("x", 10_000)},
		"basic credentials": {"Authorization", "Basic ck_live_a"},
	} {
		_, err := identity.Identify(t.Context(), requestWith(headers...))
		wantUnauthenticated(t, name, err)
	}
	_, err := identity.Identify(t.Context(), requestWith("X-API-Key", "ck_live_a", "Authorization", "Bearer x"))
	if problem, ok := errors.AsType[*gqlerr.Error](err); !ok || problem.Code() != gqlerr.BadUserInput {
		t.Errorf("a key and a token: %v, want BAD_USER_INPUT", err)
	}
	none, err := router.NewIdentity(router.IdentityOptions{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	_, err = none.Identify(t.Context(), requestWith("X-API-Key", "ck_live_a"))
	wantUnauthenticated(t, "where there are no keys", err)
}

func TestARevokedKeyFailsWithinAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		service := &keyService{keys: map[string]router.APIKey{sha256Of("ck_a"): {ID: "api_a"}}}
		identity := withKeys(t, router.APIKeyOptions{Verify: service.verify})
		works := func() bool {
			_, err := identity.Identify(t.Context(), requestWith("X-API-Key", "ck_a"))
			return err == nil
		}
		for range 100 {
			if !works() {
				t.Fatal("the key does not work")
			}
		}
		if service.calls != 1 {
			t.Errorf("the service was called %d times for 100 requests", service.calls)
		}
		service.set(func() { service.keys = nil })
		time.Sleep(time.Minute)
		if works() {
			t.Error("a minute after it was taken back the key works")
		}
		service.set(func() { service.keys = map[string]router.APIKey{sha256Of("ck_a"): {ID: "api_a"}} })
		time.Sleep(5 * time.Second)
		if !works() {
			t.Error("5 s after it was given the key does not work")
		}
	})
}

// Also while the service does not answer, when known keys work for longer.
func TestARevokedKeyFailsAtOnceWhenTheRevocationIsKnown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		service := &keyService{keys: map[string]router.APIKey{sha256Of("ck_a"): {ID: "api_a"}, sha256Of("ck_b"): {ID: "api_b"}}}
		keys, err := router.NewAPIKeys(router.APIKeyOptions{Verify: service.verify})
		if err != nil {
			t.Fatal(err)
		}
		identity, err := router.NewIdentity(router.IdentityOptions{Keys: keys, Revoked: router.NewRevokedSessions()}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		works := func(key string) bool {
			_, err := identity.Identify(t.Context(), requestWith("X-API-Key", key))
			return err == nil
		}
		ended := make(chan string, 2)
		for _, clientID := range []string{"api_a", "api_b"} {
			caller := auth.Caller{Actor: auth.Actor{Kind: auth.APIClient, ID: clientID}}
			identity.OnRevoked(caller, func() { ended <- clientID })
		}
		if !works("ck_a") || !works("ck_b") {
			t.Fatal("a key does not work")
		}
		service.set(func() { service.away = true })
		identity.KeysChanged("api_a", true)
		synctest.Wait()
		if works("ck_a") || !works("ck_b") {
			t.Error("the revoked key works, or another one does not")
		}
		if len(ended) != 1 || <-ended != "api_a" {
			t.Error("the streams of the client, and of no other, have not ended")
		}
		service.set(func() {
			service.away, service.keys = false, map[string]router.APIKey{sha256Of("ck_b2"): {ID: "api_b"}}
		})
		identity.KeysChanged("api_b", false)
		synctest.Wait()
		if works("ck_b") || !works("ck_b2") || len(ended) != 1 {
			t.Error("after a rotation the old key works, the new one does not, or streams go on")
		}
		time.Sleep(20 * time.Minute)
		if works("ck_a") {
			t.Error("the revoked key works when the revocation is forgotten, although its service does not know it")
		}
	})
}

func TestKnownKeysOutliveTheirService(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		service := &keyService{keys: map[string]router.APIKey{sha256Of("ck_a"): {ID: "api_a"}, sha256Of("ck_b"): {ID: "api_b"}}}
		identity := withKeys(t, router.APIKeyOptions{Verify: service.verify})
		if _, err := identity.Identify(t.Context(), requestWith("X-API-Key", "ck_a")); err != nil {
			t.Fatal(err)
		}
		service.set(func() { service.away = true })
		time.Sleep(10 * time.Minute)
		if _, err := identity.Identify(t.Context(), requestWith("X-API-Key", "ck_a")); err != nil {
			t.Errorf("a known key while the service is away: %v", err)
		}
		_, err := identity.Identify(t.Context(), requestWith("X-API-Key", "ck_b"))
		if _, blamed := errors.AsType[*gqlerr.Error](err); err == nil || blamed {
			t.Errorf("a key that cannot be verified: %v, want an error that does not blame the client", err)
		}
		time.Sleep(10 * time.Minute)
		if _, err := identity.Identify(t.Context(), requestWith("X-API-Key", "ck_a")); err == nil {
			t.Error("a known key works for ever while the service is away")
		}
		service.set(func() { service.away = false })
		if _, err := identity.Identify(t.Context(), requestWith("X-API-Key", "ck_b")); err != nil {
			t.Errorf("the service is back: %v", err)
		}
	})
}

func TestStrangersKeysDoNotTroubleTheService(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var now, most, calls int
		identity := withKeys(t, router.APIKeyOptions{Verify: func(context.Context, []byte) (router.APIKey, error) {
			mu.Lock()
			calls++
			now++
			most = max(most, now)
			mu.Unlock()
			time.Sleep(time.Millisecond)
			mu.Lock()
			now--
			mu.Unlock()
			return router.APIKey{}, router.ErrUnknownKey
		}})
		var all sync.WaitGroup
		for i := range 500 {
			ctx := from(t.Context(), fmt.Sprintf("192.0.%d.%d", i/250, i%250))
			all.Go(func() {
				for range 3 {
					_, _ = identity.Identify(ctx, requestWith("X-API-Key", fmt.Sprintf("ck_%d", i)))
				}
			})
		}
		all.Wait()
		if most > 32 || calls != 500 {
			t.Errorf("500 made-up keys, three times each: %d calls, %d at once", calls, most)
		}
	})
}

// from is the context of a request from an address.
func from(ctx context.Context, address string) context.Context {
	return auth.With(ctx, auth.Caller{Address: address})
}

func TestUnknownKeysCountAgainstTheirAddress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		service := &keyService{keys: map[string]router.APIKey{sha256Of("ck_known"): {ID: "api_a"}, sha256Of("ck_new"): {ID: "api_b"}}}
		identity := withKeys(t, router.APIKeyOptions{Verify: service.verify})
		attacker, neighbour := from(t.Context(), "192.0.2.1"), from(t.Context(), "192.0.2.2")
		if _, err := identity.Identify(attacker, requestWith("X-API-Key", "ck_known")); err != nil {
			t.Fatal(err)
		}
		limited := 0
		for i := range 500 {
			_, err := identity.Identify(attacker, requestWith("X-API-Key", fmt.Sprintf("ck_%d", i)))
			if problem, ok := errors.AsType[*gqlerr.Error](err); ok && problem.Code() == gqlerr.RateLimited {
				limited++
			}
		}
		if service.calls > 61 || limited < 440 {
			t.Errorf("500 unknown keys of one address: %d lookups, %d refused without one", service.calls, limited)
		}
		if _, err := identity.Identify(attacker, requestWith("X-API-Key", "ck_known")); err != nil {
			t.Errorf("a known key of that address: %v", err)
		}
		if _, err := identity.Identify(neighbour, requestWith("X-API-Key", "ck_new")); err != nil {
			t.Errorf("a new key of another address: %v", err)
		}
		time.Sleep(2 * time.Second)
		if _, err := identity.Identify(attacker, requestWith("X-API-Key", "ck_new")); err != nil {
			t.Errorf("a new key of that address, later: %v", err)
		}
	})
}

func TestKeysInTheConfigurationAreChecked(t *testing.T) {
	t.Parallel()
	good := router.APIKey{ID: "api_a", SHA256: sha256Of("a")}
	for name, keys := range map[string][]router.APIKey{
		"no id":         {{SHA256: sha256Of("a")}},
		"no hash":       {{ID: "api_a"}},
		"the key":       {{ID: "api_a", SHA256: "ck_live_a"}},
		"one key twice": {good, {ID: "api_b", SHA256: good.SHA256}},
		"a rate below":  {{ID: "api_a", SHA256: good.SHA256, PerMinute: -1}},
	} {
		if _, err := router.NewAPIKeys(router.APIKeyOptions{Fixed: keys}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestAKeyThatCannotBeVerifiedIsA503(t *testing.T) {
	t.Parallel()
	service := &keyService{away: true}
	s := newShop(t, func(c *router.Config) {
		c.Identify = withKeys(t, router.APIKeyOptions{Verify: service.verify}).Identify
	})
	got := s.post(t, `{ me { id } }`, "X-API-Key", "ck_live_a")
	if got.Status != http.StatusServiceUnavailable || !cmp.Equal(got.codes(), []string{"SUBGRAPH_UNAVAILABLE"}) {
		t.Errorf("answer %d %v, want 503 SUBGRAPH_UNAVAILABLE", got.Status, got.codes())
	}
}

func TestASocketTakesAKeyFromItsFirstMessage(t *testing.T) {
	t.Parallel()
	identity := withKeys(t, router.APIKeyOptions{Fixed: []router.APIKey{{ID: "api_a", SHA256: sha256Of("ck_live_a"), Scopes: []string{"admin"}}}})
	s := newShop(t, func(c *router.Config) { c.Identify = identity.Identify })
	c := s.dial(t)
	c.send(`{"type":"connection_init","payload":{"x-api-key":"ck_live_a"}}`)
	c.want(`{"type":"connection_ack"}`)
	c.send(`{"id":"1","type":"subscribe","payload":{"query":"{ staff { name } }"}}`)
	c.want(`{"id":"1","type":"next","payload":{"data":{"staff":[{"name":"Ada"},{"name":"Ben"}]}}}`)
	other := s.dial(t)
	other.send(`{"type":"connection_init","payload":{"x-api-key":"ck_live_x"}}`)
	other.wantClose(4403)
}
