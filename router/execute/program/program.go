// Package program compiles an operation's plan to the form in which it is
// executed: requests split into static bytes and variables, and a tree that
// describes how to write the response.
//
// A plan of the engine is compiled once. Compile fails for every construct that
// it does not support, so that the caller can use the engine's own resolver: a
// program, where there is one, does all that its plan demands.
package program

import (
	"fmt"

	"github.com/wundergraph/graphql-go-tools/v2/pkg/ast"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"

	"cartograph/router/supergraph"
)

// Program is a compiled plan. It is shared between requests: read only.
type Program struct {
	// Stages run one after another, the fetches of a stage concurrently.
	Stages  [][]*Fetch
	Fetches int // in all stages
	Data    *Value
	// Guards are the fields whose access is decided for each caller, once at the
	// start of a run. Values and fetches refer to them by index.
	Guards []supergraph.Coordinate
	// HasDuplicates: two fetches of one subgraph have the same document, so that
	// with equal variables they would be the same request.
	HasDuplicates bool
	Mutation      bool
}

// UnsupportedError is the reason for which a plan is not compiled.
type UnsupportedError struct{ Reason string }

func (r *UnsupportedError) Error() string { return "unsupported plan: " + r.Reason }

func unsupported(format string, args ...any) error {
	return &UnsupportedError{fmt.Sprintf(format, args...)}
}

// Compile compiles a plan's response. Its errors are *UnsupportedError.
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
	objects  []*Value // that enclose the current field, outermost first
}

func (c *compiler) compile() error {
	if c.response.Data == nil {
		return unsupported("plan without data")
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
	c.program.HasDuplicates = hasDuplicates(stages)
	for _, stage := range stages {
		for _, f := range stage {
			f.Index = c.program.Fetches
			c.program.Fetches++
		}
	}
	return nil
}

// stages flattens a tree of fetches: children of a sequence take stages one after
// another, and the stages of parallel children are merged pairwise. A branch may
// so wait for a slower one beside it.
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
		return nil, unsupported("fetch tree node %q", node.Kind)
	}
}

func hasDuplicates(stages [][]*Fetch) bool {
	seen := map[string]bool{}
	for _, stage := range stages {
		for _, f := range stage {
			key := f.Subgraph + "\x00" + string(f.Prefix[0].Static)
			if seen[key] {
				return true
			}
			seen[key] = true
		}
	}
	return false
}

// guard returns the index of a field's guard.
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
