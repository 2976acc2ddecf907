package persisted

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"

	"cartograph/router/plan"
	"cartograph/router/redis"
)

// meaning is a document as a formatter prints it.
func meaning(t *testing.T, text string) string {
	t.Helper()
	doc, err := parser.ParseQuery(&ast.Source{Input: text})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	var out strings.Builder
	formatter.NewFormatter(&out).FormatQueryDocument(doc)
	return out.String()
}

func TestACompactDocumentMeansTheSame(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{ a }": "{a}",
		"\ufeff query  A ( $x : Int = -1 , $y: [ID!] ) { a ( x : $x ) # a comment }\n b }": "query A($x:Int=-1$y:[ID!]){a(x:$x)b}",
		"{ a(s: \"# no , comment\") }":                                 "{a(s:\"# no , comment\")}",
		"{ a(s: \"a \\\" # b\") b }":                                   "{a(s:\"a \\\" # b\")b}",
		"{ a(s: \"\"\"x \\\"\"\" , # y\"\"\") }":                       "{a(s:\"\"\"x \\\"\"\" , # y\"\"\")}",
		"{ a(l: [\"\" \"\", 1 , 2 ,-3 , 1.5e3]) }":                     "{a(l:[\"\" \"\"1 2 -3 1.5e3])}",
		"query { ... F ... on Query { b } } fragment F on Query { a }": "query{...F ...on Query{b}}fragment F on Query{a}",
		"{ a @skip(if: true) @include(if:false) { b c, d } }":          "{a@skip(if:true)@include(if:false){b c d}}",
	} {
		got := compact(text)
		if got != want {
			t.Errorf("%q\n got %q\nwant %q", text, got, want)
			continue
		}
		if before, after := meaning(t, text), meaning(t, got); before != after {
			t.Errorf("%q means %q, compact %q", text, before, after)
		}
	}
}

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
		s.Keep(t.Context(), network, doc)
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
	ask{"with its comment", plan.Request{Hash: hashOf("{ a7 } " + comment)}, "{a7}", ""}.of(t, s)
	for i := range 1500 {
		keep("192.0.2.1", fmt.Sprintf("{ b%d(s: %q) }", i, strings.Repeat("x", 100_000)))
	}
	if s.memory.bytes > 2<<20 {
		t.Errorf("one network stores %d bytes of documents", s.memory.bytes)
	}
	keep("192.0.2.2", "{ other }")
	ask{"of another network", plan.Request{Hash: hashOf("{ other }")}, "{other}", ""}.of(t, s)
}
