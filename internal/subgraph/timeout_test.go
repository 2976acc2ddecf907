package subgraph_test

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/auth"
	"cartograph/internal/pgtest"
	"cartograph/internal/polltest"
	"cartograph/internal/subgraph/internal/sample/graph/gen"
	"cartograph/internal/subgraph/subgraphtest"
)

// noting resolvers pass the context of a note to a function.
type noting struct {
	resolvers
	note func(ctx context.Context) error
}

func (n noting) Query() gen.QueryResolver { return n }

func (n noting) Note(ctx context.Context) (*gen.Note, error) {
	return note("note_1"), n.note(ctx)
}

func serveNoting(t *testing.T, f func(ctx context.Context) error) *subgraphtest.Server {
	t.Helper()
	return subgraphtest.Serve(t, gen.NewExecutableSchema(gen.Config{Resolvers: noting{note: f}}))
}

func TestAResolverHasTheTimeThatItsRequestHasLeft(t *testing.T) {
	t.Parallel()
	for header, most := range map[string]time.Duration{
		"200": 200 * time.Millisecond, "60000": time.Minute, "4294967295": time.Hour, "": 0, "soon": 0, "-5": 0,
	} {
		server := serveNoting(t, func(ctx context.Context) error {
			deadline, limited := ctx.Deadline()
			if left := time.Until(deadline); limited != (most > 0) || left > most {
				t.Errorf("%q: the resolver has %v (limited: %v), want at most %v", header, left, limited, most)
			}
			return nil
		})
		if a := server.QueryWith(t, http.Header{auth.TimeoutHeader: {header}}, `{ note { text } }`); len(a.Errors) > 0 {
			t.Errorf("%q: errors %v", header, a.Errors)
		}
	}
}

func TestARequestWithoutTimeIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	server := serveNoting(t, func(context.Context) error {
		t.Error("it is resolved")
		return nil
	})
	for _, left := range []string{"0", "4"} {
		a := server.QueryWith(t, http.Header{auth.TimeoutHeader: {left}}, `{ note { text } }`)
		if a.Status != http.StatusOK || !slices.Equal(a.Codes(), []string{"TIMEOUT"}) {
			t.Errorf("with %s ms left: %d %s, want TIMEOUT", left, a.Status, a.Body)
		}
	}
	a := server.QueryWith(t, http.Header{auth.TimeoutHeader: {"0"}, "Authorization": {"Bearer forged"}}, `{ note { text } }`)
	if a.Status != http.StatusUnauthorized {
		t.Errorf("a stranger's request: %d, want 401", a.Status)
	}
}

// sleeping is how many statements of a test sleep in Postgres.
func sleeping(t *testing.T, pool *pgxpool.Pool) (n int) {
	t.Helper()
	err := pool.QueryRow(t.Context(),
		`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query = 'SELECT pg_sleep(60)'`).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAStatementEndsWithTheTimeOfItsRequest(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t, fstest.MapFS{})
	server := serveNoting(t, func(ctx context.Context) error {
		_, err := pool.Exec(ctx, "SELECT pg_sleep(60)")
		return err
	})
	began := time.Now()
	a := server.QueryWith(t, http.Header{auth.TimeoutHeader: {"200"}}, `{ note { text } }`)
	if took := time.Since(began); took > 10*time.Second || !slices.Equal(a.Codes(), []string{"TIMEOUT"}) {
		t.Errorf("after %v: %s, want TIMEOUT soon after 200 ms", took, a.Body)
	}
	polltest.Eventually(t, "the statement is cancelled", func() bool { return sleeping(t, pool) == 0 })
}

func TestAStatementEndsWithItsCaller(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t, fstest.MapFS{})
	server := serveNoting(t, func(ctx context.Context) error {
		_, err := pool.Exec(ctx, "SELECT pg_sleep(60)")
		return err
	})
	leave := server.Begin(t, `{ note { text } }`)
	polltest.Eventually(t, "the statement runs", func() bool { return sleeping(t, pool) == 1 })
	leave()
	polltest.Eventually(t, "the statement is cancelled", func() bool { return sleeping(t, pool) == 0 })
}
