package execute

import (
	"context"
	"sync"

	"cartograph/router/gqlerr"
)

// record notes what the fetches of one operation came to.
type record struct {
	mu       sync.Mutex
	fetches  int
	failures map[string]gqlerr.Code // subgraph -> why it gave no answer
}

type recordKey struct{}

func withRecord(ctx context.Context) (context.Context, *record) {
	r := &record{failures: map[string]gqlerr.Code{}}
	return context.WithValue(ctx, recordKey{}, r), r
}

// recordOf is the record of ctx; where there is none, one that nobody reads.
func recordOf(ctx context.Context) *record {
	if r, ok := ctx.Value(recordKey{}).(*record); ok {
		return r
	}
	return &record{failures: map[string]gqlerr.Code{}}
}

func (r *record) fetched() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fetches++
}

func (r *record) failed(subgraph string, code gqlerr.Code) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures[subgraph] = code
}

// failure is why the subgraph gave no answer. One that answered nonsense is at
// fault itself, and nobody can do anything about it but us.
func (r *record) failure(subgraph string) gqlerr.Code {
	r.mu.Lock()
	defer r.mu.Unlock()
	if code, ok := r.failures[subgraph]; ok {
		return code
	}
	return gqlerr.Internal
}

func (r *record) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.fetches
}
