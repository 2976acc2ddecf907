package plan_test

import (
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"

	"cartograph/router/plan"
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
		got := plan.Compact(text)
		if got != want {
			t.Errorf("%q\n got %q\nwant %q", text, got, want)
			continue
		}
		if before, after := meaning(t, text), meaning(t, got); before != after {
			t.Errorf("%q means %q, compact %q", text, before, after)
		}
	}
}
