package transport_test

import (
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"cartograph/internal/polltest"
	"cartograph/router/gqlerr"
	"cartograph/router/transport"
)

func TestWhatFindsNoPlaceIsTurnedAway(t *testing.T) {
	t.Parallel()
	const running, waiting, sent = 2, 2, 10
	g := &graph{hold: make(chan struct{})}
	s := serve(t, g, func(o *transport.Options) {
		o.InFlight, o.ConcurrencyMin, o.ConcurrencyMax = running+waiting, running, running
	})
	answers := make(chan response, sent)
	var work sync.WaitGroup
	for range sent {
		work.Go(func() { answers <- s.post(t, "hold") })
	}
	for range sent - running - waiting {
		got := <-answers
		if got.want(t, http.StatusServiceUnavailable, "SUBGRAPH_UNAVAILABLE"); got.Header.Get("Retry-After") != "1" {
			t.Errorf("Retry-After = %q, want 1", got.Header.Get("Retry-After"))
		}
	}
	close(g.hold)
	work.Wait()
	close(answers)
	answered := 0
	for a := range answers {
		if a.StatusCode == http.StatusOK {
			answered++
		}
	}
	// Those that wait are turned away too if they wait for long.
	if answered < running || g.together > running {
		t.Errorf("%d were answered, %d at once; want at least %d, and no more at once", answered, g.together, running)
	}
	s.post(t, "small").want(t, http.StatusOK, "")
}

func TestTheMostExpensiveOperationFitsIntoTheMemoryOfItsAddress(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, nil)
	s.post(t, "costly").want(t, http.StatusOK, "")
	if codes := s.send(t, http.MethodPost, "", batchOf("costly", "costly")).codes(t); codes[0] != "" || codes[1] != "" {
		t.Errorf("a batch of two is answered with the codes %q", codes)
	}
}

func TestAllowancesAreShown(t *testing.T) {
	t.Parallel()
	s := serve(t, &graph{allowance: transport.Allowance{Limit: 100, Remaining: 93, Reset: 1500 * time.Millisecond}}, nil)
	header := s.post(t, "small").Header
	for name, want := range map[string]string{
		"RateLimit-Limit": "100", "RateLimit-Remaining": "93", "RateLimit-Reset": "2",
		"RateLimit": `"default";r=93;t=2`, "RateLimit-Policy": `"default";q=100`,
	} {
		if got := header.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if got := serve(t, nil, nil).post(t, "small").Header.Get("RateLimit"); got != "" {
		t.Errorf("RateLimit = %q where nothing is counted", got)
	}
}

func TestRefusedRequestsHaveARetryAfter(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		refusal *gqlerr.Error
		accept  string
		status  int
		after   string
	}{
		{gqlerr.New(gqlerr.RateLimited, "Slower.").With("retryAfter", 2.5), "", http.StatusTooManyRequests, "3"},
		{gqlerr.New(gqlerr.RateLimited, "Slower.").With("retryAfter", 2), apolloClient, http.StatusTooManyRequests, "2"},
		{gqlerr.New(gqlerr.RateLimited, "Slower.").With("retryAfter", 2), sse, http.StatusTooManyRequests, "2"},
		{gqlerr.New(gqlerr.CostExceeded, "Too much."), "", http.StatusOK, ""},
		{gqlerr.New(gqlerr.CostExceeded, "Too much."), apolloClient, http.StatusBadRequest, ""},
	} {
		s := serve(t, &graph{admit: c.refusal}, nil)
		got := s.post(t, "small", "Accept", c.accept)
		got.want(t, c.status, string(c.refusal.Code()))
		if after := got.Header.Get("Retry-After"); after != c.after {
			t.Errorf("Retry-After = %q, want %q", after, c.after)
		}
		if ran := s.graph.ran(); len(ran) > 0 {
			t.Errorf("%v ran", ran)
		}
	}
}

func TestAnOperationThatASubgraphRefusesHasARetryAfter(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, nil)
	for _, c := range []struct{ body, after string }{
		{`{"query":"busy"}`, "7"},
		{`{"query":"partial"}`, ""},
		{batchOf("small", "busy", "partial"), "7"},
		{batchOf("small", "partial"), ""},
	} {
		got := s.send(t, http.MethodPost, "", c.body)
		if after := got.Header.Get("Retry-After"); got.StatusCode != http.StatusOK || after != c.after {
			t.Errorf("%s is answered with %d and Retry-After %q, want 200 and %q", c.body, got.StatusCode, after, c.after)
		}
	}
}

func TestABodyThatTricklesIsCutOff(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, func(o *transport.Options) { o.Request = 50 * time.Millisecond })
	body, write := io.Pipe()
	defer func() { _ = write.Close() }()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL, body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	go func() { _, _ = write.Write([]byte(`{"query":`)) }()
	answer, err := s.client.Do(request)
	if err == nil {
		defer func() { _ = answer.Body.Close() }()
		if answer.StatusCode != http.StatusBadRequest {
			t.Errorf("a body that does not end is answered by %d", answer.StatusCode)
		}
	}
}

func TestTheMostUrgentOperationIsNextAndSearchesAreRefused(t *testing.T) {
	t.Parallel()
	g := &graph{hold: make(chan struct{})}
	s := serve(t, g, func(o *transport.Options) {
		o.ConcurrencyMin, o.ConcurrencyMax = 1, 1
		o.Priorities = map[string]transport.Priority{"hold": transport.Lowest, "write": transport.Highest}
	})
	var held sync.WaitGroup
	held.Go(func() { s.post(t, "hold") })
	polltest.Eventually(t, "it runs", func() (ok bool) {
		g.look(func() { ok = g.running == 1 })
		return ok
	})
	got := s.post(t, "hold") // it waits for the time of its priority, and for nothing more
	if got.want(t, http.StatusServiceUnavailable, "SUBGRAPH_UNAVAILABLE"); got.Header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After = %q, want 1", got.Header.Get("Retry-After"))
	}
	var urgent response
	held.Go(func() { urgent = s.post(t, "write") })
	polltest.Eventually(t, "it waits", func() bool { return s.handler.Admission().Waiting[transport.Highest] == 1 })
	close(g.hold)
	held.Wait()
	urgent.want(t, http.StatusOK, "")
	if refused := s.handler.Admission().Refused; refused[transport.Lowest] != 1 || refused[transport.Highest] != 0 {
		t.Errorf("refused %v by priority, want one of the lowest", refused)
	}
}
