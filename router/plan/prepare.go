package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/wundergraph/graphql-go-tools/v2/pkg/ast"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/astnormalization"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/astparser"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/astprinter"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/astvalidation"
	engine "github.com/wundergraph/graphql-go-tools/v2/pkg/engine/plan"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/operationreport"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/variablesvalidation"

	"cartograph/router/gqlerr"
	"cartograph/router/supergraph"
)

// Request is what a client asks.
type Request struct {
	Query         string
	OperationName string
	// What stands for the text of a document that the router keeps: the id it
	// was registered under, or its SHA-256 in hexadecimal as clients of
	// automatic persisted queries send it, with or without the text.
	DocumentID string
	Hash       string
	Variables  json.RawMessage // an object, null or empty
	// Incremental says that the client takes an answer in parts. To one who
	// does not, what it defers is sent with the rest.
	Incremental bool
}

// Kind is query, mutation or subscription.
type Kind string

// The kinds of operation.
const (
	Query        Kind = "query"
	Mutation     Kind = "mutation"
	Subscription Kind = "subscription"
)

// Operation is a request that may run. It is shared between requests: read only.
type Operation struct {
	ID            uint64 // of the normalised operation
	Name          string
	Kind          Kind
	Plan          engine.Plan
	Memo          *Memo             // of Plan, shared with all that have it
	Variables     []byte            // the client's, and the literals that stood in the text
	VariablesHash uint64            // of Variables
	Remap         map[string]string // the plan's names of variables to this request's

	Hash       string                  // SHA-256 of the normalised text, in hexadecimal
	Deprecated []supergraph.Coordinate // fields that are, each once
	RootFields []string                // the fields asked at the top, without aliases, once for each selection
	Deferred   bool                    // @defer is in it: it is answered in parts
	Cost       int                     // at most, see prices
	Policies   []string                // that rules of the fields ask for
	Cache      CacheHint               // for how long the answer may be kept
}

type textKey struct {
	name, query, variables string
	incremental            bool
}

// outcome is an operation or why there is none: refusing is remembered too.
type outcome struct {
	op  *Operation
	err error
}

// Prepare measures, parses, normalises and validates a request, and plans it.
// Its errors are gqlerr errors where the client is to blame.
func (p *Planner) Prepare(req Request) (*Operation, error) {
	variables := req.Variables
	if len(variables) == 0 || string(variables) == "null" {
		variables = json.RawMessage("{}")
	}
	// The key holds the variables: @skip and @include are folded by their values.
	key := textKey{req.OperationName, req.Query, string(variables), req.Incremental}
	known, ok := p.texts.Get(key)
	if !ok {
		known, ok = p.again(req, variables)
	}
	p.textUse.count(ok)
	if ok {
		return known.op, known.err
	}
	op, bytes, err := p.prepare(req, variables)
	if err != nil && !isClientError(err) {
		return nil, err
	}
	if size := len(key.name) + len(key.query) + len(key.variables); size <= longestCached {
		p.texts.Add(key, outcome{op, err}, bytesOfText+2*size+bytes)
	}
	return op, err
}

// bytesOfText is what remembering an outcome takes besides its texts.
const bytesOfText = 1 << 10

func isClientError(err error) bool {
	switch err.(type) { //nolint:errorlint // only an unwrapped error is meant for clients
	case gqlerr.List, *gqlerr.Error:
		return true
	default:
		return false
	}
}

// prepare returns the operation, and about how many bytes its plan keeps.
func (p *Planner) prepare(req Request, variables []byte) (op *Operation, bytes int, err error) {
	if err := p.limits.checkText(req.Query); err != nil {
		return nil, 0, err
	}
	if err := checkVariables(variables); err != nil {
		return nil, 0, err
	}
	k := p.kits.Get().(*kit)
	defer p.kits.Put(k)
	if err := k.parse(req.Query, variables); err != nil {
		return nil, 0, err
	}
	if err := p.limits.checkDocument(k.doc); err != nil {
		return nil, 0, err
	}
	if err := checkIntrospection(k.doc); err != nil {
		return nil, 0, err
	}
	op, err = p.begin(k.doc, req.OperationName)
	if err != nil {
		return nil, 0, err
	}
	steady, declared := isSteady(k.doc, p.client), len(k.doc.VariableDefinitions)
	if op.Remap, err = k.normalise(p.client, op.Name, req.Incremental); err != nil {
		return nil, 0, err
	}
	done, err := p.plan(k.text.String(), op.Name)
	if err != nil {
		return nil, 0, err
	}
	op.ID, op.Hash, op.Plan, op.Memo = done.id, done.hash, done.plan, &done.memo
	op.Variables = slices.Clone(k.doc.Input.Variables)
	op.VariablesHash = maphash.Bytes(p.seed, op.Variables)
	if err := p.describe(op, k.doc); err != nil {
		return nil, 0, err
	}
	if steady {
		p.remember(req, variables, k, op, declared, done.bytes)
	}
	return op, done.bytes, nil
}

// begin finds the operation in a document and refuses what no plan is made for.
func (p *Planner) begin(doc *ast.Document, name string) (*Operation, error) {
	ref, err := chooseOperation(doc, name)
	if err != nil {
		return nil, err
	}
	// The document's strings are views of its input, which the next request overwrites.
	op := &Operation{Name: strings.Clone(doc.OperationDefinitionNameString(ref)), Kind: kindOf(doc.OperationDefinitions[ref].OperationType)}
	if n := len(op.Name); n > p.limits.OperationName {
		return nil, exceeded("bytes in its name", p.limits.OperationName, n)
	}
	if !p.introspection && asksForSchema(doc) {
		return nil, SchemaIsClosed()
	}
	if name := unserved(doc); name != "" {
		return nil, gqlerr.New(gqlerr.ValidationFailed, "Unknown directive @%s.", name)
	}
	if name := unconditional(doc); name != "" {
		return nil, gqlerr.New(gqlerr.ValidationFailed, "The argument if of @%s must be a Boolean.", name)
	}
	return op, nil
}

// kit is what one request needs to be understood; its parts keep state, so a
// kit serves one request at a time and is used again.
type kit struct {
	parser    *astparser.Parser
	doc       *ast.Document
	static    *astnormalization.OperationNormalizer
	parts     *astnormalization.OperationNormalizer // as static, and keeps @defer
	extract   *astnormalization.VariablesNormalizer
	rename    *astnormalization.VariablesMapper
	validator *astvalidation.OperationValidator
	variables *variablesvalidation.VariablesValidator
	printer   astprinter.Printer
	text      bytes.Buffer
}

func newKit() *kit {
	options := []astnormalization.Option{
		astnormalization.WithRemoveNotMatchingOperationDefinitions(),
		astnormalization.WithInlineFragmentSpreads(),
		astnormalization.WithRemoveFragmentDefinitions(),
		astnormalization.WithRemoveUnusedVariables(),
		astnormalization.WithPrevalidationRules(astvalidation.DeferStreamOnValidOperations(), astvalidation.DeferStreamHaveUniqueLabels()),
	}
	return &kit{
		parser:    astparser.NewParser(),
		doc:       ast.NewSmallDocument(),
		static:    astnormalization.NewWithOpts(options...),
		parts:     astnormalization.NewWithOpts(append(options, astnormalization.WithEnableDefer())...),
		extract:   astnormalization.NewVariablesNormalizer(),
		rename:    astnormalization.NewVariablesMapper(),
		validator: astvalidation.DefaultOperationValidator(astvalidation.WithRelaxFieldSelectionMergingNullability()),
		variables: variablesvalidation.NewVariablesValidator(variablesvalidation.VariablesValidatorOptions{}),
	}
}

func (k *kit) parse(query string, variables []byte) error {
	k.doc.Reset()
	k.text.Reset()
	k.doc.Input.ResetInputString(query)
	k.doc.Input.Variables = slices.Clone(variables)
	var report operationreport.Report
	k.parser.Parse(k.doc, &report)
	return reported(report, gqlerr.ParseFailed)
}

// normalise folds the document to one operation in canonical form. Validation
// stands between the two halves: after fragments are gone, and before literals
// become variables, so that messages speak of what the client wrote.
func (k *kit) normalise(schema *ast.Document, name string, incremental bool) (remap map[string]string, err error) {
	var report operationreport.Report
	fold := k.static
	if incremental && defers(k.doc) {
		fold = k.parts
	}
	fold.NormalizeNamedOperation(k.doc, schema, []byte(name), &report)
	if err := reported(report, gqlerr.ValidationFailed); err != nil {
		return nil, err
	}
	k.validator.Validate(k.doc, schema, &report)
	if err := reported(report, gqlerr.ValidationFailed); err != nil {
		return nil, err
	}
	k.extract.NormalizeOperation(k.doc, schema, &report)
	if err := reported(report, gqlerr.ValidationFailed); err != nil {
		return nil, err
	}
	remap = k.rename.NormalizeOperation(k.doc, schema, &report)
	if err := reported(report, gqlerr.ValidationFailed); err != nil {
		return nil, err
	}
	if err := k.checkVariables(k.doc, schema, k.doc.Input.Variables, remap); err != nil {
		return nil, err
	}
	return clone(remap), k.printer.Print(k.doc, &k.text)
}

// checkVariables refuses those that do not fit the document; it only reads it.
func (k *kit) checkVariables(doc, schema *ast.Document, variables []byte, remap map[string]string) error {
	err := k.variables.ValidateWithRemap(doc, schema, variables, remap)
	if invalid, ok := errors.AsType[*variablesvalidation.InvalidVariableError](err); ok {
		return gqlerr.New(gqlerr.ValidationFailed, "%s", invalid.Message)
	}
	if err != nil {
		return fmt.Errorf("validate variables: %w", err)
	}
	return nil
}

func clone(views map[string]string) map[string]string {
	out := make(map[string]string, len(views))
	for k, v := range views {
		out[strings.Clone(k)] = strings.Clone(v)
	}
	return out
}

// mostErrors bounds the errors of one refused document.
const mostErrors = 20

func reported(report operationreport.Report, code gqlerr.Code) error {
	if !report.HasErrors() {
		return nil
	}
	if len(report.ExternalErrors) == 0 {
		return report
	}
	var list gqlerr.List
	for _, e := range report.ExternalErrors[:min(len(report.ExternalErrors), mostErrors)] {
		out := gqlerr.New(code, "%s", e.Message)
		for _, l := range e.Locations {
			out.Locations = append(out.Locations, gqlerr.Location{Line: l.Line, Column: l.Column})
		}
		list = append(list, out)
	}
	return list
}

func chooseOperation(doc *ast.Document, name string) (int, error) {
	var found []int
	for _, node := range doc.RootNodes {
		switch node.Kind {
		case ast.NodeKindOperationDefinition:
			found = append(found, node.Ref)
		case ast.NodeKindFragmentDefinition:
		default:
			return 0, gqlerr.New(gqlerr.ValidationFailed, "The document holds a definition that is neither an operation nor a fragment.")
		}
	}
	switch {
	case len(found) == 0:
		return 0, gqlerr.New(gqlerr.ValidationFailed, "The document holds no operation.")
	case name == "" && len(found) == 1:
		return found[0], nil
	case name == "":
		return 0, gqlerr.New(gqlerr.ValidationFailed, "The document holds %d operations: operationName must say which.", len(found))
	}
	for _, ref := range found {
		if doc.OperationDefinitionNameString(ref) == name {
			return ref, nil
		}
	}
	return 0, gqlerr.New(gqlerr.ValidationFailed, "The document holds no operation named %q.", name)
}

func kindOf(t ast.OperationType) Kind {
	switch t {
	case ast.OperationTypeMutation:
		return Mutation
	case ast.OperationTypeSubscription:
		return Subscription
	default:
		return Query
	}
}

func asksForSchema(doc *ast.Document) bool {
	for ref := range doc.Fields {
		if name := doc.FieldNameString(ref); name == "__schema" || name == "__type" {
			return true
		}
	}
	return false
}

func defers(doc *ast.Document) bool {
	for ref := range doc.Directives {
		if doc.DirectiveNameString(ref) == "defer" {
			return true
		}
	}
	return false
}

// unserved finds a directive that the normaliser would silently drop.
func unserved(doc *ast.Document) string {
	for ref := range doc.Directives {
		if name := doc.DirectiveNameString(ref); slices.Contains(unservedDirectives(), name) {
			return name
		}
	}
	return ""
}

// unconditional finds a directive whose condition is no Boolean: the
// normaliser would take it for one that does not hold, and validation comes
// too late to see it.
func unconditional(doc *ast.Document) string {
	for ref := range doc.Directives {
		name := doc.DirectiveNameString(ref)
		if name != "skip" && name != "include" && name != "defer" {
			continue
		}
		value, ok := doc.DirectiveArgumentValueByName(ref, []byte("if"))
		if ok && value.Kind != ast.ValueKindBoolean && value.Kind != ast.ValueKindVariable {
			return name
		}
	}
	return ""
}

// unservedDirectives are declared by the engine and not served by us.
func unservedDirectives() []string { return []string{"stream", "__defer_internal"} }
