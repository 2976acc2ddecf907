package persisted

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"cartograph/internal/auth"
	"cartograph/router/plan"
	"cartograph/router/redis"
)

func TestCommentsFillNoCache(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	client, err := redis.OpenTimeout("redis://"+server.Addr(), 5*time.Second, quiet())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	s := newStore(t, Options{}, client)
	keep := func(network, text string) {
		t.Helper()
		doc, err := s.Find(t.Context(), plan.Request{Query: text, Hash: hashOf(text)})
		if err != nil {
			t.Fatal(err)
		}
		s.Keep(t.Context(), auth.Caller{Address: network}, doc)
	}
	comment := "# " + strings.Repeat("x", 125_000)
	for i := range 1500 {
		keep("192.0.2.1", fmt.Sprintf("{ a%d } %s", i, comment))
	}
	bytes := 0
	for _, key := range server.Keys() {
		value, err := server.Get(key)
		if err != nil {
			t.Fatal(err)
		}
		bytes += len(value)
	}
	if bytes > 1<<20 || s.memory.bytes > 1<<20 {
		t.Errorf("1,500 documents with long comments occupy %d bytes of Redis and %d here", bytes, s.memory.bytes)
	}
	lookup{"with its comment", plan.Request{Hash: hashOf("{ a7 } " + comment)}, "{a7}", ""}.of(t, s)
	for i := range 1500 {
		keep("192.0.2.1", fmt.Sprintf("{ b%d(s: %q) }", i, strings.Repeat("x", 100_000)))
	}
	if s.memory.bytes > 2<<20 {
		t.Errorf("one network stores %d bytes of documents", s.memory.bytes)
	}
	keep("192.0.2.2", "{ other }")
	lookup{"of another network", plan.Request{Hash: hashOf("{ other }")}, "{ other }", ""}.of(t, s)
}
