package queryplan

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"cartograph/router/supergraph"
)

// way is how a subgraph is reached from the sources of a group: by a key, after a
// number of other requests.
type way struct {
	depth int
	key   key
	found bool
}

// ways finds the shortest way to each subgraph.
func (x *planning) ways(g *group, avoid []string) map[string]way {
	out := map[string]way{}
	for range x.graphs { // as in Bellman and Ford: a way has at most that many steps
		changed := false
		for _, graph := range x.graphs {
			if slices.Contains(avoid, graph) {
				continue
			}
			for _, k := range x.keys(g.types[0], graph) {
				depth, ok := x.keyDepth(g, k.set, graph, out)
				if ok && (!out[graph].found || depth+1 < out[graph].depth) {
					out[graph] = way{depth + 1, k, true}
					changed = true
				}
			}
		}
		if !changed {
			break
		}
	}
	return out
}

// keyDepth is the depth at which all fields of a key of the subgraph are there.
func (x *planning) keyDepth(g *group, set ast.SelectionSet, of string, known map[string]way) (int, bool) {
	deepest := 0
	for _, selection := range set {
		one := ast.SelectionSet{selection}
		best, found := 0, false
		for _, s := range g.sources {
			if x.resolvesAll(one, s) && (!found || s.fetch.depth < best) {
				best, found = s.fetch.depth, true
			}
		}
		for graph, w := range known {
			if graph == of || found && w.depth >= best {
				continue
			}
			if !slices.ContainsFunc(g.types, func(object string) bool { return !x.resolves(object, one, graph, nil) }) {
				best, found = w.depth, true
			}
		}
		if !found {
			return 0, false
		}
		deepest = max(deepest, best)
	}
	return deepest, true
}

// hop adds the source that resolves most of the requests, or returns nil if none
// resolves any.
func (x *planning) hop(g *group, left []*request, avoid []string) (*source, error) {
	if !g.isKnown() && slices.ContainsFunc(left, func(r *request) bool { return r.name == "__typename" }) {
		s, err := x.fetchType(g)
		if err == nil {
			g.sources = append(g.sources, s)
		}
		return s, err
	}
	if x.sg.Root(ast.Query) == g.types[0] {
		return x.reenter(g, left)
	}
	ways := x.ways(g, avoid)
	var best struct {
		graph        string
		plain        []*request
		requiring    []*request
		score, depth int
	}
	for _, graph := range x.graphs {
		w := ways[graph]
		if !w.found {
			continue
		}
		var plain, requiring []*request
		score := 0
		for _, r := range left {
			if err := x.step(); err != nil {
				return nil, err
			}
			o, ok := x.optionOfAll(g, r, graph)
			if !ok {
				continue
			}
			if o.requires == nil {
				plain = append(plain, r)
			} else {
				requiring = append(requiring, r)
			}
			score += x.weight(g.types[0], r.name, r.sets, graph, nil)
		}
		if score > best.score || score == best.score && score > 0 && w.depth < best.depth {
			best.graph, best.plain, best.requiring, best.score, best.depth = graph, plain, requiring, score, w.depth
		}
	}
	if best.score == 0 {
		return nil, nil
	}
	k := ways[best.graph].key
	if len(best.plain) > 0 {
		return x.newEntities(g, best.graph, k, nil, avoid)
	}
	return x.newEntities(g, best.graph, k, best.requiring, avoid)
}

// reenter adds a request to the query root of a subgraph, for objects of the query
// type below a field: every subgraph has the same, and it needs no key.
func (x *planning) reenter(g *group, left []*request) (*source, error) {
	best, most := "", 0
	for _, graph := range x.graphs {
		total := 0
		for _, r := range left {
			if err := x.step(); err != nil {
				return nil, err
			}
			if !r.graphs[graph] {
				total += x.weight(g.types[0], r.name, r.sets, graph, nil)
			}
		}
		if total > most {
			best, most = graph, total
		}
	}
	if most == 0 || len(x.fetches) > maxFetches {
		return nil, nil
	}
	f := &fetch{graph: best, step: g.position.stage, path: g.position.path, at: g.position, node: &node{typeName: g.types[0]}}
	f.needs(g.sources[0].fetch)
	for _, other := range g.position.after {
		f.needs(other)
	}
	x.fetches = append(x.fetches, f)
	s := &source{fetch: f, graph: best, node: f.node, known: true, types: g.types}
	g.sources = append(g.sources, s)
	return s, nil
}

// optionOfAll returns how a subgraph that is reached by a key resolves a request of
// a group, unless that was planned there before.
func (x *planning) optionOfAll(g *group, r *request, graph string) (option, bool) {
	if r.name == "__typename" || r.graphs[graph] {
		return option{}, false
	}
	var first option
	for i, object := range g.types {
		o, ok := x.option(object, r.name, graph, nil)
		if !ok || o.requires != nil && x.open[openField{g.position, g.types[0], r.name, graph}] {
			return option{}, false
		}
		if i == 0 {
			first = o
		}
	}
	return first, true
}

// weight counts the leaves that a subgraph resolves of a field, and one for the field.
func (x *planning) weight(object, field string, sets []ast.SelectionSet, graph string, provided ast.SelectionSet) int {
	o, ok := x.option(object, field, graph, provided)
	if !ok || x.step() != nil {
		return 0
	}
	types, known := x.possibleIn(o.kind.Name(), graph)
	total := 1
	for _, below := range types {
		for _, r := range x.collect(below, o.kind.Name(), sets) {
			switch {
			case r.name != "__typename":
				total += x.weight(below, r.name, r.sets, graph, o.provided)
			case known:
				total++
			}
		}
	}
	return total
}

// newEntities adds a request for the group's objects by a key; with fields that
// require others, after these.
func (x *planning) newEntities(g *group, graph string, k key, requiring []*request, avoid []string) (*source, error) {
	name := x.nameIn(g.types[0], graph)
	if x.sg.Type(name).Kind == ast.Object && !g.isKnown() {
		if i := x.interfaceIn(g.types, graph); i != "" && len(g.types) > 1 {
			name = i
		} else {
			s, err := x.fetchType(g)
			if err != nil {
				return nil, err
			}
			g.sources = append(g.sources, s)
		}
	}
	var required ast.SelectionSet
	var fields []string
	if len(requiring) > 0 {
		o, _ := x.option(g.types[0], requiring[0].name, graph, nil)
		required = o.requires
		for _, r := range requiring {
			if same, _ := x.option(g.types[0], r.name, graph, nil); pointer(same.requires) == pointer(required) {
				fields = append(fields, r.name)
			}
		}
	}
	s, err := x.newSource(g, graph, name, k, required, fields, avoid)
	if err == nil {
		g.sources = append(g.sources, s)
	}
	return s, err
}

// newSource adds the request for objects. What it sends is planned first.
func (x *planning) newSource(g *group, graph, name string, k key, required ast.SelectionSet, fields, avoid []string) (*source, error) {
	if len(x.fetches) > maxFetches {
		return nil, unsupported("more than %d requests", maxFetches)
	}
	sent, err := x.obtain(g, k.set, append(slices.Clone(avoid), graph))
	if err != nil {
		return nil, err
	}
	for _, field := range fields {
		at := openField{g.position, g.types[0], field, graph}
		x.open[at] = true
		defer delete(x.open, at)
	}
	more, err := x.obtain(g, required, nil)
	if err != nil {
		return nil, err
	}
	if !agree(sent, more) { // both select below one field
		if sent, err = x.obtain(g, slices.Concat(k.set, required), nil); err != nil {
			return nil, err
		}
		more = nil
	}
	f := &fetch{
		graph: graph, step: g.position.stage, path: g.position.path, at: g.position, entityName: name, node: &node{typeName: "_Entity"},
		representations: []representation{{types: g.types, all: len(g.types) == len(g.position.types), name: name, fields: appendNew(sent, more)}},
	}
	if x.sg.Type(name).Kind != ast.Object {
		f.node.typeName = name
	} else {
		f.entityName = ""
	}
	f.needs(g.sources[0].fetch)
	for _, r := range f.representations[0].fields {
		r.addNeeds(f)
	}
	for _, other := range g.position.after {
		f.needs(other)
	}
	if t := g.typeFetch(); t != nil && (f.entityName == "" || !f.representations[0].all) {
		f.needs(t) // the type is read from a response
	}
	x.fetches = append(x.fetches, f)
	requires := map[string]bool{}
	for _, field := range fields {
		requires[field] = true
	}
	_, known := x.possibleIn(name, graph)
	return &source{fetch: f, graph: graph, node: f.node, known: known, types: g.types, requires: requires}, nil
}

// agree reports that two representations of one object can be one: what they send
// under one name is the same.
func agree(a, b []*request) bool {
	for _, r := range a {
		for _, o := range b {
			if r.name == o.name && (r.response != o.response || len(r.sets) != len(o.sets) || len(r.sets) > 0 && pointer(r.sets[0]) != pointer(o.sets[0])) {
				return false
			}
		}
	}
	return true
}

func appendNew(list, more []*request) []*request {
	for _, r := range more {
		if !slices.ContainsFunc(list, func(o *request) bool { return o.name == r.name }) {
			list = append(list, r)
		}
	}
	return list
}

func (r *request) addNeeds(f *fetch) {
	for _, from := range r.fetches {
		f.needs(from)
	}
	if r.child == nil {
		return
	}
	for _, g := range r.child.groups {
		for _, below := range g.requests {
			below.addNeeds(f)
		}
	}
}

// obtain plans the fields of a key, or required ones.
func (x *planning) obtain(g *group, set ast.SelectionSet, avoid []string) ([]*request, error) {
	if len(set) == 0 {
		return nil, nil
	}
	if len(g.types) > 1 && slices.ContainsFunc(set, func(s ast.Selection) bool { _, ok := s.(*ast.InlineFragment); return ok }) {
		return nil, unsupported("field set with fragments, of several types")
	}
	requests := slices.DeleteFunc(x.collect(g.types[0], g.types[0], []ast.SelectionSet{set}), func(r *request) bool { return r.name == "__typename" })
	for _, r := range requests {
		r.hidden = true
	}
	left, err := x.satisfyGroup(g, requests, avoid)
	if err != nil {
		return nil, err
	}
	if len(left) > 0 {
		return nil, unsupported("%s.%s is needed, and in no subgraph that is reached", g.types[0], left[0].name)
	}
	return requests, nil
}

// coordinate is the field as access rules name it.
func (x *planning) coordinate(g *group, r *request) supergraph.Coordinate {
	if r.hidden || r.parent == "" {
		return supergraph.Coordinate{Type: g.types[0], Field: r.name}
	}
	return supergraph.Coordinate{Type: r.parent, Field: r.name}
}

// plan plans the operation from its root.
func (x *planning) plan() error {
	op := x.operation
	name := x.sg.Root(op.Operation)
	if name == "" {
		return unsupported("no %s type", op.Operation)
	}
	x.root = &position{slot: newSlot(), declared: name, sets: []ast.SelectionSet{op.SelectionSet}, types: []string{name}}
	g := &group{position: x.root, types: x.root.types, requests: x.collect(name, name, x.root.sets)}
	x.root.groups = []*group{g}
	for _, r := range g.requests {
		if r.name == "__typename" {
			r.static = true
			continue
		}
		if err := x.planRoot(g, r); err != nil {
			return err
		}
	}
	return nil
}

func (x *planning) planRoot(g *group, r *request) error {
	type candidate struct {
		graph  string
		weight int
	}
	var candidates []candidate
	for _, graph := range x.graphs {
		if w := x.weight(g.types[0], r.name, r.sets, graph, nil); w > 0 {
			used := slices.ContainsFunc(g.sources, func(s *source) bool { return s.graph == graph })
			w *= 2
			if used {
				w++
			}
			candidates = append(candidates, candidate{graph, w})
		}
	}
	slices.SortStableFunc(candidates, func(a, b candidate) int { return b.weight - a.weight })
	for i, c := range candidates {
		if i > 0 && x.operation.Operation == ast.Mutation {
			break // a mutation runs once
		}
		done, err := x.takeOne(g, x.rootSource(g, c.graph), r)
		if err != nil || done {
			return err
		}
	}
	return unsupported("no way to all of %s.%s", g.types[0], r.name)
}

// rootSource returns the request to a subgraph's root. Each mutation field has one
// of its own: it is complete before the next begins, and may be denied alone.
func (x *planning) rootSource(g *group, graph string) *source {
	if x.operation.Operation == ast.Mutation {
		g.position.stage++
	} else {
		for _, s := range g.sources {
			if s.graph == graph {
				return s
			}
		}
	}
	f := &fetch{graph: graph, step: g.position.stage, at: g.position, node: &node{typeName: g.types[0]}}
	x.fetches = append(x.fetches, f)
	s := &source{fetch: f, graph: graph, node: f.node, known: true, types: g.types}
	g.sources = append(g.sources, s)
	return s
}
