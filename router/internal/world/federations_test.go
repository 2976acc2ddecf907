package world_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// A federation is a file in testdata: what is special about it, the schema of each
// subgraph, and the supergraph that they compose to.
type federation struct {
	name       string
	file       string
	archive    *txtar.Archive
	supergraph string
}

const supergraphFile = "supergraph.graphql"

// federations reads all. With COMPOSE=1 the supergraphs are composed anew first, by
// schema/compose, which needs npm; those that lead back to the query root only with
// SATISFIABILITY=off.
func federations(t testing.TB) []federation {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no federations: %v", err)
	}
	var out []federation
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		f := federation{name: strings.TrimSuffix(filepath.Base(file), ".txtar"), file: file, archive: archive}
		for _, part := range archive.Files {
			if part.Name == supergraphFile {
				f.supergraph = string(part.Data)
			}
		}
		if os.Getenv("COMPOSE") != "" {
			f.compose(t)
		}
		out = append(out, f)
	}
	return out
}

// link is what each subgraph's schema begins with.
const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@requires", "@provides", "@external", "@shareable", "@override", "@inaccessible", "@interfaceObject"])` + "\n"

// inputs are the files that are composed.
func (f federation) inputs() (yaml string, schemas []txtar.File) {
	yaml = "federation_version: 2\nsubgraphs:\n"
	for _, part := range f.archive.Files {
		if part.Name == supergraphFile {
			continue
		}
		name := strings.TrimSuffix(part.Name, ".graphql")
		yaml += fmt.Sprintf("  %s: {routing_url: \"http://%s\", schema: {file: %s}}\n", name, name, part.Name)
		schemas = append(schemas, txtar.File{Name: name, Data: append([]byte(link), part.Data...)})
	}
	return yaml, schemas
}

func (f *federation) compose(t testing.TB) {
	t.Helper()
	folder := t.TempDir()
	write := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	yaml, schemas := f.inputs()
	write("supergraph.yaml", []byte(yaml))
	for _, s := range schemas {
		write(s.Name+".graphql", s.Data)
	}
	result := filepath.Join(folder, supergraphFile)
	command := exec.CommandContext(t.Context(), "node", "../../../schema/compose/compose.mjs", filepath.Join(folder, "supergraph.yaml"), result) //nolint:gosec // of this repository
	if text, err := command.CombinedOutput(); err != nil {
		t.Errorf("%s does not compose: %v\n%s", f.name, err, text)
		return
	}
	sdl, err := os.ReadFile(result)
	if err != nil {
		t.Fatal(err)
	}
	f.supergraph = string(sdl)
	var kept []txtar.File
	for _, part := range f.archive.Files {
		if part.Name != supergraphFile {
			kept = append(kept, part)
		}
	}
	kept = append(kept, txtar.File{Name: supergraphFile, Data: sdl})
	f.archive.Files = kept
	if err := os.WriteFile(f.file, txtar.Format(f.archive), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestRecordedSupergraphsAreCurrent(t *testing.T) {
	t.Parallel()
	for _, f := range federations(t) {
		yaml, schemas := f.inputs()
		sum := sha256.New()
		_, _ = fmt.Fprintf(sum, "supergraph.yaml\n%d\n%s", len(yaml), yaml)
		for _, s := range schemas {
			_, _ = fmt.Fprintf(sum, "%s\n%d\n%s", s.Name, len(s.Data), s.Data)
		}
		if want := "sha256 of the inputs: " + hex.EncodeToString(sum.Sum(nil)); !strings.Contains(f.supergraph, want) {
			t.Errorf("the supergraph of %s is not composed from its subgraphs; run the tests with COMPOSE=1", f.name)
		}
	}
}
