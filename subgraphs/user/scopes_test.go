package user

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	requiredBySchema = regexp.MustCompile(`@requiresScopes\(scopes: (\[\[[^)]*\]\])\)`)
	quotedScope      = regexp.MustCompile(`"([a-z:]+)"`)
	checkedByCode    = regexp.MustCompile(`\.Has\("([a-z:]+)"\)`)
)

// effectiveScopes are the scopes that open something: in the subgraphs' schemas and
// in checks of the services.
func effectiveScopes(t *testing.T) map[string]bool {
	t.Helper()
	scopes := map[string]bool{}
	schemas, err := filepath.Glob("../../schema/*.graphql")
	if err != nil || len(schemas) == 0 {
		t.Fatalf("no schemas: %v", err)
	}
	for _, path := range schemas {
		for _, required := range requiredBySchema.FindAllStringSubmatch(read(t, path), -1) {
			for _, scope := range quotedScope.FindAllStringSubmatch(required[1], -1) {
				scopes[scope[1]] = true
			}
		}
	}
	err = filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		for _, scope := range checkedByCode.FindAllStringSubmatch(read(t, path), -1) {
			scopes[scope[1]] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return scopes
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestOnlyScopesThatOpenAFieldCanBeGranted(t *testing.T) {
	t.Parallel()
	effective := effectiveScopes(t)
	if !effective["inventory:write"] || !effective["carts:read"] {
		t.Fatalf("scopes found: %v; one of the schema or of the code is missing", slices.Sorted(maps.Keys(effective)))
	}
	for _, scope := range grantableScopes() {
		if !effective[scope] {
			t.Errorf("%s can be granted and opens nothing", scope)
		}
	}
	described := regexp.MustCompile(`The scopes to grant, from: ([^.]*)\.`).FindStringSubmatch(read(t, "../../schema/user.graphql"))
	if described == nil {
		t.Fatal("the schema does not list the scopes")
	}
	if got := regexp.MustCompile(`[a-z]+(:[a-z]+)+`).FindAllString(described[1], -1); !slices.Equal(got, grantableScopes()) {
		t.Errorf("the schema lists %v, want %v", got, grantableScopes())
	}
	// The rights of people, which no program gets.
	reserved := []string{"apiclients:manage", "giftcards:manage", "orders:write", "payments:write", "profile:read", "promotions:read", "promotions:write", "reviews:moderate", "users:read", "users:write"}
	for scope := range effective {
		if !slices.Contains(grantableScopes(), scope) && !slices.Contains(reserved, scope) {
			t.Errorf("%s opens a field and is neither grantable nor reserved for people", scope)
		}
	}
}
