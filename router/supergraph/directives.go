package supergraph

import (
	"strconv"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// CacheHint is how long a response may be cached. The zero value: not at all.
type CacheHint struct {
	MaxAge time.Duration
	Public bool // the response is the same for all callers
}

// CacheHints returns the @cacheControl of each field, or of the type that a root
// field returns.
func (sg *Supergraph) CacheHints() map[Coordinate]CacheHint {
	hints := map[Coordinate]CacheHint{}
	for _, t := range sg.Types {
		for _, f := range t.Fields {
			if hint, ok := readHint(f.Directives); ok {
				hints[Coordinate{t.Name, f.Name}] = hint
			} else if result := sg.Type(f.Type.Name()); result != nil && sg.IsRoot(t.Name) {
				if hint, ok := readHint(result.Directives); ok {
					hints[Coordinate{t.Name, f.Name}] = hint
				}
			}
		}
	}
	return hints
}

func readHint(directives ast.DirectiveList) (CacheHint, bool) {
	d := directives.ForName("cacheControl")
	if d == nil {
		return CacheHint{}, false
	}
	seconds, _ := strconv.Atoi(argument(d, "maxAge"))
	return CacheHint{MaxAge: time.Duration(seconds) * time.Second, Public: argument(d, "scope") != "PRIVATE"}, true
}

// Weight returns the weight of a definition's @cost; ok is false without one.
func Weight(directives ast.DirectiveList) (weight float64, ok bool) {
	d := directives.ForName("cost")
	if d == nil {
		return 0, false
	}
	weight, err := strconv.ParseFloat(argument(d, "weight"), 64)
	return weight, err == nil
}

// ListSize is a field's @listSize.
type ListSize struct {
	AssumedSize               int        // elements, if no slicing argument is given; 0: unknown
	SlicingArguments          [][]string // arguments, or paths into them, that set the number of elements
	SizedFields               []string   // the lists below that the size applies to; none: the field's own
	RequireOneSlicingArgument bool       // exactly one slicing argument must be given
}

// ListSizeOf returns a field's @listSize, or nil.
func ListSizeOf(f *ast.FieldDefinition) *ListSize {
	d := f.Directives.ForName("listSize")
	if d == nil {
		return nil
	}
	size := &ListSize{RequireOneSlicingArgument: argument(d, "requireOneSlicingArgument") != "false"}
	size.AssumedSize, _ = strconv.Atoi(argument(d, "assumedSize"))
	for _, name := range stringsOf(d, "slicingArguments") {
		size.SlicingArguments = append(size.SlicingArguments, strings.Split(name, "."))
	}
	size.SizedFields = stringsOf(d, "sizedFields")
	size.RequireOneSlicingArgument = size.RequireOneSlicingArgument && len(size.SlicingArguments) > 0
	return size
}

func stringsOf(d *ast.Directive, name string) []string {
	a := d.Arguments.ForName(name)
	if a == nil {
		return nil
	}
	var out []string
	for _, child := range a.Value.Children {
		out = append(out, child.Value.Raw)
	}
	return out
}
