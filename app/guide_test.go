package app_test

import (
	"io/fs"
	"regexp"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"cartograph/schema"
)

// graphqlBlock is a fenced block of a chapter.
var graphqlBlock = regexp.MustCompile("(?ms)^```graphql\n(.*?)^```$")

func TestOperationsInTheGuideAreValid(t *testing.T) {
	t.Parallel()
	client := clientSchema(t)
	names, err := fs.Glob(schema.Guide(), "*.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range names {
		text, err := fs.ReadFile(schema.Guide(), name)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range graphqlBlock.FindAllSubmatch(text, -1) {
			found++
			if _, err := gqlparser.LoadQueryWithRules(client, string(block[1]), rules.NewDefaultRules()); err != nil {
				t.Errorf("%s: %v\n%s", name, err, block[1])
			}
		}
	}
	if found < 8 {
		t.Errorf("found %d operations in the guide, want more", found)
	}
}
