package plan

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	vektah "github.com/vektah/gqlparser/v2/ast"
	"pgregory.net/rapid"
)

// anything declares variables a and b of a custom scalar.
func anything(names ...string) []declaration {
	var out []declaration
	for _, name := range names {
		out = append(out, declaration{name: name, kind: &vektah.Type{NamedType: "JSON"}})
	}
	return out
}

// TestVariablesAreReadAsJSONReadsThem compares what is kept of any variables, and
// that texts which are not JSON are refused, with encoding/json.
func TestVariablesAreReadAsJSONReadsThem(t *testing.T) {
	t.Parallel()
	v := &documentValidator{schema: &vektah.Schema{Types: map[string]*vektah.Definition{"JSON": {Kind: vektah.Scalar, Name: "JSON"}}}}
	values := []string{
		`null`, `true`, `false`, `0`, `-1.5e3`, `""`, `"a"`, `"\"}"`, `"\\"`, `"\u00e9,"`, `"]"`, `[]`, `{}`, `[1, "x", {"b": [null]}]`, `{"a": 1, "\u0061b": "}"}`,
		`01`, `tru`, `-`, `1.`, `[1,]`, `{"a"}`, `"`, `"\x"`, `[`, `}`, `'a'`, ``,
	}
	rapid.Check(t, func(t *rapid.T) {
		space := rapid.SampledFrom([]string{"", "", " ", "\n\t", "\r"})
		var members []string
		for _, name := range rapid.Permutation([]string{`a`, `b`, `c`, `\u0064`, ``}).Draw(t, "names")[:rapid.IntRange(0, 5).Draw(t, "members")] {
			members = append(members, space.Draw(t, "s")+`"`+name+`"`+space.Draw(t, "s")+":"+space.Draw(t, "s")+rapid.SampledFrom(values).Draw(t, "value")+space.Draw(t, "s"))
		}
		text := space.Draw(t, "s") + "{" + strings.Join(members, ",") + rapid.SampledFrom([]string{"}", "}", "}", "}", "}}", "", "} x"}).Draw(t, "end")
		kept, err := v.readVariables([]byte(text), anything("a", "b", "c", "d", ""), DefaultLimits())
		if valid := json.Valid([]byte(text)); valid != (err == nil) {
			t.Fatalf("%s is accepted: %v, want %v", text, err == nil, valid)
		}
		if err != nil {
			return
		}
		var want, got any
		if json.Unmarshal([]byte(text), &want) != nil || json.Unmarshal(kept.text, &got) != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%s is read as %s", text, kept.text)
		}
	})
}

func TestOnlyDeclaredVariablesAreKept(t *testing.T) {
	t.Parallel()
	v := &documentValidator{schema: &vektah.Schema{}}
	for text, want := range map[string]string{
		`{"a": 1, "none": [[{"a": 2}], "]"], "b": {"c": 3}}`: `{"a":1,"b":{"c": 3}}`,
		`{"none": "\"}", "\u0061": [ 1 ]}`:                   `{"a":[ 1 ]}`,
		`{"none": {"a": 1}}`:                                 `{}`,
	} {
		if kept, err := v.readVariables([]byte(text), anything("a", "b"), DefaultLimits()); err != nil || string(kept.text) != want {
			t.Errorf("%s is read as %s, %v, want %s", text, kept.text, err, want)
		}
	}
}
