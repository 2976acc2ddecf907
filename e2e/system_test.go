package e2e

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/app"
	"cartograph/e2e/systemtest"
	"cartograph/gatewaysim"
	"cartograph/internal/polltest"
)

// system is a running cartograph with databases of its own.
type system struct {
	app.Endpoints
	cfg app.Config
}

// start runs all roles in this process until the test ends.
func start(t testing.TB, change ...func(*app.Config)) *system {
	t.Helper()
	return startWith(t, app.Options{}, change...)
}

func startWith(t testing.TB, opts app.Options, change ...func(*app.Config)) *system {
	t.Helper()
	cfg := systemtest.Config(t)
	cfg.Router.ShowFetches = true
	cfg.GatewaySim.Slow, cfg.GatewaySim.Chaos = 2*time.Second, gatewaysim.ChaosNormal
	for _, c := range change {
		c(&cfg)
	}
	s := &system{Endpoints: systemtest.Start(t, cfg, opts), cfg: cfg}
	s.awaitEvents(t)
	return s
}

// awaitEvents returns once the catalogue shows inventory's stock and the search
// index has the whole catalogue, both by events.
func (s *system) awaitEvents(t testing.TB) {
	t.Helper()
	stock, shown := pool(t, s.cfg.Inventory.DatabaseURL), pool(t, s.cfg.Product.DatabaseURL)
	polltest.Eventually(t, "stock shown", func() bool {
		return one[int](t, stock, "SELECT count(*)::int FROM stock") == one[int](t, shown, "SELECT count(*)::int FROM availability")
	})
	polltest.Eventually(t, "everything is found", func() bool {
		return one[int](t, shown, "SELECT count(*)::int FROM products") == one[int](t, shown, "SELECT count(*)::int FROM indexed_products WHERE indexed = revision")
	})
}

func (s *system) anyone() *client { return &client{url: s.GraphQL} }

// guest is a client with a guest session.
func (s *system) guest(t testing.TB) *client {
	t.Helper()
	c := s.anyone()
	data := c.do(t, `mutation { guestSessionCreate { session { accessToken } userErrors { message } } }`, nil)
	if c.token = data.str("guestSessionCreate.session.accessToken"); c.token == "" {
		t.Fatalf("no guest session: %v", data)
	}
	return c
}

// signIn signs a client in; the guest's cart is merged.
func (c *client) signIn(t testing.TB, email, password string) {
	t.Helper()
	data := c.do(t, `mutation($input: UserLoginInput!) { userLogin(input: $input) { session { accessToken } userErrors { code message } } }`,
		vars{"input": vars{"email": email, "password": password}})
	token := data.str("userLogin.session.accessToken")
	if token == "" {
		t.Fatalf("%s cannot sign in: %v", email, data)
	}
	c.token = token
}

// register creates an account and signs in.
func (s *system) register(t testing.TB, name string) *client {
	t.Helper()
	c := s.anyone()
	data := c.do(t, `mutation($input: UserRegisterInput!) { userRegister(input: $input) { session { accessToken } userErrors { code message } } }`,
		vars{"input": vars{"email": name + "@example.test", "password": "correct horse " + name, "displayName": name}})
	if c.token = data.str("userRegister.session.accessToken"); c.token == "" {
		t.Fatalf("%s cannot register: %v", name, data)
	}
	return c
}

// pool connects to a role's database.
func pool(t testing.TB, url string) *pgxpool.Pool {
	t.Helper()
	p, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// one reads a single value.
func one[T any](t testing.TB, p *pgxpool.Pool, sql string, args ...any) T {
	t.Helper()
	var value T
	if err := p.QueryRow(t.Context(), sql, args...).Scan(&value); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return value
}

func get(t testing.TB, url string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", url, res.Status, err)
	}
	return string(body)
}
