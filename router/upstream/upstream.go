// Package upstream sends fetches and subscriptions to the subgraphs.
//
// Guarantees: a fetch ends by its deadline, or when its caller is cancelled, and
// its response is never larger than allowed. A mutation reaches the subgraph at
// most once. A subgraph that fails repeatedly is not contacted for a while
// (circuit breaker), and fetches beyond its limit wait or are shed (limiter).
// Every failure has a code that a client may see, and an error for the log.
//
// The path of a fetch: breaker → limiter → HTTP client, at most two attempts.
// The clients are http1.Client, for plain HTTP, and net/http, for the rest;
// the tests hold every claim for both. A subgraph in this process may be given
// another http.RoundTripper.
package upstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"cartograph/internal/limiter"
	"cartograph/router/gqlerr"
)

// Options bound and observe the traffic to one subgraph. A zero takes its
// default.
type Options struct {
	Timeout          time.Duration // of a fetch, including its wait for a slot and a second attempt
	MaxResponseBytes int           // of a decompressed response, and of one event
	MaxConcurrent    int           // fetches in flight; four times as many may wait
	Client           Client
	RoundTripper     http.RoundTripper // makes fetches in place of Client, such as those of a subgraph in this process; nil: none
	Subscriptions    Protocol
	Breaker          Breaker
	// Begin is called at the start of each fetch. It returns the context that the
	// fetch runs and is observed under, and the traceparent that replaces the
	// request's. Nil changes nothing.
	Begin   func(ctx context.Context, subgraph string) (_ context.Context, traceparent string)
	Observe func(context.Context, Fetch) // called at the end of each fetch; nil: not called
	Log     *slog.Logger                 // nil: slog.Default
}

func (o Options) orDefault() Options {
	setDefault(&o.Timeout, 5*time.Second)
	setDefault(&o.MaxResponseBytes, 16<<20)
	setDefault(&o.MaxConcurrent, 256)
	setDefault(&o.Client, HTTP1)
	setDefault(&o.Subscriptions, ServerSentEvents)
	if o.Observe == nil {
		o.Observe = func(context.Context, Fetch) {}
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return o
}

func setDefault[T comparable](value *T, fallback T) {
	var zero T
	if *value == zero {
		*value = fallback
	}
}

// Fetch describes one request to a subgraph that has ended.
type Fetch struct {
	Subgraph      string
	Start         time.Time
	Duration      time.Duration
	RequestBytes  int         // of the body
	ResponseBytes int         // of the body, decompressed
	Failure       gqlerr.Code // "" if there was a response
	RetryAfter    time.Duration
	Canceled      bool // the caller was cancelled before there was a response
}

// Subgraph sends fetches and subscriptions to one subgraph. It is safe for
// concurrent use.
type Subgraph struct {
	name      string
	options   Options
	target    *url.URL // of fetches
	client    client
	limiter   *limiter.Limiter
	breaker   *breaker
	transport *http.Transport // of the NetHTTP client and of all subscriptions
	streams   streams
}

// New prepares a subgraph at an address. It opens no connection.
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
		return nil, fmt.Errorf("subgraph %s: %q is not an http, https, ws or wss URL", name, address)
	}
	if target.Host == "" {
		return nil, fmt.Errorf("subgraph %s: %q has no host", name, address)
	}
	if target.User != nil {
		return nil, fmt.Errorf("subgraph %s: the URL contains credentials, which logs would show", name)
	}
	s := &Subgraph{name: name, options: o, target: target, limiter: newLimiter(o), transport: newTransport(o.MaxConcurrent)}
	s.streams.ctx, s.streams.cancel = context.WithCancel(context.Background())
	s.breaker = newBreaker(name, o.Breaker, o.Log)
	switch {
	case o.RoundTripper != nil:
		s.client = &netHTTPClient{target: target, transport: o.RoundTripper, maxBytes: o.MaxResponseBytes}
	case o.Client == HTTP1 && isPlain(target):
		s.client = newHTTP1Client(target, o)
	default:
		s.client = &netHTTPClient{target: target, transport: s.transport, maxBytes: o.MaxResponseBytes}
	}
	return s, nil
}

// Fetch sends a request and appends the body of the response to dst. On an
// error, a *Failure, it returns dst with its contents unchanged.
func (s *Subgraph) Fetch(ctx context.Context, r Request, dst []byte) ([]byte, error) {
	start := time.Now()
	if s.options.Begin != nil {
		var traceparent string
		ctx, traceparent = s.options.Begin(ctx, s.name)
		r.Header = r.Header.withTraceparent(traceparent)
	}
	body, err := s.breaker.run(func() ([]byte, error) { return s.fetch(ctx, start, r, dst) })
	ended := Fetch{Subgraph: s.name, Start: start, Duration: time.Since(start), RequestBytes: len(r.Body)}
	if err != nil {
		failure := failureOf(err)
		ended.Failure, ended.RetryAfter = failure.Code, failure.RetryAfter
		ended.Canceled = errors.Is(ctx.Err(), context.Canceled)
		if !ended.Canceled && !failure.notSent {
			s.options.Log.ErrorContext(ctx, "subgraph fetch failed", "subgraph", s.name, "request_id", r.Header.requestID(), "err", failure.Err)
		}
		s.options.Observe(ctx, ended)
		return dst, failure
	}
	ended.ResponseBytes = len(body) - len(dst)
	s.options.Observe(ctx, ended)
	return body, nil
}

// fetch acquires a slot and makes one attempt, or two. Both attempts share the
// slot and the deadline, so that a retry never extends a fetch.
func (s *Subgraph) fetch(ctx context.Context, start time.Time, r Request, dst []byte) ([]byte, error) {
	deadline, ownDeadline := start.Add(s.options.Timeout), true
	if callers, ok := ctx.Deadline(); ok && callers.Before(deadline) {
		deadline, ownDeadline = callers, false
	}
	if err := s.limiter.Acquire(ctx); err != nil {
		return nil, overloaded(err)
	}
	defer s.limiter.Release()
	got, err := s.client.do(ctx, deadline, r, dst, false)
	if err != nil && mayRetry(err, r) && backoff(ctx, deadline, err) {
		got, err = s.client.do(ctx, deadline, r, dst, true)
	}
	if err != nil {
		return nil, classify(ctx, deadline, ownDeadline, err)
	}
	if code := codeOfStatus(got.status); code != "" {
		return nil, statusFailure(code, got, len(dst))
	}
	return got.body, nil
}

// Close closes idle connections, ends the subscriptions and waits for their
// readers.
func (s *Subgraph) Close() {
	s.streams.close()
	s.client.close()
	s.transport.CloseIdleConnections()
}
