package execute

import (
	"hash/maphash"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"cartograph/internal/auth"
)

// resignAfter is how old an internal token may grow before a request that is
// still running, a subscription that is, gets a new one. Tokens live a minute.
const resignAfter = 30 * time.Second

// Session is one client request: who asks, and what subgraphs are sent on the
// caller's behalf. The operations of a batch share it.
//
// Every header that can change an answer is built here and nowhere else: the
// engine shares equal requests in flight, and what makes requests unequal is
// the hash that this type returns.
type Session struct {
	caller      auth.Caller
	internal    *auth.Internal // nil: no token is sent
	traceparent string
	log         *slog.Logger
	seed        maphash.Seed

	mu       sync.Mutex
	token    string
	signedAt time.Time
}

// NewSession begins a request of the caller. Of the client's own headers only
// traceparent passes.
func (e *Executor) NewSession(caller auth.Caller, client http.Header) *Session {
	const length = 55 // of a traceparent of version 00
	trace := client.Get("Traceparent")
	if len(trace) != length {
		trace = ""
	}
	return &Session{caller: caller, internal: e.Internal, traceparent: trace, log: e.Log, seed: e.seed}
}

// HeadersForSubgraph returns a new header each time, because the engine adds to it.
func (s *Session) HeadersForSubgraph(string) (http.Header, uint64) {
	header := http.Header{}
	header.Set("X-Request-Id", s.caller.RequestID)
	if token := s.sign(); token != "" {
		header.Set("Authorization", "Bearer "+token)
	}
	if s.traceparent != "" {
		header.Set("Traceparent", s.traceparent)
	}
	return header, hashHeader(s.seed, header)
}

// HashAll is the hash of the headers for all subgraphs: they are the same.
func (s *Session) HashAll() uint64 {
	_, hash := s.HeadersForSubgraph("")
	return hash
}

// sign returns the request's token; all its fetches share one signature.
func (s *Session) sign() string {
	if s.internal == nil {
		return ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token != "" && time.Since(s.signedAt) < resignAfter {
		return s.token
	}
	token, err := s.internal.Sign(s.caller)
	if err != nil { // the subgraph will refuse, and say so
		s.log.Error("sign internal token", "err", err)
		return ""
	}
	s.token, s.signedAt = token, time.Now()
	return token
}

func hashHeader(seed maphash.Seed, header http.Header) uint64 {
	var hash maphash.Hash
	hash.SetSeed(seed)
	for _, name := range []string{"Authorization", "X-Request-Id", "Traceparent"} {
		hash.WriteString(header.Get(name))
		hash.WriteByte(0)
	}
	return hash.Sum64()
}
