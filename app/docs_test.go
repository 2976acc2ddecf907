package app

import (
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestTheArchitecturePageNamesWhatExists reads the table of rules: a renamed file
// or function must be renamed there too.
func TestTheArchitecturePageNamesWhatExists(t *testing.T) {
	t.Parallel()
	_, table, found := strings.Cut(read(t, "../docs/architecture.md"), "| rule | file | name |")
	if !found {
		t.Fatal("docs/architecture.md has no table of rules")
	}
	rules := regexp.MustCompile("(?m)^\\| [^|]+ \\| `([^`]+)` \\| ([^|]+) \\|$").FindAllStringSubmatch(table, -1)
	for _, rule := range rules {
		content := read(t, "../"+rule[1])
		for _, name := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(rule[2], -1) {
			// A declaration at the start of a line, a member of a block, a constraint, or a function or view of the database.
			if !regexp.MustCompile(`(?m)^(func (\([^)]*\) )?|var |const |\t|\s+(ADD )?CONSTRAINT |CREATE (FUNCTION|VIEW) )` + name[1] + `\b`).MatchString(content) {
				t.Errorf("%s does not declare %s", rule[1], name[1])
			}
		}
	}
	if len(rules) < 10 {
		t.Errorf("found %d rules, want at least 10", len(rules))
	}
}

// TestTheOperationsPageListsMessagesThatAreLogged: operators search for the
// messages, and alerts match them.
func TestTheOperationsPageListsMessagesThatAreLogged(t *testing.T) {
	t.Parallel()
	_, table, found := strings.Cut(read(t, "../docs/operate.md"), "| message | meaning | what to do |\n|---|---|---|\n")
	if !found {
		t.Fatal("docs/operate.md has no table of messages")
	}
	table, _, _ = strings.Cut(table, "\n\n")
	source := strings.Join(slices.Collect(maps.Values(goFiles(t, false))), "")
	for row := range strings.Lines(table) {
		message := strings.TrimSpace(strings.Split(row, "|")[1])
		if !regexp.MustCompile(`\b(Error|Warn|Info)Context\(ctx, "` + regexp.QuoteMeta(message) + `"`).MatchString(source) {
			t.Errorf("docs/operate.md lists the message %q, which nothing logs", message)
		}
	}
}

// goFiles are the files of this program by path: its tests, or its code without them.
func goFiles(t *testing.T, tests bool) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, folder := range []string{"app", "cmd", "consumers", "e2e", "gatewaysim", "internal", "router", "subgraphs"} {
		err := filepath.WalkDir(filepath.Join("..", folder), func(path string, _ fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, ".go") && strings.HasSuffix(path, "_test.go") == tests {
				all[path] = read(t, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// TestEveryGuaranteeIsProvenByTestsThatExist reads the table of guarantees.
func TestEveryGuaranteeIsProvenByTestsThatExist(t *testing.T) {
	t.Parallel()
	declared := map[string]bool{}
	for _, content := range goFiles(t, true) {
		for _, match := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllStringSubmatch(content, -1) {
			declared[match[1]] = true
		}
	}
	guarantees := regexp.MustCompile(`(?m)^\| [A-Z].*\|$`).FindAllString(read(t, "../docs/guarantees.md"), -1)
	for _, guarantee := range guarantees {
		tests := regexp.MustCompile("`(Test\\w+)`").FindAllStringSubmatch(guarantee, -1)
		if len(tests) == 0 {
			t.Errorf("nothing proves %s", guarantee)
		}
		for _, test := range tests {
			if !declared[test[1]] {
				t.Errorf("docs/guarantees.md names %s, which does not exist", test[1])
			}
		}
	}
	figures := regexp.MustCompile("(?m)^\\| `(Test\\w+)` \\|").FindAllStringSubmatch(read(t, "../docs/guarantees.md"), -1)
	for _, figure := range figures {
		if !declared[figure[1]] {
			t.Errorf("docs/guarantees.md has figures of %s, which does not exist", figure[1])
		}
	}
	if len(guarantees) < 10 || len(figures) < 10 {
		t.Errorf("found %d guarantees and %d figures, want at least 10", len(guarantees), len(figures))
	}
}
