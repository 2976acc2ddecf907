package execute

import (
	"slices"
	"strings"
	"testing"

	"cartograph/router/execute/arena"
	"cartograph/router/execute/program"
)

func steps(names ...string) (out []program.Step) {
	for _, name := range names {
		out = append(out, program.Step{Name: name})
	}
	return out
}

// texts returns the JSON of the objects at a path.
func texts(t *testing.T, data string, path []program.Step) (out []string) {
	t.Helper()
	r := newWriter(t, nil, data, nil)
	for _, id := range r.objectsAt(path, nil) {
		out = append(out, string(r.values.Raw(id)))
	}
	return out
}

func TestObjectsAreFoundThroughLists(t *testing.T) {
	t.Parallel()
	const data = `{"a":[[{"b":{"x":1}},null,{"b":[{"x":2},{"x":3}]}],[]],"c":"text","d":null}`
	for path, want := range map[string][]string{
		"":      {data},
		"a.b":   {`{"x":1}`, `{"x":2}`, `{"x":3}`},
		"a.b.x": nil,
		"a.z":   nil,
		"c":     nil,
		"d.e":   nil,
	} {
		var names []string
		if path != "" {
			names = strings.Split(path, ".")
		}
		if got := texts(t, data, steps(names...)); !slices.Equal(got, want) {
			t.Errorf("objects at %q are %s, want %s", path, got, want)
		}
	}
}

func TestStepsLeadOnlyFromTheirTypes(t *testing.T) {
	t.Parallel()
	const data = `{"found":[{"__typename":"A","of":{"x":1}},{"__typename":"B","of":{"x":2}},{"of":{"x":3}},{"__typename":5,"of":{"x":4}}]}`
	for _, c := range []struct {
		types, want []string
	}{
		{nil, []string{`{"x":1}`, `{"x":2}`, `{"x":3}`, `{"x":4}`}},
		{[]string{"B", "C"}, []string{`{"x":2}`, `{"x":3}`, `{"x":4}`}}, // an object without a type may be any
		{[]string{"C"}, []string{`{"x":3}`, `{"x":4}`}},
	} {
		path := []program.Step{{Name: "found"}, {Name: "of", Types: c.types}}
		if got := texts(t, data, path); !slices.Equal(got, c.want) {
			t.Errorf("from the types %v: %s, want %s", c.types, got, c.want)
		}
	}
}

// Each level has two objects that share one entity: there are 2^40 ways to the
// innermost one, and it must be found once, and written in linear time.
func TestSharedObjectsAreFoundOnce(t *testing.T) {
	t.Parallel()
	const levels = 40
	r := newWriter(t, nil, `{"pair":[{},{}]}`, nil)
	object := r.data
	for level := range levels {
		text := `{"pair":[{},{}]}`
		if level == levels-1 {
			text = `{"leaf":{"x":1}}`
		}
		upper, err := r.values.Read([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		pair := r.values.Get(object, "pair")
		for x := r.values.First(pair); x != arena.None; x = r.values.Next(x) {
			r.values.Overlay(x, upper)
		}
		object = r.values.First(pair)
	}
	path := steps(append(slices.Repeat([]string{"pair"}, levels), "leaf")...)
	for range 3 { // a walk must not see the visits of the walk before
		found := r.objectsAt(path, nil)
		if len(found) != 1 || string(r.values.Raw(found[0])) != `{"x":1}` {
			t.Fatalf("%d objects are found behind %d shared levels, want one", len(found), levels)
		}
	}
	// At another distance from its end, a walk may come to the same objects again.
	if shorter := r.objectsAt(steps("pair", "pair"), nil); len(shorter) != 2 {
		t.Errorf("%d objects are found after two levels, want the two of the second", len(shorter))
	}
}

func TestVisitsAreCountedForEachWalkAndDistance(t *testing.T) {
	t.Parallel()
	var v visitedSet
	for walk := range 3 {
		v.begin(4, 2)
		for distance := range 3 {
			for x := range arena.ID(4) {
				if v.visit(x, distance) {
					t.Errorf("walk %d: node %d at distance %d was visited before its first visit", walk, x, distance)
				}
				if !v.visit(x, distance) {
					t.Errorf("walk %d: the visit of node %d at distance %d is not recorded", walk, x, distance)
				}
			}
		}
	}
	v.begin(10, 2) // more values than before
	if v.visit(9, 0) || v.visit(0, 2) {
		t.Error("a larger walk sees visits of an earlier one")
	}
	v.top = 1<<31 + 1 // stamps are used up
	v.last[3] = 1
	v.begin(10, 2)
	if v.top > 1<<31 || v.visit(3, 0) {
		t.Errorf("after the last stamp %d a walk sees old visits", v.top)
	}
}

func TestLargeSetsOfVisitsAreNotKept(t *testing.T) {
	t.Parallel()
	for size, kept := range map[int]bool{1 << 16: true, 1<<16 + 1: false} {
		var v visitedSet
		v.begin(size, 1)
		v.release()
		if got := len(v.last) > 0; got != kept {
			t.Errorf("the marks of %d nodes are kept: %v, want %v", size, got, kept)
		}
	}
}
