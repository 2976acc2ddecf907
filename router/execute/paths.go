package execute

import (
	"slices"

	"cartograph/router/execute/arena"
	"cartograph/router/execute/program"
)

// objectsAt appends the objects at a path to into, each once. Shared values (an
// entity that overlays several objects) are reachable in several ways: without
// the visited set the walk would take time exponential in the depth of such
// nesting.
func (r *run) objectsAt(path []program.Step, into []arena.ID) []arena.ID {
	r.visited.begin(r.values.Size(), len(path))
	return r.collect(r.data, path, into)
}

func (r *run) collect(from arena.ID, path []program.Step, into []arena.ID) []arena.ID {
	if r.values.IsShared(from) && r.visited.visit(from, len(path)) {
		return into
	}
	switch r.values.Kind(from) {
	case arena.List:
		for x := r.values.First(from); x >= 0; x = r.values.Next(x) {
			into = r.collect(x, path, into)
		}
		return into
	case arena.Object:
		if len(path) == 0 {
			return append(into, from)
		}
		if !r.matchesType(from, path[0]) {
			return into
		}
		return r.collect(r.values.Get(from, path[0].Name), path[1:], into)
	default:
		return into
	}
}

func (r *run) matchesType(object arena.ID, step program.Step) bool {
	if step.Types == nil {
		return true
	}
	name := r.values.Get(object, "__typename")
	return r.values.Kind(name) != arena.String || slices.Contains(step.Types, string(r.values.Text(name)))
}

// visitedSet records the values that a walk has visited, at each distance from
// its end. Instead of clearing it, each walk uses stamps above all earlier ones:
// starting a walk costs nothing, however many values there are.
type visitedSet struct {
	stamp, top uint32 // of this walk at distance 0, and the largest in use
	last       []uint32
}

func (v *visitedSet) begin(size, longest int) {
	if v.top > 1<<31 {
		v.top = 0
		clear(v.last)
	}
	v.stamp = v.top + 1
	v.top = v.stamp + uint32(longest) //nolint:gosec // paths are short
	if len(v.last) < size {
		v.last = append(v.last, make([]uint32, size-len(v.last))...)
	}
}

func (v *visitedSet) release() {
	const kept = 1 << 16
	if len(v.last) > kept {
		v.last = nil
	}
}

// visit records a visit, and reports whether there was one before.
func (v *visitedSet) visit(x arena.ID, distance int) bool {
	at := v.stamp + uint32(distance) //nolint:gosec // paths are short
	before := v.last[x] == at
	v.last[x] = at
	return before
}
