package app_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// quoted are the texts in Go, JavaScript and TypeScript that may be operations.
var quoted = regexp.MustCompile("(?s)`([^`]+)`|'([^'\n]+)'|\"([^\"\n]+)\"")

// TestNoShippedOperationReadsADeprecatedField covers what is served to clients, what
// the documentation shows, and what the end-to-end tests and the load test run.
func TestNoShippedOperationReadsADeprecatedField(t *testing.T) {
	t.Parallel()
	client := clientSchema(t)
	found := map[string]int{}
	for _, pattern := range []string{
		"schema/operations/*.graphql", "schema/guide/*.md", "README.md", "docs/*.md",
		"router/playground/operations/*.graphql", "router/playground/*/assets/*.js",
		"e2e/*.go", "e2e/*/*.mjs", "e2e/clients/documents/*", "bench/*.go",
	} {
		files, err := filepath.Glob(filepath.Join("..", pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			for _, text := range operationsIn(t, file) {
				document, err := parser.ParseQuery(&ast.Source{Name: file, Input: text})
				if err != nil || len(document.Operations)+len(document.Fragments) == 0 {
					continue
				}
				// Parts of an operation are not valid, but have their definitions.
				_ = validator.ValidateWithRules(client, document, rules.NewDefaultRules())
				found[filepath.Ext(file)]++
				for _, set := range setsOf(document) {
					if field := deprecatedFields(set); field != "" {
						t.Errorf("%s reads %s, which is deprecated:\n%s", file, field, text)
					}
				}
			}
		}
	}
	for extension, least := range map[string]int{".graphql": 13, ".md": 15, ".go": 20, ".mjs": 20} {
		if found[extension] < least {
			t.Errorf("found %d operations in files *%s, want more", found[extension], extension)
		}
	}
}

func setsOf(document *ast.QueryDocument) []ast.SelectionSet {
	var sets []ast.SelectionSet
	for _, op := range document.Operations {
		sets = append(sets, op.SelectionSet)
	}
	for _, fragment := range document.Fragments {
		sets = append(sets, fragment.SelectionSet)
	}
	return sets
}

// operationsIn are the texts of a file that may be operations.
func operationsIn(t *testing.T, file string) []string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	switch filepath.Ext(file) {
	case ".graphql":
		texts = append(texts, string(content))
	case ".md":
		for _, block := range graphqlBlock.FindAllSubmatch(content, -1) {
			texts = append(texts, string(block[1]))
		}
	default:
		for _, found := range quoted.FindAllStringSubmatch(string(content), -1) {
			texts = append(texts, strings.Join(found[1:], ""))
		}
	}
	return texts
}
