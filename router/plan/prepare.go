package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"runtime/debug"
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

// Request is an operation as sent by a client.
type Request struct {
	Query         string
	OperationName string
	// References to a persisted document: its registered id, or its SHA-256 in
	// hexadecimal, which clients of automatic persisted queries send with or
	// without the text.
	DocumentID string
	Hash       string
	Variables  json.RawMessage // an object, null or empty
	// Incremental: the client accepts a response in parts. Otherwise @defer is
	// ignored.
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

// Operation is a prepared request. It is shared between requests: read only.
type Operation struct {
	ID            uint64 // of the normalized operation; see cachedPlan
	Name          string
	Kind          Kind
	Plan          engine.Plan
	Memo          *Memo             // shared by all operations with this plan
	Variables     []byte            // the client's, and the literals of the text
	VariablesHash uint64            // of Variables
	Remap         map[string]string // the plan's names of variables to this request's

	Hash       string                  // SHA-256 of the normalized text, in hexadecimal
	Deprecated []supergraph.Coordinate // deprecated fields, each once
	RootFields []string                // names without aliases, one for each selection
	Deferred   bool                    // executed incrementally
	Cost       int                     // an upper bound; see costModel
	Dearest    []PathCost              // of an operation that costs more than Limits.CostDetails
	Policies   []string                // named in access rules of the selected fields
	Cache      CacheHint               // of the whole response
}

type requestKey struct {
	name, query, variables string
	incremental            bool
}

// outcome is an operation, or the error of one that is invalid: these are cached
// too, since rejecting is as expensive as accepting.
type outcome struct {
	op  *Operation
	err error
}

// Prepare checks, parses, normalizes, validates and plans a request. Errors that
// the client can correct are *gqlerr.Error or gqlerr.List; others are internal
// and not cached.
func (p *Planner) Prepare(req Request) (op *Operation, err error) {
	// A panic fails this request only: not every caller is an HTTP handler.
	defer func() {
		if cause := recover(); cause != nil {
			op, err = nil, fmt.Errorf("prepare operation: panic: %v\n%s", cause, debug.Stack())
		}
	}()
	variables := req.Variables
	if len(variables) == 0 || string(variables) == "null" {
		variables = json.RawMessage("{}")
	}
	// The variables are part of the key: see normalizedcache.go.
	key := requestKey{req.OperationName, req.Query, string(variables), req.Incremental}
	known, ok := p.requests.Get(key)
	if !ok {
		known, ok = p.fromDocumentCache(req, variables)
	}
	p.requestLookups.count(ok)
	if ok {
		return known.op, known.err
	}
	var bytes int
	op, bytes, err = p.prepare(req, variables)
	if err != nil && !isClientError(err) {
		return nil, err
	}
	if size := len(key.name) + len(key.query) + len(key.variables); size <= maxCachedRequest {
		p.requests.Add(key, outcome{op, err}, bytesPerOutcome+2*size+bytes)
	}
	return op, err
}

// bytesPerOutcome is the estimated memory of a cached outcome besides its texts.
const bytesPerOutcome = 1 << 10

func isClientError(err error) bool {
	switch err.(type) { //nolint:errorlint // only an unwrapped error is meant for clients
	case gqlerr.List, *gqlerr.Error:
		return true
	default:
		return false
	}
}

// prepare returns the operation and the estimated memory of its plan.
func (p *Planner) prepare(req Request, variables []byte) (op *Operation, bytes int, err error) {
	if err := p.limits.checkText(req.Query); err != nil {
		return nil, 0, err
	}
	if err := checkVariables(variables); err != nil {
		return nil, 0, err
	}
	text, err := canonicalLiterals(req.Query)
	if err != nil {
		return nil, 0, err
	}
	k := p.pipelines.Get().(*pipeline)
	op, bytes, err = p.prepareWith(k, req, text, variables)
	p.pipelines.Put(k) // not after a panic, which may have left it in any state
	return op, bytes, err
}

// prepareWith prepares the request's document in the form text, whose literals
// are canonical. The document is cached under the text that the client sent.
func (p *Planner) prepareWith(k *pipeline, req Request, text string, variables []byte) (op *Operation, bytes int, err error) {
	if err := k.parse(text, variables); err != nil {
		return nil, 0, err
	}
	if err := p.limits.checkDocument(k.doc); err != nil {
		return nil, 0, err
	}
	if err := checkIntrospection(k.doc); err != nil {
		return nil, 0, err
	}
	op, err = p.selectOperation(k.doc, req.OperationName)
	if err != nil {
		return nil, 0, err
	}
	steady, declared := isIndependentOfVariables(k.doc, p.client), len(k.doc.VariableDefinitions)
	if op.Remap, err = k.normalize(p.client, op.Name, req.Incremental, p.plannerFields); err != nil {
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
		p.cacheDocument(req, variables, k, op, declared, done.bytes)
	}
	return op, done.bytes, nil
}

// selectOperation finds the operation to execute, and rejects what the router
// does not support.
func (p *Planner) selectOperation(doc *ast.Document, name string) (*Operation, error) {
	ref, err := chooseOperation(doc, name)
	if err != nil {
		return nil, err
	}
	// Strings of the document point into a buffer that the next request overwrites.
	op := &Operation{Name: strings.Clone(doc.OperationDefinitionNameString(ref)), Kind: kindOf(doc.OperationDefinitions[ref].OperationType)}
	if n := len(op.Name); n > p.limits.OperationName {
		return nil, exceeded("bytes in its name", p.limits.OperationName, n)
	}
	if !p.introspection && usesIntrospection(doc) {
		return nil, IntrospectionDisabled()
	}
	if name := unsupportedDirective(doc); name != "" {
		return nil, gqlerr.New(gqlerr.ValidationFailed, "Unknown directive @%s.", name)
	}
	if name := nonBooleanCondition(doc); name != "" {
		return nil, gqlerr.New(gqlerr.ValidationFailed, "The argument if of @%s must be a Boolean.", name)
	}
	return op, nil
}

// pipeline holds the engine's parser, normalizers and validators. They have state,
// so that a pipeline serves one request at a time; pipelines are pooled.
type pipeline struct {
	parser          *astparser.Parser
	doc             *ast.Document
	normalizer      *astnormalization.OperationNormalizer
	deferNormalizer *astnormalization.OperationNormalizer // the same, but keeps @defer
	extractor       *astnormalization.VariablesNormalizer
	renamer         *astnormalization.VariablesMapper
	validator       *astvalidation.OperationValidator
	variables       *variablesvalidation.VariablesValidator
	printer         astprinter.Printer
	text            bytes.Buffer
}

func newPipeline() *pipeline {
	options := []astnormalization.Option{
		astnormalization.WithRemoveNotMatchingOperationDefinitions(),
		astnormalization.WithInlineFragmentSpreads(),
		astnormalization.WithRemoveFragmentDefinitions(),
		astnormalization.WithRemoveUnusedVariables(),
		astnormalization.WithPrevalidationRules(astvalidation.DeferStreamOnValidOperations(), astvalidation.DeferStreamHaveUniqueLabels()),
	}
	return &pipeline{
		parser:          astparser.NewParser(),
		doc:             ast.NewSmallDocument(),
		normalizer:      astnormalization.NewWithOpts(options...),
		deferNormalizer: astnormalization.NewWithOpts(append(options, astnormalization.WithEnableDefer())...),
		extractor:       astnormalization.NewVariablesNormalizer(),
		renamer:         astnormalization.NewVariablesMapper(),
		validator:       astvalidation.DefaultOperationValidator(astvalidation.WithRelaxFieldSelectionMergingNullability()),
		variables:       variablesvalidation.NewVariablesValidator(variablesvalidation.VariablesValidatorOptions{}),
	}
}

func (k *pipeline) parse(query string, variables []byte) error {
	k.doc.Reset()
	k.text.Reset()
	k.doc.Input.ResetInputString(query)
	k.doc.Input.Variables = slices.Clone(variables)
	var report operationreport.Report
	k.parser.Parse(k.doc, &report)
	return reported(report, gqlerr.ParseFailed)
}

// normalize reduces the document to one operation in normal form. Validation is
// between its two halves: after fragments are inlined, which it needs, and before
// literals become variables, so that messages are about the client's text.
func (k *pipeline) normalize(schema *ast.Document, name string, incremental bool, plannerFields map[string]bool) (remap map[string]string, err error) {
	var report operationreport.Report
	fold := k.normalizer
	if incremental && defers(k.doc) {
		fold = k.deferNormalizer
	}
	fold.NormalizeNamedOperation(k.doc, schema, []byte(name), &report)
	if err := reported(report, gqlerr.ValidationFailed); err != nil {
		return nil, err
	}
	k.validator.Validate(k.doc, schema, &report)
	if err := reported(report, gqlerr.ValidationFailed); err != nil {
		return nil, err
	}
	renameAliases(k.doc, plannerFields)
	k.extractor.NormalizeOperation(k.doc, schema, &report)
	if err := reported(report, gqlerr.ValidationFailed); err != nil {
		return nil, err
	}
	remap = k.renamer.NormalizeOperation(k.doc, schema, &report)
	if err := reported(report, gqlerr.ValidationFailed); err != nil {
		return nil, err
	}
	if err := k.checkVariables(k.doc, schema, k.doc.Input.Variables, remap); err != nil {
		return nil, err
	}
	return clone(remap), k.printer.Print(k.doc, &k.text)
}

// checkVariables validates variables against their definitions in doc, which it
// does not modify: cached documents are shared.
func (k *pipeline) checkVariables(doc, schema *ast.Document, variables []byte, remap map[string]string) error {
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

// maxErrors bounds the errors of one invalid document.
const maxErrors = 20

func reported(report operationreport.Report, code gqlerr.Code) error {
	if !report.HasErrors() {
		return nil
	}
	if len(report.ExternalErrors) == 0 {
		return report
	}
	var list gqlerr.List
	for _, e := range report.ExternalErrors[:min(len(report.ExternalErrors), maxErrors)] {
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
			return 0, gqlerr.New(gqlerr.ValidationFailed, "The document contains a definition that is neither an operation nor a fragment.")
		}
	}
	switch {
	case len(found) == 0:
		return 0, gqlerr.New(gqlerr.ValidationFailed, "The document contains no operation.")
	case name == "" && len(found) == 1:
		return found[0], nil
	case name == "":
		return 0, gqlerr.New(gqlerr.ValidationFailed, "The document contains %d operations; operationName is required.", len(found))
	}
	for _, ref := range found {
		if doc.OperationDefinitionNameString(ref) == name {
			return ref, nil
		}
	}
	return 0, gqlerr.New(gqlerr.ValidationFailed, "The document contains no operation named %q.", name)
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

func usesIntrospection(doc *ast.Document) bool {
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

// unsupportedDirective returns the name of a directive that normalization would
// silently drop, or "".
func unsupportedDirective(doc *ast.Document) string {
	for ref := range doc.Directives {
		if name := doc.DirectiveNameString(ref); slices.Contains(unsupportedDirectives(), name) {
			return name
		}
	}
	return ""
}

// nonBooleanCondition returns the name of a directive whose condition is not a
// Boolean, or "". Normalization would fold it as false, before validation could
// reject it.
func nonBooleanCondition(doc *ast.Document) string {
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

// unsupportedDirectives are declared by the engine and not supported here.
func unsupportedDirectives() []string { return []string{"stream", "__defer_internal"} }
