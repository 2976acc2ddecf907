package supergraph_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestSupergraphIsCurrent proves that a composed schema was made from the
// schemas beside it, without running the composer: it carries a hash of what
// went in.
func TestSupergraphIsCurrent(t *testing.T) {
	t.Parallel()
	for config, composed := range map[string]string{
		"../../supergraph.yaml":            "../../schema/supergraph.graphql",
		"../testdata/shop/supergraph.yaml": "../testdata/shop/supergraph.graphql",
	} {
		sdl, err := os.ReadFile(composed)
		if err != nil {
			t.Error(err)
			continue
		}
		want := "# sha256 of the inputs: " + hashOfInputs(t, config)
		if got := strings.SplitN(string(sdl), "\n", 3)[1]; got != want {
			t.Errorf("%s is not made from what %s names now; run make schema\n got %s\nwant %s", composed, config, got, want)
		}
	}
}

// hashOfInputs does what compose.mjs does.
func hashOfInputs(t *testing.T, config string) string {
	t.Helper()
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	hash := sha256.New()
	add := func(name string, bytes []byte) {
		_, _ = fmt.Fprintf(hash, "%s\n%d\n%s", name, len(bytes), bytes)
	}
	add(filepath.Base(config), text)
	var doc struct {
		Subgraphs yaml.Node // a node keeps the order
	}
	if err := yaml.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(doc.Subgraphs.Content); i += 2 {
		var subgraph struct{ Schema struct{ File string } }
		if err := doc.Subgraphs.Content[i+1].Decode(&subgraph); err != nil {
			t.Fatal(err)
		}
		sdl, err := os.ReadFile(filepath.Join(filepath.Dir(config), subgraph.Schema.File))
		if err != nil {
			t.Fatal(err)
		}
		add(doc.Subgraphs.Content[i].Value, sdl)
	}
	return fmt.Sprintf("%x", hash.Sum(nil))
}
