package plan

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/wundergraph/graphql-go-tools/v2/pkg/ast"
)

// dearestPaths is how many paths a refused operation's error has.
const dearestPaths = 3

// PathCost is what the fields at one path of an operation add to its cost,
// without the fields below them.
type PathCost struct {
	Path   string `json:"path"`
	Cost   int    `json:"cost"`
	Change string `json:"change"` // what lowers it
}

// breakdown collects the cost of each path during a calculation.
type breakdown struct {
	path    []string
	objects float64      // at the current path
	lists   []slicedList // that enclose it
	sized   []slicedList // of each field of path: the list that its sizedFields are
	costs   map[string]float64
	changes map[string]string
}

// slicedList is an enclosing list whose length is an argument's value.
type slicedList struct {
	path, argument string
	length         float64
}

// dearest returns the paths that add most to the operation's cost, or nil if the
// cost is at most limit: most operations are cheap and need no second walk.
func (p *costModel) dearest(doc *ast.Document, variables map[string]any, remap map[string]string, cost, limit int) []PathCost {
	if limit <= 0 || cost <= limit {
		return nil
	}
	paths := &breakdown{objects: 1, costs: map[string]float64{}, changes: map[string]string{}}
	b := costCalculation{costModel: p, doc: doc, variables: variables, remap: remap, paths: paths}
	if _, err := b.operation(); err != nil {
		return nil
	}
	found := make([]PathCost, 0, len(paths.costs))
	for path, cost := range paths.costs {
		if cost > 0 {
			found = append(found, PathCost{Path: path, Cost: saturated(cost), Change: paths.changes[path]})
		}
	}
	return Dearest(found)
}

// Dearest returns the first few of the paths, ordered by cost.
func Dearest(paths []PathCost) []PathCost {
	slices.SortFunc(paths, func(a, b PathCost) int {
		return cmp.Or(cmp.Compare(b.Cost, a.Cost), cmp.Compare(a.Path, b.Path))
	})
	return paths[:min(len(paths), dearestPaths)]
}

func saturated(cost float64) int { return int(math.Ceil(min(cost, math.MaxInt32))) }

// enter adds a field's own cost and returns a function that leaves the field; the
// fields below are calculated in between. length is what the field's slicing
// arguments set; byParent reports a list whose length the enclosing field sets.
func (d *breakdown) enter(name string, f *fieldCost, length, times, arguments float64, byParent bool) func() {
	objects, lists := d.objects, len(d.lists)
	if byParent {
		d.lists = append(d.lists, d.sized[len(d.sized)-1])
	}
	d.path = append(d.path, strings.Clone(name))
	path := strings.Join(d.path, ".")
	var sized slicedList
	if f.size != nil && len(f.size.SlicingArguments) > 0 {
		own := slicedList{path: path, argument: strings.Join(f.size.SlicingArguments[0], "."), length: length}
		if len(f.size.SizedFields) > 0 {
			sized = own
		} else {
			d.lists = append(d.lists, own)
		}
	}
	d.sized = append(d.sized, sized)
	d.objects *= times
	d.costs[path] += f.weight*d.objects + arguments*objects
	d.changes[path] = d.change()
	return func() {
		d.path, d.sized = d.path[:len(d.path)-1], d.sized[:len(d.sized)-1]
		d.lists, d.objects = d.lists[:lists], objects
	}
}

// change names the longest of the enclosing lists.
func (d *breakdown) change() string {
	if len(d.lists) == 0 {
		return "Leave the field out."
	}
	longest := slices.MaxFunc(d.lists, func(a, b slicedList) int { return cmp.Compare(a.length, b.length) })
	return fmt.Sprintf("Lower %s of %s, which is %d, or leave the field out.", longest.argument, longest.path, saturated(longest.length))
}
