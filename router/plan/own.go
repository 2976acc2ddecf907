package plan

import (
	"errors"
	"sync/atomic"

	engine "github.com/wundergraph/graphql-go-tools/v2/pkg/engine/plan"

	"cartograph/router/plan/queryplan"
	"cartograph/router/supergraph"
)

// Who plans an operation is decided here and nowhere else: package queryplan, unless
// it leaves the operation to the engine's planner, which it says by an
// *UnsupportedError.

// plannedCounter counts the plans that were made, by who made them.
type plannedCounter struct{ own, engine atomic.Uint64 }

// Planned returns how many plans were made by our planner and by the engine's.
func (p *Planner) Planned() (own, byEngine uint64) {
	return p.planned.own.Load(), p.planned.engine.Load()
}

func ownPlanner(sg *supergraph.Supergraph, upstreams map[string]Upstream, rules map[supergraph.Coordinate]supergraph.Access) (*queryplan.Planner, error) {
	sources := map[string]queryplan.Source{}
	for _, s := range sg.Subgraphs {
		up := upstreams[s.Name]
		sources[s.ID] = queryplan.Source{Name: s.Name, URL: up.URL, Data: &queryplan.Transport{Client: up.Client}}
	}
	return queryplan.New(sg, sources, rules)
}

// makeOwn returns nil for an operation that is left to the engine.
func (p *Planner) makeOwn(text string) (engine.Plan, error) {
	made, err := p.own.Plan(text)
	if _, ok := errors.AsType[*queryplan.UnsupportedError](err); ok {
		p.planned.engine.Add(1)
		return nil, nil //nolint:nilnil // documented
	}
	if err != nil {
		return nil, err
	}
	p.planned.own.Add(1)
	restoreAliases(made.Response.Data)
	return made, nil
}
