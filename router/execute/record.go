package execute

import (
	"context"
	"sync"

	"cartograph/router/gqlerr"
	"cartograph/router/upstream"
)

// Fetch is one request to a subgraph, once it has ended.
type Fetch = upstream.Fetch

// record notes what the fetches of one operation came to.
type record struct {
	mu       sync.Mutex
	fetches  int
	failures map[string]Fetch // by subgraph; nil until there is one
}

type recordKey struct{}

func withRecord(ctx context.Context) (context.Context, *record) {
	r := &record{}
	return context.WithValue(ctx, recordKey{}, r), r
}

// recordOf is the record of ctx; where there is none, one that nobody reads.
func recordOf(ctx context.Context) *record {
	if r, ok := ctx.Value(recordKey{}).(*record); ok {
		return r
	}
	return &record{}
}

func (r *record) fetched(f Fetch) {
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

// unavailable says for the client why the subgraph gave no answer. One that
// answered nonsense is at fault itself, and nobody can do anything about it but
// us.
func (r *record) unavailable(subgraph string) *gqlerr.Error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f, ok := r.failures[subgraph]; ok {
		return upstream.Unavailable(subgraph, f.Failure, f.RetryAfter)
	}
	return upstream.Unavailable(subgraph, gqlerr.Internal, 0)
}

func (r *record) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.fetches
}
