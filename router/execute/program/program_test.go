package program

import (
	"context"
	"errors"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/datasource/graphql_datasource"
	engine "github.com/wundergraph/graphql-go-tools/v2/pkg/engine/plan"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"

	"cartograph/router/plan"
	"cartograph/router/supergraph"
)

type noEvents struct{}

func (noEvents) Subscribe(*resolve.Context, graphql_datasource.GraphQLSubscriptionOptions, resolve.SubscriptionUpdater) error {
	return errors.New("without a subscriber")
}

// compile plans an operation over the shop and compiles it.
func compile(t *testing.T, query string) (*Program, error) {
	t.Helper()
	sdl, err := os.ReadFile("../../testdata/shop/supergraph.graphql")
	if err != nil {
		t.Fatal(err)
	}
	sg, err := supergraph.Parse(string(sdl))
	if err != nil {
		t.Fatal(err)
	}
	upstreams := map[string]plan.Upstream{}
	for _, s := range sg.Subgraphs {
		upstreams[s.Name] = plan.Upstream{URL: "http://" + s.Name, Client: http.DefaultClient, Events: noEvents{}}
	}
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	planner, err := plan.NewPlanner(ctx, sg, upstreams, plan.DefaultLimits(), plan.Introspection{Enabled: true, Suggestions: true})
	if err != nil {
		t.Fatal(err)
	}
	op, err := planner.Prepare(plan.Request{Query: query})
	if err != nil {
		t.Fatal(err)
	}
	return Compile(op.Plan.(*engine.SynchronousResponsePlan).Response)
}

func mustCompile(t *testing.T, query string) *Program {
	t.Helper()
	p, err := compile(t, query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return p
}

func TestWhatIsNotKnownIsRefusedByName(t *testing.T) {
	t.Parallel()
	_, err := compile(t, `{ __schema { queryType { name } } me { id } }`)
	if refused, ok := errors.AsType[*UnsupportedError](err); !ok || !strings.Contains(refused.Reason, "introspection") {
		t.Errorf("introspection: %v, want it refused by its name", err)
	}
	response := &resolve.GraphQLResponse{Data: &resolve.Object{Fields: []*resolve.Field{{Name: []byte("x"), Value: &resolve.CustomNode{}}}}}
	if _, err := Compile(response); err == nil {
		t.Error("an unknown node is compiled")
	}
	response.Data.Fields[0] = &resolve.Field{Name: []byte("x"), Value: &resolve.String{Path: []string{"x"}}, Defer: &resolve.DeferField{}}
	if _, err := Compile(response); err == nil {
		t.Error("a field that comes later is compiled")
	}
	if _, err := Compile(&resolve.GraphQLResponse{}); err == nil {
		t.Error("a plan without data is compiled")
	}
}

// shown is a request with holes: a variable stands for itself.
func shown(pieces []Piece) string {
	var out strings.Builder
	for _, p := range pieces {
		switch {
		case p.Variable != nil:
			out.WriteString("«" + string(p.Key) + "$" + strings.Join(p.Variable, ".") + "»")
		default:
			out.Write(p.Key)
			out.Write(p.Static)
		}
	}
	return out.String()
}

func TestRequestsAreCutOnce(t *testing.T) {
	t.Parallel()
	p := mustCompile(t, `query($n: Int, $r: Int) { products(first: $n) { title reviews(first: $r) { id } } }`)
	if len(p.Stages) != 2 || p.Fetches != 2 {
		t.Fatalf("%d stages with %d fetches, want 2 and 2", len(p.Stages), p.Fetches)
	}
	root, entities := p.Stages[0][0], p.Stages[1][0]
	want := `{"query":"query($a: Int){products(first: $a){title id}}","variables":{«"a":$a»}}`
	if diff := cmp.Diff(want, shown(root.Prefix)); diff != "" {
		t.Errorf("request for the root (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"products"}, root.Roots); diff != "" {
		t.Errorf("root fields (-want +got):\n%s", diff)
	}
	wantHead := `{"query":"query($representations: [_Any!]!, $b: Int){_entities(representations: $representations){... on Product {reviews(first: $b){id}}}}","variables":{«"b":$b»,"representations":[`
	if diff := cmp.Diff(wantHead, shown(entities.Prefix)); diff != "" {
		t.Errorf("request for entities (-want +got):\n%s", diff)
	}
	if got := shown(entities.Suffix); got != `]}}` {
		t.Errorf("it ends in %s, want ]}}", got)
	}
	if diff := cmp.Diff([]Step{{Name: "products"}}, entities.Entities[0].Path); diff != "" {
		t.Errorf("path to the objects (-want +got):\n%s", diff)
	}
}

func TestMergedFetchesAreOneRequest(t *testing.T) {
	t.Parallel()
	p := mustCompile(t, `query($n: Int) { product(id: "p") { reviews(first: $n) { id } bundle { freight } } }`)
	f := p.Stages[1][0]
	if !f.Merged || len(f.Entities) != 2 {
		t.Fatalf("merged %v with %d lists, want two lists in one request", f.Merged, len(f.Entities))
	}
	if one, many := f.Entities[0], f.Entities[1]; one.Alias == many.Alias || !one.Single || many.Single {
		t.Errorf("lists %+v and %+v, want one object, then several, under two aliases", one, many)
	}
	if got := shown(f.Entities[0].Variables); !strings.HasSuffix(got, `_f1":$b»`) {
		t.Errorf("variables of the first list are %s, want its own", got)
	}
	if string(f.Entities[0].Prefix) != `"representations_f1":[` {
		t.Errorf("the first list begins with %s", f.Entities[0].Prefix)
	}
}

func TestGuardsCloseWhatMustNotBeSent(t *testing.T) {
	t.Parallel()
	p := mustCompile(t, `{ staff { name email } greeting }`)
	slices.SortFunc(p.Guards, func(a, b supergraph.Coordinate) int { return strings.Compare(a.Type, b.Type) })
	if diff := cmp.Diff([]supergraph.Coordinate{{Type: "Query", Field: "staff"}, {Type: "User", Field: "email"}}, p.Guards); diff != "" {
		t.Errorf("guards (-want +got):\n%s", diff)
	}
	all := func(int) bool { return true }
	query := &Fetch{Query: true}
	mutation := &Fetch{}
	for _, c := range []struct {
		what   string
		fetch  *Fetch
		guards []int
		want   bool
	}{
		{"a query of denied fields only", query, []int{0, 1}, true},
		{"a query with an open field", query, []int{0, NoGuard}, false},
		{"a query of open fields", query, []int{NoGuard}, false},
		{"a query of no root field", query, nil, false},
		{"a mutation with a denied field", mutation, []int{0, NoGuard}, true},
		{"a mutation of open fields", mutation, []int{NoGuard}, false},
	} {
		if got := c.fetch.IsDenied(c.guards, all); got != c.want {
			t.Errorf("%s is closed: %v, want %v", c.what, got, c.want)
		}
	}
}

func TestVariablesInsideOthersAreRefused(t *testing.T) {
	t.Parallel()
	for text, flat := range map[string]bool{
		`{"query":"{a(b: \"}\")}","variables":{`:             true,
		`{"query":"q","variables":{"x":{`:                    false,
		`{"query":"q","variables":{"x":["}",`:                false,
		`{"query":"q","variables":{"x":{"y":"{\""},"z":[1],`: true,
	} {
		f := &Fetch{Prefix: []Piece{{Static: []byte(text)}, {Key: []byte(`"v":`), Variable: []string{"v"}}}}
		if got := f.variablesAreFlat(); got != flat {
			t.Errorf("%s: flat %v, want %v", text, got, flat)
		}
	}
}
