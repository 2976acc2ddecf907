package arena

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var fieldNames = []string{"a", "b", "c", typeName}

// tree is the value of a node as encoding/json would read it, found by look-ups
// only, so that overlays are part of it.
func tree(t testing.TB, a *Arena, id ID) any {
	t.Helper()
	switch a.Kind(id) {
	case Object:
		out := map[string]any{}
		for _, name := range fieldNames {
			if c := a.Get(id, name); c != None {
				out[name] = tree(t, a, c)
			}
		}
		return out
	case List:
		out := []any{}
		for c := a.First(id); c != None; c = a.Next(c) {
			out = append(out, tree(t, a, c))
		}
		return out
	default:
		var out any
		if err := json.Unmarshal(a.Raw(id), &out); err != nil {
			t.Fatalf("%s: %v", a.Raw(id), err)
		}
		return out
	}
}

// merged is the simple form of Overlay over maps: the lower value stays, but for
// __typename, and objects and lists of equal length are merged. It reports
// whether the two fit.
func merged(lower, upper map[string]any) bool {
	ok := true
	for name, u := range upper {
		l, known := lower[name]
		switch {
		case !known:
			lower[name] = u
		case name == typeName:
			lower[name] = u
		case isComposite(u):
			var fits bool
			lower[name], fits = mergedValue(l, u)
			ok = ok && fits
		}
	}
	return ok
}

func isComposite(v any) bool {
	switch v.(type) {
	case map[string]any, []any:
		return true
	default:
		return false
	}
}

func mergedValue(lower, upper any) (any, bool) {
	if upper == nil {
		return lower, true
	}
	switch l := lower.(type) {
	case nil:
		return upper, true
	case map[string]any:
		if u, ok := upper.(map[string]any); ok {
			return l, merged(l, u)
		}
		return lower, false
	case []any:
		u, ok := upper.([]any)
		switch {
		case !ok:
			return lower, false
		case len(u) == 0:
			return lower, true
		case len(l) == 0:
			return upper, true
		case len(l) != len(u):
			return lower, false
		}
		fits := true
		for i := range l {
			value, fit := mergedValue(l[i], u[i])
			l[i], fits = value, fits && fit
		}
		return l, fits
	default:
		return lower, !isComposite(upper)
	}
}

func drawTree(t *rapid.T, depth int) any {
	kinds := []string{"number", "text", "null", "true"}
	if depth > 0 {
		kinds = append(kinds, "object", "object", "object", "list", "list")
	}
	switch rapid.SampledFrom(kinds).Draw(t, "kind") {
	case "object":
		return drawObject(t, depth)
	case "list":
		out := []any{}
		for range rapid.IntRange(0, 2).Draw(t, "items") {
			out = append(out, drawTree(t, depth-1))
		}
		return out
	case "number":
		return float64(rapid.IntRange(0, 9).Draw(t, "number"))
	case "text":
		return rapid.SampledFrom([]string{"", "x", `"\`}).Draw(t, "text")
	case "true":
		return true
	default:
		return nil
	}
}

func drawObject(t *rapid.T, depth int) map[string]any {
	out := map[string]any{}
	for _, name := range fieldNames[:3] {
		if rapid.Bool().Draw(t, name) {
			out[name] = drawTree(t, depth-1)
		}
	}
	if rapid.Bool().Draw(t, "typed") {
		out[typeName] = rapid.SampledFrom([]string{"A", "B"}).Draw(t, "type")
	}
	return out
}

func copyOf(t testing.TB, v any) (text string, out any) {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return string(b), out
}

func TestOverlaysAreLikeMergedMaps(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var a Arena
		text, want := copyOf(t, drawObject(rt, 4))
		lower := read(t, &a, text)
		texts := []string{text}
		for range rapid.IntRange(1, 3).Draw(rt, "overlays") {
			text, object := copyOf(t, drawObject(rt, 4))
			texts = append(texts, text)
			fits := merged(want.(map[string]any), object.(map[string]any))
			if got := a.Overlay(lower, read(t, &a, text)); got != fits {
				rt.Fatalf("%s fit: %v, want %v", strings.Join(texts, "\nand "), got, fits)
			}
		}
		if got := tree(t, &a, lower); !reflect.DeepEqual(got, want) {
			rt.Fatalf("%s\nare %v, want %v", strings.Join(texts, "\nand "), got, want)
		}
	})
}

// drawConsistent draws an object as subgraphs of one graph return it: a field has
// the same kind everywhere, and a scalar the same value.
func drawConsistent(t *rapid.T, depth int) map[string]any {
	out := map[string]any{}
	if rapid.Bool().Draw(t, "scalar") {
		out["c"] = "scalar"
	}
	if rapid.Bool().Draw(t, "typed") {
		out[typeName] = rapid.SampledFrom([]string{"A", "B"}).Draw(t, "type")
	}
	if depth > 0 && rapid.Bool().Draw(t, "object") {
		out["a"] = drawConsistent(t, depth-1)
	}
	if depth > 0 && rapid.Bool().Draw(t, "list") {
		out["b"] = []any{drawConsistent(t, depth-1), drawConsistent(t, depth-1)}
	}
	return out
}

func TestHintsDoNotChangeWhatIsFound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var a Arena
		var texts []string
		objects := make([]ID, rapid.IntRange(1, 3).Draw(rt, "objects"))
		for i := range objects {
			text, _ := copyOf(t, drawConsistent(rt, 2))
			texts = append(texts, text)
			if objects[i] = read(t, &a, text); i > 0 {
				a.Overlay(objects[0], objects[i])
			}
		}
		near := a.First(rapid.SampledFrom(objects).Draw(rt, "hint"))
		for _, name := range rapid.Permutation(fieldNames).Draw(rt, "order") {
			found, want := a.GetHinted(objects[0], name, near), a.Get(objects[0], name)
			if (found == None) != (want == None) || found != None && string(a.Raw(found)) != string(a.Raw(want)) {
				rt.Fatalf("%s with the hint %d is %d, want %d in %s", name, near, found, want, strings.Join(texts, " and "))
			}
			if found != None {
				near = a.Next(found)
			}
		}
	})
}
