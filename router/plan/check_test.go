package plan_test

import (
	"strings"
	"testing"

	"cartograph/router/gqlerr"
	"cartograph/router/plan"
)

// A document is checked as if each of its operations were prepared.
func TestEveryOperationOfADocumentIsChecked(t *testing.T) {
	t.Parallel()
	planner := newPlanner(t, twoGraphs)
	for _, c := range []struct {
		claim, text string
		code        gqlerr.Code
	}{
		{"one operation", `{ item { id } }`, ""},
		{"two operations", `query A { item { id } } query B($n: Int!) { echo(n: $n) }`, ""},
		{"a required variable needs no value", `query A($n: Int!) { echo(n: $n) }`, ""},
		{"an unknown field", `{ item { none } }`, gqlerr.ValidationFailed},
		{"an unknown field of the second", `query A { item { id } } query B { item { none } }`, gqlerr.ValidationFailed},
		{"two operations of one name", `query A { item { id } } query A { item { name } }`, gqlerr.ValidationFailed},
		{"no operation", `fragment F on Item { id }`, gqlerr.ValidationFailed},
		{"a text that is no document", `{ item {`, gqlerr.ParseFailed},
		{"a string without end", `{ echo(text: "a) }`, gqlerr.ParseFailed},
		{"a fragment that spreads itself", `{ item { ...F } } fragment F on Item { ...F }`, gqlerr.ValidationFailed},
		{"too many tokens", `{ item { ` + strings.Repeat("id ", 4000) + `} }`, gqlerr.ValidationFailed},
		{"too many aliases", `{ item { ` + strings.Repeat("a: id ", 31) + `} }`, gqlerr.ValidationFailed},
		{"too many lists of the schema", `{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }`, gqlerr.ValidationFailed},
		{"a variable of another type", `query A($n: String) { echo(n: $n) }`, gqlerr.ValidationFailed},
		{"a directive of the engine's", `{ item { id @__defer_internal(id: 1) } }`, gqlerr.ValidationFailed},
		{"a condition that is no Boolean", `{ item { id @skip(if: "x") } }`, gqlerr.ValidationFailed},
		{"a name that is too long", `query ` + strings.Repeat("A", 257) + ` { item { id } }`, gqlerr.ValidationFailed},
		{"a name of the greatest length", `query ` + strings.Repeat("A", 256) + ` { item { id } }`, ""},
	} {
		err := planner.Check(c.text)
		if c.code == "" && err != nil || c.code != "" && gqlerr.FromError(err).Code() != c.code {
			t.Errorf("%s: %v, want the code %q", c.claim, err, c.code)
		}
		if strings.Contains(c.text, "query A {") || strings.Contains(c.text, "$n: Int!") {
			continue // Prepare needs a name, or a value
		}
		if _, prepared := planner.Prepare(plan.Request{Query: c.text}); (prepared == nil) != (err == nil) {
			t.Errorf("%s: checked with %v, prepared with %v, want both or none", c.claim, err, prepared)
		}
	}
}
