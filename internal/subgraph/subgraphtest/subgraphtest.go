// Package subgraphtest asks a subgraph the way the router does: over HTTP,
// with an internal token that names the caller.
package subgraphtest

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/internal/subgraph"
)

// Server is a subgraph to ask.
type Server struct {
	url      string
	internal *auth.Internal
}

// Serve runs a schema until the test ends.
func Serve(t testing.TB, schema graphql.ExecutableSchema) *Server {
	t.Helper()
	internal, err := auth.NewInternal("0123456789abcdef0123456789abcdef")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(subgraph.Handler(schema, internal, slog.New(slog.DiscardHandler)))
	t.Cleanup(server.Close)
	return &Server{server.URL, internal}
}

// Answer is what came back. Data is decoded JSON.
type Answer struct {
	Data   any `json:"data"`
	Errors []struct {
		Message    string         `json:"message"`
		Path       []any          `json:"path"`
		Extensions map[string]any `json:"extensions"`
	} `json:"errors"`
	Status int `json:"-"`
}

// Codes are the errors' codes, in their order.
func (a Answer) Codes() []string {
	var codes []string
	for _, e := range a.Errors {
		code, _ := e.Extensions["code"].(string)
		codes = append(codes, code)
	}
	return codes
}

// Ask sends an operation on behalf of an actor.
func (s *Server) Ask(t testing.TB, actor auth.Actor, query string, variables map[string]any) Answer {
	t.Helper()
	token, err := s.internal.Sign(auth.Caller{Actor: actor, Locale: "en-US", Currency: "USD", Country: "US", RequestID: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return s.send(t, "Bearer "+token, query, variables)
}

// AskWithoutToken sends an operation as somebody who is not the router.
func (s *Server) AskWithoutToken(t testing.TB, query string) Answer {
	t.Helper()
	return s.send(t, "", query, nil)
}

func (s *Server) send(t testing.TB, authorization, query string, variables map[string]any) Answer {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", authorization)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	a := Answer{Status: res.StatusCode}
	if err := json.NewDecoder(res.Body).Decode(&a); err != nil {
		t.Fatal(err)
	}
	return a
}

// Want asks and compares the data, given as JSON, of an answer without errors.
func (s *Server) Want(t testing.TB, actor auth.Actor, query string, variables map[string]any, want string) {
	t.Helper()
	a := s.Ask(t, actor, query, variables)
	if len(a.Errors) > 0 {
		t.Fatalf("%s\nanswered errors %v", query, a.Errors)
	}
	var wanted any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wanted, a.Data); diff != "" {
		t.Errorf("%s\n(-want +got):\n%s", query, diff)
	}
}
