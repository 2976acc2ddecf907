package execute

import (
	"hash/maphash"
	"net/http"
	"slices"
	"sync"
	"time"

	"cartograph/internal/auth"
	"cartograph/router/upstream"
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
	seed        maphash.Seed

	// Extras are for who runs the session's operations; the executor has no use
	// for them.
	Extras Extras
	// Client is who asks, by its own words.
	Client Client

	mu       sync.Mutex
	granted  []string // policies
	token    string
	signedAt time.Time
	lines    *upstream.Header // nil until they are asked for
	linesOf  string           // the token that is in them
	sharing  *sharing         // nil: operations share no fetches
}

// Extras are what a client asks to be told beside an answer.
type Extras struct{ Cost, Plan, Trace bool }

// Client is a program as it calls itself.
type Client struct{ Name, Version string }

// Trace replaces the client's traceparent before an operation begins. A fetch
// may have one of its own.
func (s *Session) Trace(traceparent string) { s.traceparent = traceparent }

// NewSession begins a request of the caller. Of the client's own headers only
// traceparent passes.
func (e *Executor) NewSession(caller auth.Caller, client http.Header) *Session {
	const length = 55 // of a traceparent of version 00
	trace := client.Get("Traceparent")
	if len(trace) != length {
		trace = ""
	}
	return &Session{caller: caller, internal: e.Internal, traceparent: trace, seed: e.seed}
}

// Caller is who asks.
func (s *Session) Caller() auth.Caller { return s.caller }

// Grant lets operations that begin from now on read what the policies guard.
func (s *Session) Grant(policies []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.granted = slices.Concat(s.granted, policies) // others read the old list
}

func (s *Session) policies() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.granted
}

// HeadersForSubgraph returns a new header each time, because the engine adds to it.
func (s *Session) HeadersForSubgraph(string) (http.Header, uint64) {
	header := s.fields(s.sign())
	return header, hashHeader(s.seed, header)
}

func (s *Session) fields(token string) http.Header {
	header := http.Header{"X-Request-Id": {s.caller.RequestID}}
	if token != "" {
		header["Authorization"] = []string{"Bearer " + token}
	}
	if s.traceparent != "" {
		header["Traceparent"] = []string{s.traceparent}
	}
	return header
}

// header is what all subgraphs are sent, written once for each token.
func (s *Session) header() *upstream.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	if token := s.current(); s.lines == nil || s.linesOf != token {
		s.lines, s.linesOf = upstream.NewHeader(s.fields(token)), token
	}
	return s.lines
}

// HashAll is the hash of the headers for all subgraphs: they are the same.
func (s *Session) HashAll() uint64 {
	_, hash := s.HeadersForSubgraph("")
	return hash
}

func (s *Session) sign() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current()
}

// current is the request's token; all its fetches share one signature. The
// session must be locked.
func (s *Session) current() string {
	if s.internal == nil || s.token != "" && time.Since(s.signedAt) < resignAfter {
		return s.token
	}
	s.token, s.signedAt = s.internal.Sign(s.caller), time.Now()
	return s.token
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
