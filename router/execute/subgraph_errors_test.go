package execute

import (
	"encoding/json"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Subgraphs are not validated: what is no error of GraphQL is one all the same.
func TestErrorsOfSubgraphsReachTheClientInFull(t *testing.T) {
	t.Parallel()
	g := newGraph(t, nil)
	entry := func(code, message string, extra map[string]any, path ...any) map[string]any {
		extensions := map[string]any{"code": code, "service": "catalog", "requestId": "req"}
		maps.Copy(extensions, extra)
		out := map[string]any{"message": message, "extensions": extensions}
		if len(path) > 0 {
			out["path"] = path
		}
		return out
	}
	const internal = "Something went wrong on our side."
	for _, c := range []struct {
		claim, errors string
		want          []any
	}{
		{
			"a message for clients", `{"message":"Slow \"down\".","path":["echo"],"extensions":{"code":"RATE_LIMITED","retryAfter":7,"stack":"x"}}`,
			[]any{entry("RATE_LIMITED", `Slow "down".`, map[string]any{"retryAfter": 7.0}, "echo")},
		},
		{
			"a delay that is an object", `{"message":"x","path":["echo"],"extensions":{"code":"TIMEOUT","retryAfter":{"a":[1]}}}`,
			[]any{entry("TIMEOUT", "x", map[string]any{"retryAfter": map[string]any{"a": []any{1.0}}}, "echo")},
		},
		{"a delay that is null", `{"message":"x","path":["echo"],"extensions":{"code":"TIMEOUT","retryAfter":null}}`, []any{entry("TIMEOUT", "x", nil, "echo")}},
		{"no extensions", `{"message":"secret","path":["echo"]}`, []any{entry("INTERNAL", internal, nil, "echo")}},
		{"a message that is no text", `{"message":5,"path":["echo"],"extensions":{"code":"TIMEOUT"}}`, []any{entry("TIMEOUT", "", nil, "echo")}},
		{"a code that is no text", `{"message":"secret","path":["echo"],"extensions":{"code":5}}`, []any{entry("INTERNAL", internal, nil, "echo")}},
		{"extensions that are a list", `{"message":"secret","path":["echo"],"extensions":[1]}`, []any{entry("INTERNAL", internal, nil, "echo")}},
		{"a path that is no list", `{"message":"x","path":"echo","extensions":{"code":"TIMEOUT"}}`, []any{entry("TIMEOUT", "x", nil)}},
		{"a path of other values", `{"message":"x","path":["echo",null,{"a":1},1.5,2,true],"extensions":{"code":"TIMEOUT"}}`, []any{entry("TIMEOUT", "x", nil, "echo", 2.0)}},
		{"an entry that is text", `"secret"`, []any{entry("INTERNAL", internal, nil)}},
		{
			"two at two places", `{"message":"x","path":["echo"],"extensions":{"code":"TIMEOUT"}},{"message":"y","path":["products",0],"extensions":{"code":"TIMEOUT"}}`,
			[]any{entry("TIMEOUT", "x", nil, "echo"), entry("TIMEOUT", "y", nil, "products", 0.0)},
		},
	} {
		g.responses = map[string]string{"catalog": `{"data":{"echo":null},"errors":[` + c.errors + `]}`}
		response, err := g.executor.Run(t.Context(), g.prepare(t, `{ echo }`, ""), g.executor.NewSession(anonymous(), nil))
		if err != nil {
			t.Fatal(err)
		}
		var got struct{ Errors []any }
		if err := json.Unmarshal(response.Body, &got); err != nil {
			t.Fatalf("%s: response is not JSON: %v: %s", c.claim, err, response.Body)
		}
		if diff := cmp.Diff(c.want, got.Errors); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.claim, diff)
		}
	}
}

func TestErrorsOfEntitiesHaveThePathsOfTheirObjects(t *testing.T) {
	t.Parallel()
	g := newGraph(t, nil)
	nested := `{"data":{"products":[{"bundle":[{"__typename":"Product","id":"1"},{"__typename":"Product","id":"2"}]},{"bundle":[{"__typename":"Product","id":"2"}]}]}}`
	for path, want := range map[string][]string{
		`["_entities",1,"reviews",0,"body"]`: {"TIMEOUT products.0.bundle.1.reviews.0.body of reviews", "TIMEOUT products.1.bundle.0.reviews.0.body of reviews"},
		`["_entities",0]`:                    {"TIMEOUT products.0.bundle.0 of reviews"},
		`["_entities"]`:                      {"TIMEOUT products.bundle of reviews"},
		`["_entities","reviews"]`:            {"TIMEOUT products.bundle.reviews of reviews"},
		`["_entities",7,"reviews"]`:          {"TIMEOUT products.bundle.reviews of reviews"}, // no such representation
		`["other",1]`:                        {"TIMEOUT other.1 of reviews"},
		`[]`:                                 {"TIMEOUT  of reviews"},
	} {
		got := g.run(t, `{ products { bundle { reviews { body } } } }`, map[string]string{
			"catalog": nested, "reviews": `{"data":{"_entities":[{"reviews":[]},{"reviews":[]}]},"errors":[{"message":"x","path":` + path + `,"extensions":{"code":"TIMEOUT"}}]}`,
		})
		if diff := cmp.Diff(want, got.Errors); diff != "" {
			t.Errorf("an error at %s (-want +got):\n%s", path, diff)
		}
	}
}
