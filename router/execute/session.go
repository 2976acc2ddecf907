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

// tokenRefreshAfter is the age at which an internal token is replaced in a
// session that is still in use, as a subscription is. Tokens are valid for a
// minute, so that each is sent with at least half of that left.
const tokenRefreshAfter = 30 * time.Second

// Session is one client request: its caller, and the headers that subgraphs are
// sent on the caller's behalf. The operations of a batch share it.
//
// Every header that can change a response is built here and nowhere else. The
// engine shares equal requests in flight, and of the headers its key holds only
// the hash that this type returns: one added later, in a transport, would let
// one caller receive another's data.
type Session struct {
	caller      auth.Caller
	signer      *auth.Internal // nil: no token is sent
	traceparent string
	seed        maphash.Seed

	// Extras are for the code that runs the session's operations; the executor
	// does not use them.
	Extras Extras
	// Client is the client program, as it identifies itself.
	Client Client

	mu              sync.Mutex
	policiesGranted []string                 // policies
	tokens          map[string]*sessionToken // by subgraph
	shared          *sharedFetches           // nil: operations share no fetches
}

// Extras are the response extensions that a client requests.
type Extras struct{ Cost, Plan, Trace bool }

// Client identifies a client program, unverified.
type Client struct{ Name, Version string }

// SetTraceparent replaces the client's traceparent. It must be called before an
// operation starts. Options.Begin may give a fetch one of its own.
func (s *Session) SetTraceparent(traceparent string) { s.traceparent = traceparent }

// NewSession starts a request of the caller. Of the client's own headers only a
// traceparent of version 00 is forwarded.
func (e *Executor) NewSession(caller auth.Caller, client http.Header) *Session {
	const length = 55 // of a traceparent of version 00
	trace := client.Get("Traceparent")
	if len(trace) != length {
		trace = ""
	}
	return &Session{caller: caller, signer: e.Internal, traceparent: trace, seed: e.seed}
}

// Caller returns the caller.
func (s *Session) Caller() auth.Caller { return s.caller }

// GrantPolicies gives operations that start from now on access to the fields that
// the policies guard.
func (s *Session) GrantPolicies(policies []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.policiesGranted = slices.Concat(s.policiesGranted, policies) // a copy: running operations read the old list
}

func (s *Session) grantedPolicies() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.policiesGranted
}

// HeadersForSubgraph returns the headers of a subgraph and their hash. The header is
// a new one each time, because the engine adds to it.
func (s *Session) HeadersForSubgraph(subgraph string) (http.Header, uint64) {
	s.mu.Lock()
	token := s.current(subgraph).text
	s.mu.Unlock()
	header := s.headerFields(token)
	return header, hashHeader(s.seed, header)
}

func (s *Session) headerFields(token string) http.Header {
	header := http.Header{"X-Request-Id": {s.caller.RequestID}}
	if token != "" {
		header["Authorization"] = []string{"Bearer " + token}
	}
	if s.traceparent != "" {
		header["Traceparent"] = []string{s.traceparent}
	}
	return header
}

// upstreamHeader returns the header of a subgraph, serialized once for each token.
func (s *Session) upstreamHeader(subgraph string) *upstream.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	token := s.current(subgraph)
	if token.header == nil {
		token.header = upstream.NewHeader(s.headerFields(token.text))
	}
	return token.header
}

// HashAll returns a hash of the headers for all subgraphs. They differ in the token
// only, and a token for no subgraph has the caller in it like the others.
func (s *Session) HashAll() uint64 {
	_, hash := s.HeadersForSubgraph("")
	return hash
}

// sessionToken is an internal token with the header that carries it.
type sessionToken struct {
	text     string
	signedAt time.Time
	header   *upstream.Header // nil until first needed
}

// current returns the session's token for a subgraph. All fetches of a subgraph share
// one, or those of all subgraphs where tokens are not bound to an audience, or there
// are none: signing and serializing are the expensive parts. The session must be
// locked.
func (s *Session) current(subgraph string) *sessionToken {
	if s.signer == nil || !s.signer.PerAudience() {
		subgraph = ""
	}
	token := s.tokens[subgraph]
	if token != nil && (s.signer == nil || time.Since(token.signedAt) < tokenRefreshAfter) {
		return token
	}
	token = &sessionToken{signedAt: time.Now()}
	if s.signer != nil {
		token.text = s.signer.Sign(s.caller, subgraph)
	}
	if s.tokens == nil {
		s.tokens = map[string]*sessionToken{}
	}
	s.tokens[subgraph] = token
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
