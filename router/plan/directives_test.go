package plan_test

import (
	"strings"
	"testing"

	"cartograph/router/plan"
)

// TestDirectivesOfTheGraphMayBeUsed where their definitions allow it.
func TestDirectivesOfTheGraphMayBeUsed(t *testing.T) {
	t.Parallel()
	planner := newPlanner(t, validationSDL+`directive @keep(seconds: Int = 60) on QUERY | MUTATION | FIELD | FRAGMENT_DEFINITION | FRAGMENT_SPREAD | INLINE_FRAGMENT | VARIABLE_DEFINITION`+"\n")
	for query, want := range map[string]string{
		`query @keep { dog { name @keep(seconds: 5) } }`:               "",
		`query ($n: Int) { dog { name @keep(seconds: $n) } }`:          "",
		`query ($n: Int) @keep(seconds: $n) { dog { name } }`:          "",
		`mutation @keep { feed(by: {name: "x"}) { name } }`:            "",
		`query ($n: Int @keep) { find(count: $n) { name } }`:           "",
		`{ dog { ... @keep { name } ... on Dog @keep { age } } }`:      "",
		`{ dog { ...F @keep } } fragment F on Dog @keep { name }`:      "",
		`subscription @keep { born { name } }`:                         `Directive "@keep" may not be used on SUBSCRIPTION.`,
		`query { dog { name @keep(second: 5) } }`:                      `Unknown argument "second" on directive "@keep". Did you mean "seconds"?`,
		`query { dog { name @keep(seconds: "5") } }`:                   `Int cannot represent non-integer value: "5"`,
		`{ __schema { directives { name locations args { name } } } }`: "",
	} {
		op, err := planner.Prepare(plan.Request{Query: query})
		if err == nil != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", query, err, want)
		}
		if err == nil && strings.Contains(query, "name @keep") && !strings.Contains(op.Tree().String(), "name @keep(seconds: ") {
			t.Errorf("%s: the subgraph is not sent the directive:\n%s", query, op.Tree())
		}
	}
}
