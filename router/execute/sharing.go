package execute

import (
	"bytes"
	"context"
	"errors"
	"hash/maphash"
	"sync"

	"cartograph/router/upstream"
)

// Share lets the operations that follow have the answers of equal fetches in
// common, as those of a batch do. A mutation begins anew: what was read before
// it is not shown after it. No session has nothing to share.
func (s *Session) Share() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sharing == nil {
		s.sharing = &sharing{seed: s.seed}
	}
}

// share says with whom a run shares fetches, until the returned function is
// called. A mutation shares with nobody.
func (r *run) share(session *Session) func() {
	session.mu.Lock()
	r.sharing = session.sharing
	session.mu.Unlock()
	switch {
	case r.program.Mutation && r.sharing != nil:
		common := r.sharing
		r.sharing = nil
		common.forget()
		return common.forget
	case r.sharing == nil && r.program.Repeats && !r.program.Mutation:
		r.sharing = &sharing{seed: session.seed}
	}
	return func() {}
}

// sharing makes equal fetches of one client request once. They carry the same
// headers, because a session's are all the same.
type sharing struct {
	seed    maphash.Seed
	mu      sync.Mutex
	flights map[flightKey]*flight
}

type flightKey struct {
	subgraph string
	body     uint64 // its hash
}

type flight struct {
	body   []byte
	done   chan struct{}
	answer []byte
	err    error
}

func (s *sharing) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flights = nil
}

// fetch makes the request, or waits for the answer of an equal one. The answer
// belongs to all: it must not be changed.
func (s *sharing) fetch(ctx context.Context, subgraph *upstream.Subgraph, name string, request upstream.Request) ([]byte, error) {
	key := flightKey{name, maphash.Bytes(s.seed, request.Body)}
	s.mu.Lock()
	first, known := s.flights[key]
	if !known {
		first = &flight{body: bytes.Clone(request.Body), done: make(chan struct{})}
		if s.flights == nil {
			s.flights = map[flightKey]*flight{}
		}
		s.flights[key] = first
	}
	s.mu.Unlock()
	if !known {
		defer close(first.done)
		first.answer, first.err = subgraph.Fetch(ctx, request, nil)
		return first.answer, first.err
	}
	if !bytes.Equal(first.body, request.Body) {
		return subgraph.Fetch(ctx, request, nil)
	}
	select {
	case <-first.done:
	case <-ctx.Done():
		return subgraph.Fetch(ctx, request, nil) // which says so
	}
	if first.err != nil && ctx.Err() == nil && errors.Is(first.err, context.Canceled) {
		return subgraph.Fetch(ctx, request, nil)
	}
	return first.answer, first.err
}
