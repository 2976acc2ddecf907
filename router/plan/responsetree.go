package plan

import (
	engine "github.com/wundergraph/graphql-go-tools/v2/pkg/engine/plan"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"
)

// plannedData returns the tree of a plan's response, or nil.
func plannedData(p engine.Plan) *resolve.Object {
	switch p := p.(type) {
	case *engine.SynchronousResponsePlan:
		return p.Response.Data
	case *engine.DeferResponsePlan:
		return p.Response.Response.Data
	case *engine.SubscriptionResponsePlan:
		return p.Response.Response.Data
	default:
		return nil
	}
}

// fieldsOf returns the fields of an object, or of the objects in a list.
func fieldsOf(node resolve.Node) []*resolve.Field {
	switch n := node.(type) {
	case *resolve.Object:
		return n.Fields
	case *resolve.Array:
		return fieldsOf(n.Item)
	default:
		return nil
	}
}

// readIntrospectionByName makes every field below __schema and __type be read by
// its name. The engine plans to read it by the client's alias, as in the response
// of a subgraph, but the source of these fields returns the whole schema, which
// has no aliases.
func readIntrospectionByName(node resolve.Node, inside bool) {
	for _, f := range fieldsOf(node) {
		if f.Info == nil {
			continue
		}
		if inside {
			setPath(f.Value, []string{f.Info.Name})
		}
		readIntrospectionByName(f.Value, inside || isIntrospectionField(f.Info.Name))
	}
}

func setPath(node resolve.Node, path []string) {
	switch n := node.(type) {
	case *resolve.Object:
		n.Path = path
	case *resolve.Array:
		n.Path = path
	case *resolve.String:
		n.Path = path
	case *resolve.Boolean:
		n.Path = path
	case *resolve.Enum:
		n.Path = path
	case *resolve.Scalar:
		n.Path = path
	case *resolve.StaticString:
		n.Path = path
	}
}
