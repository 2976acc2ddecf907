package queryplan

import "slices"

// round are the requests of one stage: each of a subgraph of its own, or with
// several lists of entities.
type round [][]*fetch

// schedule merges requests and orders them in stages.
func (x *planning) schedule() []round {
	x.mergeLater()
	x.mergeEqual()
	var rounds []round
	type at struct{ step, level int }
	byStage := map[at]*round{}
	var order []at
	for _, f := range x.live() {
		place := at{f.step, x.level(f)}
		if byStage[place] == nil {
			byStage[place] = &round{}
			order = append(order, place)
		}
		byStage[place].add(f)
	}
	slices.SortFunc(order, func(a, b at) int {
		if a.step != b.step {
			return a.step - b.step
		}
		return a.level - b.level
	})
	for _, place := range order {
		for _, together := range *byStage[place] {
			slices.SortStableFunc(together, func(a, b *fetch) int { return len(a.path) - len(b.path) })
		}
	}
	id := 0
	for _, place := range order {
		for _, together := range *byStage[place] {
			for _, f := range together {
				f.id = id // those of one request have one id
			}
			id++
		}
		rounds = append(rounds, *byStage[place])
	}
	return rounds
}

func (r *round) add(f *fetch) {
	for i, together := range *r {
		if !f.isRoot() && !together[0].isRoot() && together[0].graph == f.graph {
			(*r)[i] = append(together, f)
			return
		}
	}
	*r = append(*r, []*fetch{f})
}

func (x *planning) live() []*fetch {
	return slices.DeleteFunc(slices.Clone(x.fetches), func(f *fetch) bool { return f.merged != nil })
}

// level is the length of the longest chain of requests before one.
func (x *planning) level(f *fetch) int {
	levels := map[*fetch]int{}
	var of func(f *fetch) int
	of = func(f *fetch) int {
		if n, ok := levels[f]; ok {
			return n
		}
		n := 0
		for _, other := range f.before {
			if other = other.now(); other != f {
				n = max(n, of(other)+1)
			}
		}
		levels[f] = n
		return n
	}
	return of(f)
}

// dependents counts the requests that wait for one.
func (x *planning) dependents(f *fetch) int {
	n := 0
	for _, other := range x.live() {
		if other != f && slices.ContainsFunc(other.before, func(b *fetch) bool { return b.now() == f }) {
			n++
		}
	}
	return n
}

// mergeLater adds a request that nothing waits for to a later one of the same
// subgraph for the same objects.
func (x *planning) mergeLater() {
	for _, f := range x.live() {
		if f.isRoot() || x.dependents(f) > 0 {
			continue
		}
		for _, later := range x.live() {
			if later != f && later.merged == nil && f.canJoin(later) && x.level(later) > x.level(f) {
				x.merge(f, later)
				break
			}
		}
	}
}

// mergeEqual merges requests of one stage for the same objects.
func (x *planning) mergeEqual() {
	for _, f := range x.live() {
		if f.isRoot() || f.merged != nil {
			continue
		}
		for _, other := range x.live() {
			if other == f {
				break
			}
			if f.canJoin(other) && x.level(other) == x.level(f) {
				x.merge(f, other)
				break
			}
		}
	}
}

func (f *fetch) canJoin(other *fetch) bool {
	for _, r := range f.representations {
		for _, o := range other.representations {
			if slices.Equal(r.types, o.types) && !agree(r.fields, o.fields) {
				return false
			}
		}
	}
	return !other.isRoot() && f.graph == other.graph && f.step == other.step && f.entityName == other.entityName && slices.EqualFunc(f.path, other.path, func(a, b step) bool {
		return a.name == b.name && slices.Equal(a.types, b.types)
	})
}

// merge adds a request to another. Of the same objects both representations are
// sent as one.
func (x *planning) merge(f, into *fetch) {
	into.node.merge(f.node)
	for _, r := range f.representations {
		at := slices.IndexFunc(into.representations, func(o representation) bool { return slices.Equal(o.types, r.types) })
		if at < 0 {
			into.representations = append(into.representations, r)
			continue
		}
		into.representations[at].fields = appendNew(into.representations[at].fields, r.fields)
	}
	for _, before := range f.before {
		if before.now() != into {
			into.needs(before)
		}
	}
	f.merged = into
}
