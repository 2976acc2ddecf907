package app

import (
	"regexp"
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
			// A declaration at the start of a line, a member of a block, or a constraint.
			if !regexp.MustCompile(`(?m)^(func (\([^)]*\) )?|var |const |\t|\s+CONSTRAINT )` + name[1] + `\b`).MatchString(content) {
				t.Errorf("%s does not declare %s", rule[1], name[1])
			}
		}
	}
	if len(rules) < 10 {
		t.Errorf("found %d rules, want at least 10", len(rules))
	}
}
