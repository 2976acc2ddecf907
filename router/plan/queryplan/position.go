package queryplan

import (
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

func pointer(set ast.SelectionSet) string {
	if len(set) == 0 {
		return ""
	}
	return fmt.Sprintf("%p#%d", &set[0], len(set))
}

// position is the place of the objects that a field returns.
type position struct {
	slot     *slot
	path     []step
	declared string // the field's type in the supergraph
	sets     []ast.SelectionSet
	hidden   bool
	stage    int      // of the mutation field above
	after    []*fetch // that tell the types on the path

	types  []string // that objects here may have
	groups []*group // nil: there is no source yet
	// Of a position that an interface object returned: whether anything depends on
	// the types of objects.
	needsType bool
	resolved  bool // the response has a __typename
}

// step leads to a field of the objects of certain types.
type step struct {
	name  string
	list  bool
	types []string // nil: all
}

// group are the objects of a position that have one of some types.
type group struct {
	position *position
	types    []string
	requests []*request
	sources  []*source
}

// isAll reports that all objects of the position are in the group.
func (g *group) isAll() bool { return len(g.types) == len(g.position.types) }

// isKnown reports that the objects' types are known: there is only one, or a source
// returns it.
func (g *group) isKnown() bool {
	return len(g.types) == 1 || slices.ContainsFunc(g.sources, func(s *source) bool { return s.known })
}

// typeFetch returns the request that tells the objects' types.
func (g *group) typeFetch() *fetch {
	for _, s := range g.sources {
		if s.known {
			return s.fetch
		}
	}
	return nil
}

func (g *group) path(response string, list bool) []step {
	out := append(slices.Clone(g.position.path), step{name: response, list: list})
	if !g.isAll() {
		out[len(out)-1].types = g.types
	}
	return out
}

// source is a request that returns the objects of a group.
type source struct {
	fetch    *fetch
	graph    string
	node     *node
	provided ast.SelectionSet
	known    bool            // it returns their types
	types    []string        // that it may return of the group's
	requires map[string]bool // fields whose required fields were sent with the request
}

// planning is the planning of one operation.
type planning struct {
	*Planner
	operation *ast.OperationDefinition
	fetches   []*fetch
	root      *position
	open      map[openField]bool
	steps     int
}

// openField is a field whose required fields are being planned.
type openField struct {
	group *position
	types string
	field string
	graph string
}

func (x *planning) step() error {
	if x.steps++; x.steps > maxSteps {
		return unsupported("more than %d steps", maxSteps)
	}
	return nil
}

// addSource adds a way to the objects of a position: the node below a field in a
// request. The first determines which types the objects may have.
func (x *planning) addSource(at *position, f *fetch, graph string, n *node, provided ast.SelectionSet) error {
	types, known := x.possibleIn(n.typeName, graph)
	if at.groups == nil {
		for _, object := range types {
			if x.isA(object, at.declared) {
				at.types = append(at.types, object)
			}
		}
		if len(at.types) == 0 {
			// The subgraph has no type that fits: its value can only be null.
			return nil
		}
		if x.steps += len(at.types); x.steps > maxSteps {
			return unsupported("more than %d steps", maxSteps)
		}
		at.makeGroups(x)
	}
	if known && (len(at.types) > 1 || len(x.possible(at.declared)) > 1) {
		n.typename = true
		at.resolved = true
	}
	for _, g := range at.groups {
		var inGraph []string
		for _, object := range g.types {
			if slices.Contains(types, object) {
				inGraph = append(inGraph, object)
			}
		}
		if len(inGraph) > 0 {
			g.sources = append(g.sources, &source{fetch: f, graph: graph, node: n, provided: provided, known: known, types: inGraph})
		}
	}
	if !known && at.needsType && !at.resolved {
		return x.resolveTypes(at)
	}
	return nil
}

func (at *position) makeGroups(x *planning) {
	bySignature := map[string]*group{}
	for _, object := range at.types {
		requests := x.collect(object, at.declared, at.sets)
		signature := x.signature(object, requests)
		g := bySignature[signature]
		if g == nil {
			for _, r := range requests {
				r.hidden = at.hidden
			}
			g = &group{position: at, requests: requests}
			bySignature[signature] = g
			at.groups = append(at.groups, g)
		}
		g.types = append(g.types, object)
		at.needsType = at.needsType || slices.ContainsFunc(requests, func(r *request) bool { return r.name == "__typename" })
	}
	at.needsType = len(at.types) > 1 && (at.needsType || len(at.groups) > 1)
}

// resolveTypes finds out the types of objects that an interface object returned, by
// the key of the interface in another subgraph.
func (x *planning) resolveTypes(at *position) error {
	everything := &group{position: at, types: at.types, sources: at.groups[0].sources}
	s, err := x.fetchType(everything)
	if err != nil {
		return err
	}
	at.resolved = true
	for _, g := range at.groups {
		g.sources = append(g.sources, s)
	}
	return nil
}

// fetchType adds the source that tells the objects' types.
func (x *planning) fetchType(g *group) (*source, error) {
	for _, graph := range x.graphs {
		name := x.interfaceIn(g.types, graph)
		if name == "" {
			continue
		}
		for _, join := range x.sg.Type(name).Keys(graph) {
			k := key{join.Key, x.set(join.Key)}
			if !join.Resolvable || !slices.ContainsFunc(g.sources, func(s *source) bool { return x.resolvesAll(k.set, s) }) {
				continue
			}
			s, err := x.newSource(g, graph, name, k, nil, nil, nil)
			if err != nil {
				return nil, err
			}
			s.known = true
			s.node.typename = true
			g.position.resolved = true
			return s, nil
		}
	}
	return nil, unsupported("no subgraph tells the type of an interface object of %s", g.position.declared)
}

func (x *planning) resolvesAll(set ast.SelectionSet, s *source) bool {
	return !slices.ContainsFunc(s.types, func(object string) bool { return !x.resolves(object, set, s.graph, s.provided) })
}

// satisfy plans all requests of a position, and reports whether it could.
func (x *planning) satisfy(at *position) (bool, error) {
	whole := true
	for _, g := range at.groups {
		left, err := x.satisfyGroup(g, g.requests, nil)
		if err != nil {
			return false, err
		}
		whole = whole && len(left) == 0
	}
	return whole, nil
}

// satisfyGroup plans requests, and returns those that it found no way for. It adds
// no source in the graphs to avoid.
func (x *planning) satisfyGroup(g *group, requests []*request, avoid []string) ([]*request, error) {
	left := slices.DeleteFunc(slices.Clone(requests), func(r *request) bool { return r.done })
	for i := 0; i < len(g.sources) && len(left) > 0; i++ {
		var err error
		if left, err = x.take(g, g.sources[i], left); err != nil || len(left) == 0 {
			return left, err
		}
	}
	for len(left) > 0 {
		s, err := x.hop(g, left, avoid)
		if err != nil || s == nil {
			return left, err
		}
		if left, err = x.take(g, s, left); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// take plans requests by a source, and returns those that are left.
func (x *planning) take(g *group, s *source, requests []*request) (left []*request, err error) {
	for _, r := range requests {
		if err := x.step(); err != nil {
			return nil, err
		}
		done, err := x.takeOne(g, s, r)
		if err != nil {
			return nil, err
		}
		if r.done = done; !done {
			left = append(left, r)
		}
	}
	return left, nil
}

func (x *planning) takeOne(g *group, s *source, r *request) (bool, error) {
	if r.tried[s] {
		return false, nil
	}
	if r.tried == nil {
		r.tried = map[*source]bool{}
	}
	r.tried[s] = true
	if r.name == "__typename" {
		if len(g.types) == 1 && g.position.resolvedOrObject() {
			r.static = true
			return true, nil
		}
		if s.known {
			s.node.typename = true
			r.response = "__typename"
			r.fetches = append(r.fetches, s.fetch)
			return true, nil
		}
		return false, nil
	}
	var first option
	for i, object := range s.types {
		o, ok := x.option(object, r.name, s.graph, s.provided)
		if !ok || o.requires != nil && !s.requires[r.name] {
			return false, nil
		}
		if i == 0 {
			first = o
		}
	}
	if r.graphs == nil {
		r.graphs = map[string]bool{}
	}
	r.graphs[s.graph] = true
	composite := len(r.sets) > 0
	signature := r.name + argumentsText(r.arguments) + "/" + first.kind.String()
	preferred := r.alias
	if r.response == "" {
		r.response = g.position.slot.name(preferred, signature)
	}
	field := s.node.add(g.types, r, first, x.coordinate(g, r))
	r.fetches = append(r.fetches, s.fetch)
	if !composite {
		return true, nil
	}
	if r.child == nil {
		def := x.sg.Type(g.types[0]).Fields.ForName(r.name)
		r.child = &position{
			slot: g.position.slot.children[r.response], path: g.path(r.response, def.Type.Elem != nil), declared: def.Type.Name(), sets: r.sets, hidden: r.hidden, stage: g.position.stage,
			after: slices.Clone(g.position.after),
		}
		if f := g.typeFetch(); f != nil && !g.isAll() {
			r.child.after = append(r.child.after, f)
		}
	}
	if err := x.addSource(r.child, s.fetch, s.graph, field.node, first.provided); err != nil {
		return false, err
	}
	return x.satisfy(r.child)
}

// resolvedOrObject reports that a group of one type needs no __typename: the
// position has no other.
func (at *position) resolvedOrObject() bool {
	return at.resolved || len(at.types) == 1
}
