package plan

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"sync"

	"github.com/wundergraph/graphql-go-tools/v2/pkg/ast"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/astparser"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/asttransform"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/datasource/introspection_datasource"
	engine "github.com/wundergraph/graphql-go-tools/v2/pkg/engine/plan"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/postprocess"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/operationreport"
	"golang.org/x/sync/singleflight"

	"cartograph/router/plan/queryplan"
	"cartograph/router/supergraph"
)

// The sizes of the caches in entries and bytes, and the longest request and the
// longest document, in bytes, that are cached by their texts. A document may be
// longer than a request that is cached: validating again takes the most time.
const (
	cachedPlans      = 1024
	cachedRequests   = 4096
	cachedDocuments  = 1024
	planBytes        = 64 << 20
	requestBytes     = 128 << 20 // including the plans that they keep alive
	documentBytes    = 64 << 20  // likewise
	cachedTexts      = 4096
	textBytes        = 16 << 20
	maxCachedRequest = 16 << 10
	maxCachedText    = 4 * maxCachedRequest
)

// The memory of a plan is estimated by these, from its normalized text.
const (
	minPlanBytes     = 8 << 10
	bytesPerPlanByte = 100
)

// Planner prepares operations. It is safe for concurrent use.
type Planner struct {
	limits        Limits
	introspection bool
	client        *ast.Document // schema without @inaccessible, for normalization
	validator     *documentValidator
	graph         *ast.Document // schema with @inaccessible, for planning
	config        engine.Configuration
	costs         *costModel
	plannerFields map[string]bool // see renameAliases
	schemaAnswers introspectionCache
	own           *queryplan.Planner
	planned       plannedCounter
	sg            *supergraph.Supergraph
	rules         map[supergraph.Coordinate]supergraph.Access
	hints         map[supergraph.Coordinate]supergraph.CacheHint

	pipelines      sync.Pool
	plans          *cache[string, *cachedPlan]              // by normalized text
	requests       *cache[requestKey, outcome]              // by name, text and variables
	documents      *cache[documentKey, *normalizedDocument] // by name and text
	validated      *cache[string, documentResult]           // by text
	planLookups    lookupCounter
	requestLookups lookupCounter
	flight         singleflight.Group
	seed           maphash.Seed
}

// cachedPlan is a plan and its ID. The ID is a seeded hash: a client cannot
// construct two operations with equal IDs, which would share responses.
type cachedPlan struct {
	id   uint64
	hash string // SHA-256, the same in every process
	plan engine.Plan
	memo Memo

	bytes int // estimated
}

// Introspection is what clients see of the schema besides the fields they select.
type Introspection struct {
	Enabled     bool // whether they may query it
	Suggestions bool // whether errors suggest names: "Did you mean ...?"
}

// NewPlanner builds a planner for the graph. ctx bounds the lifetime of the data
// sources, and so of all plans.
func NewPlanner(ctx context.Context, sg *supergraph.Supergraph, upstreams map[string]Upstream, limits Limits, open Introspection) (*Planner, error) {
	p := &Planner{
		limits: limits, introspection: open.Enabled, seed: maphash.MakeSeed(), sg: sg, schemaAnswers: introspectionCache{answers: map[string][]byte{}},
		costs: newCostModel(sg, limits.ListSize), rules: sg.AccessRules(), hints: sg.CacheHints(),
	}
	var err error
	if p.plannerFields, err = plannerFields(sg); err != nil {
		return nil, err
	}
	if p.validator, err = newDocumentValidator(sg.ClientSchema(), open.Suggestions); err != nil {
		return nil, err
	}
	if p.client, err = schemaDocument(sg.ClientSchema()); err != nil {
		return nil, fmt.Errorf("client schema: %w", err)
	}
	dropDirectives(p.client, "stream")
	public, err := schemaDocument(sg.ClientSchema())
	if err != nil {
		return nil, fmt.Errorf("client schema: %w", err)
	}
	dropDirectives(public, unsupportedDirectives()...)
	if p.graph, err = schemaDocument(sg.PlannerSchema()); err != nil {
		return nil, fmt.Errorf("planner schema: %w", err)
	}
	if p.own, err = ownPlanner(sg, upstreams, p.rules); err != nil {
		return nil, err
	}
	dataSources, err := sources(ctx, sg, upstreams)
	if err != nil {
		return nil, err
	}
	answers, err := introspection_datasource.NewIntrospectionConfigFactory(public)
	if err != nil {
		return nil, fmt.Errorf("introspection: %w", err)
	}
	p.config = engine.Configuration{
		DataSources:      append(dataSources, answers.BuildDataSourceConfigurations()...),
		Fields:           append(fieldConfigurations(sg, p.rules), answers.BuildFieldConfigurations()...),
		EnableMultiFetch: true, // one request for all entities of a subgraph and stage
	}
	if p.plans, err = newCache[string, *cachedPlan](cachedPlans, planBytes); err != nil {
		return nil, err
	}
	if p.requests, err = newCache[requestKey, outcome](cachedRequests, requestBytes); err != nil {
		return nil, err
	}
	if p.documents, err = newCache[documentKey, *normalizedDocument](cachedDocuments, documentBytes); err != nil {
		return nil, err
	}
	if p.validated, err = newCache[string, documentResult](cachedTexts, textBytes); err != nil {
		return nil, err
	}
	p.pipelines.New = func() any { return newPipeline() }
	return p, nil
}

// ClientDocument returns the parsed client schema.
func (p *Planner) ClientDocument() *ast.Document { return p.client }

func schemaDocument(sdl string) (*ast.Document, error) {
	doc, report := astparser.ParseGraphqlDocumentString(sdl)
	if report.HasErrors() {
		return nil, report
	}
	if err := asttransform.MergeDefinitionWithBaseSchema(&doc); err != nil {
		return nil, err
	}
	return &doc, nil
}

// dropDirectives removes directives that the engine declares and the router does
// not support: an operation that uses one is rejected.
func dropDirectives(doc *ast.Document, names ...string) {
	for _, node := range slices.Clone(doc.RootNodes) {
		if node.Kind != ast.NodeKindDirectiveDefinition {
			continue
		}
		name := doc.DirectiveDefinitionNameString(node.Ref)
		if slices.Contains(names, name) {
			doc.DeleteRootNode(node)
			doc.Index.RemoveNodeByName([]byte(name))
		}
	}
}

// plan returns the plan of a normalized operation, from the cache or newly made.
// Concurrent requests for the same operation share one planning: it takes
// milliseconds, and a deployed client sends its new operations all at once.
func (p *Planner) plan(text, name string) (*cachedPlan, error) {
	done, ok := p.plans.Get(text)
	p.planLookups.count(ok)
	if ok {
		return done, nil
	}
	made, err, _ := p.flight.Do(text, func() (any, error) {
		made, err := p.make(text, name)
		if err == nil {
			p.plans.Add(text, made, made.bytes)
		}
		return made, err
	})
	if refused, ok := errors.AsType[*FetchGraphError](err); ok {
		return nil, refused.forClient()
	}
	if err != nil {
		return nil, fmt.Errorf("plan operation %q: %w", name, err)
	}
	return made.(*cachedPlan), nil
}

func (p *Planner) make(text, name string) (*cachedPlan, error) {
	made, err := p.makeOwn(text)
	if made == nil && err == nil {
		made, err = p.makeByEngine(text, name)
	}
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(text))
	return &cachedPlan{id: maphash.String(p.seed, text), hash: hex.EncodeToString(sum[:]), plan: made, bytes: minPlanBytes + bytesPerPlanByte*len(text)}, nil
}

func (p *Planner) makeByEngine(text, name string) (engine.Plan, error) {
	doc, report := astparser.ParseGraphqlDocumentString(text)
	if report.HasErrors() {
		return nil, report
	}
	// The engine's planner has state: one for each operation.
	planner, err := engine.NewPlanner(p.config)
	if err != nil {
		return nil, err
	}
	var planning operationreport.Report
	made := planner.Plan(&doc, p.graph, name, &planning, engine.IncludeQueryPlanInResponse()) // for Operation.Tree
	if planning.HasErrors() {
		return nil, planning
	}
	if err := checkFetchGraph(made); err != nil {
		return nil, err
	}
	data := plannedData(made)
	if data != nil {
		readIntrospectionByName(data, false)
	}
	// EnableScheduleFetches stays off: in v2.16.0 it returns wrong data.
	options := []postprocess.ProcessorOption{postprocess.CollectDataSourceInfo()}
	if !hasSeveralMutationFields(&doc) { // merged entity fetches of several mutation fields could not be serialized
		options = append(options, postprocess.EnableMultiFetch())
	}
	postprocess.NewProcessor(options...).Process(made)
	serializeMutations(made)
	if single, ok := made.(*engine.SynchronousResponsePlan); ok {
		p.schemaAnswers.use(single.Response.Fetches)
	}
	if data != nil {
		restoreAliases(data) // only now: post-processing merges fields of equal names
	}
	return made, nil
}
