package execute

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"cartograph/router/gqlerr"
)

// Fetch is one request to a subgraph, once it has ended.
type Fetch struct {
	Subgraph string
	Duration time.Duration
	Failure  gqlerr.Code // "" where the subgraph answered
}

// fetcher is the transport of one subgraph's fetches. It reads each answer to
// its end, because the engine would read without a limit, and it decides what a
// failure is called.
type fetcher struct {
	subgraph string
	base     http.RoundTripper
	timeout  time.Duration
	largest  int64 // bytes of an answer
	observe  func(Fetch)
	log      *slog.Logger
}

// RoundTrip sends one fetch.
func (f *fetcher) RoundTrip(r *http.Request) (*http.Response, error) {
	rec := recordOf(r.Context())
	rec.fetched()
	start := time.Now()
	response, code, err := f.send(r)
	if err != nil {
		rec.failed(f.subgraph, code)
		if r.Context().Err() == nil || code == gqlerr.Timeout {
			f.log.ErrorContext(r.Context(), "subgraph fetch", "subgraph", f.subgraph, "request_id", r.Header.Get("X-Request-Id"), "err", err)
		}
	}
	f.observe(Fetch{Subgraph: f.subgraph, Duration: time.Since(start), Failure: code})
	return response, err
}

func (f *fetcher) send(r *http.Request) (*http.Response, gqlerr.Code, error) {
	ctx, cancel := context.WithTimeout(r.Context(), f.timeout)
	defer cancel()
	out := r.Clone(ctx)
	out.Header.Del("Accept-Encoding") // a near network: packing costs more than it saves
	response, err := f.base.RoundTrip(out)
	if err != nil {
		return nil, codeOf(ctx, err), err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, f.largest+1))
	if err != nil {
		return nil, codeOf(ctx, err), fmt.Errorf("read answer: %w", err)
	}
	if int64(len(body)) > f.largest {
		return nil, gqlerr.SubgraphUnavailable, fmt.Errorf("answer is larger than %d bytes", f.largest)
	}
	if code := refusal(response.StatusCode); code != "" {
		return nil, code, fmt.Errorf("answered %s: %.200q", response.Status, body)
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	response.ContentLength = int64(len(body))
	return response, "", nil
}

// refusal names a status under which no GraphQL answer is to be expected. 400
// and 422 carry one: that of a document the subgraph did not take.
func refusal(status int) gqlerr.Code {
	switch {
	case status >= 200 && status < 300, status == http.StatusBadRequest, status == http.StatusUnprocessableEntity:
		return ""
	case status >= 500, status == http.StatusTooManyRequests:
		return gqlerr.SubgraphUnavailable
	default:
		return gqlerr.Internal
	}
}

func codeOf(ctx context.Context, err error) gqlerr.Code {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return gqlerr.Timeout
	}
	return gqlerr.SubgraphUnavailable
}
