package app_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "cartograph/"

// TestImports holds the architecture: what each part of the tree may import.
func TestImports(t *testing.T) {
	t.Parallel()
	list := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "cartograph/...")
	out, err := list.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := list.Start(); err != nil {
		t.Fatal(err)
	}
	packages := 0
	for dec := json.NewDecoder(out); ; packages++ {
		var pkg struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&pkg); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		from := strings.TrimPrefix(pkg.ImportPath, module)
		for _, path := range pkg.Imports {
			if to, ours := strings.CutPrefix(path, module); ours && !mayImport(from, to) {
				t.Errorf("%s must not import %s", from, to)
			}
		}
	}
	if err := list.Wait(); err != nil {
		t.Fatal(err)
	}
	if packages < 20 {
		t.Errorf("looked at %d packages, want all of them", packages)
	}
}

func TestImportRulesRefuseWhatTheyShould(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		from, to string
		want     bool
	}{
		{"cmd/cartograph", "internal/app", true},
		{"internal/app", "subgraphs/cart/graph", true},
		{"subgraphs/cart", "subgraphs/cart/db", true},
		{"subgraphs/cart/graph", "subgraphs/cart", true},
		{"subgraphs/cart/graph", "subgraphs/cart/db", false},
		{"subgraphs/cart", "subgraphs/cart/graph", false},
		{"subgraphs/cart", "subgraphs/order", false},
		{"subgraphs/cart", "consumers/inventory", false},
		{"subgraphs/cart/db", "internal/money", false},
		{"subgraphs/cart", "internal/app", false},
		{"consumers/inventory", "internal/kafka", true},
		{"internal/pg", "subgraphs/cart", false},
		{"router", "subgraphs/user", false},
		{"router/plan", "router/supergraph", true},
	} {
		if got := mayImport(tt.from, tt.to); got != tt.want {
			t.Errorf("%s imports %s: %v, want %v", tt.from, tt.to, got, tt.want)
		}
	}
}

func mayImport(from, to string) bool {
	switch {
	case from == "internal/app", from == "e2e", strings.HasPrefix(from, "bench"):
		return true
	case strings.HasSuffix(from, "/db"):
		return false // SQL knows nothing of what it is for
	case to == "internal/app":
		return strings.HasPrefix(from, "cmd/")
	case strings.HasPrefix(from, "internal/"):
		return strings.HasPrefix(to, "internal/")
	case owner(from) == owner(to):
		fromGraph := strings.Contains(from, "/graph")
		return !fromGraph && !strings.Contains(to, "/graph") || fromGraph && !strings.HasSuffix(to, "/db")
	default:
		return strings.HasPrefix(to, "internal/") || to == "schema"
	}
}

// owner is the service that a package belongs to: "subgraphs/cart" for
// "subgraphs/cart/graph/gen"; of the router and others, their folder.
func owner(pkg string) string {
	parts := strings.SplitN(pkg, "/", 3)
	if parts[0] == "subgraphs" || parts[0] == "consumers" {
		return strings.Join(parts[:min(2, len(parts))], "/")
	}
	return parts[0]
}
