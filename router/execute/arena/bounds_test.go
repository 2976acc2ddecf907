package arena

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestValuesAreReadUpToTheDepthLimit(t *testing.T) {
	t.Parallel()
	for name, nested := range map[string]func(levels int) string{
		"lists":   func(n int) string { return strings.Repeat("[", n) + "0" + strings.Repeat("]", n) },
		"objects": func(n int) string { return strings.Repeat(`{"a":`, n) + "0" + strings.Repeat("}", n) },
	} {
		if _, err := new(Arena).Read([]byte(nested(maxDepth))); err != nil {
			t.Errorf("%d %s: %v, want them read", maxDepth, name, err)
		}
		if _, err := new(Arena).Read([]byte(nested(maxDepth + 1))); !errors.Is(err, ErrInvalid) {
			t.Errorf("%d %s: %v, want ErrInvalid", maxDepth+1, name, err)
		}
	}
}

// Responses are read into buffers that are used again: behind a text there are
// bytes of an earlier one.
func TestTheBytesBehindATextAreNotRead(t *testing.T) {
	t.Parallel()
	for _, whole := range []string{
		`true`, `null`, `false`, `"text"`, `"a long text, more than eight bytes"`, `[1]`, `{"a":1}`, `{"a":true}`, `"\u00e9"`, `"\\"`, `1.5`, `1e5`, `-1`,
	} {
		for n := range len(whole) {
			part := []byte(whole)[:n]
			want, wantErr := new(Arena).Read(slices.Clip(slices.Clone(part)))
			if got, err := new(Arena).Read(part); got != want || (err == nil) != (wantErr == nil) {
				t.Errorf("%q before %q: %v, %v; want %v, %v as without it", part, whole[n:], got, err, want, wantErr)
			}
		}
	}
}

func TestNumbersHaveTheFormsOfJSON(t *testing.T) {
	t.Parallel()
	for text, valid := range map[string]bool{
		"1e5": true, "1e+5": true, "1e-5": true, "1E5": true, "0e1": true, "0.5": true, "-0.0": true, "10": true, "1.25e2": true,
		"1e": false, "1e+": false, "1e-": false, "1.e5": false, "--1": false, "00": false, "0x1": false, "1e5.5": false, "1/": false, "1:": false, "-01": false,
	} {
		id, err := new(Arena).Read([]byte(text))
		if (err == nil) != valid {
			t.Errorf("%s is read as %d, %v; want it valid: %v", text, id, err, valid)
		}
	}
}

func TestANameNeedsAColon(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{"a"12}`, `{"a",1}`, `{"a"  "b"}`, `{"a"`, `{"a" `, `{"a"::1}`} {
		if id, err := new(Arena).Read([]byte(text)); err == nil {
			t.Errorf("%s is read as %d, want ErrInvalid", text, id)
		}
	}
}

func TestAnArenaReadsABoundedNumberOfTexts(t *testing.T) {
	t.Parallel()
	var a Arena
	for i := range math.MaxUint16 {
		if id, err := a.Read([]byte("0")); err != nil || a.Kind(id) != Number {
			t.Fatalf("text %d: %v", i, err)
		}
	}
	if _, err := a.Read([]byte("0")); !errors.Is(err, ErrInvalid) {
		t.Errorf("the text after %d others: %v, want ErrInvalid: sources are counted in 16 bits", math.MaxUint16, err)
	}
	a.Reset()
	if id, err := a.Read([]byte("[7]")); err != nil || string(a.Raw(id)) != "[7]" {
		t.Errorf("after Reset a text is %v, want it read", err)
	}
}

func TestResetKeepsMemoryUpToALimit(t *testing.T) {
	t.Parallel()
	var a Arena
	for _, c := range []struct {
		nodes int
		kept  bool
	}{{1000, true}, {maxRetainedNodes + 1, false}} {
		read(t, &a, "["+strings.TrimSuffix(strings.Repeat("0,", c.nodes), ",")+"]")
		a.Reset()
		if kept := cap(a.nodes) > 0; kept != c.kept || a.Size() != 0 {
			t.Errorf("after %d nodes memory for %d is kept and %d nodes are left, want none left and memory kept: %v", c.nodes, cap(a.nodes), a.Size(), c.kept)
		}
		if sources := a.sources[:cap(a.sources)]; slices.ContainsFunc(sources, func(s []byte) bool { return s != nil }) {
			t.Error("Reset keeps the text of a response")
		}
	}
	for _, c := range []struct {
		overlays int
		kept     bool
	}{{100, true}, {maxRetainedOverlays + 1, false}} {
		upper := read(t, &a, `{"a":1}`)
		for range c.overlays {
			a.Overlay(read(t, &a, `{}`), upper)
			if len(a.sources) > 1000 {
				a.sources = a.sources[:1] // the objects have no text to look up
			}
		}
		a.Reset()
		if kept := cap(a.overlays) > 0; kept != c.kept {
			t.Errorf("after %d overlays memory for %d is kept, want it kept: %v", c.overlays, cap(a.overlays), c.kept)
		}
	}
}

func TestNoValueIsNull(t *testing.T) {
	t.Parallel()
	var a Arena
	root := read(t, &a, `{"null":null,"zero":0}`)
	for _, c := range []struct {
		id     ID
		isNull bool
	}{{None, true}, {a.Get(root, "null"), true}, {a.Get(root, "zero"), false}, {root, false}} {
		if got := a.IsNull(c.id); got != c.isNull {
			t.Errorf("node %d is null: %v, want %v", c.id, got, c.isNull)
		}
		if a.IsShared(c.id) {
			t.Errorf("node %d is shared, want it of one object only", c.id)
		}
	}
	if a.Kind(None) != Null || a.First(None) != None || a.Next(None) != None || a.Len(None) != 0 || a.Text(None) != nil {
		t.Error("no node has a kind, children or a text")
	}
}

func TestTheFirstNodeIsANodeLikeOthers(t *testing.T) {
	t.Parallel()
	var a Arena
	root := a.NewObject()
	if root != 0 || a.IsNull(root) || a.Kind(root) != Object || a.First(root) != None {
		t.Fatalf("the first node %d is %c, want an object without fields", root, a.Kind(root))
	}
	a.Overlay(root, read(t, &a, `{"x":[1]}`))
	if got := a.At(root, []string{"x"}); string(a.Raw(got)) != "[1]" {
		t.Errorf("x is node %d, want the list of the overlay", got)
	}
}

func TestNamesAreComparedUnescaped(t *testing.T) {
	t.Parallel()
	var a Arena
	root := read(t, &a, `{"a\u0062":1,"\"":2,"":3,"c":{"d\n":4}}`)
	var keys []string
	for c := a.First(root); c != None; c = a.Next(c) {
		keys = append(keys, a.Key(c))
	}
	if want := []string{"ab", `"`, "", "c"}; !slices.Equal(keys, want) {
		t.Errorf("names are %q, want %q", keys, want)
	}
	for i, name := range []string{"ab", `"`, ""} {
		if got := string(a.Raw(a.Get(root, name))); got != fmt.Sprint(i+1) {
			t.Errorf("%q = %s, want %d", name, got, i+1)
		}
	}
	upper := read(t, &a, `{"\u0063":{"e":5},"ab":{"x":1}}`)
	if a.Overlay(root, upper) {
		t.Error("an object overlays a number")
	}
	if got := string(a.Raw(a.At(root, []string{"c", "e"}))); got != "5" {
		t.Errorf("c.e = %s, want 5: an escaped name is the same name", got)
	}
}

func TestTheTypeOfTheLastResponseHolds(t *testing.T) {
	t.Parallel()
	var a Arena
	root := read(t, &a, `{"__typename":"Interface","id":"1"}`)
	own := a.First(root)
	for _, name := range []string{"First", "Second"} {
		a.Overlay(root, read(t, &a, `{"id":"1","__typename":"`+name+`"}`))
		for how, got := range map[string]ID{"a look-up": a.Get(root, "__typename"), "a hint to the old one": a.GetHinted(root, "__typename", own)} {
			if text := string(a.Text(got)); text != name {
				t.Errorf("the type by %s is %s, want %s", how, text, name)
			}
		}
	}
}

func TestAnOverlayIsAddedOnce(t *testing.T) {
	t.Parallel()
	var a Arena
	root, upper := read(t, &a, `{}`), read(t, &a, `{"a":1}`)
	for range 3 {
		if !a.Overlay(root, upper) || !a.Overlay(upper, upper) {
			t.Error("an object does not overlay what it overlays already")
		}
	}
	if len(a.overlays) != 1 {
		t.Errorf("%d overlays after the same one three times, want 1", len(a.overlays))
	}
}

func TestAValueThatFillsANullIsNotShared(t *testing.T) {
	t.Parallel()
	var a Arena
	one, two := read(t, &a, `{"v":null}`), read(t, &a, `{}`)
	upper := read(t, &a, `{"v":{"x":1}}`)
	a.Overlay(two, upper)
	a.Overlay(one, upper)
	if v := a.GetHinted(one, "v", a.First(one)); v != a.First(one) || a.IsShared(v) || string(a.Raw(a.Get(v, "x"))) != "1" {
		t.Errorf("v is node %d (shared: %v), want the null's own place with the object's content", v, a.IsShared(v))
	}
}

func TestListsOfAnotherLengthAreNotMerged(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		lower, upper, want string
		fits               bool
	}{
		{`[]`, `[{"a":1}]`, `[{"a":1}]`, true},
		{`[{"a":1}]`, `[]`, `[{"a":1}]`, true},
		{`null`, `[1]`, `[1]`, true},
		{`[1]`, `null`, `[1]`, true},
		{`[{"a":1},{"a":2}]`, `[{"a":3}]`, `[{"a":1},{"a":2}]`, false},
		{`[1]`, `{"a":1}`, `[1]`, false},
		{`{"a":1}`, `[1]`, `{"a":1}`, false},
		{`1`, `[1]`, `1`, false},
		{`[1]`, `1`, `[1]`, true}, // a scalar is not examined: the first value stays
		{`[1]`, `[2]`, `[1]`, true},
		{`[1,2]`, `[null,3]`, `[1,2]`, true},
		{`[{"a":1},1]`, `[1,1]`, `[{"a":1},1]`, false},
		{`[1,{"a":1}]`, `[1,1]`, `[1,{"a":1}]`, false},
		{`[1]`, `[{"a":1}]`, `[1]`, false},
		{`[[1]]`, `[1]`, `[[1]]`, false},
		{`[1]`, `[[1]]`, `[1]`, false},
		{`[[1]]`, `[{"a":1}]`, `[[1]]`, false},
	} {
		var a Arena
		root := read(t, &a, `{"v":`+c.lower+`}`)
		if fits := a.Overlay(root, read(t, &a, `{"v":`+c.upper+`}`)); fits != c.fits {
			t.Errorf("%s and %s fit: %v, want %v", c.lower, c.upper, fits, c.fits)
		}
		if got := string(a.Raw(a.Get(root, "v"))); got != c.want {
			t.Errorf("%s and %s are %s, want %s", c.lower, c.upper, got, c.want)
		}
	}
}
