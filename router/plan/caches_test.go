package plan

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestACacheIsBoundedInEntriesAndBytes(t *testing.T) {
	t.Parallel()
	c, err := newCache[int, string](3, 80)
	if err != nil {
		t.Fatal(err)
	}
	held := func() (keys []int) {
		for key := range 10 {
			if _, ok := c.lru.Peek(key); ok {
				keys = append(keys, key)
			}
		}
		return keys
	}
	steps := []struct {
		claim string
		do    func()
		want  []int
		bytes int
	}{
		{"an eighth of the cache is cached", func() { c.Add(0, "a", 10) }, []int{0}, 10},
		{"more than an eighth is not", func() { c.Add(1, "b", 11) }, []int{0}, 10},
		{"nor does it replace", func() { c.Add(0, "b", 11) }, []int{0}, 10},
		{"a key that is replaced counts once", func() { c.Add(0, "c", 4) }, []int{0}, 4},
		{"up to three entries", func() { c.Add(1, "d", 10); c.Add(2, "e", 10) }, []int{0, 1, 2}, 24},
		{"the one that was used longest ago is evicted", func() { c.Get(0); c.Add(3, "f", 10) }, []int{0, 2, 3}, 24},
	}
	for _, s := range steps {
		s.do()
		if got := held(); !slices.Equal(got, s.want) || c.bytes != s.bytes {
			t.Errorf("%s: keys %v of %d bytes, want %v of %d", s.claim, got, c.bytes, s.want, s.bytes)
		}
	}
	if value, ok := c.Get(0); !ok || value != "c" {
		t.Errorf("the value is %q, %v, want the one that replaced", value, ok)
	}
	if value, ok := c.Get(9); ok || value != "" {
		t.Errorf("a key that is not cached has %q", value)
	}
	large, err := newCache[int, string](100, 80)
	if err != nil {
		t.Fatal(err)
	}
	for key := range 10 {
		large.Add(key, "", 10)
		if large.bytes > 80 || large.lru.Len() != min(key+1, 8) {
			t.Errorf("after %d entries of 10 bytes there are %d of %d bytes, want at most 80 bytes", key+1, large.lru.Len(), large.bytes)
		}
	}
}

// scalars of JSON, and how readMembers reads them.
var scalars = map[string]any{
	`null`: nil, `true`: true, `false`: false, `0`: 0.0, `-1.5e3`: -1500.0, `""`: `""`, `"a"`: `"a"`, `"\"}"`: `"\"}"`, `"\\"`: `"\\"`, `"\u00e9,"`: `"\u00e9,"`,
}

func TestMembersAreReadAsJSONReadsThem(t *testing.T) {
	t.Parallel()
	names := []string{"a", "b", "c", ""}
	rapid.Check(t, func(t *rapid.T) {
		space := rapid.SampledFrom([]string{"", "", " ", "\n\t", "\r"})
		want := map[string]any{}
		var members []string
		for _, name := range rapid.Permutation(names).Draw(t, "names")[:rapid.IntRange(0, 4).Draw(t, "members")] {
			text := rapid.SampledFrom(slices.Sorted(maps.Keys(scalars))).Draw(t, "value")
			want[name] = scalars[text]
			members = append(members, space.Draw(t, "s")+`"`+name+`"`+space.Draw(t, "s")+":"+space.Draw(t, "s")+text+space.Draw(t, "s"))
		}
		text := "{" + strings.Join(members, ",") + space.Draw(t, "s") + "}"
		got := map[string]any{}
		if !readMembers([]byte(text), map[string]bool{"a": true, "b": true, "c": true, "": true}, got) || !reflect.DeepEqual(got, want) {
			t.Fatalf("%s is read as %v, want %v", text, got, want)
		}
	})
}

// Whatever is not the simple form takes the full path: two parsers that differ
// on a variable would run the wrong operation.
func TestOnlySimpleMembersAreRead(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		``, ` `, `null`, `[]`, `"a"`, `{`, `{"a":1`, `{"a":1}}`, `{"a":1,}`, `{"a":1}x`, ` {"a":1}`, `{"a":1} `,
		`{"a":{}}`, `{"a":[1]}`, `{"a":1,"a":1}`, `{"a":1,"b":2,"a":1}`, `{"none":1}`, `{"\u0061":1}`, `{"a\"":1}`, `{"a":1e999}`, `{"a":tru}`, `{"a":01}`, `{a:1}`,
	} {
		if values := map[string]any{}; readMembers([]byte(text), map[string]bool{"a": true, "b": true}, values) {
			t.Errorf("%s is read as %v, want it left to the full path", text, values)
		}
	}
}

func TestIntegersHave32Bits(t *testing.T) {
	t.Parallel()
	sg := shopGraph(t)
	for _, c := range []struct {
		typeName, value string
		want            string
	}{
		{"Int", `2147483647`, ""},
		{"Int", `2147483648`, "BAD_USER_INPUT: $v is 2147483648: an Int has 32 bits."},
		{"Int", `-2147483648`, ""},
		{"Int", `-2147483649`, "BAD_USER_INPUT: $v is -2147483649: an Int has 32 bits."},
		{"Int", `[1,[2,3000000000]]`, "BAD_USER_INPUT: $v[1][1] is 3000000000: an Int has 32 bits."},
		{"Float", `3000000000`, ""},
		{"ID", `3000000000`, ""},
		{"Int", `null`, ""},
		{"Int", `"3000000000"`, ""},
		{"Unknown", `{"a":3000000000}`, ""},
		{"Product", `{"weight":3000000000}`, ""}, // not an input
	} {
		var value any
		if err := json.Unmarshal([]byte(c.value), &value); err != nil {
			t.Fatal(err)
		}
		err := checkIntegers(sg, []input{{}, {"other", "Int"}, {"v", c.typeName}}, map[string]any{"v": value, "": 1e12})
		if got := fmt.Sprint(err); got != c.want && (err != nil || c.want != "") {
			t.Errorf("%s as %s: %s, want %q", c.value, c.typeName, got, c.want)
		}
	}
}
