package plan

import (
	"slices"

	"github.com/wundergraph/graphql-go-tools/v2/pkg/ast"
	engine "github.com/wundergraph/graphql-go-tools/v2/pkg/engine/plan"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"
)

// hasSeveralMutationFields reports a mutation with more than one root field.
func hasSeveralMutationFields(doc *ast.Document) bool {
	for _, op := range doc.OperationDefinitions {
		if op.OperationType == ast.OperationTypeMutation && op.HasSelections && len(doc.SelectionSets[op.SelectionSet].SelectionRefs) > 1 {
			return true
		}
	}
	return false
}

// countMutations counts the requests that execute mutation fields; those for
// entities are reads.
func countMutations(node *resolve.FetchTreeNode) int {
	if node == nil {
		return 0
	}
	n := 0
	if node.Kind == resolve.FetchTreeNodeKindSingle && isMutation(node.Item) {
		n++
	}
	for _, child := range node.ChildNodes {
		n += countMutations(child)
	}
	return n
}

func isMutation(item *resolve.FetchItem) bool {
	single, ok := item.Fetch.(*resolve.SingleFetch)
	return ok && single.Info != nil && single.Info.OperationType == ast.OperationTypeMutation && len(item.FetchPath) == 0
}

// serializeMutations makes each mutation field wait until the result of the one
// before it is complete, as the GraphQL specification requires (section 6.2.2).
// The engine starts the next one concurrently with the entity fetches of the
// last, which could then read its effects.
func serializeMutations(p engine.Plan) {
	single, ok := p.(*engine.SynchronousResponsePlan)
	if !ok || countMutations(single.Response.Fetches) < 2 {
		return
	}
	single.Response.Fetches = groupByMutation(single.Response.Fetches)
}

// groupByMutation rebuilds a tree as a sequence of mutation requests, each
// followed by the fetches whose last dependency it is, in their original order.
func groupByMutation(root *resolve.FetchTreeNode) *resolve.FetchTreeNode {
	var rounds [][]*resolve.FetchTreeNode // sets that may run concurrently
	var collect func(node *resolve.FetchTreeNode)
	collect = func(node *resolve.FetchTreeNode) {
		switch node.Kind {
		case resolve.FetchTreeNodeKindSingle:
			rounds = append(rounds, []*resolve.FetchTreeNode{node})
		case resolve.FetchTreeNodeKindParallel:
			var round []*resolve.FetchTreeNode
			for _, child := range node.ChildNodes {
				if child.Kind == resolve.FetchTreeNodeKindSingle {
					round = append(round, child)
				} else {
					collect(child)
				}
			}
			rounds = append(rounds, round)
		case resolve.FetchTreeNodeKindSequence, resolve.FetchTreeNodeKindTrigger:
			for _, child := range node.ChildNodes {
				collect(child)
			}
		}
	}
	collect(root)

	var steps []*resolve.FetchTreeNode // the mutation requests
	belongs := map[int]int{}           // fetch ID -> number of the last mutation that it depends on
	waiting := map[int][]*resolve.FetchTreeNode{}
	for _, round := range rounds {
		beside := map[int][]*resolve.FetchTreeNode{}
		for _, node := range round {
			about := node.Item.Fetch.Dependencies()
			change := 0
			if isMutation(node.Item) {
				steps = append(steps, node)
				change = len(steps)
			} else {
				for _, need := range about.DependsOnFetchIDs {
					change = max(change, belongs[need])
				}
				beside[change] = append(beside[change], node)
			}
			belongs[about.FetchID] = change
		}
		for change, nodes := range beside {
			waiting[change] = append(waiting[change], parallel(nodes))
		}
	}
	out := resolve.Sequence(waiting[0]...)
	for i, step := range steps {
		out.ChildNodes = slices.Concat(out.ChildNodes, []*resolve.FetchTreeNode{step}, waiting[i+1])
	}
	out.NormalizedQuery = root.NormalizedQuery
	return out
}

func parallel(nodes []*resolve.FetchTreeNode) *resolve.FetchTreeNode {
	if len(nodes) == 1 {
		return nodes[0]
	}
	return resolve.Parallel(nodes...)
}
