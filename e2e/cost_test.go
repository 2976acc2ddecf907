package e2e

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"cartograph/app"
	"cartograph/internal/auth"
	"cartograph/internal/demo"
	"cartograph/internal/polltest"
)

// statements counts the SQL of each client request, over all services, by the
// request id that the router propagates.
type statements struct {
	mu        sync.Mutex
	byRequest map[string][]string
}

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	word, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(d.SQL)), " ")
	request := auth.From(ctx).RequestID
	if request == "" || word == "begin" || word == "commit" || word == "rollback" {
		return ctx
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byRequest[request] = append(s.byRequest[request], d.SQL)
	return ctx
}

func (*statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (s *statements) of(request string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byRequest[request]
}

// TestShowcaseOperationsStayWithinTheirBudget counts the subgraph requests and SQL
// statements of the pages that a shop shows. The figures may only go down;
// PlaceOrder's has some slack, because an event may arrive before a call.
func TestShowcaseOperationsStayWithinTheirBudget(t *testing.T) {
	t.Parallel()
	sql := &statements{byRequest: map[string][]string{}}
	s := startWith(t, app.Options{Tracer: sql})
	c := s.guest(t)
	c.signIn(t, "ada@demo.test", demoPassword("ada@demo.test"))
	c.await(t, c.buy(t, s.buyable(t, 20), 1, "tok_ok").str("order.id"), "CONFIRMED")
	polltest.Eventually(t, "the cart emptied", func() bool { return c.do(t, `{ activeCart { id } }`, nil).get("activeCart") == nil })
	c.add(t, s.buyable(t, 20), 2)
	checkout := c.checkout(t, c.add(t, c.variant(t, demo.SlugFiveLeft, demo.SKUFiveLeft), 1))

	for _, tt := range []struct {
		operation         string
		vars              vars
		requests, queries int
	}{
		{"ProductPage", vars{"slug": demo.SlugFiveLeft, "country": "US", "postal": "97201"}, 4, 6}, // one of them checks the session, as in MyOrders
		{"CartPage", nil, 3, 5},
		{"MyOrders", nil, 4, 6},
		{"PlaceOrder", placement(checkout, "tok_ok", "showcase"), 2, 34},
	} {
		query, err := os.ReadFile(filepath.Join("../schema/operations", tt.operation+".graphql"))
		if err != nil {
			t.Fatal(err)
		}
		request := "showcase-" + tt.operation
		a, err := c.sendAs(t.Context(), request, string(query), tt.vars)
		if err != nil || len(a.Errors) > 0 {
			t.Errorf("%s: %v, %v", tt.operation, a, err)
			continue
		}
		if got, _ := strconv.Atoi(a.header.Get("X-Subgraph-Requests")); got > tt.requests || got == 0 {
			t.Errorf("%s took %d subgraph requests, want at most %d", tt.operation, got, tt.requests)
		}
		if got := sql.of(request); len(got) > tt.queries || len(got) == 0 {
			t.Errorf("%s took %d SQL statements, want at most %d:\n%s", tt.operation, len(got), tt.queries, strings.Join(got, "\n"))
		}
	}
}

// sendAs sends an operation under a request id.
func (c *client) sendAs(ctx context.Context, request, query string, variables vars) (answer, error) {
	named := *c
	named.header = http.Header{"X-Request-Id": {request}}
	return named.send(ctx, query, variables)
}
