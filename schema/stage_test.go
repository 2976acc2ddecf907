package schema_test

import (
	"slices"
	"strings"
	"testing"

	"cartograph/schema"
)

func TestEveryRootFieldHasAStage(t *testing.T) {
	t.Parallel()
	document := supergraph(t)
	var fields []string
	for _, kind := range []string{"Query", "Mutation"} {
		for _, field := range document.Definitions.ForName(kind).Fields {
			fields = append(fields, field.Name)
			if _, ok := schema.Stages[field.Name]; !ok {
				t.Errorf("%s %s has no stage in schema.Stages", strings.ToLower(kind), field.Name)
			}
		}
	}
	for name := range schema.Stages {
		if !slices.Contains(fields, name) {
			t.Errorf("schema.Stages has %s, which is no root field", name)
		}
	}
}
