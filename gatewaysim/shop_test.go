package gatewaysim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/pgtest"
)

const apiKey = "sk_test_shop"

// shop is a merchant with a gateway of its own.
type shop struct {
	t       *testing.T
	gateway *Gateway
	pool    *pgxpool.Pool
	url     string
	keys    atomic.Int64
}

// reply is a response of the gateway.
type reply struct {
	status   int
	replayed bool
	body     []byte
}

func newShop(t *testing.T, change ...func(*Config)) *shop {
	t.Helper()
	return openShop(t, pgtest.New(t, Migrations()), change...)
}

// openShop starts a gateway on a store that may have seen others.
func openShop(t *testing.T, pool *pgxpool.Pool, change ...func(*Config)) *shop {
	t.Helper()
	cfg := Config{APIKey: apiKey, WebhookSecret: "whsec_1", Chaos: ChaosOff, Seed: 1, Slow: 300 * time.Millisecond}
	for _, c := range change {
		c(&cfg)
	}
	g := New(pool, cfg, slog.New(slog.DiscardHandler))
	server := httptest.NewServer(g.Handler())
	t.Cleanup(server.Close)
	return &shop{t: t, gateway: g, pool: pool, url: server.URL}
}

// post sends a request with a key of its own.
func (s *shop) post(path, body string) reply {
	return s.postWith(fmt.Sprintf("key-%d", s.keys.Add(1)), path, body)
}

func (s *shop) postWith(key, path, body string) reply {
	s.t.Helper()
	return s.send(http.MethodPost, path, body, map[string]string{"Authorization": "Bearer " + apiKey, "Idempotency-Key": key})
}

func (s *shop) get(path string) reply {
	s.t.Helper()
	return s.send(http.MethodGet, path, "", map[string]string{"Authorization": "Bearer " + apiKey})
}

func (s *shop) send(method, path, body string, header map[string]string) reply {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for k, v := range header {
		r.Header.Set(k, v)
	}
	resp, err := http.DefaultTransport.RoundTrip(r) // follows no redirects
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header.Get("Idempotent-Replayed") == "true", got}
}

// authorized is a payment of 1000 with the token.
func (s *shop) authorized(token string) payment {
	s.t.Helper()
	r := s.post("/v1/payments", authorizeBody(token))
	if r.status != http.StatusCreated {
		s.t.Fatalf("authorising with %s answers %d %s, want 201", token, r.status, r.body)
	}
	return r.payment(s.t)
}

// captured is a captured payment of 1000.
func (s *shop) captured() payment {
	s.t.Helper()
	r := s.post("/v1/payments/"+s.authorized("tok_ok").ID+"/capture", amount(1000))
	if r.status != http.StatusOK {
		s.t.Fatalf("capturing answers %d %s, want 200", r.status, r.body)
	}
	return r.payment(s.t)
}

func (s *shop) count(sql string, args ...any) int {
	s.t.Helper()
	var n int
	if err := s.pool.QueryRow(s.t.Context(), sql, args...).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

func (r reply) payment(t *testing.T) payment {
	t.Helper()
	return decode[payment](t, r.body)
}

func (r reply) code(t *testing.T) string {
	t.Helper()
	return decode[struct{ Error apiError }](t, r.body).Error.Code
}

func decode[T any](t *testing.T, body []byte) T {
	t.Helper()
	var v T
	if err := json.NewDecoder(bytes.NewReader(body)).Decode(&v); err != nil {
		t.Fatalf("decode %s: %v", body, err)
	}
	return v
}

func authorizeBody(token string) string {
	return fmt.Sprintf(`{"amount":1000,"currency":"USD","token":%q,"reference":"pay_1","order_id":"ord_1"}`, token)
}

func amount(minor int64) string {
	return fmt.Sprintf(`{"amount":%d,"currency":"USD"}`, minor)
}
