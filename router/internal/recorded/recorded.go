// Package recorded serves subgraphs out of a schema and a JSON document, for
// tests of the router. Unlike a lenient stand-in it validates every request
// against the subgraph's own schema, and refuses representations that no key
// of the schema names: what the router sends must be right, not only what it
// answers.
//
// The document holds the values of the root fields under "Query", "Mutation"
// and "Subscription" (a list: its events), and under "entities" a list of
// records for each type; a representation is answered by the first record
// that agrees with it in all the fields they share. A value may be computed:
//
//	{"$ref": "Product:1"}        the record of that type with this id
//	{"$args": ["a", "b"]}        the arguments, as JSON
//	{"$by": "id", "of": {…}}     the member that the argument names, or null
//	{"$sent": ["weight"]}        fields of the representation, as JSON
//	{"$error": "text", "code": "CODE"}
//	{"$count": "name"}           how often this was requested, over all subgraphs
package recorded

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
)

// Counter counts for "$count"; the subgraphs of one graph share it.
type Counter struct {
	mu     sync.Mutex
	counts map[string]int
}

func (c *Counter) next(name string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil {
		c.counts = map[string]int{}
	}
	c.counts[name]++
	return c.counts[name]
}

// Server is a running subgraph.
type Server struct {
	*httptest.Server
	name    string
	schema  *ast.Schema
	data    document
	counter *Counter

	mu              sync.Mutex
	requests        []string
	invalidRequests []string
}

type document struct {
	Query        map[string]any
	Mutation     map[string]any
	Subscription map[string][]any
	Entities     map[string][]map[string]any
}

// Start serves a subgraph until the test ends.
func Start(t testing.TB, name, sdl string, data []byte, counter *Counter) *Server {
	t.Helper()
	s := &Server{name: name, counter: counter}
	if err := json.Unmarshal(data, &s.data); err != nil {
		t.Fatalf("data of %s: %v", name, err)
	}
	var err error
	if s.schema, err = load(name, sdl); err != nil {
		t.Fatalf("schema of %s: %v", name, err)
	}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

// Requests lists the documents of the requests since the last call.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	requests := s.requests
	s.requests = nil
	return requests
}

// InvalidRequests lists what was wrong with requests so far.
func (s *Server) InvalidRequests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.invalidRequests)
}

// load reads a subgraph's schema and adds what federation adds to it.
func load(name, sdl string) (*ast.Schema, error) {
	doc, err := parser.ParseSchema(&ast.Source{Name: name, Input: sdl})
	if err != nil {
		return nil, err
	}
	var entities []string
	for _, list := range []ast.DefinitionList{doc.Definitions, doc.Extensions} {
		for _, def := range list {
			if def.Kind == ast.Object && def.Directives.ForName("key") != nil {
				entities = append(entities, def.Name)
			}
		}
	}
	machinery, roots := prelude, ""
	for _, op := range []string{"Query", "Mutation", "Subscription"} {
		switch {
		case doc.Definitions.ForName(op) != nil:
		case op == "Query":
			machinery += "type Query\n"
		default:
			continue
		}
		roots += strings.ToLower(op) + ": " + op + " "
	}
	machinery += "schema { " + roots + "}\n"
	if len(entities) > 0 {
		machinery += "union _Entity = " + strings.Join(entities, " | ") + "\nextend type Query { _entities(representations: [_Any!]!): [_Entity]! }\n"
	} else {
		machinery += "extend type Query { _service: _Service }\n"
	}
	return gqlparser.LoadSchema(&ast.Source{Name: "federation", Input: machinery}, &ast.Source{Name: name, Input: sdl})
}

const prelude = `scalar _Any scalar FieldSet scalar link__Import
type _Service { sdl: String }
directive @link(url: String!, import: [link__Import], as: String, for: String) repeatable on SCHEMA
directive @key(fields: FieldSet!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE
directive @external on FIELD_DEFINITION | OBJECT
directive @requires(fields: FieldSet!) on FIELD_DEFINITION
directive @provides(fields: FieldSet!) on FIELD_DEFINITION
directive @shareable repeatable on FIELD_DEFINITION | OBJECT
directive @override(from: String!) on FIELD_DEFINITION
directive @interfaceObject on OBJECT
directive @extends on OBJECT | INTERFACE
directive @inaccessible on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION
directive @tag(name: String!) repeatable on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION
directive @authenticated on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
directive @policy(policies: [[String!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
directive @cost(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR
directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION
`

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Query     string
		Variables map[string]any
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.note(&s.requests, body.Query)
	doc, err := parser.ParseQuery(&ast.Source{Input: body.Query})
	if err != nil {
		s.refuse(w, err, body.Query)
		return
	}
	if list := validator.ValidateWithRules(s.schema, doc, nil); len(list) > 0 {
		s.refuse(w, list, body.Query)
		return
	}
	op := doc.Operations[0]
	variables, err := validator.VariableValues(s.schema, op, body.Variables)
	if err != nil {
		s.refuse(w, err, body.Query)
		return
	}
	x := &execution{server: s, variables: variables}
	if op.Operation == ast.Subscription {
		s.stream(w, x, op)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(x.run(op))
}

// refuse answers an invalid request with 400, and records it.
func (s *Server) refuse(w http.ResponseWriter, err error, query string) {
	s.note(&s.invalidRequests, fmt.Sprintf("invalid request to %s: %v\n%s", s.name, err, query))
	http.Error(w, err.Error(), http.StatusInternalServerError)
}

func (s *Server) note(list *[]string, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*list = append(*list, text)
}

// stream sends the recorded events one after the other.
func (s *Server) stream(w http.ResponseWriter, x *execution, op *ast.OperationDefinition) {
	w.Header().Set("Content-Type", "text/event-stream")
	field := op.SelectionSet[0].(*ast.Field)
	for _, event := range s.data.Subscription[field.Name] {
		x.errors = nil
		data, _ := json.Marshal(x.response(x.object(map[string]any{field.Name: event}, "Subscription", op.SelectionSet, nil)))
		_, _ = fmt.Fprintf(w, "event: next\ndata: %s\n\n", data)
		w.(http.Flusher).Flush()
	}
	_, _ = fmt.Fprint(w, "event: complete\ndata:\n\n")
}
