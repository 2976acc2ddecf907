// Package fakesubgraph serves small subgraphs out of Go maps, for tests of the
// router: fields are answered for real, entities in batch, subscriptions by
// server-sent events; nothing is validated, since that is not what is tested.
package fakesubgraph

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// Object is a value with fields. A field may be a Resolver.
type Object map[string]any

// Resolver computes a field.
type Resolver func(c Call) (any, error)

// Call is what a resolver may look at.
type Call struct {
	Ctx    context.Context
	Args   map[string]any
	Header http.Header
}

// Error is a failure with a code.
type Error struct{ Message, Code string }

func (e Error) Error() string { return e.Message }

// Graph is a subgraph's data.
type Graph struct {
	Query, Mutation Object
	// Subscription fields return a channel; the stream completes when it closes.
	Subscription map[string]func(c Call) <-chan any
	// Entities answer representations by type name; nil is an unknown one.
	Entities map[string]func(representation Object) any
}

// Request is a request to the subgraph.
type Request struct {
	Query  string
	Header http.Header
}

// Server is a running subgraph.
type Server struct {
	*httptest.Server
	// Before, if set, may answer in the subgraph's place by returning true.
	Before func(w http.ResponseWriter, r *http.Request) bool

	graph    Graph
	mu       sync.Mutex
	requests []Request
	streams  int
	opened   int
}

// Start serves a graph until the test ends.
func Start(t testing.TB, g Graph) *Server {
	t.Helper()
	s := &Server{graph: g}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

// Requests lists the requests so far.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Streams is how many subscriptions are open now.
func (s *Server) OpenStreams() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.streams
}

// Opened is how many subscriptions were opened so far.
func (s *Server) OpenedStreams() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opened
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Query     string
		Variables map[string]any
	}
	decoder := json.NewDecoder(r.Body)
	decoder.UseNumber()
	if err := decoder.Decode(&body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	s.requests = append(s.requests, Request{body.Query, r.Header.Clone()})
	s.mu.Unlock()
	if s.Before != nil && s.Before(w, r) {
		return
	}
	doc, err := parser.ParseQuery(&ast.Source{Input: body.Query})
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	x := &execution{server: s, doc: doc, variables: body.Variables, header: r.Header, ctx: r.Context()}
	op := doc.Operations[0]
	if op.Operation == ast.Subscription {
		s.stream(w, x, op)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(x.run(op))
}

func (s *Server) stream(w http.ResponseWriter, x *execution, op *ast.OperationDefinition) {
	field := op.SelectionSet[0].(*ast.Field)
	s.count(1)
	defer s.count(-1)
	w.Header().Set("Content-Type", "text/event-stream")
	flush := w.(http.Flusher).Flush
	_, _ = fmt.Fprint(w, ":\n\n")
	flush()
	events := s.graph.Subscription[field.Name](x.call(field))
	for {
		select {
		case <-x.ctx.Done():
			return
		case event, open := <-events:
			if !open {
				_, _ = fmt.Fprint(w, "event: complete\n\n")
				return
			}
			x.errors = nil
			value := x.complete(event, field, []any{field.Alias})
			data, _ := json.Marshal(x.response(map[string]any{field.Alias: value}))
			_, _ = fmt.Fprintf(w, "event: next\ndata: %s\n\n", data)
			flush()
		}
	}
}

func (s *Server) count(change int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.streams += change
	s.opened += max(change, 0)
}

type execution struct {
	server    *Server
	doc       *ast.QueryDocument
	variables map[string]any
	header    http.Header
	ctx       context.Context
	errors    []map[string]any
}

func (x *execution) run(op *ast.OperationDefinition) map[string]any {
	root := x.server.graph.Query
	if op.Operation == ast.Mutation {
		root = x.server.graph.Mutation
	}
	return x.response(x.object(root, op.SelectionSet, nil))
}

func (x *execution) response(data any) map[string]any {
	out := map[string]any{"data": data}
	if len(x.errors) > 0 {
		out["errors"] = x.errors
	}
	return out
}

func (x *execution) object(o Object, set ast.SelectionSet, path []any) map[string]any {
	out := map[string]any{}
	for _, selection := range set {
		switch sel := selection.(type) {
		case *ast.Field:
			if x.included(sel.Directives) {
				out[sel.Alias] = x.field(o, sel, append(slices.Clone(path), sel.Alias))
			}
		case *ast.InlineFragment:
			if sel.TypeCondition == "" || x.matches(o, sel.TypeCondition) {
				maps.Copy(out, x.object(o, sel.SelectionSet, path))
			}
		}
	}
	return out
}

// matches finds an object's interfaces in its "__implements".
func (x *execution) matches(o Object, condition string) bool {
	implements, _ := o["__implements"].([]string)
	return o["__typename"] == condition || o["__typename"] == nil || slices.Contains(implements, condition)
}

func (x *execution) included(directives ast.DirectiveList) bool {
	if d := directives.ForName("include"); d != nil {
		return x.value(d.Arguments.ForName("if").Value) == true
	}
	return true
}

func (x *execution) field(o Object, f *ast.Field, path []any) any {
	if f.Name == "_entities" {
		return x.entities(f, path)
	}
	value := o[f.Name]
	if resolve, ok := value.(Resolver); ok {
		var err error
		if value, err = resolve(x.call(f)); err != nil {
			x.fail(err, path)
			return nil
		}
	}
	return x.complete(value, f, path)
}

func (x *execution) fail(err error, path []any) {
	entry := map[string]any{"message": err.Error(), "path": path}
	if coded, ok := err.(Error); ok && coded.Code != "" { //nolint:errorlint // made by the test
		entry["extensions"] = map[string]any{"code": coded.Code}
	}
	x.errors = append(x.errors, entry)
}

func (x *execution) complete(value any, f *ast.Field, path []any) any {
	switch v := value.(type) {
	case Object:
		if v == nil {
			return nil
		}
		return x.object(v, f.SelectionSet, path)
	case []Object:
		out := make([]any, len(v))
		for i, o := range v {
			out[i] = x.complete(o, f, append(slices.Clone(path), i))
		}
		return out
	default:
		return value
	}
}

func (x *execution) entities(f *ast.Field, path []any) any {
	representations, _ := x.value(f.Arguments.ForName("representations").Value).([]any)
	out := make([]any, len(representations))
	for i, r := range representations {
		rep := Object(r.(map[string]any))
		resolve := x.server.graph.Entities[fmt.Sprint(rep["__typename"])]
		if resolve == nil {
			continue
		}
		switch entity := resolve(rep).(type) {
		case Object:
			out[i] = x.object(entity, f.SelectionSet, append(slices.Clone(path), i))
		case error:
			x.fail(entity, append(slices.Clone(path), i))
		}
	}
	return out
}

func (x *execution) call(f *ast.Field) Call {
	args := map[string]any{}
	for _, a := range f.Arguments {
		args[a.Name] = x.value(a.Value)
	}
	return Call{x.ctx, args, x.header}
}

func (x *execution) value(v *ast.Value) any {
	switch v.Kind {
	case ast.Variable:
		return x.variables[v.Raw]
	case ast.BooleanValue:
		return v.Raw == "true"
	case ast.IntValue:
		n, _ := strconv.Atoi(v.Raw)
		return n
	case ast.NullValue:
		return nil
	case ast.ListValue:
		var out []any
		for _, child := range v.Children {
			out = append(out, x.value(child.Value))
		}
		return out
	case ast.ObjectValue:
		out := map[string]any{}
		for _, child := range v.Children {
			out[child.Name] = x.value(child.Value)
		}
		return out
	default:
		return strings.Clone(v.Raw)
	}
}
