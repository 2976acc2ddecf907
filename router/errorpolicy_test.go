package router_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/router"
	"cartograph/router/execute"
)

// TestErrorsOfASubgraphArePassedOnByItsPolicy sends errors with and without the
// codes of the policy. Both executors must treat them alike.
func TestErrorsOfASubgraphArePassedOnByItsPolicy(t *testing.T) {
	t.Parallel()
	const failure = `{"data":{"echo":null},"errors":[
		{"message":"All sold.","path":["echo"],"extensions":{"code":"OUT_OF_STOCK","left":[0],"sql":"SELECT 1","service":"spoofed"}},
		{"message":"Too long.","path":["me"],"extensions":{"code":"BAD_USER_INPUT","left":1,"sql":"SELECT 2"}},
		{"message":"panic in main.go","path":["products"],"extensions":{"code":"CRASHED","left":2}},
		{"message":"no code","path":["plan"],"extensions":{"left":3}}]}`
	type seen struct {
		Message, Code string
		Left          any
	}
	const masked = "Something went wrong on our side."
	for name, c := range map[string]struct {
		policy execute.ErrorPolicy
		want   []seen
	}{
		"masked by default": {execute.ErrorPolicy{}, []seen{{masked, "INTERNAL", nil}, {"Too long.", "BAD_USER_INPUT", nil}, {masked, "INTERNAL", nil}, {masked, "INTERNAL", nil}}},
		"one code and one extension": {execute.ErrorPolicy{Codes: []string{"OUT_OF_STOCK"}, Extensions: []string{"left", "service", "requestId"}}, []seen{
			{"All sold.", "OUT_OF_STOCK", []any{0.0}}, {"Too long.", "BAD_USER_INPUT", 1.0}, {masked, "INTERNAL", nil}, {masked, "INTERNAL", nil},
		}},
		"all": {execute.ErrorPolicy{Codes: []string{"*"}}, []seen{{"All sold.", "OUT_OF_STOCK", nil}, {"Too long.", "BAD_USER_INPUT", nil}, {"panic in main.go", "CRASHED", nil}, {"no code", "INTERNAL", nil}}},
	} {
		for _, executor := range []router.Executor{router.OwnExecutor, router.EngineExecutor} {
			t.Run(name+" "+string(executor), func(t *testing.T) {
				t.Parallel()
				s := newShop(t, func(c2 *router.Config) {
					c2.Executor, c2.Errors = executor, map[string]execute.ErrorPolicy{"CATALOG": c.policy}
				})
				s.catalog.Before = func(w http.ResponseWriter, _ *http.Request) bool {
					_, _ = w.Write([]byte(failure))
					return true
				}
				var got []seen
				for _, e := range s.post(t, `{ echo }`).Errors {
					got = append(got, seen{e.Message, e.Extensions["code"].(string), e.Extensions["left"]})
					if e.Extensions["sql"] != nil || e.Extensions["service"] != "catalog" {
						t.Errorf("extensions = %v, want neither sql nor another service", e.Extensions)
					}
				}
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("the client sees (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// TestSubgraphsThatAreNotReadyAreListed stops one subgraph, then all. No request
// has failed before: the circuits are closed.
func TestSubgraphsThatAreNotReadyAreListed(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	if reasons, err := s.router.NotReady(t.Context()); len(reasons) > 0 || err != nil {
		t.Errorf("all run: %v, %v", reasons, err)
	}
	s.reviews.Close()
	reasons, err := s.router.NotReady(t.Context())
	if len(reasons) != 1 || err != nil || !cmp.Equal(reasons[0][:len("subgraph reviews is not ready: ")], "subgraph reviews is not ready: ") {
		t.Errorf("without reviews: %q, %v, want reviews alone", reasons, err)
	}
	s.accounts.Close()
	s.catalog.Close()
	if reasons, err := s.router.NotReady(t.Context()); len(reasons) != 3 || err == nil {
		t.Errorf("without any: %q, %v, want all and an error", reasons, err)
	}
}

func TestAPolicyForAnUnknownSubgraphIsRefused(t *testing.T) {
	t.Parallel()
	_, err := router.New(t.Context(), router.Config{SDL: shopSDL(t), Errors: map[string]execute.ErrorPolicy{"catlog": {}}}, nil)
	if err == nil {
		t.Error("the policy of a subgraph that does not exist is accepted")
	}
}
