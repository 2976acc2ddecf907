package plan_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	engine "github.com/wundergraph/graphql-go-tools/v2/pkg/engine/plan"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"

	"cartograph/router/gqlerr"
	"cartograph/router/plan"
)

func TestIntrospectionIsBoundedInItsLists(t *testing.T) {
	t.Parallel()
	planner := newPlanner(t, twoGraphs)
	for query, allowed := range map[string]bool{
		`{ __schema { types { fields { type { fields { name } } } } } }`:                                                                                                                      true,
		`{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }`:                                                                                                  false,
		`{ __type(name: "Item") { fields { type { interfaces { possibleTypes { name } } } } } }`:                                                                                              false,
		`{ __type(name: "Item") { inputFields { type { inputFields { name } } } } }`:                                                                                                          true,
		`{ __type(name: "Item") { inputFields { type { inputFields { type { fields { name } } } } } } }`:                                                                                      false,
		`{ __schema { types { ... { fields { type { ...T } } } } } } fragment T on __Type { fields { type { ofType { name } } } }`:                                                            true,
		`{ __schema { types { ...T } } } fragment T on __Type { ...U } fragment U on __Type { fields { type { ...V } } } fragment V on __Type { fields { type { possibleTypes { name } } } }`: false,
		`{ ... { __schema { types { fields { type { fields { type { fields { name } } } } } } } } }`:                                                                                          false,
		`{ item { id } s: __schema { types { kind f: fields { type { f: fields { type { f: fields { name } } } } } } } }`:                                                                     false,
		`{ __schema { types { name a: fields { name } b: fields { name } c: interfaces { name } d: possibleTypes { name } } } }`:                                                              true,
	} {
		_, err := planner.Prepare(plan.Request{Query: query})
		if allowed {
			if err != nil {
				t.Errorf("%s: %v, want it allowed", query, err)
			}
			continue
		}
		refusal, ok := errors.AsType[*gqlerr.Error](err)
		if !ok || refusal.Code() != gqlerr.ValidationFailed || refusal.Extensions["limit"] != 2 || refusal.Extensions["actual"] != 3 {
			t.Errorf("%s: %v, want a refusal of three lists where two are allowed", query, err)
		}
	}
}

func TestIntrospectionIsKnownByItsRootFields(t *testing.T) {
	t.Parallel()
	planner := newPlanner(t, twoGraphs)
	for query, want := range map[string]bool{
		`{ __schema { queryType { name } } }`: true, `{ a: __type(name: "Item") { name } item { id } }`: true, `{ item { __typename } __typename }`: false,
	} {
		op, err := planner.Prepare(plan.Request{Query: query})
		if err != nil {
			t.Fatal(err)
		}
		if got := op.IsIntrospection(); got != want {
			t.Errorf("%s is introspection: %v", query, got)
		}
	}
}

// paths returns where a response reads its fields from, by their names.
func paths(fields []*resolve.Field, at string, into map[string]string) map[string]string {
	for _, f := range fields {
		name := at + string(f.Name)
		into[name] = strings.Join(f.Value.NodePath(), ".")
		for node := f.Value; node != nil; {
			switch n := node.(type) {
			case *resolve.Array:
				node = n.Item
				continue
			case *resolve.Object:
				paths(n.Fields, name+".", into)
			}
			break
		}
	}
	return into
}

func readFrom(t *testing.T, planner *plan.Planner, query string) map[string]string {
	t.Helper()
	op, err := planner.Prepare(plan.Request{Query: query})
	if err != nil {
		t.Fatal(err)
	}
	return paths(op.Plan.(*engine.SynchronousResponsePlan).Response.Data.Fields, "", map[string]string{})
}

// The source of the schema has no aliases, and a subgraph's response has.
func TestTheSchemaIsReadByTheNamesOfItsFields(t *testing.T) {
	t.Parallel()
	got := readFrom(t, newPlanner(t, twoGraphs), `{ s: __schema { q: queryType { n: name } t: types { k: kind f: fields { d: isDeprecated a: args { v: defaultValue } } } } x: item { y: name } }`)
	delete(got, "s")
	want := map[string]string{
		"s.q": "queryType", "s.q.n": "name", "s.t": "types", "s.t.k": "kind", "s.t.f": "fields", "s.t.f.d": "isDeprecated", "s.t.f.a": "args", "s.t.f.a.v": "defaultValue",
		"x": "x", "x.y": "y",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("fields are read from (-want +got):\n%s", diff)
	}
	if got := readFrom(t, newPlanner(t, twoGraphs), `{ t: __type(name: "Item") { n: name } }`); got["t.n"] != "name" {
		t.Errorf("a name of a type is read from %s", got["t.n"])
	}
}

// The planner adds the fields of keys under their names: a client's alias of that
// name has another one on the way.
func TestAliasesDoNotReplaceKeys(t *testing.T) {
	t.Parallel()
	planner := newPlanner(t, twoGraphs)
	for query, want := range map[string]map[string]string{
		`{ item { id: name } }`:                {"item": "item", "item.id": "_alias_id"},
		`{ id: item { name } }`:                {"id": "_alias_id", "id.name": "name"},
		`{ item { x: id name } }`:              {"item": "item", "item.x": "x", "item.name": "name"},
		`{ item { _alias_id: name id } }`:      {"item": "item", "item._alias_id": "_alias__alias_id", "item.id": "id"},
		`{ a: item { id: name } item { id } }`: {"a": "a", "a.id": "_alias_id", "item": "item", "item.id": "id"},
	} {
		if diff := cmp.Diff(want, readFrom(t, planner, query)); diff != "" {
			t.Errorf("%s is read from (-want +got):\n%s", query, diff)
		}
	}
	for renamed, name := range map[string]string{"_alias_id": "id", "_alias__alias_id": "_alias_id", "id": "id", "": ""} {
		if got := plan.ClientName(renamed); got != name {
			t.Errorf("the client's name of %q is %q, want %q", renamed, got, name)
		}
	}
}
