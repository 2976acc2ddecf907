package program

import (
	"slices"

	"github.com/wundergraph/graphql-go-tools/v2/pkg/ast"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/datasource/graphql_datasource"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"

	"cartograph/router/plan/queryplan"
)

// Fetch is one request to a subgraph.
type Fetch struct {
	Index    int // in the program
	Subgraph string
	// Query: the fetch has no effect, and may be shared with an equal one.
	Query bool
	// ID is the engine's; DependsOn are the IDs of fetches whose responses this
	// one needs.
	ID        int
	DependsOn []int

	// The body of the request is Prefix, the representations of each of Entities,
	// and Suffix. Without entities it is Prefix alone, and the response belongs to
	// the root.
	Prefix, Suffix []Piece
	Entities       []Entities
	Merged         bool // several lists of entities, each under an alias

	// At leads to the objects of the query type that the response of a fetch without
	// entities belongs to; Response is the same for error messages. Nil: the root.
	At       []Step
	Response []string

	// Roots are the response names of the root fields that the subgraph resolves.
	Roots []string
	// Guards of the root fields; see IsDenied.
	Guards []int
}

// Entities is one list of representations, and where their objects are.
type Entities struct {
	Alias string // of the _entities field in the subgraph's response
	// Path leads to the objects; Response is the same for error messages.
	Path     []Step
	Response []string

	Representation *Value
	Single         bool // one object at most: there is no list on the path
	Guards         []int

	// Of merged fetches: the bytes around the representations, and the variables of
	// this list.
	Prefix, Include []byte
	Variables       []Piece
}

// Step leads from objects to the objects below a field; lists are flattened.
type Step struct {
	Name  string
	Types []string // runtime types of the objects to start from; nil: any
}

// IsDenied reports a fetch, or a list of entities, that must not be sent: one
// whose fields are all denied, or a mutation with any denied field, because it
// would take effect although its result is withheld.
func (f *Fetch) IsDenied(guards []int, denied func(guard int) bool) bool {
	closed := 0
	for _, g := range guards {
		if g != NoGuard && denied(g) {
			closed++
		}
	}
	if !f.Query {
		return closed > 0
	}
	return closed > 0 && closed == len(guards)
}

func (c *compiler) fetch(item *resolve.FetchItem) (*Fetch, error) {
	info := item.Fetch.FetchInfo()
	if info == nil || info.DataSourceName == "" {
		return nil, unsupported("fetch without a subgraph")
	}
	f := &Fetch{Subgraph: info.DataSourceName, Query: info.OperationType == ast.OperationTypeQuery, Guards: c.guardsOf(info), Roots: c.rootsFrom(info.DataSourceName)}
	f.ID, f.DependsOn = item.Fetch.Dependencies().FetchID, item.Fetch.Dependencies().DependsOnFetchIDs
	var err error
	switch x := item.Fetch.(type) {
	case *resolve.SingleFetch:
		err = c.rootFetch(f, item, x)
	case *resolve.EntityFetch:
		err = c.entityFetch(f, item, x)
	case *resolve.BatchEntityFetch:
		err = c.batchFetch(f, item, x)
	case *resolve.MultiEntityFetch:
		err = c.mergedFetch(f, x)
	default:
		err = unsupported("fetch %T", item.Fetch)
	}
	if err != nil {
		return nil, err
	}
	return f, f.extractBody()
}

func (c *compiler) guardsOf(info *resolve.FetchInfo) []int {
	guards := make([]int, len(info.RootFields))
	for i, root := range info.RootFields {
		guards[i] = NoGuard
		if root.HasAuthorizationRule {
			guards[i] = c.guard(root.TypeName, root.FieldName)
		}
	}
	return guards
}

func (c *compiler) rootsFrom(subgraph string) []string {
	var names []string
	for _, f := range c.response.Data.Fields {
		if f.Info != nil && slices.Contains(f.Info.Source.Names, subgraph) {
			names = append(names, string(f.Name))
		}
	}
	return names
}

func isSubgraph(source resolve.DataSource) error {
	switch source.(type) {
	case *graphql_datasource.Source, *queryplan.Transport:
		return nil
	default:
		return unsupported("data source %T", source)
	}
}

func selects(post resolve.PostProcessingConfiguration, path ...string) error {
	if !slices.Equal(post.SelectResponseDataPath, path) || !slices.Equal(post.SelectResponseErrorsPath, []string{"errors"}) || len(post.MergePath) > 0 {
		return unsupported("response at %v", post.SelectResponseDataPath)
	}
	return nil
}

func (c *compiler) rootFetch(f *Fetch, item *resolve.FetchItem, x *resolve.SingleFetch) (err error) {
	if err := isSubgraph(x.DataSource); err != nil {
		return err
	}
	if len(item.FetchPath) > 0 {
		var at Entities
		at.setPath(item)
		f.At, f.Response, f.Roots = at.Path, at.Response, nil
	}
	if err := selects(x.PostProcessing, "data"); err != nil {
		return err
	}
	f.Prefix, err = split(x.InputTemplate)
	return err
}

func (c *compiler) entityFetch(f *Fetch, item *resolve.FetchItem, x *resolve.EntityFetch) error {
	if err := selects(x.PostProcessing, "data", "_entities", "0"); err != nil {
		return err
	}
	if !x.Input.SkipErrItem {
		return unsupported("entity fetch that fails on a bad representation")
	}
	e := Entities{Alias: "_entities", Single: true}
	return c.entities(f, item, x.DataSource, e, x.Input.Header, x.Input.Item, x.Input.Footer)
}

func (c *compiler) batchFetch(f *Fetch, item *resolve.FetchItem, x *resolve.BatchEntityFetch) error {
	if err := selects(x.PostProcessing, "data", "_entities"); err != nil {
		return err
	}
	if in := x.Input; len(in.Items) != 1 || !in.SkipNullItems || !in.SkipEmptyObjectItems || !in.SkipErrItems {
		return unsupported("entity fetch that fails on a bad representation")
	}
	e := Entities{Alias: "_entities"}
	return c.entities(f, item, x.DataSource, e, x.Input.Header, x.Input.Items[0], x.Input.Footer)
}

func (c *compiler) entities(f *Fetch, item *resolve.FetchItem, source resolve.DataSource, e Entities, head, body, foot resolve.InputTemplate) (err error) {
	if err := isSubgraph(source); err != nil {
		return err
	}
	e.Guards = f.Guards
	e.setPath(item)
	if e.Representation, err = c.representation(body); err != nil {
		return err
	}
	f.Entities = []Entities{e}
	if f.Prefix, err = split(head); err != nil {
		return err
	}
	f.Suffix, err = split(foot)
	return err
}

func (c *compiler) mergedFetch(f *Fetch, x *resolve.MultiEntityFetch) (err error) {
	if err := isSubgraph(x.DataSource); err != nil {
		return err
	}
	f.Merged = true
	for i := range x.Input.Entries {
		entry := &x.Input.Entries[i]
		if err := selects(entry.PostProcessing, "data", entry.Alias); err != nil {
			return err
		}
		if !entry.SkipNullItems || !entry.SkipEmptyObjectItems || !entry.SkipErrItems {
			return unsupported("entity fetch that fails on a bad representation")
		}
		e := Entities{
			Alias: entry.Alias, Single: entry.OriginKind == resolve.EntityFetchOriginSingle,
			Guards: c.guardsOf(entry.Info), Prefix: entry.RepresentationsPrefix, Include: entry.IncludePrefix,
		}
		e.setPath(entry.Item)
		if e.Representation, err = c.representation(entry.Representations); err != nil {
			return err
		}
		if e.Variables, err = memberPieces(entry.Variables); err != nil {
			return err
		}
		f.Entities = append(f.Entities, e)
	}
	if f.Prefix, err = split(x.Input.Header); err != nil {
		return err
	}
	f.Suffix, err = split(x.Input.Footer)
	return err
}

// setPath sets the path of the objects. The engine writes "@" for the elements
// of a list.
func (e *Entities) setPath(item *resolve.FetchItem) {
	for _, element := range item.FetchPath {
		for i, name := range element.Path {
			step := Step{Name: name}
			if i == 0 {
				step.Types = element.TypeNames
			}
			e.Path = append(e.Path, step)
		}
	}
	for _, name := range item.ResponsePathElements {
		if name != "@" {
			e.Response = append(e.Response, name)
		}
	}
}

func (c *compiler) representation(t resolve.InputTemplate) (*Value, error) {
	if len(t.Segments) != 1 || t.Segments[0].VariableKind != resolve.ResolvableObjectVariableKind {
		return nil, unsupported("representation of %d parts", len(t.Segments))
	}
	renderer, ok := t.Segments[0].Renderer.(*resolve.GraphQLVariableResolveRenderer)
	if !ok {
		return nil, unsupported("representation by %T", t.Segments[0].Renderer)
	}
	v, err := c.value(renderer.Node)
	if err == nil && v.TypeName != "" && len(v.Fields) > 0 && v.Fields[0].Value.Kind == Static {
		v.Possible = []string{v.TypeName} // of another type there is no key
	}
	return v, err
}
