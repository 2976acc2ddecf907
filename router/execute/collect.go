package execute

import (
	"slices"

	"cartograph/router/execute/arena"
	"cartograph/router/execute/program"
)

// objectsAt finds the objects at a path, each once.
func (r *run) objectsAt(path []program.Step, into []arena.ID) []arena.ID {
	r.been.begin(r.values.Size(), len(path))
	return r.collect(r.data, path, into)
}

func (r *run) collect(from arena.ID, path []program.Step, into []arena.ID) []arena.ID {
	if r.values.IsShared(from) && r.been.here(from, len(path)) {
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
		if !r.startsFrom(from, path[0]) {
			return into
		}
		return r.collect(r.values.Get(from, path[0].Name), path[1:], into)
	default:
		return into
	}
}

func (r *run) startsFrom(object arena.ID, step program.Step) bool {
	if step.Types == nil {
		return true
	}
	name := r.values.Get(object, "__typename")
	return r.values.Kind(name) != arena.String || slices.Contains(step.Types, string(r.values.Text(name)))
}

// visits remembers the values that a walk came to, at each distance from its
// end.
type visits struct {
	stamp, top uint32 // of the walk at distance 0, and at its longest
	last       []uint32
}

func (v *visits) begin(size, longest int) {
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

func (v *visits) release() {
	const kept = 1 << 16
	if len(v.last) > kept {
		v.last = nil
	}
}

// here reports whether the walk was at a value before, and notes that it is now.
func (v *visits) here(x arena.ID, distance int) bool {
	at := v.stamp + uint32(distance) //nolint:gosec // paths are short
	before := v.last[x] == at
	v.last[x] = at
	return before
}
