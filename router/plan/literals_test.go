package plan_test

import (
	"encoding/json"
	"slices"
	"testing"

	"cartograph/router/gqlerr"
	"cartograph/router/plan"
)

// TestInvalidTextIsRefusedWhereItIs: a string or number without a value is an
// error of the client with line and column, never an internal one.
func TestInvalidTextIsRefusedWhereItIs(t *testing.T) {
	t.Parallel()
	planner := newPlanner(t, twoGraphs)
	for name, c := range map[string]struct {
		query        string
		line, column uint32
	}{
		"unknown escape":             {`{ echo(text: "\q") }`, 1, 15},
		"escape after characters":    {"{\n  echo(text: \"ü😀\\x\") }", 2, 17},
		"half of a surrogate pair":   {`{ echo(text: "a\uD83D") }`, 1, 16},
		"low half first":             {`{ echo(text: "\uDE00\uD83D") }`, 1, 15},
		"half in braces":             {`{ echo(text: "\u{D83D}") }`, 1, 15},
		"beyond Unicode":             {`{ echo(text: "\u{110000}") }`, 1, 15},
		"braces without digits":      {`{ echo(text: "\u{}") }`, 1, 15},
		"braces that never close":    {`{ echo(text: "\u{1F600") }`, 1, 15},
		"too few digits":             {`{ echo(text: "\u12") }`, 1, 15},
		"a string without end":       {`{ echo(text: "abc) }`, 1, 14},
		"a string over two lines":    {"{ echo(text: \"a\nb\") }", 1, 14},
		"a block without end":        {"{\r\n echo(text: \"\"\"abc) }", 2, 13},
		"a float that is not finite": {`{ echo(x: 1e400) }`, 1, 11},
		"a negative one":             {`{ echo(x: -1.5E+999) }`, 1, 11},
		"a leading zero":             {`{ echo(n: 012) }`, 1, 11},
		"a point without digits":     {`{ echo(x: 1.) }`, 1, 11},
		"an exponent without digits": {`{ echo(x: 1e) }`, 1, 11},
		"a minus alone":              {`{ echo(x: -) }`, 1, 11},
		"a number with letters":      {`{ echo(n: 12x) }`, 1, 11},
		"NUL between tokens":         {"{ \x00 item { id } }", 1, 3},
		"NUL in a comment":           {"{ # a\x00b\n item { id } }", 1, 6},
		"NUL in a string":            {"{ echo(text: \"a\x00\") }", 1, 16},
		"bytes that are not UTF-8":   {"{ echo(text: \"\xed\xa0\x80\") }", 1, 15},
	} {
		_, err := planner.Prepare(plan.Request{Query: c.query})
		list := gqlerr.FromError(err)
		if err == nil || list.Code() != gqlerr.ParseFailed || len(list[0].Locations) != 1 || list[0].Locations[0] != (gqlerr.Location{Line: c.line, Column: c.column}) {
			t.Errorf("%s: got %v at %v, want %s at %d:%d", name, err, list[0].Locations, gqlerr.ParseFailed, c.line, c.column)
		}
	}
}

// TestVariablesWithoutAValueAreRefusedByName: JSON has texts and numbers that are
// no values of GraphQL.
func TestVariablesWithoutAValueAreRefusedByName(t *testing.T) {
	t.Parallel()
	planner := newPlanner(t, twoGraphs)
	const query = `query Q($x: Float, $text: String, $texts: [String], $n: Int) { echo(x: $x, text: $text, texts: $texts, n: $n) }`
	for variables, message := range map[string]string{
		`{"x": 1e400}`:                          `Variable "$x" got invalid value; the number is out of range.`,
		`{"text": "a", "x": -1e400}`:            `Variable "$x" got invalid value; the number is out of range.`,
		`{"text": "\ud83d"}`:                    `Variable "$text" got invalid value; the text contains half of a surrogate pair, which is not a character.`,
		`{"text": "\ude00\ud83d"}`:              `Variable "$text" got invalid value; the text contains half of a surrogate pair, which is not a character.`,
		`{"texts": ["a", {"b": 1}, "\ud83dx"]}`: `Variable "$texts" got invalid value at "texts[2]"; the text contains half of a surrogate pair, which is not a character.`,
		`{"texts": {"a": {"b": [1, 2e999]}}}`:   `Variable "$texts" got invalid value at "texts.a.b[1]"; the number is out of range.`,
		"{\"text\": \"\xed\xa0\x80\"}":          `Variable "$text" got invalid value; the text is not valid UTF-8.`,
	} {
		for range 2 { // the second time from a cache
			_, err := planner.Prepare(plan.Request{Query: query, Variables: json.RawMessage(variables)})
			if !slices.ContainsFunc(gqlerr.FromError(err), func(e *gqlerr.Error) bool { return e.Code() == gqlerr.BadUserInput && e.Message == message }) {
				t.Errorf("%s: got %v, want %q", variables, err, message)
			}
		}
	}
	for _, variables := range []string{`{"text": "\ud83d\ude00 \\ud83d \\\\"}`, `{"x": 1e308}`, `{"x": 1e-400}`, `{"text": "1e400 \" 1e400"}`, `{"\ud83d": 1e400}`} {
		if _, err := planner.Prepare(plan.Request{Query: query, Variables: json.RawMessage(variables)}); err != nil {
			t.Errorf("%s is refused: %v", variables, err)
		}
	}
}

// FuzzPrepare holds that no document and no variables end in an internal error.
func FuzzPrepare(f *testing.F) {
	planner := newPlanner(f, twoGraphs)
	for _, query := range []string{
		`{ echo(text: "\u{1F600}") }`, `{ echo(text: "\q") }`, `{ echo(text: """a \""" b""") }`, "{ echo(text: \"a\tb\") }",
		`{ echo(x: 1e400) }`, `{ echo(n: 99999999999999999999) }`, `{ echo(id: 99999999999999999999) }`, `{ echo(x: 01) }`,
		`{ a: __type(name: "Item") { name } b: __type(name: "Query") { name } c: __schema { types { name } } }`,
		`query Q($x: Float, $text: String = "\ud83d\ude00") { echo(x: $x, text: $text) }`, `{ item { id: name name: id } }`,
		`query ($t: [String]) { echo(texts: $t) }`, `{ echo(texts: ["a" """b"""]) item @skip(if: true) { id } }`,
		`fragment F on Item { id ...F } { item { ...F } }`, `query A { item { id } } query B { item { id } }`,
	} {
		for _, variables := range []string{`{}`, `{"x": 1e400}`, `{"text": "\ud800"}`, `{"t": [[[1]], "a"]}`, `{"a": 1, "a": 2, "b.c": 3, "": null}`} {
			f.Add(query, variables)
		}
	}
	f.Fuzz(func(t *testing.T, query, variables string) {
		var object map[string]json.RawMessage
		if json.Unmarshal([]byte(variables), &object) != nil {
			return // refused before
		}
		_, err := planner.Prepare(plan.Request{Query: query, Variables: json.RawMessage(variables)})
		if err != nil && gqlerr.FromError(err).Code() == gqlerr.Internal {
			t.Errorf("%s with %s: %v", query, variables, err)
		}
	})
}
