package plan

import (
	"slices"

	"github.com/wundergraph/graphql-go-tools/v2/pkg/ast"
	engine "github.com/wundergraph/graphql-go-tools/v2/pkg/engine/plan"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"
)

// severalChanges reports a mutation of more than one field.
func severalChanges(doc *ast.Document) bool {
	for _, op := range doc.OperationDefinitions {
		if op.OperationType == ast.OperationTypeMutation && op.HasSelections && len(doc.SelectionSets[op.SelectionSet].SelectionRefs) > 1 {
			return true
		}
	}
	return false
}

// changes counts the requests that change something: of a mutation's, those
// that are not for entities.
func changes(node *resolve.FetchTreeNode) int {
	if node == nil {
		return 0
	}
	n := 0
	if node.Kind == resolve.FetchTreeNodeKindSingle && isChange(node.Item) {
		n++
	}
	for _, child := range node.ChildNodes {
		n += changes(child)
	}
	return n
}

func isChange(item *resolve.FetchItem) bool {
	single, ok := item.Fetch.(*resolve.SingleFetch)
	return ok && single.Info != nil && single.Info.OperationType == ast.OperationTypeMutation && len(item.FetchPath) == 0
}

// inOrder makes one change wait until all that an earlier one returns is
// complete, as a mutation's fields must; the engine lets the next begin beside
// the entities of the last.
func inOrder(p engine.Plan) {
	single, ok := p.(*engine.SynchronousResponsePlan)
	if !ok || changes(single.Response.Fetches) < 2 {
		return
	}
	single.Response.Fetches = groupByChange(single.Response.Fetches)
}

// groupByChange rebuilds a tree as a sequence of changes, each followed by the
// fetches that need it and none that is later, in the order they had.
func groupByChange(root *resolve.FetchTreeNode) *resolve.FetchTreeNode {
	var rounds [][]*resolve.FetchTreeNode // what may run together
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

	var steps []*resolve.FetchTreeNode // the changes, then what belongs to each
	belongs := map[int]int{}           // fetch -> the change it needs last
	waiting := map[int][]*resolve.FetchTreeNode{}
	for _, round := range rounds {
		beside := map[int][]*resolve.FetchTreeNode{}
		for _, node := range round {
			about := node.Item.Fetch.Dependencies()
			change := 0
			if isChange(node.Item) {
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
			waiting[change] = append(waiting[change], together(nodes))
		}
	}
	out := resolve.Sequence(waiting[0]...)
	for i, step := range steps {
		out.ChildNodes = slices.Concat(out.ChildNodes, []*resolve.FetchTreeNode{step}, waiting[i+1])
	}
	out.NormalizedQuery = root.NormalizedQuery
	return out
}

func together(nodes []*resolve.FetchTreeNode) *resolve.FetchTreeNode {
	if len(nodes) == 1 {
		return nodes[0]
	}
	return resolve.Parallel(nodes...)
}
