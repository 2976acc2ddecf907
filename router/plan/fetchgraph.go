package plan

import (
	"fmt"
	"slices"
	"strings"

	engine "github.com/wundergraph/graphql-go-tools/v2/pkg/engine/plan"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"

	"cartograph/router/gqlerr"
)

// The bounds of one plan. The engine's post-processing compares fetches in pairs
// and, for each comparison, follows the dependencies of both without keeping what
// it found: its time grows with the number of paths, and on a cycle it recurses
// until the stack overflows, which ends the process and cannot be recovered from.
const (
	maxFetches         = 256
	maxDependencyDepth = 48
	maxDependencyPaths = 1 << 13 // of all fetches together
)

// FetchGraphError is the reason for which a plan must not be post-processed.
type FetchGraphError struct{ Reason string }

func (e *FetchGraphError) Error() string { return "plan cannot be executed: " + e.Reason }

// forClient returns the error of an operation whose plan is refused.
func (e *FetchGraphError) forClient() *gqlerr.Error {
	return gqlerr.New(gqlerr.ValidationFailed, "The operation cannot be planned: %s. Split it into smaller operations.", e.Reason)
}

// fetchGraph holds which fetches depend on which, by fetch ID.
type fetchGraph struct {
	dependencies map[int][]int
	done         map[int]reach
	open         map[int]bool // on the path that is being followed
}

// reach is what lies before a fetch: the longest chain and the number of paths.
type reach struct{ depth, paths int }

// checkFetchGraph rejects a plan whose fetches are too many, depend on each other
// in a cycle, or form chains that are too long. It must run before
// post-processing. The graph is checked twice, because post-processing itself adds
// dependencies, and merges equal fetches, which may close a cycle: once as planned
// and once as it will be then. Its errors are *FetchGraphError.
func checkFetchGraph(p engine.Plan) error {
	fetches := plannedFetches(p)
	if n := len(fetches); n > maxFetches {
		return &FetchGraphError{fmt.Sprintf("it takes %d requests to subgraphs, at most %d are allowed", n, maxFetches)}
	}
	dependencies := map[int][]int{}
	for _, f := range fetches {
		about := f.Fetch.Dependencies()
		dependencies[about.FetchID] = append(dependencies[about.FetchID], about.DependsOnFetchIDs...)
	}
	if err := checkDependencies(dependencies); err != nil {
		return err
	}
	return checkDependencies(processedDependencies(fetches))
}

func plannedFetches(p engine.Plan) []*resolve.FetchItem {
	switch p := p.(type) {
	case *engine.SynchronousResponsePlan:
		return p.Response.RawFetches
	case *engine.DeferResponsePlan:
		return p.Response.Response.RawFetches
	case *engine.SubscriptionResponsePlan:
		return p.Response.Response.RawFetches
	default:
		return nil
	}
}

// processedDependencies returns the dependencies after the engine has merged equal
// fetches, of which the first stays, and has made each nested fetch without a
// dependency depend on those that provide its place.
func processedDependencies(fetches []*resolve.FetchItem) map[int][]int {
	same := map[int]int{} // fetch ID -> the one that it is merged into
	var kept []*resolve.FetchItem
	for _, f := range fetches {
		id := f.Fetch.Dependencies().FetchID
		equal := slices.IndexFunc(kept, func(k *resolve.FetchItem) bool { return k.EqualSingleFetch(f) })
		if equal < 0 {
			same[id], kept = id, append(kept, f)
			continue
		}
		same[id] = kept[equal].Fetch.Dependencies().FetchID
	}
	out := map[int][]int{}
	for _, f := range kept {
		about := f.Fetch.Dependencies()
		for _, need := range about.DependsOnFetchIDs {
			if merged, ok := same[need]; ok {
				need = merged
			}
			out[about.FetchID] = append(out[about.FetchID], need)
		}
	}
	for _, f := range kept {
		id := f.Fetch.Dependencies().FetchID
		if f.ResponsePath == "" || len(out[id]) > 0 {
			continue
		}
		for _, other := range kept {
			if other != f && strings.HasPrefix(f.ResponsePath, providedPath(other)) {
				out[id] = append(out[id], other.Fetch.Dependencies().FetchID)
			}
		}
	}
	return out
}

// providedPath is where in the response the engine takes a fetch's result to be.
func providedPath(f *resolve.FetchItem) string {
	var path string
	if single, ok := f.Fetch.(*resolve.SingleFetch); ok {
		path = strings.Join(single.PostProcessing.MergePath, ".")
	}
	if f.ResponsePath != "" {
		return f.ResponsePath + "." + path
	}
	return path
}

func checkDependencies(dependencies map[int][]int) error {
	g := fetchGraph{dependencies: dependencies, done: map[int]reach{}, open: map[int]bool{}}
	paths := 0
	for id := range dependencies {
		r, err := g.follow(id)
		if err != nil {
			return err
		}
		paths = add(paths, r.paths)
		if r.depth > maxDependencyDepth {
			return &FetchGraphError{fmt.Sprintf("%d requests to subgraphs wait for each other, at most %d may", r.depth, maxDependencyDepth)}
		}
	}
	if paths > maxDependencyPaths {
		return &FetchGraphError{"its requests to subgraphs depend on each other in too many ways"}
	}
	return nil
}

// follow computes the reach of a fetch. Its recursion is bounded by the number of
// fetches.
func (g *fetchGraph) follow(id int) (reach, error) {
	if r, ok := g.done[id]; ok {
		return r, nil
	}
	if g.open[id] {
		return reach{}, &FetchGraphError{"its requests to subgraphs wait for each other in a cycle"}
	}
	g.open[id] = true
	defer delete(g.open, id)
	r := reach{depth: 1, paths: 1}
	for _, need := range g.dependencies[id] {
		before, err := g.follow(need)
		if err != nil {
			return reach{}, err
		}
		r.depth, r.paths = max(r.depth, before.depth+1), add(r.paths, before.paths)
	}
	g.done[id] = r
	return r, nil
}
