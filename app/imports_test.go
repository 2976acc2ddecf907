package app_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "cartograph/"

// TestImports checks what each part of the tree may import.
func TestImports(t *testing.T) {
	t.Parallel()
	list := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "cartograph/...")
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
			ImportPath                         string
			Imports, TestImports, XTestImports []string
		}
		if err := dec.Decode(&pkg); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		from := strings.TrimPrefix(pkg.ImportPath, module)
		for _, to := range ours(pkg.Imports) {
			if !mayImport(from, to) {
				t.Errorf("%s must not import %s", from, to)
			}
		}
		for _, to := range ours(slices.Concat(pkg.TestImports, pkg.XTestImports)) {
			if !testMayImport(from, to) {
				t.Errorf("tests of %s must not import %s", from, to)
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

// ours returns the paths within this module of its packages.
func ours(paths []string) []string {
	var within []string
	for _, path := range paths {
		if to, ours := strings.CutPrefix(path, module); ours {
			within = append(within, to)
		}
	}
	return within
}

func TestImportRulesRefuseWhatTheyShould(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		from, to string
		want     bool
	}{
		{"cmd/cartograph", "app", true},
		{"app", "subgraphs/cart/graph", true},
		{"subgraphs/cart", "subgraphs/cart/db", true},
		{"subgraphs/cart/graph", "subgraphs/cart", true},
		{"subgraphs/cart/graph", "subgraphs/cart/db", false},
		{"subgraphs/cart", "subgraphs/cart/graph", false},
		{"subgraphs/cart", "subgraphs/order", false},
		{"subgraphs/cart", "consumers/inventory", false},
		{"subgraphs/cart/db", "internal/money", false},
		{"subgraphs/product/db", "internal/catalogue", true},
		{"subgraphs/cart", "app", false},
		{"internal/server", "app", false},
		{"e2e", "app", false},
		{"e2e/systemtest", "app", true}, // for tests only
		{"bench", "e2e/systemtest", false},
		{"app", "internal/pgtest", false},
		{"consumers/inventory", "internal/kafka", true},
		{"internal/pg", "subgraphs/cart", false},
		{"internal/trail", "consumers/logs", true},
		{"internal/trail", "consumers/inventory", false},
		{"router", "subgraphs/user", false},
		{"router/plan", "router/supergraph", true},
		{"subgraphs/cart", "internal/pgtest", false},
		{"internal/outbox", "internal/pgtest", false},
		{"internal/pgtest", "internal/embedded/postgres", true},
		{"subgraphs/order/ordertest", "internal/pgtest", true},
		{"subgraphs/order", "subgraphs/order/ordertest", false},
		{"subgraphs/payment", "gatewaysim", false},
		{"subgraphs/product", "internal/demo", false},
		{"subgraphs/product", "internal/embedded", false},
		{"app", "internal/demo", true},
		{"bench", "internal/demo", true},
		{"bench", "internal/embedded", false},
		{"internal/embedded", "internal/embedded/filelock", true},
	} {
		if got := mayImport(tt.from, tt.to); got != tt.want {
			t.Errorf("%s imports %s: %v, want %v", tt.from, tt.to, got, tt.want)
		}
	}
	for _, tt := range []struct {
		from, to string
		want     bool
	}{
		{"subgraphs/cart", "subgraphs/cart", true},
		{"subgraphs/cart", "internal/pgtest", true},
		{"subgraphs/cart", "internal/outbox", true},
		{"subgraphs/cart/graph", "subgraphs/cart/db", true},
		{"subgraphs/cart/graph", "internal/subgraph/subgraphtest", true},
		{"subgraphs/cart/db", "internal/pgtest", true},
		{"subgraphs/order/graph", "subgraphs/order/ordertest", true},
		{"subgraphs/cart", "subgraphs/order/ordertest", false},
		{"subgraphs/payment/gateway", "gatewaysim", true},
		{"subgraphs/order", "gatewaysim", false},
		{"subgraphs/cart", "subgraphs/product", false},
		{"consumers/inventory", "subgraphs/order", false},
		{"router/playground", "internal/demo", true},
		{"subgraphs/cart", "app", false},
		{"e2e", "app", true},
		{"e2e/attack", "app", true},
		{"bench", "app", false},
		{"internal/kafka", "internal/pgtest", true},
		{"internal/kafka", "consumers/inventory", false},
	} {
		if got := testMayImport(tt.from, tt.to); got != tt.want {
			t.Errorf("tests of %s import %s: %v, want %v", tt.from, tt.to, got, tt.want)
		}
	}
}

func mayImport(from, to string) bool {
	switch {
	case forTests(to) && !forTests(from):
		return false
	case to == "app":
		return strings.HasPrefix(from, "cmd/") || owner(from) == "e2e" && forTests(from)
	case from == "app":
		return !strings.HasPrefix(to, "cmd/")
	case isEmbedded(to):
		return isEmbedded(from) || forTests(from) || from == "bench" && to == "internal/demo"
	case strings.HasSuffix(from, "/db"):
		return to == "internal/catalogue" // the types of JSON columns
	case from == "internal/trail" && to == "consumers/logs": // it reads the records of all services
		return true
	case strings.HasPrefix(from, "internal/"):
		return strings.HasPrefix(to, "internal/")
	case owner(from) == owner(to):
		fromGraph := strings.Contains(from, "/graph")
		return !fromGraph && !strings.Contains(to, "/graph") || fromGraph && !strings.HasSuffix(to, "/db")
	default:
		return strings.HasPrefix(to, "internal/") || to == "schema"
	}
}

// testMayImport also lets tests import all of their own service, and packages for
// tests.
func testMayImport(from, to string) bool {
	switch {
	case mayImport(from, to), owner(from) == owner(to), owner(from) == "e2e":
		return true
	case to == "gatewaysim":
		return owner(from) == "subgraphs/payment"
	default:
		return to != "app" && strings.HasPrefix(to, "internal/")
	}
}

// forTests reports whether the package is for tests only.
func forTests(pkg string) bool { return strings.HasSuffix(pkg, "test") }

// isEmbedded reports whether the package is embedded infrastructure or demo data,
// which only the composition root may import; the load test buys what the demo sells.
func isEmbedded(pkg string) bool {
	return strings.HasPrefix(pkg, "internal/embedded") || strings.HasPrefix(pkg, "internal/demo")
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
