package execute

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/router/plan"
)

// parts runs an operation with @defer, and returns the first part and then the
// increments, in the order of their paths, each as path, label, data and errors.
func (g *graph) parts(t *testing.T, caller auth.Caller, query string) (first string, later []string) {
	t.Helper()
	op, err := g.planner.Prepare(plan.Request{Query: query, Incremental: true})
	if err != nil {
		t.Fatal(err)
	}
	ended := false
	err = g.executor.RunIncremental(t.Context(), op, g.executor.NewSession(caller, nil), func(body []byte, more bool) error {
		var in struct {
			Data        json.RawMessage
			HasNext     *bool
			Incremental []struct {
				Path  []any
				Label string
			}
		}
		if err := json.Unmarshal(body, &in); err != nil {
			t.Fatalf("part is not JSON: %v: %s", err, body)
		}
		if ended || in.HasNext != nil && *in.HasNext != more {
			t.Errorf("part %s follows the last one: %v, or its hasNext is not %v", body, ended, more)
		}
		ended = !more
		if first == "" {
			r := readResult(t, Response{Body: body})
			first = fmt.Sprint(r.Data, " ", r.Errors)
		} else if in.Data != nil {
			t.Errorf("a later part has data of its own: %s", body)
		}
		var entries struct{ Incremental []json.RawMessage }
		if err := json.Unmarshal(body, &entries); err != nil {
			t.Fatal(err)
		}
		for i, entry := range entries.Incremental {
			r := readResult(t, Response{Body: entry})
			later = append(later, fmt.Sprint(in.Incremental[i].Path, " ", in.Incremental[i].Label, " ", r.Data, " ", r.Errors))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !ended {
		t.Error("no part is the last")
	}
	slices.Sort(later)
	return first, later
}

func TestDeferredFieldsFollowWithTheirPaths(t *testing.T) {
	t.Parallel()
	g := newGraph(t, nil)
	product := func(id string) string { return `{"__typename":"Product","id":"` + id + `","title":"Mug","weight":3}` }
	list := `{"data":{"products":[` + product("1") + `,` + product("2") + `],"product":` + product("1") + `}}`
	for _, c := range []struct {
		claim, query string
		reviews      string
		first        string
		later        []string
	}{
		{
			"one object", `{ product(id: "1") { title ... @defer(label: "slow") { freight } } }`, `{"data":{"_entities":[{"freight":6}]}}`,
			`{"product":{"title":"Mug"}} []`,
			[]string{`[product] slow {"freight":6} []`},
		},
		{
			"the elements of a list", `{ products { title ... @defer { freight } } }`, `{"data":{"_entities":[{"freight":6},{"freight":8}]}}`,
			`{"products":[{"title":"Mug"},{"title":"Mug"}]} []`,
			[]string{`[products 0]  {"freight":6} []`, `[products 1]  {"freight":8} []`},
		},
		{
			"an alias of the client", `{ p: product(id: "1") { title ... @defer { cost: freight } } }`, `{"data":{"_entities":[{"cost":6}]}}`,
			`{"p":{"title":"Mug"}} []`,
			[]string{`[p]  {"cost":6} []`},
		},
		{
			"a subgraph that does not respond", `{ product(id: "1") { title ... @defer { freight } } }`, "",
			`{"product":{"title":"Mug"}} []`,
			[]string{`[product]  {"freight":null} [SUBGRAPH_UNAVAILABLE product of reviews]`},
		},
		{
			"an error of a deferred field", `{ product(id: "1") { title ... @defer { freight } } }`,
			`{"data":{"_entities":[{"freight":null}]},"errors":[{"message":"secret","path":["_entities",0,"freight"]}]}`,
			`{"product":{"title":"Mug"}} []`,
			[]string{`[product]  {"freight":null} [INTERNAL product.freight of reviews]`},
		},
	} {
		g.responses = map[string]string{"catalog": list, "reviews": c.reviews}
		if strings.Contains(c.query, "p: product") {
			g.responses["catalog"] = `{"data":{"p":` + product("1") + `}}`
		}
		first, later := g.parts(t, anonymous(), c.query)
		if first != c.first {
			t.Errorf("%s: the first part is %s, want %s", c.claim, first, c.first)
		}
		if diff := cmp.Diff(c.later, later); diff != "" {
			t.Errorf("%s: increments (-want +got):\n%s", c.claim, diff)
		}
	}
}

func TestDeniedFieldsAreDeniedWhenTheyAreDeferred(t *testing.T) {
	t.Parallel()
	g := newGraph(t, nil)
	g.responses = map[string]string{
		"accounts": `{"data":{"me":{"__typename":"User","id":"1","name":"Ada","email":"a@b"}}}`,
	}
	const query = `{ me { name ... @defer { email } } }`
	for scopes, want := range map[string]string{
		"":             `[me]  {"email":null} [FORBIDDEN me.email]`,
		"profile:read": `[me]  {"email":"a@b"} []`,
	} {
		first, later := g.parts(t, signedIn(strings.Fields(scopes)...), query)
		if first != `{"me":{"name":"Ada"}} []` || len(later) != 1 || later[0] != want {
			t.Errorf("with the scopes %q: %s and %v, want the email to be %s", scopes, first, later, want)
		}
	}
}

func TestWithoutDeferredFieldsThereIsOnePart(t *testing.T) {
	t.Parallel()
	g := newGraph(t, nil)
	g.responses = map[string]string{"accounts": `{"data":{"greeting":"hello"}}`}
	for _, query := range []string{`{ greeting }`, `{ ... @defer(if: false) { greeting } }`} {
		if first, later := g.parts(t, anonymous(), query); first != `{"greeting":"hello"} []` || later != nil {
			t.Errorf("%s: %s and %v, want one part", query, first, later)
		}
	}
}

func TestAPartThatCannotBeSentEndsTheOperation(t *testing.T) {
	t.Parallel()
	g := newGraph(t, nil)
	g.responses = map[string]string{
		"catalog": `{"data":{"product":{"__typename":"Product","id":"1","title":"Mug","weight":3}}}`, "reviews": `{"data":{"_entities":[{"freight":6}]}}`,
	}
	op, err := g.planner.Prepare(plan.Request{Query: `{ product(id: "1") { title ... @defer { freight } } }`, Incremental: true})
	if err != nil {
		t.Fatal(err)
	}
	closed, parts := errors.New("connection closed"), 0
	err = g.executor.RunIncremental(t.Context(), op, g.executor.NewSession(anonymous(), nil), func([]byte, bool) error {
		parts++
		return closed
	})
	if err == nil || parts != 1 {
		t.Errorf("after %d parts that could not be sent: %v, want one part and an error", parts, err)
	}
}
