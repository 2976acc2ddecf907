// Package persisted keeps documents that clients name instead of sending.
//
// There are two kinds. Registered documents come from manifests that the
// clients' compilers wrote; they are checked against the schema before anything
// is served, and stay. Automatic ones are those that clients sent once together
// with their hash; they stay as long as there is room, in this process and, if
// there is one, in Redis. A hash never leads to a text that it is not the hash
// of, and Redis is never needed for an answer.
package persisted

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strings"

	"cartograph/router/gqlerr"
	"cartograph/router/plan"
	"cartograph/router/ratelimit"
	"cartograph/router/redis"
)

// Mode says which documents are run.
type Mode string

// The modes.
const (
	Off       Mode = "off"       // texts only
	Automatic Mode = "automatic" // texts, registered documents, and hashes of texts that were sent before
	Only      Mode = "only"      // registered documents, by id or by their very text
)

// UnmarshalText reads a mode.
func (m *Mode) UnmarshalText(text []byte) error {
	switch mode := Mode(text); mode {
	case Off, Automatic, Only:
		*m = mode
		return nil
	default:
		return fmt.Errorf("%q is none of %s, %s and %s", text, Off, Automatic, Only)
	}
}

// Options say what is kept. A zero value is Automatic without manifests.
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
	recent     *recent
	shared     *shared // nil: without Redis
	pace       *ratelimit.Local
}

// New reads the manifests. Each document in them has to pass check.
func New(o Options, client *redis.Client, check func(text string) error, log *slog.Logger) (*Store, error) {
	const entries, bytes = 10_000, 64 << 20
	s := &Store{
		mode: cmp.Or(o.Mode, Automatic), recent: newRecent(cmp.Or(o.Entries, entries), cmp.Or(o.Bytes, bytes)),
		pace: ratelimit.NewLocal(),
	}
	if client != nil {
		s.shared = &shared{client, log}
	}
	if s.mode == Off && len(o.Manifests) > 0 {
		return nil, fmt.Errorf("there are manifests of persisted documents, and the mode is %s", Off)
	}
	var err error
	if s.registered, err = load(o.Manifests, check); err != nil {
		return nil, err
	}
	if s.mode == Only && len(s.registered.byID) == 0 {
		return nil, fmt.Errorf("the mode of persisted documents is %s, and no manifest holds any", Only)
	}
	return s, nil
}

// Document is a text, and what to remember it by.
type Document struct {
	Text string
	hash string // set if the text is to be kept once it has proved valid
}

// Find answers with the text that a request sends or names. Its errors are
// gqlerr errors.
func (s *Store) Find(ctx context.Context, req plan.Request) (Document, error) {
	hash, isHash := s.hashOf(req)
	if text, ok := s.registeredAs(req); ok {
		if req.Query != "" && req.Query != text {
			return Document{}, gqlerr.New(gqlerr.BadUserInput, "The document that is sent is not the one that its id names.")
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
		if text, ok := s.remembered(ctx, hash); ok {
			return Document{Text: text}, nil
		}
	}
	return Document{}, unknown()
}

// sent is a text that came in full, with or without its hash.
func (s *Store) sent(req plan.Request, hash string, isHash bool) (Document, error) {
	if s.mode == Only {
		if !s.registered.texts[req.Query] {
			return Document{}, gqlerr.New(gqlerr.PersistedQueryRequired, "Only registered documents are run here.")
		}
		return Document{Text: req.Query}, nil
	}
	doc := Document{Text: req.Query}
	if req.Hash == "" && req.DocumentID == "" {
		return doc, nil
	}
	if !isHash { // an id of a manifest that we do not have; the text says it all
		if req.Hash != "" {
			return Document{}, wrongHash()
		}
		return doc, nil
	}
	if known, ok := s.recent.get(hash); ok && known == req.Query {
		return doc, nil
	}
	if sum := sha256.Sum256([]byte(req.Query)); hex.EncodeToString(sum[:]) != hash {
		return Document{}, wrongHash()
	}
	if s.mode == Automatic {
		doc.hash = hash
	}
	return doc, nil
}

// Keep remembers a document that turned out to be valid.
func (s *Store) Keep(ctx context.Context, d Document) {
	if d.hash == "" || len(d.Text) > longestKept {
		return
	}
	// A flood of new texts must not wash out the useful ones. What is not kept
	// is sent again.
	if !s.pace.Allow("register", ratelimit.Rate{PerMinute: 3000, Burst: 1000}) {
		return
	}
	s.recent.add(d.hash, d.Text)
	if s.shared != nil {
		s.shared.add(ctx, d.hash, d.Text)
	}
}

// longestKept is in bytes; an operation within the limits is seldom longer.
const longestKept = 128 << 10

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

func (s *Store) remembered(ctx context.Context, hash string) (string, bool) {
	if text, ok := s.recent.get(hash); ok {
		return text, true
	}
	if s.shared == nil {
		return "", false
	}
	text, ok := s.shared.get(ctx, hash)
	if ok {
		s.recent.add(hash, text)
	}
	return text, ok
}

const hashPrefix = "sha256:"

// hashOf is the SHA-256 that a request names, in lower case.
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
	return gqlerr.New(gqlerr.BadUserInput, "The document that is sent does not have the hash that is sent.")
}

// Clients compare the messages of these two letter by letter: after the first
// they send the text, after the second they stop sending hashes.

func unknown() error {
	return gqlerr.New(gqlerr.PersistedQueryNotFound, "PersistedQueryNotFound")
}

func unsupported() error {
	return gqlerr.New(gqlerr.PersistedQueryNotFound, "PersistedQueryNotSupported")
}
