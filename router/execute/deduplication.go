package execute

import (
	"bytes"
	"context"
	"errors"
	"hash/maphash"
	"sync"

	"cartograph/router/upstream"
)

// ShareFetches lets the operations that follow share the responses of equal
// fetches, as those of a batch do. A mutation resets the shared responses:
// what was read before it must not be shown after it. It is a no-op without a
// session.
func (s *Session) ShareFetches() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shared == nil {
		s.shared = &sharedFetches{seed: s.seed}
	}
}

// shareFetches sets what a run shares fetches with, until the returned function
// is called. A mutation shares nothing, and resets the shared fetches both
// before and after: a query that runs beside it may have read either state.
func (r *run) shareFetches(session *Session) func() {
	session.mu.Lock()
	r.shared = session.shared
	session.mu.Unlock()
	switch {
	case r.program.Mutation && r.shared != nil:
		common := r.shared
		r.shared = nil
		common.reset()
		return common.reset
	case r.shared == nil && r.program.HasDuplicates && !r.program.Mutation:
		r.shared = &sharedFetches{seed: session.seed}
	}
	return func() {}
}

// sharedFetches makes equal fetches of one client request once. Two fetches are
// equal if they have the same subgraph and body; headers need no comparison,
// because all fetches of a session carry the same ones. Sessions share nothing
// with each other, so that no caller can get another's data.
type sharedFetches struct {
	seed  maphash.Seed
	mu    sync.Mutex
	calls map[sharedCallKey]*sharedCall
}

type sharedCallKey struct {
	subgraph string
	body     uint64 // hash; the bodies are compared too
}

type sharedCall struct {
	body     []byte
	done     chan struct{}
	response []byte
	err      error
}

func (s *sharedFetches) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = nil
}

// fetch makes the request, or waits for the response of an equal one. The
// response is shared: it must not be changed, nor read into a pooled buffer.
func (s *sharedFetches) fetch(ctx context.Context, subgraph *upstream.Subgraph, name string, request upstream.Request) ([]byte, error) {
	key := sharedCallKey{name, maphash.Bytes(s.seed, request.Body)}
	s.mu.Lock()
	first, known := s.calls[key]
	if !known {
		first = &sharedCall{body: bytes.Clone(request.Body), done: make(chan struct{})}
		if s.calls == nil {
			s.calls = map[sharedCallKey]*sharedCall{}
		}
		s.calls[key] = first
	}
	s.mu.Unlock()
	if !known {
		defer close(first.done)
		first.response, first.err = subgraph.Fetch(ctx, request, nil)
		return first.response, first.err
	}
	if !bytes.Equal(first.body, request.Body) {
		return subgraph.Fetch(ctx, request, nil)
	}
	select {
	case <-first.done:
	case <-ctx.Done():
		return subgraph.Fetch(ctx, request, nil) // which returns the cancellation as a failure
	}
	// The operation that made the request was cancelled, and this one was not.
	if first.err != nil && ctx.Err() == nil && errors.Is(first.err, context.Canceled) {
		return subgraph.Fetch(ctx, request, nil)
	}
	return first.response, first.err
}
