package graph_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/internal/subgraph"
	"cartograph/subgraphs/product/graph"
	"cartograph/subgraphs/product/graph/gen"
	"cartograph/subgraphs/product/producttest"
)

type client struct {
	*producttest.Shop
	handler  http.Handler
	internal *auth.Internal
}

func open(t testing.TB) client {
	t.Helper()
	internal, err := auth.NewInternal(strings.Repeat("s", 32))
	if err != nil {
		t.Fatal(err)
	}
	shop := producttest.Stocked(t)
	schema := gen.NewExecutableSchema(gen.Config{Resolvers: &graph.Resolver{Catalogue: shop.Service}})
	return client{shop, subgraph.Handler(schema, internal, slog.New(slog.DiscardHandler)), internal}
}

func anyone() auth.Caller {
	return auth.Caller{Actor: auth.Actor{Kind: auth.Anonymous}, Locale: "en-US", Currency: "USD", Country: "US", RequestID: "req-1"}
}

func seller() auth.Caller {
	c := anyone()
	c.Actor = auth.Actor{Kind: auth.User, ID: "usr_sam", Scopes: []string{"inventory:read", "inventory:write", "catalog:write"}}
	return c
}

type answer struct {
	Data   map[string]any `json:"data"`
	Errors []struct {
		Message    string         `json:"message"`
		Path       []any          `json:"path"`
		Extensions map[string]any `json:"extensions"`
	} `json:"errors"`
}

func (c client) request(t testing.TB, as auth.Caller, query string, variables map[string]any) *http.Request {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	token, err := c.internal.Sign(as)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}

func (c client) ask(t testing.TB, as auth.Caller, query string, variables map[string]any) answer {
	t.Helper()
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, c.request(t, as, query, variables))
	var a answer
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
		t.Fatalf("answer %d %s: %v", w.Code, w.Body, err)
	}
	return a
}

// expect asks and compares the answer's data with want, written as JSON.
func (c client) expect(t testing.TB, as auth.Caller, query, want string) {
	t.Helper()
	a := c.ask(t, as, query, nil)
	if len(a.Errors) > 0 {
		t.Fatalf("%s\nanswers with errors: %+v", query, a.Errors)
	}
	var data map[string]any
	if err := json.Unmarshal([]byte(want), &data); err != nil {
		t.Fatalf("what is wanted is not JSON: %v", err)
	}
	if diff := cmp.Diff(data, a.Data); diff != "" {
		t.Errorf("%s\n(-want +got):\n%s", query, diff)
	}
}

// at follows a path of names and indexes into the data.
func (a answer) at(path ...any) any {
	var v any = a.Data
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[step]
		case int:
			l, _ := v.([]any)
			if step >= len(l) {
				return nil
			}
			v = l[step]
		}
	}
	return v
}
