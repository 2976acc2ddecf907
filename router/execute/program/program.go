// Package program is an operation's plan in the form that it is run in: what
// to send to which subgraph, cut into static bytes and holes, and how to write
// the answer.
//
// A plan of the engine is compiled once. What Compile does not know it refuses
// by name, so that the caller can leave the plan to the engine's own resolver:
// a program that exists does all that its plan says.
package program

import (
	"fmt"

	"github.com/wundergraph/graphql-go-tools/v2/pkg/ast"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"

	"cartograph/router/supergraph"
)

// Program is a compiled plan. It is shared between requests: read only.
type Program struct {
	// Stages run one after another, the fetches of one at the same time.
	Stages  [][]*Fetch
	Fetches int // in all stages
	Data    *Value
	// Guards are the fields whose access is decided for each caller. Values and
	// fetches name them by index.
	Guards []supergraph.Coordinate
	// Repeats says that two fetches of one subgraph have the same document, so
	// that they may come out equal.
	Repeats  bool
	Mutation bool
}

// Refused is why a plan is left to the engine.
type Refused struct{ Reason string }

func (r *Refused) Error() string { return "not compiled: " + r.Reason }

func refuse(format string, args ...any) error {
	return &Refused{fmt.Sprintf(format, args...)}
}

// Compile makes a program of a plan's response. Its errors are *Refused.
func Compile(response *resolve.GraphQLResponse) (*Program, error) {
	c := &compiler{program: &Program{}, response: response, guards: map[supergraph.Coordinate]int{}}
	c.program.Mutation = response.Info != nil && response.Info.OperationType == ast.OperationTypeMutation
	if err := c.compile(); err != nil {
		return nil, err
	}
	return c.program, nil
}

type compiler struct {
	program  *Program
	response *resolve.GraphQLResponse
	guards   map[supergraph.Coordinate]int
	objects  []*Value // enclosing the field that is being compiled
}

func (c *compiler) compile() error {
	if c.response.Data == nil {
		return refuse("plan without data")
	}
	data, err := c.value(c.response.Data)
	if err != nil {
		return err
	}
	c.program.Data = data
	stages, err := c.stages(c.response.Fetches)
	if err != nil {
		return err
	}
	c.program.Stages = stages
	c.program.Repeats = repeats(stages)
	for _, stage := range stages {
		for _, f := range stage {
			f.Index = c.program.Fetches
			c.program.Fetches++
		}
	}
	return nil
}

// stages lays a tree of fetches out in rows: what follows in sequence stands in
// a later row, and branches that are parallel are laid side by side.
func (c *compiler) stages(node *resolve.FetchTreeNode) ([][]*Fetch, error) {
	if node == nil {
		return nil, nil
	}
	var rows [][]*Fetch
	switch node.Kind {
	case resolve.FetchTreeNodeKindSingle:
		f, err := c.fetch(node.Item)
		if err != nil {
			return nil, err
		}
		return [][]*Fetch{{f}}, nil
	case resolve.FetchTreeNodeKindSequence, resolve.FetchTreeNodeKindParallel:
		for _, child := range node.ChildNodes {
			below, err := c.stages(child)
			if err != nil {
				return nil, err
			}
			if node.Kind == resolve.FetchTreeNodeKindSequence {
				rows = append(rows, below...)
				continue
			}
			for i, row := range below {
				if i == len(rows) {
					rows = append(rows, nil)
				}
				rows[i] = append(rows[i], row...)
			}
		}
		return rows, nil
	default:
		return nil, refuse("fetch tree node %q", node.Kind)
	}
}

func repeats(stages [][]*Fetch) bool {
	seen := map[string]bool{}
	for _, stage := range stages {
		for _, f := range stage {
			key := f.Subgraph + "\x00" + string(f.Head[0].Static)
			if seen[key] {
				return true
			}
			seen[key] = true
		}
	}
	return false
}

// guard is the index of a field's guard.
func (c *compiler) guard(typeName, field string) int {
	at := supergraph.Coordinate{Type: typeName, Field: field}
	index, known := c.guards[at]
	if !known {
		index = len(c.program.Guards)
		c.guards[at] = index
		c.program.Guards = append(c.program.Guards, at)
	}
	return index
}
