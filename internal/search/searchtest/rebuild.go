package searchtest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/search"
)

// Rebuild tests a Rebuilder, which is empty: what is written while a new index is
// filled is in it, what only the old one has is gone, and a rebuild that was cut off
// is continued.
func Rebuild(t *testing.T, s search.Rebuilder) {
	t.Helper()
	done := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	claim := func(why string, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, sorted(ids(find(t, s, search.Query{})))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", why, diff)
		}
	}
	things := shop()
	for _, thing := range things[:4] {
		put(t, s, thing.document(1))
	}
	done(s.Begin(t.Context()))
	done(s.Fill(t.Context(), things[0].document(1)))
	claim("the old index is searched until the swap", "p1", "p2", "p3", "p4")
	done(s.Begin(t.Context())) // by a process that continues
	put(t, s, things[1].document(2), things[4].document(1))
	done(s.Delete(t.Context(), search.Deletion{ID: "p3", Version: 2}))
	done(s.Fill(t.Context(), things[0].document(1), things[1].document(1), things[2].document(1)))
	done(s.Swap(t.Context()))
	claim("the new index has what was filled and what was written meanwhile", "p1", "p2", "p5")
	put(t, s, things[5].document(1))
	claim("writes go to the new index", "p1", "p2", "p5", "p6")
}
