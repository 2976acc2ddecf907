package schema_test

import (
	"os"
	"strings"
	"testing"
)

// TestValueTypesAreTheSameEverywhere compares the block that each subgraph's
// file repeats, because every file must stand alone.
func TestValueTypesAreTheSameEverywhere(t *testing.T) {
	t.Parallel()
	const first = "user"
	want := shared(t, first)
	for _, subgraph := range []string{"product", "cart", "order", "payment"} {
		if got := shared(t, subgraph); got != want {
			t.Errorf("the shared block of %s.graphql is not that of %s.graphql", subgraph, first)
		}
	}
}

func shared(t *testing.T, subgraph string) string {
	t.Helper()
	text, err := os.ReadFile(subgraph + ".graphql")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, begun := strings.Cut(string(text), "# --- shared:")
	block, _, ended := strings.Cut(rest, "# --- end of shared ---")
	if !begun || !ended || len(block) < 1000 {
		t.Fatalf("%s.graphql has no shared block", subgraph)
	}
	return block
}
