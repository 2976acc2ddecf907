package search_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/search"
)

func TestAWordIsNotMistakenForAPartNumber(t *testing.T) {
	t.Parallel()
	candidates := []search.Candidate{{Word: "sonya7", Documents: 9}, {Word: "sonia", Documents: 1}, {Word: "sonya9", Documents: 2}}
	for word, want := range map[string][]string{"sonya": {"sonia"}, "sonya8": {"sonya7", "sonya9", "sonia"}} {
		if diff := cmp.Diff(want, search.Closest(search.Misspelled{Word: word, Edits: 2}, candidates)); diff != "" {
			t.Errorf("closest to %s (-want +got):\n%s", word, diff)
		}
	}
}
