package execute

import (
	"encoding/json"
	"fmt"
	"hash/maphash"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"

	"cartograph/router/execute/program"
	"cartograph/router/plan"
)

func TestAbsentVariablesAreNotSent(t *testing.T) {
	t.Parallel()
	g := newGraph(t, nil)
	g.responses = map[string]string{"catalog": `{"data":{"echo":"x"}}`}
	const query = `query($x: Int, $y: String, $list: [Int!]) { echo(x: $x, y: $y, list: $list) }`
	for variables, want := range map[string]string{
		``:                               `{}`,
		`{}`:                             `{}`,
		`null`:                           `{}`,
		`{"x":null}`:                     `{"x":null}`,
		`{"x":1}`:                        `{"x":1}`,
		`{"list":[1,2]}`:                 `{"list":[1,2]}`,
		`{"y":"","list":[]}`:             `{"list":[],"y":""}`,
		`{"x":0,"y":"\"}{[,\u00e9"}`:     `{"x":0,"y":"\"}{[,é"}`,
		`{ "y" : "b" , "x" : 7 }`:        `{"x":7,"y":"b"}`,
		`{"x":1,"y":null,"list":[9, 8]}`: `{"list":[9,8],"x":1,"y":null}`,
	} {
		g.runAs(t, anonymous(), query, variables).want(t, variables, `{"echo":"x"}`)
		requests := g.take("catalog")
		var request struct {
			Query     string
			Variables map[string]any
		}
		if len(requests) != 1 || json.Unmarshal([]byte(requests[0]), &request) != nil {
			t.Fatalf("%s: requests are %v, want one that is JSON", variables, requests)
		}
		// The plan has names of its own for the variables.
		sent := map[string]any{}
		for argument, name := range argumentsOf(request.Query) {
			if value, ok := request.Variables[name]; ok {
				sent[argument] = value
			}
		}
		if got, _ := json.Marshal(sent); string(got) != want || len(sent) != len(request.Variables) {
			t.Errorf("variables %s are sent as %s in %s, want %s", variables, got, requests[0], want)
		}
	}
}

// argumentsOf returns the variable of each argument of the one field in a query.
func argumentsOf(query string) map[string]string {
	out := map[string]string{}
	_, list, _ := strings.Cut(query, "echo(")
	list, _, _ = strings.Cut(list, ")")
	for part := range strings.SplitSeq(list, ", ") {
		name, variable, _ := strings.Cut(part, ": $")
		out[name] = variable
	}
	return out
}

func TestVariablesOfEqualOperationsKeepTheirNames(t *testing.T) {
	t.Parallel()
	g := newGraph(t, nil)
	g.responses = map[string]string{"catalog": `{"data":{"echo":"x"}}`}
	for _, c := range []struct{ query, variables string }{
		{`query($first: Int, $second: String) { echo(x: $first, y: $second) }`, `{"first":1,"second":"a"}`},
		{`query($second: Int, $first: String) { echo(x: $second, y: $first) }`, `{"second":1,"first":"a"}`},
	} {
		g.runAs(t, anonymous(), c.query, c.variables)
		requests := g.take("catalog")
		if len(requests) != 1 || !strings.Contains(requests[0], `"variables":{"a":1,"b":"a"}`) {
			t.Errorf("%s sends %v, want x 1 and y a", c.query, requests)
		}
	}
}

func TestMembersAreSeparatedByCommasOfWhatIsPresent(t *testing.T) {
	t.Parallel()
	static := func(text string) program.Piece { return program.Piece{Static: []byte(text)} }
	variable := func(name string) program.Piece {
		return program.Piece{Key: []byte(`"` + name + `":`), Variable: strings.Split(name, ".")}
	}
	constant := program.Piece{Key: []byte(`"c":`), Static: []byte("7")}
	for _, c := range []struct {
		pieces    []program.Piece
		variables string
		want      string
	}{
		{[]program.Piece{static(`{`), variable("a"), variable("b"), static(`}`)}, `{"a":1,"b":2}`, `{"a":1,"b":2}`},
		{[]program.Piece{static(`{`), variable("a"), variable("b"), static(`}`)}, `{"b":2}`, `{"b":2}`},
		{[]program.Piece{static(`{`), variable("a"), variable("b"), static(`}`)}, `{"a":1}`, `{"a":1}`},
		{[]program.Piece{static(`{`), variable("a"), variable("b"), static(`}`)}, `{}`, `{}`},
		{[]program.Piece{static(`{`), variable("a"), static(`,"r":[]}`)}, `{}`, `{"r":[]}`},
		{[]program.Piece{static(`{`), variable("a"), static(`,"r":[]}`)}, `{"a":1}`, `{"a":1,"r":[]}`},
		{[]program.Piece{static(`{`), variable("a"), constant, static(`}`)}, `{}`, `{"c":7}`},
		{[]program.Piece{static(`{"r":[]`), variable("a"), constant, static(`}`)}, `{"a":null}`, `{"r":[],"a":null,"c":7}`},
		{[]program.Piece{static(`{`), variable("a.b"), static(`}`)}, `{"a":{"b":[1, 2]}}`, `{"a.b":[1, 2]}`},
		{[]program.Piece{static(`{`), variable("a.b"), static(`}`)}, `{"a":5}`, `{}`},
		{[]program.Piece{static(`,`), variable("a"), static(``)}, `{"a":1}`, `,,"a":1`},
	} {
		r := newWriter(t, nil, `{}`, nil)
		if err := r.readVariables([]byte(c.variables)); err != nil {
			t.Fatal(err)
		}
		if got := string(r.appendPieces(nil, c.pieces)); got != c.want {
			t.Errorf("with %s the request has %s, want %s", c.variables, got, c.want)
		}
	}
}

func TestVariablesThatAreNoObjectFailTheOperation(t *testing.T) {
	t.Parallel()
	g := newGraph(t, nil)
	g.responses = map[string]string{"catalog": `{"data":{"echo":"x"}}`}
	for _, variables := range []string{`[1]`, `{"x":`, `"text"`, `null`} {
		op := *g.prepare(t, `query($x: Int) { echo(x: $x) }`, `{"x":1}`)
		op.Variables = []byte(variables)
		if _, err := g.executor.Run(t.Context(), &op, g.executor.NewSession(anonymous(), nil)); err == nil {
			t.Errorf("variables %s are accepted", variables)
		}
	}
	if requests := g.take("catalog"); len(requests) > 0 {
		t.Errorf("with such variables the catalog gets %v, want nothing", requests)
	}
}

func TestLargeBuffersAreNotKept(t *testing.T) {
	t.Parallel()
	for size, kept := range map[int]bool{maxRetainedBuffer: true, maxRetainedBuffer + 1: false} {
		c := fetchCall{buffer: make([]byte, size), body: make([]byte, size), response: []byte("x"), fetch: &program.Fetch{}, err: errInvalidVariables}
		c.reset()
		if (c.buffer != nil) != kept || (c.body != nil) != kept {
			t.Errorf("buffers of %d bytes are kept: %v and %v, want %v", size, c.buffer != nil, c.body != nil, kept)
		}
		if c.response != nil || c.fetch != nil || c.err != nil {
			t.Error("a call keeps what belongs to its request")
		}
	}
}

// A panic in the goroutine of a fetch is a failure of that fetch.
func TestAPanicIsTheFailureOfItsFetch(t *testing.T) {
	t.Parallel()
	g := newGraph(t, nil)
	field := func(name string) program.Field {
		return program.Field{
			Name: name, Path: name, Key: []byte(`,"` + name + `":`), Guard: program.NoGuard, Value: &program.Value{Kind: program.String, Nullable: true},
		}
	}
	fetch := func(index int, subgraph, root string) *program.Fetch {
		return &program.Fetch{Index: index, ID: index, Subgraph: subgraph, Query: true, Roots: []string{root}, Prefix: []program.Piece{{Static: []byte(`{}`)}}}
	}
	p := &program.Program{
		Stages:  [][]*program.Fetch{{fetch(0, "accounts", "greeting"), fetch(1, "no such subgraph", "a"), fetch(2, "no such subgraph", "b")}},
		Fetches: 3, Data: &program.Value{Kind: program.Object, Fields: []program.Field{field("greeting"), field("a"), field("b")}},
	}
	g.responses = map[string]string{"accounts": `{"data":{"greeting":"hello"}}`}
	response, err := g.executor.runProgram(t.Context(), &plan.Operation{}, g.executor.NewSession(anonymous(), nil), p, &resolve.GraphQLResponse{})
	if err != nil {
		t.Fatal(err)
	}
	readResult(t, response).want(t, "two fetches that panic", `{"greeting":"hello","a":null,"b":null}`,
		"INTERNAL a of no such subgraph", "INTERNAL b of no such subgraph")
}

func TestRequestsOfAMutationAreNotQueries(t *testing.T) {
	t.Parallel()
	g := newGraph(t, nil)
	g.responses = map[string]string{"accounts": `{"data":{"wave":"o/"}}`}
	g.runAs(t, anonymous(), `mutation { wave }`, "").want(t, "a mutation", `{"wave":"o/"}`)
	if diff := cmp.Diff([]string{`{"query":"mutation{wave}"}`}, g.take("accounts")); diff != "" {
		t.Errorf("request of a mutation (-want +got):\n%s", diff)
	}
	g.responses = map[string]string{"accounts": dropped}
	for query, attempts := range map[string]int{`{ greeting }`: 2, `mutation { wave }`: 1} { // a mutation may have taken effect
		if got := g.runAs(t, anonymous(), query, ""); len(got.Errors) != 1 || !strings.HasPrefix(got.Errors[0], "SUBGRAPH_UNAVAILABLE") {
			t.Errorf("%s without a response is %+v", query, got)
		}
		if requests := g.take("accounts"); len(requests) != attempts {
			t.Errorf("%s without a response is sent %d times, want %d", query, len(requests), attempts)
		}
	}
}

func TestEqualRepresentationsAreFound(t *testing.T) {
	t.Parallel()
	set := representationSet{seed: maphash.MakeSeed()}
	for _, n := range []int{1, 4, 5, 1000} {
		set.begin(n)
		if len(set.slots) < 2*n || len(set.slots)&(len(set.slots)-1) != 0 {
			t.Fatalf("for %d representations there are %d slots, want a power of two, at most half full", n, len(set.slots))
		}
		var body []byte
		for round := range 2 {
			for i := range n {
				from := len(body)
				body = fmt.Appendf(body, `{"id":%d}`, i)
				index, known := set.add(body, from)
				if index != i || known != (round == 1) {
					t.Fatalf("representation %d of %d: index %d, known %v in round %d", i, n, index, known, round)
				}
				if known {
					body = body[:from]
				}
			}
		}
	}
	set.begin(2)
	if len(set.slots) != 8 {
		t.Errorf("after a large set a small one has %d slots, want 8", len(set.slots))
	}
	if index, known := set.add([]byte(`{"id":1}`), 0); index != 0 || known {
		t.Errorf("a new set finds the representation %d of the one before", index)
	}
}
