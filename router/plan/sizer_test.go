package plan

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/astparser"
	"pgregory.net/rapid"

	"cartograph/router/gqlerr"
)

// node is a selection of a random document: a field, an inline fragment, or the
// spread of a fragment.
type node struct {
	alias, field, spread string
	inline, below        []node
}

func (n node) text() string {
	switch {
	case n.spread != "":
		return "..." + n.spread
	case n.inline != nil:
		return "... " + texts(n.inline)
	case n.alias != "":
		return n.alias + ": " + n.field + texts(n.below)
	default:
		return n.field + texts(n.below)
	}
}

func texts(nodes []node) string {
	if len(nodes) == 0 {
		return ""
	}
	var out strings.Builder
	for _, n := range nodes {
		out.WriteString(n.text() + " ")
	}
	return "{" + out.String() + "}"
}

func drawNodes(t *rapid.T, depth int, fragments []string) []node {
	nodes := make([]node, rapid.IntRange(1, 3).Draw(t, "selections"))
	for i := range nodes {
		n := &nodes[i]
		switch kind := rapid.IntRange(0, 5).Draw(t, "kind"); {
		case kind == 0 && len(fragments) > 0:
			n.spread = rapid.SampledFrom(fragments).Draw(t, "spread")
			continue
		case kind == 1 && depth > 0:
			n.inline = drawNodes(t, depth-1, fragments)
			continue
		case kind == 2:
			n.alias = rapid.SampledFrom([]string{"x", "y"}).Draw(t, "alias")
		}
		n.field = rapid.SampledFrom([]string{"a", "b", "x"}).Draw(t, "field")
		if depth > 0 && rapid.Bool().Draw(t, "below") {
			n.below = drawNodes(t, depth-1, fragments)
		}
	}
	return nodes
}

// expanded is what sizer computes, found by expanding the fragments one by one.
type expanded struct {
	fields, aliases, depth int
	names                  map[string]int
	roots                  map[string]bool
}

func (e *expanded) walk(nodes []node, level int, fragments map[string][]node) {
	for _, n := range nodes {
		switch {
		case n.spread != "":
			e.walk(fragments[n.spread], level, fragments)
		case n.inline != nil:
			e.walk(n.inline, level, fragments)
		default:
			name := n.field
			if n.alias != "" {
				name = n.alias
				e.aliases++
			}
			e.fields++
			e.names[name]++
			e.depth = max(e.depth, level)
			if level == 1 {
				e.roots[name] = true
			}
			e.walk(n.below, level+1, fragments)
		}
	}
}

func TestSizesAreThoseOfTheExpandedDocument(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		fragments := map[string][]node{}
		var names []string // a fragment spreads only earlier ones
		var text strings.Builder
		for i := range rapid.IntRange(0, 4).Draw(t, "fragments") {
			name := fmt.Sprintf("F%d", i)
			fragments[name] = drawNodes(t, 2, names)
			names = append(names, name)
			text.WriteString("fragment " + name + " on T " + texts(fragments[name]) + "\n")
		}
		operation := drawNodes(t, 3, names)
		text.WriteString(texts(operation))
		want := expanded{names: map[string]int{}, roots: map[string]bool{}}
		want.walk(operation, 1, fragments)

		doc, report := astparser.ParseGraphqlDocumentString(text.String())
		if report.HasErrors() {
			t.Fatalf("%s: %v", text.String(), report)
		}
		m := sizer{doc: &doc, fragments: map[string]*size{}, open: map[string]bool{}}
		set := doc.OperationDefinitions[0].SelectionSet
		for range 2 { // the second time with the fragments' sizes at hand
			s := m.set(set)
			roots := map[string]bool{}
			rootFields(&doc, set, map[string]bool{}, func(field int) { roots[doc.FieldAliasOrNameString(field)] = true })
			got := expanded{s.fields, s.aliases, s.depth, s.names, roots}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(expanded{})); diff != "" {
				t.Fatalf("sizes of (-want +got):\n%s\n%s", text.String(), diff)
			}
		}

		// Each limit allows what there is, and not one less.
		most := 0
		for n := range maps.Values(want.names) {
			most = max(most, n)
		}
		exact := Limits{Depth: want.depth, Aliases: want.aliases, RootFields: len(want.roots), Fields: math.MaxInt32, FieldsPerName: most, Directives: 0}
		if _, err := exact.checkDocument(&doc); err != nil {
			t.Fatalf("%s at its limits: %v", text.String(), err)
		}
		for what, limit := range map[string]*int{"levels": &exact.Depth, "aliases": &exact.Aliases, "root fields": &exact.RootFields, "fields of one name": &exact.FieldsPerName} {
			*limit--
			_, err := exact.checkDocument(&doc)
			refusal, ok := errors.AsType[*gqlerr.Error](err)
			if !ok || refusal.Extensions["limit"] != *limit || refusal.Extensions["actual"] != *limit+1 || !strings.Contains(refusal.Message, " "+what+":") {
				t.Fatalf("%s with one of the %s too many: %v", text.String(), what, refusal)
			}
			*limit++
		}
	})
}

func TestSumsDoNotOverflow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ a, b, want int }{
		{1, 2, 3}, {math.MaxInt32, 0, math.MaxInt32}, {math.MaxInt32 - 1, 1, math.MaxInt32}, {math.MaxInt32, 1, math.MaxInt32}, {math.MaxInt32, math.MaxInt32, math.MaxInt32},
	} {
		if got := add(c.a, c.b); got != c.want {
			t.Errorf("%d and %d are %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestTextIsBoundedBeforeItIsParsed(t *testing.T) {
	t.Parallel()
	l := Limits{Tokens: 10, Depth: 2}
	for text, allowed := range map[string]bool{
		`{ a b c d e f g h }`: true, `{ a b c d e f g h i }`: false,
		strings.Repeat(`[`, 6): true, strings.Repeat(`[`, 7): false, // three brackets for each level
		`{ a # b c d e f g h i j k l m` + "\n" + `}`: true,
		`"a b c d e f g h i j k [[[[[[[[["`:          true,
		`"""a " [[[[[[[[[ \""" b c d e f g h i"""`:   true,
		`{[}]{[}]`:       true,
		`{(a:[{(`:        true,
		`{(a:[{([{`:      false,
		`a,,,,,,,,,,,,,`: true,
	} {
		if err := l.checkText(text); (err == nil) != allowed {
			t.Errorf("%s: %v, want it allowed: %v", text, err, allowed)
		}
	}
}

func TestFragmentsThatAreNotSpreadAreBoundedToo(t *testing.T) {
	t.Parallel()
	doc, report := astparser.ParseGraphqlDocumentString(`{ a } fragment F on T { a b c } fragment G on T { ...F d }`)
	if report.HasErrors() {
		t.Fatal(report)
	}
	l := DefaultLimits()
	for fields, allowed := range map[int]bool{4: true, 3: false} {
		l.Fields = fields
		if _, err := l.checkDocument(&doc); (err == nil) != allowed {
			t.Errorf("a fragment of 4 fields with a limit of %d: %v, want it allowed: %v", fields, err, allowed)
		}
	}
}
