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

// Headers builds what is sent to subgraphs on behalf of one client request.
//
// Every header that can change an answer is built here and nowhere else: the
// engine shares equal requests in flight, and what makes requests unequal is
// the hash that this type returns.
type Headers struct {
	caller      auth.Caller
	internal    *auth.Internal // nil: no token is sent
	traceparent string
	log         *slog.Logger
	seed        maphash.Seed

	mu       sync.Mutex
	token    string
	signedAt time.Time
}

// NewHeaders is the builder for a request of the caller. Of the client's own
// headers only traceparent passes.
func (e *Executor) NewHeaders(caller auth.Caller, client http.Header) *Headers {
	const length = 55 // of a traceparent of version 00
	trace := client.Get("Traceparent")
	if len(trace) != length {
		trace = ""
	}
	return &Headers{caller: caller, internal: e.Internal, traceparent: trace, log: e.Log, seed: e.seed}
}

// HeadersForSubgraph returns a new header each time, because the engine adds to it.
func (h *Headers) HeadersForSubgraph(string) (http.Header, uint64) {
	header := http.Header{}
	header.Set("X-Request-Id", h.caller.RequestID)
	if token := h.sign(); token != "" {
		header.Set("Authorization", "Bearer "+token)
	}
	if h.traceparent != "" {
		header.Set("Traceparent", h.traceparent)
	}
	return header, hashHeader(h.seed, header)
}

// HashAll is the hash of the headers for all subgraphs: they are the same.
func (h *Headers) HashAll() uint64 {
	_, hash := h.HeadersForSubgraph("")
	return hash
}

// sign returns the request's token; all its fetches share one signature.
func (h *Headers) sign() string {
	if h.internal == nil {
		return ""
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.token != "" && time.Since(h.signedAt) < resignAfter {
		return h.token
	}
	token, err := h.internal.Sign(h.caller)
	if err != nil { // the subgraph will refuse, and say so
		h.log.Error("sign internal token", "err", err)
		return ""
	}
	h.token, h.signedAt = token, time.Now()
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
