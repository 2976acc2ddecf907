package upstream

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"

	"cartograph/router/gqlerr"
)

var errCircuitOpen = errors.New("circuit is open after repeated failures")

// Breaker sets when the circuit to a subgraph opens: after ConsecutiveFailures,
// or when half of at least MinRequests within Window failed. It stays open for
// OpenFor, then a single probe decides: a subgraph that restarted is back after
// half a second, and one that is still away has cost one request. A zero takes
// its default.
type Breaker struct {
	ConsecutiveFailures int
	MinRequests         int
	Window              time.Duration
	OpenFor             time.Duration
}

func (b Breaker) orDefault() Breaker {
	setDefault(&b.ConsecutiveFailures, 10)
	setDefault(&b.MinRequests, 40)
	setDefault(&b.Window, 10*time.Second)
	setDefault(&b.OpenFor, 500*time.Millisecond)
	return b
}

type breaker struct {
	*gobreaker.CircuitBreaker[[]byte]
	openFor  time.Duration
	openedAt atomic.Int64 // unix nanoseconds, for Retry-After
}

func newBreaker(name string, o Breaker, log *slog.Logger) *breaker {
	o = o.orDefault()
	b := &breaker{openFor: o.OpenFor}
	const buckets = 10
	b.CircuitBreaker = gobreaker.NewCircuitBreaker[[]byte](gobreaker.Settings{
		Name: name, MaxRequests: 1, Interval: o.Window, BucketPeriod: o.Window / buckets, Timeout: o.OpenFor,
		ReadyToTrip: func(c gobreaker.Counts) bool {
			ended := c.TotalSuccesses + c.TotalFailures
			return int(c.ConsecutiveFailures) >= o.ConsecutiveFailures || int(ended) >= o.MinRequests && 2*c.TotalFailures >= ended
		},
		OnStateChange: func(name string, from, to gobreaker.State) {
			if to == gobreaker.StateOpen {
				b.openedAt.Store(time.Now().UnixNano())
			}
			log.Warn("subgraph circuit changed state", "subgraph", name, "from", from.String(), "to", to.String())
		},
		// A fetch that was cancelled or never sent is no evidence about the subgraph:
		// counted as a success it would hide an outage, as a failure it would let
		// impatient clients cause one.
		IsExcluded:   func(err error) bool { return err != nil && !failureOf(err).isConclusive() },
		IsSuccessful: func(err error) bool { return err == nil || !failureOf(err).subgraphFault },
	})
	return b
}

// isConclusive reports whether the failure is evidence about the health of
// the subgraph: it is at fault, or it responded with a status that the router
// rejects.
func (f *Failure) isConclusive() bool {
	return f.subgraphFault || !f.notSent && f.Code == gqlerr.Internal
}

// run runs a fetch unless the circuit is open.
func (b *breaker) run(fetch func() ([]byte, error)) ([]byte, error) {
	body, err := b.Execute(fetch)
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		remaining := b.openFor - time.Duration(time.Now().UnixNano()-b.openedAt.Load())
		return nil, &Failure{Code: gqlerr.SubgraphUnavailable, RetryAfter: max(remaining, time.Second), Err: errCircuitOpen, notSent: true}
	}
	return body, err
}

// State is a snapshot of the traffic to a subgraph, for metrics.
type State struct {
	Circuit   string // "closed", "half-open" or "open"
	InFlight  int
	Waiting   int
	IdleConns int // of the HTTP1 client only
}

// connectTimeout bounds the connection attempt of Ready.
const connectTimeout = time.Second

// Ready returns why the subgraph does not take requests: its circuit is open, or
// its address accepts no connection. Without traffic the circuit stays closed,
// whatever has become of the subgraph. Behind a proxy only the circuit counts.
func (s *Subgraph) Ready(ctx context.Context) error {
	if s.breaker.State() == gobreaker.StateOpen {
		return errCircuitOpen
	}
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: s.target})
	if err != nil || proxy != nil {
		return err
	}
	port := s.target.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[s.target.Scheme]
	}
	dialer := net.Dialer{Timeout: connectTimeout}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(s.target.Hostname(), port))
	if err != nil {
		return err
	}
	return conn.Close()
}

// State is the current state.
func (s *Subgraph) State() State {
	state := State{Circuit: s.breaker.State().String(), InFlight: s.limiter.Running(), Waiting: s.limiter.Waiting()}
	if c, ok := s.client.(http1Client); ok {
		state.IdleConns = c.IdleConns()
	}
	return state
}
