package execute

import (
	"context"
	"sync"

	"cartograph/router/gqlerr"
	"cartograph/router/upstream"
)

// Fetch describes one request to a subgraph that has ended.
type Fetch = upstream.Fetch

// fetchRecord collects the outcome of an operation's fetches. It travels in the
// context, because the engine's resolver offers no other way from a fetch to
// its operation.
type fetchRecord struct {
	mu       sync.Mutex
	fetches  int
	failures map[string]Fetch // the last of each subgraph
}

type fetchRecordKey struct{}

func withFetchRecord(ctx context.Context) (context.Context, *fetchRecord) {
	r := &fetchRecord{}
	return context.WithValue(ctx, fetchRecordKey{}, r), r
}

// fetchRecordOf returns the record of ctx, or an unused one.
func fetchRecordOf(ctx context.Context) *fetchRecord {
	if r, ok := ctx.Value(fetchRecordKey{}).(*fetchRecord); ok {
		return r
	}
	return &fetchRecord{}
}

func (r *fetchRecord) fetched(f Fetch) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fetches++
	if f.Failure == "" {
		return
	}
	if r.failures == nil {
		r.failures = map[string]Fetch{}
	}
	r.failures[f.Subgraph] = f
}

// unavailable returns the client's error for a subgraph without a response.
// Without a recorded failure the subgraph did respond, with something invalid:
// that is internal.
func (r *fetchRecord) unavailable(subgraph string) *gqlerr.Error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f, ok := r.failures[subgraph]; ok {
		return upstream.Unavailable(subgraph, f.Failure, f.RetryAfter)
	}
	return upstream.Unavailable(subgraph, gqlerr.Internal, 0)
}

func (r *fetchRecord) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.fetches
}
