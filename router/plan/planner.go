package plan

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
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

	"cartograph/router/supergraph"
)

// The caches' sizes in entries and bytes, and the longest request, in bytes,
// that is worth remembering by its text.
const (
	cachedPlans   = 1024
	cachedTexts   = 4096
	cachedSteady  = 1024
	planBytes     = 64 << 20
	textBytes     = 128 << 20 // with the plans that texts keep alive
	steadyBytes   = 64 << 20  // likewise
	longestCached = 16 << 10
)

// A plan takes about this many bytes for each byte of its normalised text, and
// some at least.
const (
	bytesOfPlan     = 8 << 10
	bytesPerPlanned = 100
)

// Planner prepares operations. It is safe for concurrent use.
type Planner struct {
	limits        Limits
	introspection bool
	client        *ast.Document // what clients may ask for
	graph         *ast.Document // what plans are made on
	config        engine.Configuration
	prices        *prices
	sg            *supergraph.Supergraph
	rules         map[supergraph.Coordinate]supergraph.Access
	hints         map[supergraph.Coordinate]supergraph.CacheHint

	kits    sync.Pool
	plans   *cache[string, *planned]   // by the normalised text
	texts   *cache[textKey, outcome]   // by what the client sent
	steady  *cache[steadyKey, *steady] // by the document alone
	planUse cacheUse
	textUse cacheUse
	flight  singleflight.Group
	seed    maphash.Seed
}

// planned is a plan and the number that stands for it. The number comes from a
// seeded hash: nobody outside can make two operations share one.
type planned struct {
	id   uint64
	hash string // the same wherever the operation is planned
	plan engine.Plan
	memo Memo

	bytes int // that it keeps, about
}

// NewPlanner builds a planner for the graph. What it starts lives until ctx ends.
func NewPlanner(ctx context.Context, sg *supergraph.Supergraph, upstreams map[string]Upstream, limits Limits, introspection bool) (*Planner, error) {
	p := &Planner{
		limits: limits, introspection: introspection, seed: maphash.MakeSeed(), sg: sg,
		prices: newPrices(sg, limits.ListSize), rules: sg.AccessRules(), hints: sg.CacheHints(),
	}
	var err error
	if p.client, err = schemaDocument(sg.ClientSchema()); err != nil {
		return nil, fmt.Errorf("client schema: %w", err)
	}
	dropDirectives(p.client, "stream")
	public, err := schemaDocument(sg.ClientSchema())
	if err != nil {
		return nil, fmt.Errorf("client schema: %w", err)
	}
	dropDirectives(public, unservedDirectives()...)
	if p.graph, err = schemaDocument(sg.PlannerSchema()); err != nil {
		return nil, fmt.Errorf("planner schema: %w", err)
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
	if p.plans, err = newCache[string, *planned](cachedPlans, planBytes); err != nil {
		return nil, err
	}
	if p.texts, err = newCache[textKey, outcome](cachedTexts, textBytes); err != nil {
		return nil, err
	}
	if p.steady, err = newCache[steadyKey, *steady](cachedSteady, steadyBytes); err != nil {
		return nil, err
	}
	p.kits.New = func() any { return newKit() }
	return p, nil
}

// ClientDocument is the parsed client schema.
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

// dropDirectives takes out directives that the engine declares and we do not
// serve: an operation that uses one is refused, not half answered.
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

// plan takes the plan of a normalised operation from the cache or makes it.
// Requests for the same operation wait for one making.
func (p *Planner) plan(text, name string) (*planned, error) {
	done, ok := p.plans.Get(text)
	p.planUse.count(ok)
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
	if err != nil {
		return nil, fmt.Errorf("plan operation %q: %w", name, err)
	}
	return made.(*planned), nil
}

func (p *Planner) make(text, name string) (*planned, error) {
	doc, report := astparser.ParseGraphqlDocumentString(text)
	if report.HasErrors() {
		return nil, report
	}
	// A planner keeps state of its operation: one for each.
	planner, err := engine.NewPlanner(p.config)
	if err != nil {
		return nil, err
	}
	var planning operationreport.Report
	made := planner.Plan(&doc, p.graph, name, &planning, engine.IncludeQueryPlanInResponse()) // for Operation.Tree
	if planning.HasErrors() {
		return nil, planning
	}
	// EnableScheduleFetches stays off: in v2.16.0 it loses fields.
	options := []postprocess.ProcessorOption{postprocess.CollectDataSourceInfo()}
	if !severalChanges(&doc) { // entities of several are not merged: they must be complete one by one
		options = append(options, postprocess.EnableMultiFetch())
	}
	postprocess.NewProcessor(options...).Process(made)
	inOrder(made)
	sum := sha256.Sum256([]byte(text))
	return &planned{id: maphash.String(p.seed, text), hash: hex.EncodeToString(sum[:]), plan: made, bytes: bytesOfPlan + bytesPerPlanned*len(text)}, nil
}
