package plan

import (
	"bytes"
	"encoding/json"
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
	if len(req.OperationName)+len(req.Query)+len(variables) > maxCachedRequest {
		made, _, known := p.prepare(req, variables)
		p.requestLookups.count(known)
		return made.op, made.err
	}
	// The variables are part of the key: see normalizedcache.go.
	key := requestKey{req.OperationName, req.Query, string(variables), req.Incremental}
	made, ok := p.requests.Get(key)
	if !ok {
		var bytes int
		made, bytes, ok = p.prepare(req, variables)
		if !ok && (made.err == nil || isClientError(made.err)) {
			size := len(key.name) + len(key.query) + len(key.variables)
			p.requests.Add(key, made, bytesPerOutcome+2*size+bytes)
		}
	}
	p.requestLookups.count(ok)
	return made.op, made.err
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

// prepare returns the outcome of a request, whether a cached document sufficed
// for it, and if not the estimated memory of its plan.
func (p *Planner) prepare(req Request, variables []byte) (made outcome, bytes int, known bool) {
	d, err := p.document(req.Query)
	if err != nil {
		return outcome{err: err}, 0, false
	}
	chosen, err := d.choose(req.OperationName)
	if err != nil {
		return outcome{err: err}, 0, false
	}
	normalized, known := p.documents.Get(documentKey{req.OperationName, req.Query, req.Incremental})
	in, err := p.validator.readVariables(variables, chosen.variables, p.limits)
	if err != nil {
		return outcome{err: err}, 0, known
	}
	if known = known && !in.coerced; known {
		made = normalized.withVariables(p, in.text)
	} else {
		k := p.pipelines.Get().(*pipeline)
		made.op, bytes, made.err = p.prepareWith(k, req, d.text, chosen, in)
		p.pipelines.Put(k) // not after a panic, which may have left it in any state
	}
	if made.err == nil {
		p.addInputCost(made.op, len(req.Query), len(req.Variables), in.values)
	}
	return made, bytes, known
}

// prepareWith prepares a valid operation of the document text. What does not
// depend on its variables is cached under the text that the client sent.
func (p *Planner) prepareWith(k *pipeline, req Request, text string, chosen *documentOperation, in input) (op *Operation, bytes int, err error) {
	if err := k.parse(text, in.text); err != nil {
		return nil, 0, err
	}
	op = &Operation{Name: chosen.name, Kind: chosen.kind}
	independent := !in.coerced && isIndependentOfVariables(k.doc)
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
	if independent {
		p.cacheDocument(req, in.text, k, op, chosen.variables, done.bytes)
	}
	return op, done.bytes, nil
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
		validator:       astvalidation.NewOperationValidator(normalFormRules()),
	}
}

// normalFormRules are the engine's rules for the normal form, which documents that
// documentValidator accepts keep: the planner relies on them, and a difference
// between the two validators must not become a plan. A variable may be unused in
// a normal form, because only a part that was removed uses it.
func normalFormRules() []astvalidation.Rule {
	const relaxedNullability = true // see fieldsCanBeMerged
	return []astvalidation.Rule{
		astvalidation.AllVariableUsesDefined(), astvalidation.DocumentContainsExecutableOperation(), astvalidation.SubscriptionSingleRootField(),
		astvalidation.FieldSelections(), astvalidation.FieldSelectionMerging(relaxedNullability), astvalidation.KnownArguments(),
		astvalidation.Values(false), astvalidation.ArgumentUniqueness(), astvalidation.RequiredArguments(), astvalidation.Fragments(),
		astvalidation.DirectivesAreDefined(), astvalidation.DirectivesAreInValidLocations(), astvalidation.VariableUniqueness(),
		astvalidation.DirectivesAreUniquePerLocation(), astvalidation.VariablesAreInputTypes(),
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
	dropOperationDirectives(k.doc)
	expandOperations(k.doc)
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
	return clone(remap), k.printer.Print(k.doc, &k.text)
}

// dropOperationDirectives removes the directives of operations, which are valid
// and have no effect on plans. Of an operation without a name that has one, the
// engine's printer leaves out the keyword.
func dropOperationDirectives(doc *ast.Document) {
	for i := range doc.OperationDefinitions {
		doc.OperationDefinitions[i].HasDirectives = false
		doc.OperationDefinitions[i].Directives.Refs = nil
	}
}

func clone(views map[string]string) map[string]string {
	out := make(map[string]string, len(views))
	for k, v := range views {
		out[strings.Clone(k)] = strings.Clone(v)
	}
	return out
}

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

func defers(doc *ast.Document) bool {
	for ref := range doc.Directives {
		if doc.DirectiveNameString(ref) == "defer" {
			return true
		}
	}
	return false
}

// unsupportedDirectives are declared by the engine and not supported here.
func unsupportedDirectives() []string { return []string{"stream", "__defer_internal"} }
