// Package upstream is how the router talks to one subgraph.
//
// Promises: a fetch ends by its deadline, or when its caller goes away, and its
// answer is never larger than allowed. A mutation reaches the subgraph at most
// once. A subgraph that does not answer is left alone for a while instead of
// being asked by everybody in turn. Whatever goes wrong has a code that a
// client may see, and an error that only we may.
package upstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"cartograph/router/gqlerr"
)

// Client chooses what carries fetches.
type Client string

const (
	// Lean is a client of our own for plain HTTP/1.1. Subgraphs that need
	// more, TLS or a proxy, get Standard.
	Lean     Client = ""
	Standard Client = "net/http"
)

// Options bound and watch the traffic to one subgraph. A zero takes its default.
type Options struct {
	Timeout       time.Duration // of a fetch, with waiting for a turn and the second attempt
	Largest       int           // bytes of an answer, inflated, and of one event
	InFlight      int           // fetches at once; four times as many may wait
	Client        Client
	Subscriptions Protocol
	Breaker       Breaker
	// Begin is called at the start of each fetch. It returns the context under
	// which the fetch is made and observed, and the traceparent that the
	// subgraph is sent in place of the request's; nil: nothing is changed.
	Begin   func(ctx context.Context, subgraph string) (_ context.Context, traceparent string)
	Observe func(context.Context, Fetch) // called at the end of each fetch; nil: nobody looks
	Log     *slog.Logger                 // nil: slog.Default
}

func (o Options) orDefault() Options {
	set(&o.Timeout, 5*time.Second)
	set(&o.Largest, 16<<20)
	set(&o.InFlight, 256)
	set(&o.Subscriptions, ServerSentEvents)
	if o.Observe == nil {
		o.Observe = func(context.Context, Fetch) {}
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return o
}

func set[T comparable](value *T, or T) {
	var zero T
	if *value == zero {
		*value = or
	}
}

// Fetch is one request to a subgraph, once it has ended.
type Fetch struct {
	Subgraph     string
	Start        time.Time
	Duration     time.Duration
	RequestBytes int         // of the body
	AnswerBytes  int         // of the body, inflated
	Failure      gqlerr.Code // "" where the subgraph answered
	RetryAfter   time.Duration
	Abandoned    bool // the caller went away before there was an answer
}

// Subgraph sends fetches and subscriptions to one subgraph. It is safe for
// concurrent use.
type Subgraph struct {
	name     string
	options  Options
	target   *url.URL // of fetches
	client   client
	turns    *turns
	breaker  *breaker
	standard *http.Transport // also carries subscriptions
	streams  streams
}

// client makes one attempt at a fetch.
type client interface {
	// do appends the body of an answer to into; its errors are *attemptError.
	// fresh asks for a new connection.
	do(ctx context.Context, deadline time.Time, r Request, into []byte, fresh bool) (answer, error)
	close()
}

// answer is what came back, whatever its status.
type answer struct {
	status     int
	retryAfter string
	body       []byte // into and what was appended
}

// New prepares to talk to the subgraph at an address. Nothing is connected yet.
func New(name, address string, o Options) (*Subgraph, error) {
	target, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("subgraph %s: %w", name, err)
	}
	o = o.orDefault()
	switch target.Scheme {
	case "http", "https":
	case "ws", "wss":
		o.Subscriptions = WebSocket
		target.Scheme = map[string]string{"ws": "http", "wss": "https"}[target.Scheme]
	default:
		return nil, fmt.Errorf("subgraph %s: %q is no http, https, ws or wss URL", name, address)
	}
	if target.Host == "" {
		return nil, fmt.Errorf("subgraph %s: %q names no host", name, address)
	}
	if target.User != nil {
		return nil, fmt.Errorf("subgraph %s: its URL holds a password, which every log would show", name)
	}
	s := &Subgraph{name: name, options: o, target: target, turns: newTurns(o.InFlight), standard: newTransport(o.InFlight)}
	s.streams.life, s.streams.ends = context.WithCancel(context.Background())
	s.breaker = newBreaker(name, o.Breaker, o.Log)
	if o.Client == Lean && isPlain(target) {
		s.client = newLean(target, o.InFlight, o.Largest)
	} else {
		s.client = &standard{target: target, transport: s.standard, largest: o.Largest}
	}
	return s, nil
}

// isPlain reports whether nothing stands between us and the address: no TLS,
// no proxy of the environment.
func isPlain(target *url.URL) bool {
	if target.Scheme != "http" {
		return false
	}
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: target})
	return err == nil && proxy == nil
}

// Fetch sends a request and appends the body of the answer to into. Its errors
// are *Failure; into's contents stay as they were.
func (s *Subgraph) Fetch(ctx context.Context, r Request, into []byte) ([]byte, error) {
	start := time.Now()
	if s.options.Begin != nil {
		var traceparent string
		ctx, traceparent = s.options.Begin(ctx, s.name)
		r.Header = r.Header.withTraceparent(traceparent)
	}
	body, err := s.breaker.run(func() ([]byte, error) { return s.protected(ctx, start, r, into) })
	done := Fetch{Subgraph: s.name, Start: start, Duration: time.Since(start), RequestBytes: len(r.Body)}
	if err != nil {
		failure := failureOf(err)
		done.Failure, done.RetryAfter = failure.Code, failure.RetryAfter
		done.Abandoned = errors.Is(ctx.Err(), context.Canceled)
		if !done.Abandoned && !failure.shed {
			s.options.Log.ErrorContext(ctx, "subgraph fetch", "subgraph", s.name, "request_id", r.Header.requestID(), "err", failure.Err)
		}
		s.options.Observe(ctx, done)
		return into, failure
	}
	done.AnswerBytes = len(body) - len(into)
	s.options.Observe(ctx, done)
	return body, nil
}

// protected waits for a turn and makes one attempt, or two.
func (s *Subgraph) protected(ctx context.Context, start time.Time, r Request, into []byte) ([]byte, error) {
	deadline, ours := start.Add(s.options.Timeout), true
	if theirs, ok := ctx.Deadline(); ok && theirs.Before(deadline) {
		deadline, ours = theirs, false
	}
	if failure := s.turns.take(ctx, deadline); failure != nil {
		return nil, failure
	}
	defer s.turns.give()
	got, err := s.client.do(ctx, deadline, r, into, false)
	if err != nil && mayRetry(err, r) && pause(ctx, deadline, err) {
		got, err = s.client.do(ctx, deadline, r, into, true)
	}
	if err != nil {
		return nil, broken(ctx, deadline, ours, err)
	}
	if code := refusal(got.status); code != "" {
		return nil, refused(code, got, len(into))
	}
	return got.body, nil
}

// Close closes connections that nothing uses, ends the subscriptions and waits
// for them.
func (s *Subgraph) Close() {
	s.streams.close()
	s.client.close()
	s.standard.CloseIdleConnections()
}
