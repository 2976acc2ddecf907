package supergraph

import (
	"strconv"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// CacheHint says how long an answer may be kept. The zero value: not at all.
type CacheHint struct {
	MaxAge time.Duration
	Public bool // the answer is the same whoever asks
}

// CacheHints lists what the schema says by @cacheControl, of a field or of the
// type that a field of Query returns.
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

// Weight is what @cost says of a definition; ok is false where it says nothing.
func Weight(directives ast.DirectiveList) (weight float64, ok bool) {
	d := directives.ForName("cost")
	if d == nil {
		return 0, false
	}
	weight, err := strconv.ParseFloat(argument(d, "weight"), 64)
	return weight, err == nil
}

// ListSize is what is known of the length of a list before it is fetched.
type ListSize struct {
	Assumed    int        // elements, where no argument says it; 0: unknown
	Slicing    [][]string // arguments, or paths into them, that ask for a number of elements
	Sized      []string   // the lists below that the size is about; none: the field's own
	RequireOne bool       // exactly one of Slicing must be given
}

// ListSizeOf is what @listSize says of a field, or nil.
func ListSizeOf(f *ast.FieldDefinition) *ListSize {
	d := f.Directives.ForName("listSize")
	if d == nil {
		return nil
	}
	size := &ListSize{RequireOne: argument(d, "requireOneSlicingArgument") != "false"}
	size.Assumed, _ = strconv.Atoi(argument(d, "assumedSize"))
	for _, name := range stringsOf(d, "slicingArguments") {
		size.Slicing = append(size.Slicing, strings.Split(name, "."))
	}
	size.Sized = stringsOf(d, "sizedFields")
	size.RequireOne = size.RequireOne && len(size.Slicing) > 0
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
