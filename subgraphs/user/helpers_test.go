package user

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/outbox"
	"cartograph/internal/pgtest"
	"cartograph/subgraphs/user/db"
)

const goodPassword = "teapots in the rain"

// clock is a time that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// sleep passes without waiting.
func (c *clock) sleep(_ context.Context, d time.Duration) error {
	c.advance(d)
	return nil
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newService(t *testing.T) *Service {
	t.Helper()
	return serviceOn(pgtest.New(t, db.Migrations()))
}

func serviceOn(pool *pgxpool.Pool) *Service {
	return NewService(pool, outbox.New(pool), slog.New(slog.DiscardHandler))
}

func newServiceAndClock(t *testing.T) (*Service, *clock) {
	t.Helper()
	s, c := newService(t), &clock{now: time.Now()}
	s.now, s.sleep = c.Now, c.sleep
	return s, c
}

func as(t *testing.T, actor auth.Actor) context.Context {
	t.Helper()
	return auth.With(t.Context(), auth.Caller{
		Actor: actor, Locale: "en-US", Currency: "USD", Country: "US", RequestID: "req-1",
	})
}

func anonymous(t *testing.T) context.Context {
	t.Helper()
	return as(t, auth.Actor{Kind: auth.Anonymous})
}

// signedIn is who an access token names, without verifying it.
func signedIn(t *testing.T, tokens *Tokens) context.Context {
	t.Helper()
	return as(t, claimsOf(t, tokens.AccessToken).Actor())
}

func register(t *testing.T, s *Service, email string) (*User, *Tokens) {
	t.Helper()
	tokens, u, err := s.Register(anonymous(t), Registration{
		Email: email, Password: goodPassword, DisplayName: "Ada", Locale: "en-US",
	})
	if err != nil {
		t.Fatalf("register %s: %v", email, err)
	}
	return u, tokens
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if got := fault.CodeOf(err); got != code {
		t.Errorf("error %v has code %q, want %q", err, got, code)
	}
}

// publishedTypes lists the types of the events that wait to be published, in order.
func publishedTypes(t *testing.T, s *Service) []string {
	t.Helper()
	rows, err := s.pool.Query(t.Context(), "SELECT type FROM outbox ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	types, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return types
}

func home() Postal {
	return Postal{
		Name: "Ada Lindqvist", Line1: "1840 Alder Crossing", City: "Portland", Region: new("OR"),
		PostalCode: "97205", CountryCode: "US",
	}
}

// count is the number that a query gives.
func count(t *testing.T, s *Service, sql string, args ...any) int {
	t.Helper()
	var n int
	if err := s.pool.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func execute(t *testing.T, s *Service, sql string, args ...any) {
	t.Helper()
	if _, err := s.pool.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

func someID(p id.Prefix) string { return id.New(p) }

// rowOf is the only account of an address.
func rowOf(t *testing.T, s *Service, email string) db.User {
	t.Helper()
	found, err := accountsOfEmail(t.Context(), db.New(s.pool), email)
	if err != nil || len(found) != 1 {
		t.Fatalf("accounts of %s: %v, %v, want one", email, found, err)
	}
	return found[0]
}
