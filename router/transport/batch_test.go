package transport_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/polltest"
	"cartograph/router/gqlerr"
	"cartograph/router/transport"
)

// batchOf is the body with these operations.
func batchOf(operations ...string) string {
	var entries []string
	for _, o := range operations {
		entries = append(entries, fmt.Sprintf(`{"query":%q}`, o))
	}
	return "[" + strings.Join(entries, ",") + "]"
}

// codes are those of a batch's answers, "" for an answer without errors.
func (r response) codes(t testing.TB) []string {
	t.Helper()
	var entries []json.RawMessage
	if err := json.Unmarshal([]byte(r.text), &entries); err != nil {
		t.Fatalf("a batch is answered by %d %.300s", r.StatusCode, r.text)
	}
	codes := []string{}
	for _, e := range entries {
		codes = append(codes, response{text: string(e)}.code())
	}
	return codes
}

func TestABatchIsAnsweredInItsOrder(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, nil)
	const persisted = `{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"known"}}}`
	body := `[{"query":"small"},{"query":"nope"},5,{"query":7},{"query":"watch"},` + persisted + `,{"query":"pay"},{"query":"panic"},{"query":"broken"},{"query":"deferred"}]`
	got := s.send(t, http.MethodPost, "", body, "Accept", apolloClient)
	want := []string{"", "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT", "BAD_USER_INPUT", "BAD_USER_INPUT", "", "FORBIDDEN", "INTERNAL", "INTERNAL", ""}
	if diff := cmp.Diff(want, got.codes(t)); diff != "" {
		t.Errorf("codes (-want +got):\n%s", diff)
	}
	if media := got.Header.Get("Content-Type"); got.StatusCode != http.StatusOK || media != "application/json; charset=utf-8" {
		t.Errorf("answer %d %s, want 200 and application/json", got.StatusCode, media)
	}
	if strings.Contains(got.text, "10.0.0.7") || strings.Contains(got.text, "a bug") {
		t.Errorf("the answer shows an internal fault: %s", got.text)
	}
	s.graph.look(func() {
		if s.graph.sessions != 1 || len(s.graph.admitted) != 1 || len(s.graph.admitted[0]) != 5 {
			t.Errorf("%d sessions, admitted %v; want one of each, for the 5 that can run", s.graph.sessions, s.graph.admitted)
		}
	})
}

func TestABatchIsRefusedAsAWhole(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, nil)
	for name, body := range map[string]string{
		"empty":    `[]`,
		"too long": batchOf(slices.Repeat([]string{"small"}, 11)...),
		"nested":   `[{"query":"small"},[{"query":"small"}]]`,
		"no JSON":  `[{"query":"small"}`,
	} {
		got := s.send(t, http.MethodPost, "", body, "Accept", apolloClient)
		if got.want(t, http.StatusBadRequest, "BAD_USER_INPUT"); got.Header.Get("Content-Type") != "application/json; charset=utf-8" {
			t.Errorf("%s: refused as %s, want application/json", name, got.Header.Get("Content-Type"))
		}
	}
	if n := len(s.send(t, http.MethodPost, "", batchOf(slices.Repeat([]string{"small"}, 10)...)).codes(t)); n != 10 {
		t.Errorf("a batch of 10 has %d answers", n)
	}
	s.send(t, http.MethodPost, "", batchOf("small"), "Accept", sse).want(t, http.StatusNotAcceptable, "BAD_USER_INPUT")
	off := serve(t, nil, func(o *transport.Options) { o.Batch = -1 })
	off.send(t, http.MethodPost, "", batchOf("small")).want(t, http.StatusBadRequest, "BAD_USER_INPUT")
}

func TestMutationsOfABatchWaitForTheirTurn(t *testing.T) {
	t.Parallel()
	g := &graph{hold: make(chan struct{})}
	s := serve(t, g, nil)
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.send(t, http.MethodPost, "", batchOf("hold", "hold", "write", "hold", "hold", "write", "small")).codes(t)
	}()
	for range 2 {
		polltest.Eventually(t, "two run", func() (ok bool) {
			g.look(func() { ok = g.running == 2 })
			return ok
		})
		g.hold <- struct{}{}
		g.hold <- struct{}{}
	}
	<-done
	if diff := cmp.Diff([]string{"hold", "hold", "write", "hold", "hold", "write", "small"}, g.ran()); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	if g.together != 2 {
		t.Errorf("%d ran at once, want the 2 queries that stand together", g.together)
	}
}

func TestABatchWithoutAllowanceRunsNothing(t *testing.T) {
	t.Parallel()
	s := serve(t, &graph{admit: gqlerr.New(gqlerr.RateLimited, "Slower.").With("retryAfter", 7)}, nil)
	got := s.send(t, http.MethodPost, "", batchOf("small", "write"))
	got.want(t, http.StatusTooManyRequests, "RATE_LIMITED")
	if got.Header.Get("Retry-After") != "7" || len(s.graph.ran()) != 0 {
		t.Errorf("Retry-After %q, ran %v; want 7 and nothing", got.Header.Get("Retry-After"), s.graph.ran())
	}
}

func TestOnlyMutationsThatMustBeAloneAre(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, nil)
	s.post(t, "pay").want(t, http.StatusOK, "")
	if diff := cmp.Diff([]string{"FORBIDDEN", ""}, s.send(t, http.MethodPost, "", batchOf("pay", "write")).codes(t)); diff != "" {
		t.Errorf("codes (-want +got):\n%s", diff)
	}
}
