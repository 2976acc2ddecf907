// Package persisted stores documents that clients reference instead of sending.
//
// There are two kinds. Registered documents come from manifests, written by the
// clients' compilers; they are checked against the schema before the router
// starts, and are never evicted. Automatic ones (APQ) were sent by a client with
// their hash; they are cached in this process and, if configured, in Redis.
//
// Invariants: a hash never yields a text with another hash, whoever wrote it to
// Redis; and every request can be answered without Redis, since a client that gets
// PersistedQueryNotFound sends the text.
package persisted

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strings"

	"cartograph/internal/auth"
	"cartograph/router/gqlerr"
	"cartograph/router/plan"
	"cartograph/router/ratelimit"
	"cartograph/router/redis"
)

// Mode selects the documents that may run.
type Mode string

// The modes.
const (
	Off       Mode = "off"       // texts only
	Automatic Mode = "automatic" // texts, registered documents, and hashes of texts that were sent before
	Only      Mode = "only"      // registered documents, by id or by their exact text
)

// UnmarshalText reads a mode.
func (m *Mode) UnmarshalText(text []byte) error {
	switch mode := Mode(text); mode {
	case Off, Automatic, Only:
		*m = mode
		return nil
	default:
		return fmt.Errorf("%q is not one of %s, %s and %s", text, Off, Automatic, Only)
	}
}

// Options of a store. The zero value is Automatic without manifests.
type Options struct {
	Mode      Mode
	Manifests []string // files
	Entries   int      // automatic documents in this process; 0: 10,000
	Bytes     int      // of their texts together; 0: 64 MiB
}

// Store finds documents. It is safe for concurrent use.
type Store struct {
	mode       Mode
	registered registered
	memory     *memoryCache
	redis      *redisCache      // nil: not configured
	writes     *ratelimit.Local // bytes of new texts, by network
}

// New reads the manifests. Each document in them must pass check.
func New(o Options, client *redis.Client, check func(text string) error, log *slog.Logger) (*Store, error) {
	const entries, bytes = 10_000, 64 << 20
	s := &Store{
		mode: cmp.Or(o.Mode, Automatic), memory: newMemoryCache(cmp.Or(o.Entries, entries), cmp.Or(o.Bytes, bytes)),
		writes: ratelimit.NewLocal(),
	}
	if client != nil {
		s.redis = &redisCache{client, log}
	}
	if s.mode == Off && len(o.Manifests) > 0 {
		return nil, fmt.Errorf("persisted documents: manifests are configured, but the mode is %s", Off)
	}
	var err error
	if s.registered, err = load(o.Manifests, check); err != nil {
		return nil, err
	}
	if s.mode == Only && len(s.registered.byID) == 0 {
		return nil, fmt.Errorf("persisted documents: the mode is %s, but no manifest contains any", Only)
	}
	return s, nil
}

// Document is a text to run, and the hash to store it by.
type Document struct {
	Text string
	hash string // empty: not to be stored
}

// Find returns the text that a request sends or references. Its errors are gqlerr
// errors.
func (s *Store) Find(ctx context.Context, req plan.Request) (Document, error) {
	hash, isHash := s.hashOf(req)
	if text, ok := s.registeredAs(req); ok {
		if req.Query != "" && req.Query != text {
			return Document{}, gqlerr.New(gqlerr.BadUserInput, "The query is not the document with this id.")
		}
		return Document{Text: text}, nil
	}
	switch {
	case req.Query != "":
		return s.sent(req, hash, isHash)
	case req.Hash == "" && req.DocumentID == "":
		return Document{}, gqlerr.New(gqlerr.BadUserInput, "query is missing.")
	case s.mode == Off:
		return Document{}, unsupported()
	case s.mode == Automatic && isHash:
		if text, ok := s.cached(ctx, hash); ok {
			return Document{Text: text}, nil
		}
	}
	return Document{}, unknown()
}

// sent handles a request with a text, with or without its hash.
func (s *Store) sent(req plan.Request, hash string, isHash bool) (Document, error) {
	if s.mode == Only {
		if !s.registered.texts[req.Query] {
			return Document{}, gqlerr.New(gqlerr.PersistedQueryRequired, "Only registered documents are accepted.")
		}
		return Document{Text: req.Query}, nil
	}
	doc := Document{Text: req.Query}
	if req.Hash == "" && req.DocumentID == "" {
		return doc, nil
	}
	if !isHash { // an id of a manifest that is not loaded here; the text suffices
		if req.Hash != "" {
			return Document{}, wrongHash()
		}
		return doc, nil
	}
	if sum := sha256.Sum256([]byte(req.Query)); hex.EncodeToString(sum[:]) != hash {
		return Document{}, wrongHash()
	}
	if s.mode == Automatic && !s.memory.has(hash) {
		doc.hash = hash
	}
	return doc, nil
}

// Keep stores a document that a caller has sent, after it was validated, so that
// invalid ones never occupy the cache. A text is stored as it was sent, which is the
// text that is planned already and that the locations of errors refer to. If most of it
// is comments and insignificant white space, only the rest is stored: they would fill
// the caches for nothing.
func (s *Store) Keep(ctx context.Context, caller auth.Caller, d Document) {
	if d.hash == "" {
		return
	}
	text := d.Text
	if compact := plan.Compact(text); len(text) > maxExpansion*len(compact) {
		text = compact
	}
	// A flood of new texts must not evict the useful ones. A client whose text is not
	// stored sends it again.
	if len(text) > maxStoredBytes || !s.writes.AllowN(caller.Network(), newTexts, len(text)) {
		return
	}
	s.memory.add(d.hash, text)
	// A text from Redis is trusted only if it has the hash, which a compact one has not:
	// each router then receives it once.
	if s.redis != nil && len(text) == len(d.Text) {
		s.redis.add(ctx, d.hash, text)
	}
}

const (
	maxStoredBytes = 128 << 10 // of one text; operations within the limits are seldom longer
	maxExpansion   = 3         // a pretty-printed document is at most so much longer than its compact form
)

// newTexts is how many bytes of new documents one network may store. A release of a
// client has some hundred documents of 2 kB, and only its first user sends each.
var newTexts = ratelimit.Rate{PerMinute: 16 << 10, Burst: 1 << 20}

func (s *Store) registeredAs(req plan.Request) (string, bool) {
	for _, id := range []string{req.DocumentID, req.Hash} {
		if id == "" {
			continue
		}
		if text, ok := s.registered.byID[id]; ok {
			return text, true
		}
		if text, ok := s.registered.byID[hashPrefix+id]; ok {
			return text, true
		}
	}
	if hash, ok := s.hashOf(req); ok {
		text, ok := s.registered.byHash[hash]
		return text, ok
	}
	return "", false
}

func (s *Store) cached(ctx context.Context, hash string) (string, bool) {
	if text, ok := s.memory.get(hash); ok {
		return text, true
	}
	if s.redis == nil {
		return "", false
	}
	text, ok := s.redis.get(ctx, hash)
	if ok {
		s.memory.add(hash, text)
	}
	return text, ok
}

const hashPrefix = "sha256:"

// hashOf returns the SHA-256 that a request references, in lower case.
func (s *Store) hashOf(req plan.Request) (string, bool) {
	hash, prefixed := strings.CutPrefix(req.DocumentID, hashPrefix)
	if !prefixed {
		hash = cmp.Or(req.Hash, req.DocumentID)
	}
	if len(hash) != 2*sha256.Size {
		return "", false
	}
	hash = strings.ToLower(hash)
	return hash, strings.Trim(hash, "0123456789abcdef") == ""
}

func wrongHash() error {
	return gqlerr.New(gqlerr.BadUserInput, "The query does not have the given hash.")
}

// Clients compare these two messages literally: after the first they send the text,
// after the second they stop sending hashes.

func unknown() error {
	return gqlerr.New(gqlerr.PersistedQueryNotFound, "PersistedQueryNotFound")
}

func unsupported() error {
	return gqlerr.New(gqlerr.PersistedQueryNotFound, "PersistedQueryNotSupported")
}
