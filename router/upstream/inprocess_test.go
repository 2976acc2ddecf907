package upstream_test

import (
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"cartograph/internal/inprocess"
	"cartograph/router/gqlerr"
	"cartograph/router/upstream"
)

// local is a subgraph whose handler runs in this process.
func local(t *testing.T, o upstream.Options, handler http.HandlerFunc) *upstream.Subgraph {
	t.Helper()
	const host = "127.0.0.1:1" // nothing listens there
	transport := inprocess.NewTransport(http.DefaultTransport)
	t.Cleanup(transport.Handle(host, handler))
	o.RoundTripper = transport
	return newSubgraph(t, "http://"+host+"/graphql", o)
}

func TestASubgraphOfThisProcessIsFetchedWithoutAConnection(t *testing.T) {
	t.Parallel()
	s := local(t, upstream.Options{}, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = io.WriteString(w, r.Header.Get("Authorization")+" "+r.URL.Path+" "+string(body))
	})
	r := query(`{"query":"{ a }"}`)
	r.Header = upstream.NewHeader(http.Header{"Authorization": {"Bearer t"}})
	got, err := s.Fetch(t.Context(), r, []byte("before "))
	if err != nil || string(got) != `before Bearer t /graphql {"query":"{ a }"}` {
		t.Errorf("fetched %q, %v", got, err)
	}
}

func TestTheBoundsHoldForASubgraphOfThisProcess(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	s := local(t, upstream.Options{MaxResponseBytes: 100, Timeout: 20 * time.Millisecond}, func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		switch body, _ := io.ReadAll(r.Body); string(body) {
		case "large":
			_, _ = w.Write(make([]byte, 101))
		case "slow":
			<-r.Context().Done()
		case "panic":
			panic("handler")
		}
	})
	for body, code := range map[string]gqlerr.Code{"large": gqlerr.SubgraphUnavailable, "slow": gqlerr.Timeout, "panic": gqlerr.SubgraphUnavailable} {
		calls.Store(0)
		r := query(body)
		r.Mutation = true
		_, err := s.Fetch(t.Context(), r, nil)
		wantFailure(t, err, code, "")
		if n := calls.Load(); n != 1 {
			t.Errorf("%s: the subgraph saw %d requests, want 1", body, n)
		}
	}
}
