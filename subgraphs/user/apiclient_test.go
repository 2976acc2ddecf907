package user

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	rpcv1 "cartograph/internal/rpc/v1"
)

func admin(t *testing.T) context.Context {
	t.Helper()
	return as(t, auth.Actor{Kind: auth.User, ID: someID(id.User), Scopes: scopesOf([]Role{Admin})})
}

// verified is the router's answer about a key.
func verified(t *testing.T, s *Service, key string) (*rpcv1.VerifyApiClientResponse, error) {
	t.Helper()
	sum := sha256.Sum256([]byte(key))
	return NewServer(s).Verify(t.Context(), &rpcv1.VerifyApiClientRequest{Sha256: sum[:]})
}

func wantKnown(t *testing.T, s *Service, key, clientID string) {
	t.Helper()
	if client, err := verified(t, s, key); err != nil || client.GetId() != clientID {
		t.Errorf("key is %v's (%v), want %s's", client, err, clientID)
	}
}

func wantUnknown(t *testing.T, s *Service, key string) {
	t.Helper()
	if client, err := verified(t, s, key); fault.KindOf(err) != fault.NotFound {
		t.Errorf("key is %v's (%v), want none", client, err)
	}
}

func TestAKeyIsReturnedOnceAndStoredAsAHash(t *testing.T) {
	t.Parallel()
	s := newService(t)
	client, key, err := s.CreateAPIClient(admin(t), APIClientInput{Name: " Warehouse ", Scopes: []string{"orders:read", "inventory:read", "orders:read"}})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(key, "ck_live_") || len(key) != len("ck_live_")+43 {
		t.Errorf("key %q does not hold 256 bits after ck_live_", key)
	}
	if n := count(t, s, "SELECT count(*) FROM api_clients WHERE api_clients::text LIKE '%' || $1 || '%'", key[len("ck_live_"):]); n != 0 {
		t.Error("the key stands in the database")
	}
	answer, err := verified(t, s, key)
	if err != nil {
		t.Fatal(err)
	}
	if answer.GetId() != client.ID || answer.GetName() != "Warehouse" || answer.GetRateLimitPerMinute() != defaultRate ||
		!slices.Equal(answer.GetScopes(), []string{"inventory:read", "orders:read"}) {
		t.Errorf("the key is %v", answer)
	}
	for _, bad := range []string{"", "x", key + "x", strings.ToUpper(key), client.ID} {
		wantUnknown(t, s, bad)
	}
	if _, err := NewServer(s).Verify(t.Context(), &rpcv1.VerifyApiClientRequest{}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("no hash at all: %v", err)
	}
}

func TestARotatedOrRevokedKeyIsNobodys(t *testing.T) {
	t.Parallel()
	s, c := newServiceAndClock(t)
	client, first, err := s.CreateAPIClient(admin(t), APIClientInput{Name: "A"})
	if err != nil {
		t.Fatal(err)
	}
	c.advance(time.Second)
	other, others, err := s.CreateAPIClient(admin(t), APIClientInput{Name: "B"})
	if err != nil {
		t.Fatal(err)
	}
	rotated, second, err := s.RotateAPIClient(admin(t), client.ID, 0)
	if err != nil || rotated.ID != client.ID || second == first {
		t.Fatalf("rotated to %+v, %v", rotated, err)
	}
	wantUnknown(t, s, first)
	wantKnown(t, s, second, client.ID)
	for range 2 {
		if revoked, err := s.RevokeAPIClient(admin(t), client.ID); err != nil || revoked.ID != client.ID {
			t.Fatalf("revoked %+v, %v", revoked, err)
		}
	}
	wantUnknown(t, s, second)
	wantKnown(t, s, others, other.ID)
	if _, _, err := s.RotateAPIClient(admin(t), client.ID, 0); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a revoked API client got a new key: %v", err)
	}
	clients, err := s.APIClients(admin(t))
	if err != nil || len(clients) != 1 || clients[0].ID != other.ID {
		t.Errorf("API clients %v, %v, want the one that is left", clients, err)
	}
	for _, unknown := range []string{"", "x", "api_\x00", someID(id.APIClient), someID(id.User)} {
		_, _, rotate := s.RotateAPIClient(admin(t), unknown, 0)
		_, revoke := s.RevokeAPIClient(admin(t), unknown)
		if fault.KindOf(rotate) != fault.NotFound || fault.KindOf(revoke) != fault.NotFound {
			t.Errorf("%q: %v and %v, want not found", unknown, rotate, revoke)
		}
	}
}

func TestAScopeThatTheCallerLacksCannotBeGranted(t *testing.T) {
	t.Parallel()
	s := newService(t)
	modest := as(t, auth.Actor{Kind: auth.User, ID: someID(id.User), Scopes: []string{"apiclients:manage", "orders:read", "users:read"}})
	_, _, err := s.CreateAPIClient(modest, APIClientInput{
		Name: strings.Repeat("x", 61), Scopes: []string{"orders:read", "users:read", "orders:write", "everything"}, RateLimitPerMinute: new(0),
	})
	refused, ok := errors.AsType[*fault.InputError](err)
	if !ok {
		t.Fatalf("created, or %v", err)
	}
	var paths []string
	for _, f := range refused.Faults {
		paths = append(paths, strings.Join(f.Path, "."))
	}
	want := []string{"input.name", "input.rateLimitPerMinute", "input.scopes.1", "input.scopes.2", "input.scopes.3"}
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Errorf("refused (-want +got):\n%s", diff)
	}
	for _, never := range []string{"apiclients:manage", "users:write", "users:read", "profile:read"} {
		if slices.Contains(grantableScopes(), never) {
			t.Errorf("an API client may have %s", never)
		}
	}
	for _, scope := range grantableScopes() {
		if !slices.Contains(scopesOf([]Role{Admin}), scope) {
			t.Errorf("no role can grant %s", scope)
		}
	}
}

func TestAReplacedKeyWorksBesideTheNewOneForTheOverlap(t *testing.T) {
	t.Parallel()
	s, c := newServiceAndClock(t)
	client, first, err := s.CreateAPIClient(admin(t), APIClientInput{Name: "A"})
	if err != nil {
		t.Fatal(err)
	}
	rotated, second, err := s.RotateAPIClient(admin(t), client.ID, 24)
	if err != nil || rotated.PreviousSecretUntil() == nil {
		t.Fatalf("rotated to %+v, %v", rotated, err)
	}
	wantKnown(t, s, first, client.ID)
	wantKnown(t, s, second, client.ID)
	_, third, err := s.RotateAPIClient(admin(t), client.ID, 1)
	if err != nil {
		t.Fatal(err)
	}
	wantUnknown(t, s, first) // two keys at most
	wantKnown(t, s, second, client.ID)
	c.advance(time.Hour)
	wantUnknown(t, s, second)
	wantKnown(t, s, third, client.ID)
	if _, _, err := s.RotateAPIClient(admin(t), client.ID, 24); err != nil {
		t.Fatal(err)
	}
	if _, err := s.RevokeAPIClient(admin(t), client.ID); err != nil {
		t.Fatal(err)
	}
	wantUnknown(t, s, third)
	for _, hours := range []int{-1, 169, 1 << 62} {
		if _, _, err := s.RotateAPIClient(admin(t), client.ID, hours); fault.KindOf(err) != fault.Invalid {
			t.Errorf("an overlap of %d hours: %v", hours, err)
		}
	}
	if got, want := publishedTypes(t, s), slices.Repeat([]string{event.Type[event.APIClientKeysChanged]()}, 4); !slices.Equal(got, want) {
		t.Errorf("published %q, want %q", got, want)
	}
}

func TestUsageIsCountedByDayAndOperation(t *testing.T) {
	t.Parallel()
	s, c := newServiceAndClock(t)
	client, _, err := s.CreateAPIClient(admin(t), APIClientInput{Name: "A"})
	if err != nil {
		t.Fatal(err)
	}
	router := as(t, auth.Actor{Kind: auth.Service, ID: "router"})
	add := func(ctx context.Context, usage ...*rpcv1.ApiClientUsage) error {
		_, err := NewServer(s).AddUsage(ctx, &rpcv1.AddApiClientUsageRequest{Usage: usage})
		return err
	}
	entry := func(operation string) *rpcv1.ApiClientUsage {
		return &rpcv1.ApiClientUsage{ClientId: client.ID, Operation: operation, Requests: 2, Failures: 1, Cost: 30}
	}
	for range 2 {
		if err := add(router, entry("Stock"), entry(""), &rpcv1.ApiClientUsage{ClientId: "api_configured", Operation: "Stock", Requests: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if err := add(as(t, auth.Actor{Kind: auth.Service, ID: "order"}), entry("Stock")); fault.KindOf(err) != fault.NotFound {
		t.Errorf("another service counts usage: %v", err)
	}
	c.advance(24 * time.Hour)
	many := make([]*rpcv1.ApiClientUsage, 300)
	for i := range many {
		many[i] = entry(fmt.Sprintf("Operation%03d", i))
	}
	if err := add(router, many...); err != nil {
		t.Fatal(err)
	}
	all, err := s.Usage(t.Context(), []*APIClient{client}, 2)
	if err != nil {
		t.Fatal(err)
	}
	usage := all[0]
	if len(usage) != 203 || usage[0].Operation == nil || *usage[0].Operation != "(other)" || usage[0].Requests != 200 {
		t.Fatalf("%d entries, the first %+v, want 200 names, the rest as one, and two of the day before", len(usage), usage[0])
	}
	for _, u := range usage[201:] {
		if u.Requests != 4 || u.Failures != 2 || u.Cost != 60 || u.Operation != nil && *u.Operation != "Stock" {
			t.Errorf("the day before has %+v", u)
		}
	}
	if today, err := s.Usage(t.Context(), []*APIClient{client}, 1); err != nil || len(today[0]) != 201 {
		t.Errorf("the last day has %d entries, %v", len(today[0]), err)
	}
	for _, days := range []int{0, 91} {
		if _, err := s.Usage(t.Context(), []*APIClient{client}, days); fault.KindOf(err) != fault.Invalid {
			t.Errorf("usage of %d days: %v", days, err)
		}
	}
	c.advance(91 * 24 * time.Hour)
	if err := s.cleanUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := count(t, s, "SELECT count(*) FROM api_client_usage"); n != 0 {
		t.Errorf("%d entries are kept", n)
	}
}

func TestUseOfAKeyIsNotedByTheHour(t *testing.T) {
	t.Parallel()
	s, c := newServiceAndClock(t)
	_, key, err := s.CreateAPIClient(admin(t), APIClientInput{Name: "A"})
	if err != nil {
		t.Fatal(err)
	}
	lastUsed := func() *time.Time {
		clients, err := s.APIClients(admin(t))
		if err != nil {
			t.Fatal(err)
		}
		return clients[0].LastUsedAt
	}
	if lastUsed() != nil {
		t.Error("used before its first use")
	}
	begun := s.Now()
	for step, want := range []time.Time{begun, begun, begun.Add(80 * time.Minute)} {
		if _, err := verified(t, s, key); err != nil {
			t.Fatal(err)
		}
		if got := lastUsed(); got == nil || !got.Equal(want) {
			t.Errorf("use %d: noted %v, want %v", step, got, want)
		}
		c.advance(40 * time.Minute)
	}
}

func TestAPIClientsAreLimited(t *testing.T) {
	t.Parallel()
	s := newService(t)
	if _, err := s.pool.Exec(t.Context(), `INSERT INTO api_clients (id, name, secret_hash, scopes, rate_per_minute, created_at)
		SELECT 'api_' || n, 'x', sha256(n::text::bytea), '{}', 1, now() FROM generate_series(1, $1) n`, maxAPIClients-2); err != nil {
		t.Fatal(err)
	}
	var created atomic.Int64
	var all sync.WaitGroup
	for i := range 6 {
		all.Go(func() {
			_, _, err := s.CreateAPIClient(admin(t), APIClientInput{Name: fmt.Sprint(i)})
			if err == nil {
				created.Add(1)
			} else if fault.KindOf(err) != fault.Invalid {
				t.Errorf("create: %v", err)
			}
		})
	}
	all.Wait()
	if created.Load() != 2 {
		t.Errorf("%d were created, want the 2 that there was room for", created.Load())
	}
}

func TestAnAPIClientIsImportedOnce(t *testing.T) {
	t.Parallel()
	s := newService(t)
	known := ImportedAPIClient{ID: someID(id.APIClient), Name: "Demo", Key: "ck_demo_x", Scopes: []string{"orders:read"}, RateLimitPerMinute: 60}
	for range 2 {
		if err := s.ImportAPIClient(t.Context(), known); err != nil {
			t.Fatal(err)
		}
	}
	wantKnown(t, s, "ck_demo_x", known.ID)
	if _, _, err := s.RotateAPIClient(admin(t), known.ID, 0); err != nil {
		t.Fatal(err)
	}
	if err := s.ImportAPIClient(t.Context(), known); err != nil {
		t.Fatal(err)
	}
	wantUnknown(t, s, "ck_demo_x")
}
