// Package subgraphtest calls a subgraph the way the router does: over HTTP,
// with an internal token that names the caller.
package subgraphtest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/internal/subgraph"
)

// Server is a subgraph under test.
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

// CallerOf is how an actor calls unless a test sets another: from the US, in
// its words and its money.
func CallerOf(actor auth.Actor) auth.Caller {
	return auth.Caller{Actor: actor, Locale: "en-US", Currency: "USD", Country: "US", RequestID: "test"}
}

// Query sends an operation on behalf of an actor.
func (s *Server) Query(t testing.TB, actor auth.Actor, query string, variables map[string]any) Answer {
	t.Helper()
	return s.QueryAs(t, CallerOf(actor), query, variables)
}

// QueryAs sends an operation of a caller.
func (s *Server) QueryAs(t testing.TB, caller auth.Caller, query string, variables map[string]any) Answer {
	t.Helper()
	return send(t, s.request(t, caller, query, variables))
}

// QueryWithoutToken sends an operation as a caller other than the router.
func (s *Server) QueryWithoutToken(t testing.TB, query string) Answer {
	t.Helper()
	r := s.request(t, auth.Caller{}, query, nil)
	r.Header.Del("Authorization")
	return send(t, r)
}

// QueryWith sends an operation with headers of its own.
func (s *Server) QueryWith(t testing.TB, header http.Header, query string) Answer {
	t.Helper()
	r := s.request(t, CallerOf(auth.Actor{Kind: auth.Anonymous}), query, nil)
	maps.Copy(r.Header, header)
	return send(t, r)
}

// Begin sends an operation whose answer is not read. The caller leaves by the
// function.
func (s *Server) Begin(t testing.TB, query string) (leave func()) {
	t.Helper()
	r := s.request(t, CallerOf(auth.Actor{Kind: auth.Anonymous}), query, nil)
	ctx, cancel := context.WithCancel(r.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if res, err := http.DefaultClient.Do(r.WithContext(ctx)); err == nil {
			_ = res.Body.Close()
		}
	}()
	t.Cleanup(func() { cancel(); <-ended })
	return cancel
}

// Must sends an operation that may not fail.
func (s *Server) Must(t testing.TB, actor auth.Actor, query string, variables map[string]any) Answer {
	t.Helper()
	a := s.Query(t, actor, query, variables)
	if len(a.Errors) > 0 {
		t.Fatalf("%s\nanswered errors %v", query, a.Errors)
	}
	return a
}

// Want sends an operation and compares the data, given as JSON, of an answer without errors.
func (s *Server) Want(t testing.TB, actor auth.Actor, query string, variables map[string]any, want string) {
	t.Helper()
	a := s.Must(t, actor, query, variables)
	var parsed any
	if err := json.Unmarshal([]byte(want), &parsed); err != nil {
		t.Fatalf("%s: %v", want, err)
	}
	if diff := cmp.Diff(parsed, a.Data); diff != "" {
		t.Errorf("%s\n(-want +got):\n%s", query, diff)
	}
}

func (s *Server) request(t testing.TB, caller auth.Caller, query string, variables map[string]any) *http.Request {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	token := s.internal.Sign(caller, "test")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}

func send(t testing.TB, r *http.Request) Answer {
	t.Helper()
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := Answer{Status: res.StatusCode, Body: string(bytes.TrimSpace(body))}
	if err := json.Unmarshal(body, &a); err != nil {
		t.Fatalf("answered %d %s: %v", a.Status, a.Body, err)
	}
	return a
}
