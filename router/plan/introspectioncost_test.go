package plan_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	engine "github.com/wundergraph/graphql-go-tools/v2/pkg/engine/plan"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"

	"cartograph/router/plan"
)

// TestAnOperationReadsTheSchemaFewTimes: each selection under another name is
// answered from a copy of its own.
func TestAnOperationReadsTheSchemaFewTimes(t *testing.T) {
	t.Parallel()
	planner := newPlanner(t, validationSDL)
	types := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `t%d: __type(name: "Dog") { name } `, i)
		}
		return b.String()
	}
	for query, allowed := range map[string]bool{
		`{ __schema { types { name } } }`:                                                                                                    true,
		`{ __schema { types { name } } __schema { queryType { name } } }`:                                                                    true, // one, merged
		`{ a: __schema { types { name } } b: __schema { types { name } } }`:                                                                  true,
		`{ a: __schema { types { name } } b: __schema { types { name } } c: __schema { types { name } } }`:                                   false,
		`{ __schema { types { name } } ...F } fragment F on Query { ... { s: __schema { types { name } } t: __schema { types { name } } } }`: false,
		`{ ` + types(10) + `}`: true,
		`{ ` + types(11) + `}`: false,
	} {
		_, err := planner.Prepare(plan.Request{Query: query})
		if err == nil != allowed || err != nil && !strings.Contains(err.Error(), "too many selections of __") {
			t.Errorf("%s: %v, want it allowed: %v", query, err, allowed)
		}
	}
}

func TestIntrospectionCostsByItsSize(t *testing.T) {
	t.Parallel()
	planner := newPlanner(t, readFile(t, "../../schema/supergraph.graphql"))
	cost := func(query string) int {
		op, err := planner.Prepare(plan.Request{Query: query})
		if err != nil {
			t.Fatal(err)
		}
		return op.Cost
	}
	names := cost(`{ __schema { types { name } } }`)
	fields := cost(`{ __schema { types { name fields { name type { name } } } } }`)
	nested := cost(`{ __schema { types { name fields { type { fields { name type { name } } } } } } }`)
	if names >= fields || 2*fields >= nested {
		t.Errorf("costs %d, %d and %d, want the second and third higher and much higher", names, fields, nested)
	}
	// The usual query of tools stays allowed for anonymous visitors.
	tools := cost(`{ __schema { queryType { name } types { ...T } directives { name args { ...V } } } }
		fragment T on __Type { kind name description fields(includeDeprecated: true) { name description args { ...V } type { ...R } isDeprecated }
			inputFields { ...V } interfaces { ...R } enumValues { name description } possibleTypes { ...R } }
		fragment V on __InputValue { name description type { ...R } defaultValue }
		fragment R on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }`)
	if tools < fields || tools > 500 {
		t.Errorf("the query of tools costs %d, want %d to 500", tools, fields)
	}
}

// TestTheSchemaIsEncodedOnce: later requests get a copy of the same text.
func TestTheSchemaIsEncodedOnce(t *testing.T) {
	planner := newPlanner(t, readFile(t, "../../schema/supergraph.graphql"))
	op, err := planner.Prepare(plan.Request{Query: `{ __schema { types { name } } }`})
	if err != nil {
		t.Fatal(err)
	}
	tree := op.Plan.(*engine.SynchronousResponsePlan).Response.Fetches
	for tree.Item == nil {
		tree = tree.ChildNodes[0]
	}
	source := tree.Item.Fetch.(*resolve.SingleFetch).DataSource
	load := func(input string) string {
		answer, err := source.Load(context.Background(), nil, []byte(input))
		if err != nil {
			t.Fatal(err)
		}
		return string(answer)
	}
	first := load(`{"request_type":1}`)
	if !strings.Contains(first, `"types":[`) || load(`{"request_type":1}`) != first {
		t.Errorf("the schema is %.200s, and another the second time", first)
	}
	if n := testing.AllocsPerRun(10, func() { load(`{"request_type":1}`) }); n > 5 {
		t.Errorf("%v allocations for a known answer, want a copy", n)
	}
	if got := load(`{"request_type":2,"type_name":"Cart"}`); !strings.Contains(got, `"name":"Cart"`) {
		t.Errorf("the type is %.200s", got)
	}
	if got := load(`{"request_type":2,"type_name":"None"}`); got != "null" {
		t.Errorf("an unknown type is %s", got)
	}
}
