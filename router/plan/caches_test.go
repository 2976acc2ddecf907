package plan

import (
	"slices"
	"testing"
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
