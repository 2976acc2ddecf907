package arena

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func read(t testing.TB, a *Arena, text string) ID {
	t.Helper()
	id, err := a.Read([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return id
}

func TestReadTakesJSONAndNothingElse(t *testing.T) {
	t.Parallel()
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for _, text := range []string{
		`{}`, `[]`, ` { "a" : [ 1 , -0.5e+10 , 1E400 , null , true , false ] } `, `""`, `"\u00e9\\\"\/\b\f\n\r\t"`, `0`, `-0`, `1e400`,
		`"` + strings.Repeat("x", 100) + `"`, `"é ` + "\u2028" + `"`, `{"":0}`, `{"a":1,"a":2}`, deep(maxDepth),
	} {
		if _, err := new(Arena).Read([]byte(text)); err != nil {
			t.Errorf("%.60s: %v, want it read", text, err)
		}
	}
	for _, text := range []string{
		``, ` `, `{`, `}`, `[1,]`, `[,1]`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{a:1}`, `{"a":1 "b":2}`, `[1 2]`, `01`, `-`, `1.`, `.5`, `1e`, `+1`, `nul`, `nulll`,
		`tru`, `"`, `"\x"`, `"\u12g4"`, `"\u12`, `"\`, "\"\n\"", "\"12345678\x01\"", `{}{}`, `{} x`, `NaN`, `'a'`, `[1`, `{"a":1`, "\xef\xbb\xbf{}", deep(maxDepth + 2),
	} {
		if _, err := new(Arena).Read([]byte(text)); err == nil {
			t.Errorf("%.60q is read, want it refused", text)
		}
	}
}

func TestReadAgreesWithTheStandardLibrary(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		alphabet := []rune("{}[]\",:\\/ \n09-+.eEtrufalsn\u00e9x\x00")
		text := rapid.StringOfN(rapid.SampledFrom(alphabet), 0, 20, -1).Draw(t, "text")
		_, err := new(Arena).Read([]byte(text))
		if (err == nil) != json.Valid([]byte(text)) {
			t.Fatalf("%q: %v, and for encoding/json valid is %v", text, err, json.Valid([]byte(text)))
		}
	})
}

func TestValuesAreTextsOfTheSource(t *testing.T) {
	t.Parallel()
	var a Arena
	root := read(t, &a, ` {"big": 123456789012345678901234567890, "text": "a\u00e9", "list": [ {"x":1}, 2 ], "k\u0065y": true, "dup": 1, "dup": 2}`)
	for name, want := range map[string]string{
		"big": `123456789012345678901234567890`, "text": `"a\u00e9"`, "list": `[ {"x":1}, 2 ]`, "key": `true`, "dup": `1`,
	} {
		if got := string(a.Raw(a.Get(root, name))); got != want {
			t.Errorf("%s = %s, want %s", name, got, want)
		}
	}
	if got := string(a.Text(a.Get(root, "text"))); got != "aé" {
		t.Errorf("text = %q, want aé", got)
	}
	if a.Get(root, "none") != None || a.Get(a.Get(root, "big"), "x") != None || a.Get(None, "x") != None {
		t.Error("a field that is not there is found")
	}
	if n := a.Len(a.Get(root, "list")); n != 2 {
		t.Errorf("the list has %d elements, want 2", n)
	}
}

func TestLaidObjectsAreSeenAsOne(t *testing.T) {
	t.Parallel()
	var a Arena
	lower := read(t, &a, `{"id":"1","size":{"h":1},"parts":[{"a":1},{"a":2}],"none":null,"name":"first"}`)
	upper := read(t, &a, `{"name":"second","size":{"w":2},"parts":[{"b":3},{"b":4}],"none":{"x":5},"price":6}`)
	if !a.Overlay(lower, upper) {
		t.Error("objects that fit do not")
	}
	for _, c := range []struct {
		path []string
		want string
	}{
		{[]string{"id"}, `"1"`},
		{[]string{"name"}, `"first"`},
		{[]string{"price"}, `6`},
		{[]string{"size", "h"}, `1`},
		{[]string{"size", "w"}, `2`},
		{[]string{"none", "x"}, `5`},
	} {
		if got := string(a.Raw(a.At(lower, c.path))); got != c.want {
			t.Errorf("%v = %s, want %s", c.path, got, c.want)
		}
	}
	second := a.Next(a.First(a.Get(lower, "parts")))
	if got := string(a.Raw(a.Get(second, "a"))) + string(a.Raw(a.Get(second, "b"))); got != "24" {
		t.Errorf("the second part has %s, want a 2 and b 4", got)
	}
	near := a.Next(a.Get(lower, "price")) // behind the last field of the upper one
	if got := a.GetHinted(lower, "size", near); got != a.Get(lower, "size") {
		t.Error("a hint leads to another value than a look-up")
	}
	if got := a.GetHinted(lower, "size", a.Get(upper, "size")); got != a.Get(lower, "size") {
		t.Error("a hint leads to a value that the lower object has taken in")
	}
}

func TestAValueInTheStandOfNoneIsFoundAmongItsOldNeighbours(t *testing.T) {
	t.Parallel()
	var a Arena
	lower := read(t, &a, `{"v":null,"z":1}`)
	upper := read(t, &a, strings.Repeat(" ", 500)+`{"v":{"a":1}}`)
	a.Overlay(lower, upper)
	for name, want := range map[string]string{"v": `{"a":1}`, "z": `1`} {
		if got := string(a.Raw(a.Get(lower, name))); got != want {
			t.Errorf("%s = %s, want %s", name, got, want)
		}
	}
}

func TestContradictionsLeaveTheOlderValue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ lower, upper string }{
		{`{"v":{"a":1}}`, `{"v":[1]}`},
		{`{"v":[1]}`, `{"v":{"a":1}}`},
		{`{"v":[{"a":1}]}`, `{"v":[{"b":1},{"b":2}]}`},
		{`{"v":5}`, `{"v":{"a":1}}`},
	} {
		var a Arena
		lower, upper := read(t, &a, c.lower), read(t, &a, c.upper)
		before := string(a.Raw(a.Get(lower, "v")))
		if a.Overlay(lower, upper) {
			t.Errorf("%s and %s are joined, want a contradiction", c.lower, c.upper)
		}
		if got := string(a.Raw(a.Get(lower, "v"))); got != before {
			t.Errorf("v = %s, want %s", got, before)
		}
	}
}

func TestSharedValuesAreKnown(t *testing.T) {
	t.Parallel()
	var a Arena
	one, two := read(t, &a, `{}`), read(t, &a, `{}`)
	upper := read(t, &a, `{"list":[1],"n":1}`)
	a.Overlay(one, upper)
	if a.IsShared(a.Get(one, "list")) {
		t.Error("a value is shared that only one object has")
	}
	a.Overlay(two, upper)
	if !a.IsShared(a.Get(one, "list")) || a.Get(one, "list") != a.Get(two, "list") {
		t.Error("a value of two objects is not shared")
	}
}

func TestARefusedTextLeavesNothing(t *testing.T) {
	t.Parallel()
	var a Arena
	root := read(t, &a, `{"a":1}`)
	size := a.Size()
	if _, err := a.Read([]byte(`{"b":[1,2,3`)); err == nil || a.Size() != size {
		t.Errorf("%d nodes after a refused text, want %d", a.Size(), size)
	}
	if got := string(a.Raw(a.Get(root, "a"))); got != "1" {
		t.Errorf("a = %s, want 1", got)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"a":[1,"b\n",null]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var a Arena
		if _, err := a.Read(text); (err == nil) != json.Valid(text) && a.Size() < maxDepth {
			t.Errorf("%q: %v, and for encoding/json valid is %v", text, err, json.Valid(text))
		}
	})
}
