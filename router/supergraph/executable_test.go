package supergraph_test

import (
	"strings"
	"testing"

	"cartograph/router/supergraph"
)

// TestClientsSeeTheDirectivesTheyMayWrite and none of composition's.
func TestClientsSeeTheDirectivesTheyMayWrite(t *testing.T) {
	t.Parallel()
	sg, err := supergraph.Parse(`schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION)
  @link(url: "https://specs.apollo.dev/tag/v0.3", import: [{name: "@tag", as: "@label"}]) { query: Query }
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__type(graph: join__Graph!) repeatable on OBJECT
directive @link(url: String) repeatable on SCHEMA
directive @label(name: String!) repeatable on FIELD_DEFINITION | FIELD
"How long clients keep a field."
directive @keep("In seconds." seconds: Int = 60, scope: Scope) repeatable on QUERY | FIELD | OBJECT
directive @internal on FIELD_DEFINITION | OBJECT
directive @include(if: Boolean!, why: String) on FIELD
scalar join__FieldSet
enum join__Graph { A @join__graph(name: "a", url: "http://a") }
enum Scope @join__type(graph: A) { ALL ONE }
type Query @join__type(graph: A) { name: String }
`)
	if err != nil {
		t.Fatal(err)
	}
	const definition = `directive @keep("In seconds." seconds: Int = 60, scope: Scope) repeatable on QUERY | FIELD` + "\n"
	client := sg.ClientSchema()
	if !strings.Contains(client, `"""How long clients keep a field."""`+"\n"+definition) {
		t.Errorf("the client schema lacks the directive:\n%s", client)
	}
	if n := strings.Count(client, "directive @"); n != 1 {
		t.Errorf("the client schema defines %d directives, want 1:\n%s", n, client)
	}
	for name, sdl := range map[string]string{"planner's": sg.PlannerSchema(), "subgraph's": sg.SubgraphSchema("A")} {
		if !strings.Contains(sdl, "directive @keep(seconds: Int = 60, scope: Scope) repeatable on QUERY | FIELD\n") {
			t.Errorf("the %s schema lacks the directive:\n%s", name, sdl)
		}
	}
}
