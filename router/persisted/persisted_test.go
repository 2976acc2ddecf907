package persisted

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"cartograph/internal/auth"
	"cartograph/router/gqlerr"
	"cartograph/router/plan"
	"cartograph/router/redis"
)

var sender = auth.Caller{Address: "192.0.2.1"}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func valid(text string) error {
	if strings.Contains(text, "nonsense") {
		return errors.New("there is no such field")
	}
	return nil
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func newStore(t *testing.T, o Options, client *redis.Client) *Store {
	t.Helper()
	s, err := New(o, client, valid, quiet())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// manifest writes a file and returns its name.
func manifest(t *testing.T, name string, content any) string {
	t.Helper()
	text, isText := content.(string)
	if !isText {
		encoded, err := json.Marshal(content)
		if err != nil {
			t.Fatal(err)
		}
		text = string(encoded)
	}
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func manifests(t *testing.T) []string {
	t.Helper()
	return []string{
		manifest(t, "codegen.json", map[string]string{"sha256:" + strings.Repeat("a", 64): "query Codegen { a }"}),
		manifest(t, "relay.json", map[string]string{"0cc175b9c0f1b6a831c399e269772661": "query Relay { a }"}),
		manifest(t, "apollo.json", map[string]any{
			"format": "apollo-persisted-query-manifest", "version": 1,
			"operations": []map[string]string{{"id": hashOf("query Apollo { a }"), "name": "Apollo", "type": "query", "body": "query Apollo { a }"}},
		}),
	}
}

// lookup is a request and the text that it finds, or the code and message of its refusal.
type lookup struct {
	name string
	req  plan.Request
	want string
	code gqlerr.Code
}

func (a lookup) of(t *testing.T, s *Store) {
	t.Helper()
	got, err := s.Find(t.Context(), a.req)
	problem, _ := errors.AsType[*gqlerr.Error](err)
	switch {
	case a.code == "" && (err != nil || got.Text != a.want):
		t.Errorf("%s: %q, %v, want %q", a.name, got.Text, err, a.want)
	case a.code != "" && (problem == nil || problem.Code() != a.code || a.want != "" && problem.Message != a.want):
		t.Errorf("%s: %q, %v, want %s %s", a.name, got.Text, err, a.code, a.want)
	}
}

func TestRegisteredDocumentsAreFoundByTheirIDs(t *testing.T) {
	t.Parallel()
	files := manifests(t)
	const automatic, only = "automatic", "only"
	for _, mode := range []Mode{Automatic, Only} {
		s := newStore(t, Options{Mode: mode, Manifests: files}, nil)
		for _, a := range []lookup{
			{"codegen's id", plan.Request{DocumentID: "sha256:" + strings.Repeat("a", 64)}, "query Codegen { a }", ""},
			{"codegen's id without its prefix", plan.Request{DocumentID: strings.Repeat("a", 64)}, "query Codegen { a }", ""},
			{"Relay's id", plan.Request{DocumentID: "0cc175b9c0f1b6a831c399e269772661"}, "query Relay { a }", ""},
			{"Apollo's id", plan.Request{DocumentID: hashOf("query Apollo { a }")}, "query Apollo { a }", ""},
			{"Apollo's id as a hash", plan.Request{Hash: hashOf("query Apollo { a }")}, "query Apollo { a }", ""},
			{"a hash, whatever the id", plan.Request{Hash: strings.ToUpper(hashOf("query Relay { a }"))}, "query Relay { a }", ""},
			{"a prefixed hash", plan.Request{DocumentID: "sha256:" + hashOf("query Relay { a }")}, "query Relay { a }", ""},
			{"an id and its text", plan.Request{DocumentID: "0cc175b9c0f1b6a831c399e269772661", Query: "query Relay { a }"}, "query Relay { a }", ""},
			{"a registered text", plan.Request{Query: "query Relay { a }"}, "query Relay { a }", ""},
			{"an id and another text", plan.Request{DocumentID: "0cc175b9c0f1b6a831c399e269772661", Query: "{ b }"}, "", gqlerr.BadUserInput},
			{"an unknown id", plan.Request{DocumentID: "x"}, "PersistedQueryNotFound", gqlerr.PersistedQueryNotFound},
			{"an unknown hash", plan.Request{Hash: hashOf("{ b }")}, "PersistedQueryNotFound", gqlerr.PersistedQueryNotFound},
			{"nothing", plan.Request{}, "", gqlerr.BadUserInput},
		} {
			a.name = string(mode) + ": " + a.name
			a.of(t, s)
		}
	}
	lookup{only + ": another text", plan.Request{Query: "{ b }"}, "", gqlerr.PersistedQueryRequired}.of(t, newStore(t, Options{Mode: Only, Manifests: files}, nil))
	lookup{only + ": another text with its hash", plan.Request{Query: "{ b }", Hash: hashOf("{ b }")}, "", gqlerr.PersistedQueryRequired}.of(t, newStore(t, Options{Mode: Only, Manifests: files}, nil))
	lookup{automatic + ": another text", plan.Request{Query: "{ b }"}, "{ b }", ""}.of(t, newStore(t, Options{Manifests: files}, nil))
}

func TestATextIsFoundByItsHashOnceItWasSentWithIt(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{}, nil)
	const text = "{ a }"
	lookup{"unknown", plan.Request{Hash: hashOf(text)}, "PersistedQueryNotFound", gqlerr.PersistedQueryNotFound}.of(t, s)
	lookup{"a wrong hash", plan.Request{Query: text, Hash: hashOf("{ b }")}, "", gqlerr.BadUserInput}.of(t, s)
	lookup{"no hash at all", plan.Request{Query: text, Hash: "x"}, "", gqlerr.BadUserInput}.of(t, s)
	lookup{"a foreign id beside the text", plan.Request{Query: text, DocumentID: "x"}, text, ""}.of(t, s)
	doc, err := s.Find(t.Context(), plan.Request{Query: text, Hash: hashOf(text)})
	if err != nil {
		t.Fatal(err)
	}
	lookup{"sent, and not yet proved valid", plan.Request{Hash: hashOf(text)}, "", gqlerr.PersistedQueryNotFound}.of(t, s)
	s.Keep(t.Context(), sender, doc)
	lookup{"kept", plan.Request{Hash: hashOf(text)}, "{ a }", ""}.of(t, s)
	lookup{"kept, as a document id", plan.Request{DocumentID: "sha256:" + hashOf(text)}, "{ a }", ""}.of(t, s)
	lookup{"kept, with the text", plan.Request{Query: text, Hash: hashOf(text)}, text, ""}.of(t, s)
	lookup{"kept, with another text", plan.Request{Query: "{ b }", Hash: hashOf(text)}, "", gqlerr.BadUserInput}.of(t, s)
	plain, err := s.Find(t.Context(), plan.Request{Query: "{ c }"})
	if err != nil {
		t.Fatal(err)
	}
	s.Keep(t.Context(), sender, plain)
	lookup{"sent without a hash", plan.Request{Hash: hashOf("{ c }")}, "", gqlerr.PersistedQueryNotFound}.of(t, s)
}

func TestSwitchedOffOnlyTextsAreRun(t *testing.T) {
	t.Parallel()
	s := newStore(t, Options{Mode: Off}, nil)
	lookup{"a text", plan.Request{Query: "{ a }"}, "{ a }", ""}.of(t, s)
	doc, err := s.Find(t.Context(), plan.Request{Query: "{ a }", Hash: hashOf("{ a }")})
	if err != nil {
		t.Fatal(err)
	}
	s.Keep(t.Context(), sender, doc)
	lookup{"a hash", plan.Request{Hash: hashOf("{ a }")}, "PersistedQueryNotSupported", gqlerr.PersistedQueryNotFound}.of(t, s)
	lookup{"a wrong hash", plan.Request{Query: "{ a }", Hash: hashOf("{ b }")}, "", gqlerr.BadUserInput}.of(t, s)
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	r := newMemoryCache(10, 1000)
	for i := range 100 {
		r.add(fmt.Sprint(i), strings.Repeat("x", 10))
	}
	if n := r.texts.Len(); n != 10 || r.bytes != 100 {
		t.Errorf("%d texts of %d bytes, want 10 of 100", n, r.bytes)
	}
	for i := range 100 {
		r.add(fmt.Sprint("long", i), strings.Repeat("x", 300))
	}
	if n := r.texts.Len(); n != 3 || r.bytes != 900 {
		t.Errorf("%d texts of %d bytes, want 3 of 900", n, r.bytes)
	}
	r.add("longest", strings.Repeat("x", 1001))
	if _, ok := r.get("longest"); ok || r.bytes > 1000 {
		t.Errorf("a text longer than all memory was kept, %d bytes", r.bytes)
	}
	s := newStore(t, Options{}, nil)
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for i := range 2000 {
				text := fmt.Sprintf("{ a%d_%d }", worker, i)
				if doc, err := s.Find(t.Context(), plan.Request{Query: text, Hash: hashOf(text)}); err != nil {
					t.Error(err)
				} else {
					s.Keep(t.Context(), sender, doc)
				}
			}
		})
	}
	all.Wait()
	if n := s.memory.texts.Len(); n != 8000 {
		t.Errorf("%d of 8000 short texts are kept", n)
	}
}

func TestRoutersShareDocumentsByRedis(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	open := func() *Store {
		client, err := redis.OpenTimeout("redis://"+server.Addr(), 5*time.Second, quiet()) // the machine may be busy
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = client.Close() })
		return newStore(t, Options{}, client)
	}
	one, other := open(), open()
	const text = "{ a }"
	doc, err := one.Find(t.Context(), plan.Request{Query: text, Hash: hashOf(text)})
	if err != nil {
		t.Fatal(err)
	}
	one.Keep(t.Context(), sender, doc)
	if ttl := server.TTL(keyPrefix + hashOf(text)); ttl != newTTL {
		t.Errorf("kept for %v before its use, want %v", ttl, newTTL)
	}
	lookup{"the other router", plan.Request{Hash: hashOf(text)}, text, ""}.of(t, other)
	if ttl := server.TTL(keyPrefix + hashOf(text)); ttl != redisTTL {
		t.Errorf("kept for %v after its use, want %v", ttl, redisTTL)
	}
	if err := server.Set(keyPrefix+hashOf("{ b }"), "{ evil }"); err != nil {
		t.Fatal(err)
	}
	lookup{"a text that is not its hash's", plan.Request{Hash: hashOf("{ b }")}, "", gqlerr.PersistedQueryNotFound}.of(t, one)
	server.Close()
	begun := time.Now()
	lookup{"without Redis, known", plan.Request{Hash: hashOf(text)}, "{ a }", ""}.of(t, one)
	lookup{"without Redis, unknown", plan.Request{Hash: hashOf("{ c }")}, "", gqlerr.PersistedQueryNotFound}.of(t, one)
	doc, err = one.Find(t.Context(), plan.Request{Query: "{ c }", Hash: hashOf("{ c }")})
	if err != nil {
		t.Fatal(err)
	}
	one.Keep(t.Context(), sender, doc)
	lookup{"without Redis, kept here", plan.Request{Hash: hashOf("{ c }")}, "{ c }", ""}.of(t, one)
	if took := time.Since(begun); took > time.Second {
		t.Errorf("without Redis it took %v", took)
	}
}

func TestInvalidManifestsAreReported(t *testing.T) {
	t.Parallel()
	apollo := func(operations string) string {
		return `{"format":"apollo-persisted-query-manifest","version":1,"operations":[` + operations + `]}`
	}
	for name, c := range map[string]struct {
		content string
		words   []string
	}{
		"nothing":                  {"", []string{"not JSON"}},
		"no object":                {"[]", []string{"not a JSON object"}},
		"cut short":                {`{"a":"{ a }"`, []string{"unexpected"}},
		"no texts":                 {`{"a":1}`, []string{"neither"}},
		"an empty text":            {`{"a":" "}`, []string{`"a"`}},
		"an empty id":              {`{"":"{ a }"}`, []string{"no id"}},
		"an id twice":              {`{"a":"{ a }","a":"{ b }"}`, []string{`"a"`, "twice"}},
		"Apollo, an id twice":      {apollo(`{"id":"a","body":"{ a }"},{"id":"a","body":"{ b }","name":"B"}`), []string{`"a"`, `"B"`, "twice"}},
		"Apollo, no body":          {apollo(`{"id":"a","name":"A"}`), []string{`"A"`, "no body"}},
		"Apollo, a later version":  {`{"format":"apollo-persisted-query-manifest","version":2,"operations":[]}`, []string{"version 2"}},
		"a document that is wrong": {`{"a":"{ a }","b":"{ nonsense }"}`, []string{`"b"`, "no such field"}},
	} {
		file := manifest(t, "documents.json", c.content)
		_, err := New(Options{Manifests: []string{file}}, nil, valid, quiet())
		if err == nil {
			t.Errorf("%s: it was loaded", name)
			continue
		}
		for _, word := range append(c.words, file) {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%s: %q does not contain %q", name, err, word)
			}
		}
	}
	one, other := manifest(t, "one.json", map[string]string{"a": "{ a }"}), manifest(t, "other.json", map[string]string{"a": "{ b }"})
	if _, err := New(Options{Manifests: []string{one, other}}, nil, valid, quiet()); err == nil || !strings.Contains(err.Error(), one) || !strings.Contains(err.Error(), other) {
		t.Errorf("one id in two files for two documents: %v, want both files named", err)
	}
	if _, err := New(Options{Manifests: []string{one, one}}, nil, valid, quiet()); err != nil {
		t.Errorf("the same entry twice: %v", err)
	}
	if _, err := New(Options{Manifests: []string{"absent.json"}}, nil, valid, quiet()); err == nil || !strings.Contains(err.Error(), "absent.json") {
		t.Errorf("an absent file: %v", err)
	}
	if _, err := New(Options{Mode: Only}, nil, valid, quiet()); err == nil {
		t.Error("only registered documents, and none: it was loaded")
	}
	if _, err := New(Options{Mode: Off, Manifests: []string{one}}, nil, valid, quiet()); err == nil {
		t.Error("switched off, with a manifest: it was loaded")
	}
	many := map[string]string{}
	for i := range 100 {
		many[fmt.Sprint(i)] = fmt.Sprintf("{ nonsense%d }", i)
	}
	if _, err := New(Options{Manifests: []string{manifest(t, "many.json", many)}}, nil, valid, quiet()); err == nil || !strings.Contains(err.Error(), "and 80 more") {
		t.Errorf("a hundred wrong documents: %.300v", err)
	}
}

func TestModesAreRead(t *testing.T) {
	t.Parallel()
	var m Mode
	for _, mode := range []Mode{Off, Automatic, Only} {
		if err := m.UnmarshalText([]byte(mode)); err != nil || m != mode {
			t.Errorf("%s is read as %s, %v", mode, m, err)
		}
	}
	if err := m.UnmarshalText([]byte("on")); err == nil {
		t.Error("on was read as a mode")
	}
}
