package attack

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"cartograph/app"
	"cartograph/e2e/systemtest"
	"cartograph/internal/polltest"
	"cartograph/router/ratelimit"
)

// served is how long a customer may wait for an answer during an attack, on a
// machine that has no other work. On a busy one it is ten times the longest wait
// before the attack.
const served = time.Second

// system is a running cartograph.
type system struct {
	graphQL string // URL
	address string // host and port of the router
}

// start runs all roles in this process until the test ends.
func start(t *testing.T) *system {
	t.Helper()
	cfg := systemtest.Config(t)
	// A quarter of the default, so that it is exhausted soon.
	cfg.Router.Rate.Anonymous = ratelimit.Rate{PerMinute: 30_000, Burst: 30_000}
	url := systemtest.Start(t, cfg, app.Options{Out: io.Discard}).GraphQL
	return &system{graphQL: url, address: strings.TrimSuffix(strings.TrimPrefix(url, "http://"), "/graphql")}
}

// client sends requests from one loopback address.
type client struct {
	system *system
	from   string
	http   *http.Client
}

func (s *system) client(t *testing.T, from string) *client {
	t.Helper()
	transport := &http.Transport{DialContext: dialer(from).DialContext, MaxIdleConnsPerHost: 64, DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &client{s, from, &http.Client{Transport: transport, Timeout: 20 * time.Second}}
}

func dialer(from string) *net.Dialer {
	return &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: 10 * time.Second}
}

// dial opens a connection that ends with the test; nil if it is refused.
func (c *client) dial(t *testing.T) net.Conn {
	t.Helper()
	conn, err := dialer(c.from).DialContext(t.Context(), "tcp", c.system.address)
	if err != nil {
		return nil
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// answer is what a request is answered with.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// code is that of the first error.
func (a answer) code() string {
	var body struct {
		Errors []struct{ Extensions struct{ Code string } }
	}
	if json.Unmarshal(a.body, &body) != nil || len(body.Errors) == 0 {
		return ""
	}
	return body.Errors[0].Extensions.Code
}

// post sends a body; headers are pairs.
func (c *client) post(ctx context.Context, body []byte, headers ...string) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.system.graphQL, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := c.http.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, text}, err
}

// query sends an operation.
func (c *client) query(ctx context.Context, document string, headers ...string) (answer, error) {
	body, err := json.Marshal(map[string]string{"query": document})
	if err != nil {
		return answer{}, err
	}
	return c.post(ctx, body, headers...)
}

const products = `{ search(first: 5) { nodes { title } } }`

// customer is at an address of its own, and requests a page again and again until
// it leaves.
type customer struct {
	stop    context.CancelFunc
	done    sync.WaitGroup
	limit   time.Duration
	slowest time.Duration
	pages   int
	problem error
}

// enter starts a customer.
func (s *system) enter(t *testing.T) *customer {
	t.Helper()
	at, limit := s.client(t, "127.0.0.2"), served
	for range 20 {
		polltest.EventuallyNoProblem(t, func() string {
			began := time.Now()
			got, err := at.query(t.Context(), products)
			if err != nil || got.status != http.StatusOK || got.code() != "" {
				return fmt.Sprintf("a page before the attack: %d %.200s, %v", got.status, got.body, err)
			}
			limit = max(limit, 10*time.Since(began))
			return ""
		})
	}
	ctx, stop := context.WithCancel(t.Context())
	c := &customer{stop: stop, limit: limit}
	c.done.Go(func() {
		for ctx.Err() == nil && c.problem == nil {
			c.page(ctx, at)
			time.Sleep(50 * time.Millisecond) // between two pages of one person, not a wait for a condition
		}
	})
	t.Cleanup(func() { stop(); c.done.Wait() })
	return c
}

func (c *customer) page(ctx context.Context, at *client) {
	began := time.Now()
	got, err := at.query(ctx, products)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		c.problem = err
	case got.status != http.StatusOK || got.code() != "":
		c.problem = fmt.Errorf("%d %.200s", got.status, got.body)
	default:
		c.pages++
		c.slowest = max(c.slowest, time.Since(began))
	}
}

// leave fails the test unless every page was served in time.
func (c *customer) leave(t *testing.T) {
	t.Helper()
	c.stop()
	c.done.Wait()
	t.Logf("the customer saw %d pages, the slowest after %s", c.pages, c.slowest.Round(time.Millisecond))
	if c.problem != nil {
		t.Errorf("the customer was not served: %v", c.problem)
	}
	if c.slowest > c.limit {
		t.Errorf("the customer waited %s for a page, want at most %s", c.slowest, c.limit)
	}
	if c.pages == 0 {
		t.Error("the customer saw no page")
	}
}
