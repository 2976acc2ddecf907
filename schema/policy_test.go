package schema_test

import (
	"regexp"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"cartograph/schema"
)

// supergraph is the composed document; its types are merged, so that one
// definition of Mutation has every field.
func supergraph(t *testing.T) *ast.SchemaDocument {
	t.Helper()
	document, err := parser.ParseSchema(&ast.Source{Name: "supergraph.graphql", Input: schema.Supergraph})
	if err != nil {
		t.Fatal(err)
	}
	return document
}

func TestEveryMutationHasAPolicy(t *testing.T) {
	t.Parallel()
	document := supergraph(t)
	mutation, query := document.Definitions.ForName("Mutation"), document.Definitions.ForName("Query")
	for _, field := range mutation.Fields {
		switch schema.Policies[field.Name].Kind {
		case schema.Credentials, schema.Money, schema.Ordinary:
		default:
			t.Errorf("mutation %s has no kind in schema.Policies", field.Name)
		}
	}
	for name, policy := range schema.Policies {
		switch {
		case mutation.Fields.ForName(name) != nil:
		case query.Fields.ForName(name) == nil:
			t.Errorf("schema.Policies has %s, which is no root field", name)
		case policy.Kind != "" || policy.PerActor == (schema.Bucket{}):
			t.Errorf("query %s has a kind, or no limit", name)
		}
	}
	if len(mutation.Fields) < 20 {
		t.Errorf("found %d mutations, want more", len(mutation.Fields))
	}
}

// sensitive are the names of input and payload fields that hold what
// authenticates a caller, or pays.
var sensitive = regexp.MustCompile(`(?i)(password|secret|token)$`)

// TestMutationsOnSecretsAndMoneyAreProtected follows the types of every
// mutation's arguments and payload.
func TestMutationsOnSecretsAndMoneyAreProtected(t *testing.T) {
	t.Parallel()
	document := supergraph(t)
	found := 0
	for _, field := range document.Definitions.ForName("Mutation").Fields {
		reason := ""
		for _, argument := range field.Arguments {
			if r := sensitiveInput(document, argument.Name, argument.Type.Name(), map[string]bool{}); r != "" {
				reason = r
			}
		}
		for _, part := range document.Definitions.ForName(field.Type.Name()).Fields {
			if sensitive.MatchString(part.Name) || part.Type.Name() == "AuthSession" {
				reason = "returns " + part.Name
			}
		}
		if reason == "" {
			continue
		}
		found++
		if schema.Policies[field.Name].Batchable() {
			t.Errorf("mutation %s %s, but its kind is ordinary", field.Name, reason)
		}
	}
	if found < 5 {
		t.Errorf("found %d sensitive mutations, want more", found)
	}
}

// sensitiveInput returns why an input is sensitive; "" if it is not.
func sensitiveInput(document *ast.SchemaDocument, name, typeName string, seen map[string]bool) string {
	switch {
	case sensitive.MatchString(name):
		return "takes " + name
	case typeName == "MoneyInput":
		return "takes the amount " + name
	case seen[typeName]:
		return ""
	}
	seen[typeName] = true
	definition := document.Definitions.ForName(typeName)
	if definition == nil || definition.Kind != ast.InputObject {
		return ""
	}
	for _, field := range definition.Fields {
		if reason := sensitiveInput(document, field.Name, field.Type.Name(), seen); reason != "" {
			return reason
		}
	}
	return ""
}
