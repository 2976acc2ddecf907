package plan_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/vektah/gqlparser/v2/ast"

	"cartograph/router/plan"
	"cartograph/router/supergraph"
)

// anonymousLimit is the router's default for a request of an anonymous visitor.
const anonymousLimit = 1000

func TestPagesOfTheShopCostAtMostHalfOfAnAnonymousVisitorsLimit(t *testing.T) {
	t.Parallel()
	planner := newPlanner(t, readFile(t, "../../schema/supergraph.graphql"))
	pages := txtar.Parse([]byte(readFile(t, "../testdata/pages.txtar"))).Files
	if len(pages) < 9 {
		t.Fatalf("%d pages, want 9", len(pages))
	}
	for _, page := range pages {
		op, err := planner.Prepare(plan.Request{Query: string(page.Data)})
		if err != nil {
			t.Errorf("%s: %v", page.Name, err)
			continue
		}
		if op.Cost > anonymousLimit/2 {
			t.Errorf("%s costs %d, want at most %d", page.Name, op.Cost, anonymousLimit/2)
		}
		t.Logf("%s costs %d", page.Name, op.Cost)
	}
}

// TestEveryListOfObjectsHasASize finds lists that the cost would take for ten
// items long, whatever they are.
func TestEveryListOfObjectsHasASize(t *testing.T) {
	t.Parallel()
	sg, err := supergraph.Parse(readFile(t, "../../schema/supergraph.graphql"))
	if err != nil {
		t.Fatal(err)
	}
	sized := map[string]bool{}
	for _, definition := range sg.Types {
		for _, field := range definition.Fields {
			if size := supergraph.ListSizeOf(field); size != nil {
				for _, name := range size.SizedFields {
					sized[field.Type.Name()+"."+name] = true
				}
			}
			if field.Arguments.ForName("first") != nil && field.Type.Elem == nil {
				sized[field.Type.Name()+".nodes"], sized[field.Type.Name()+".edges"] = true, true
			}
		}
	}
	lists := 0
	for _, definition := range sg.Types {
		if definition.Kind != ast.Object && definition.Kind != ast.Interface {
			continue
		}
		for _, field := range definition.Fields {
			result := sg.Type(field.Type.Name())
			if field.Type.Elem == nil || result == nil || len(result.Fields)+len(result.Types) == 0 {
				continue
			}
			lists++
			byArgument := field.Arguments.ForName("first") != nil || field.Arguments.ForName("ids") != nil
			if !byArgument && supergraph.ListSizeOf(field) == nil && !sized[definition.Name+"."+field.Name] {
				t.Errorf("%s.%s is a list without @listSize", definition.Name, field.Name)
			}
		}
	}
	if lists < 30 {
		t.Errorf("found %d lists of objects, want more", lists)
	}
}

func TestAnOperationOverTheCostLimitNamesItsDearestPaths(t *testing.T) {
	t.Parallel()
	sg, err := supergraph.Parse(costSDL)
	if err != nil {
		t.Fatal(err)
	}
	limits := plan.DefaultLimits()
	limits.CostDetails = 20
	upstreams := map[string]plan.Upstream{"a": {URL: "http://a", Client: http.DefaultClient, Events: noEvents{}}}
	planner, err := plan.NewPlanner(t.Context(), sg, upstreams, limits, plan.Introspection{Enabled: true, Suggestions: true})
	if err != nil {
		t.Fatal(err)
	}
	const query = `query Q($n: Int) { one { leaf } connection(first: $n) { nodes { many { leaf } leaf } facets { leaf } } eight { leaf } }`
	want := []plan.PathCost{
		{Path: "connection.nodes.many", Cost: 300, Change: "Lower first of connection, which is 30, or leave the field out."},
		{Path: "connection.nodes", Cost: 30, Change: "Lower first of connection, which is 30, or leave the field out."},
		{Path: "connection.facets", Cost: 10, Change: "Leave the field out."},
	}
	for _, n := range []string{"2", "30"} { // the second with the document's cached form
		op, err := planner.Prepare(plan.Request{Query: query, Variables: []byte(`{"n": ` + n + `}`)})
		if err != nil {
			t.Fatal(err)
		}
		if n == "30" {
			if diff := cmp.Diff(want, op.Dearest); diff != "" {
				t.Errorf("dearest paths (-want +got):\n%s", diff)
			}
		}
	}
	op, err := planner.Prepare(plan.Request{Query: strings.Replace(query, "eight { leaf }", "", 1), Variables: []byte(`{"n": 0}`)})
	if err != nil || op.Cost > limits.CostDetails || op.Dearest != nil {
		t.Errorf("an operation below the limit: %+v, %v; want no paths", op, err)
	}
}

// The ratios were measured side by side, see the guide: a search of ten words, with its
// count and facets, takes about ten times as long as a product by its slug.
func TestASearchCostsAtLeastWhatItTakes(t *testing.T) {
	t.Parallel()
	planner := newPlanner(t, readFile(t, "../../schema/supergraph.graphql"))
	costOf := func(query string) int {
		op, err := planner.Prepare(plan.Request{Query: query})
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		return op.Cost
	}
	product := costOf(`{ product(slug: "a") { id } }`)
	for query, ratio := range map[string]int{
		`{ search(query: "a", first: 1) { nodes { id } } }`:                                        5,
		`{ search(query: "a", first: 1) { totalCount nodes { id } } }`:                             10,
		`{ search(query: "a", first: 1) { totalCount facets { values { count } } nodes { id } } }`: 12,
		`{ searchSuggest(prefix: "a", limit: 1) { queries } }`:                                     3,
	} {
		if cost := costOf(query); cost < ratio*product {
			t.Errorf("%s costs %d, want at least %d times the %d of a product", query, cost, ratio, product)
		}
	}
}
