package app_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	served "cartograph/router/supergraph"
	"cartograph/schema"
)

// clientSchema is what clients validate their operations against.
func clientSchema(t *testing.T) *ast.Schema {
	t.Helper()
	sg, err := served.Parse(schema.Supergraph)
	if err != nil {
		t.Fatal(err)
	}
	client, err := gqlparser.LoadSchema(&ast.Source{Name: "client.graphql", Input: sg.ClientSchema()})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestEveryRootFieldHasAnExampleThatIsValid(t *testing.T) {
	t.Parallel()
	client, examples := clientSchema(t), schema.Examples()
	for _, root := range []*ast.Definition{client.Query, client.Mutation, client.Subscription} {
		for _, field := range root.Fields {
			if strings.HasPrefix(field.Name, "__") {
				continue
			}
			example, there := examples[field.Name]
			if !there {
				t.Errorf("%s has no example", field.Name)
				continue
			}
			delete(examples, field.Name)
			checkExample(t, client, root, field.Name, example)
		}
	}
	for name := range examples {
		t.Errorf("the example %s is of no root field", name)
	}
}

func checkExample(t *testing.T, client *ast.Schema, root *ast.Definition, field string, example schema.Example) {
	t.Helper()
	document, errs := gqlparser.LoadQueryWithRules(client, example.Query, rules.NewDefaultRules())
	if errs != nil {
		t.Errorf("the example of %s is not valid: %v", field, errs)
		return
	}
	op := document.Operations[0]
	selected, ok := op.SelectionSet[0].(*ast.Field)
	if !ok || len(op.SelectionSet) != 1 || selected.Name != field || !strings.EqualFold(string(op.Operation), root.Name) {
		t.Errorf("the example of %s selects something else", field)
	}
	if root.Name == "Mutation" && !strings.Contains(example.Query, "userErrors {") {
		t.Errorf("the example of %s does not read userErrors", field)
	}
	if deprecatedFields(op.SelectionSet) != "" {
		t.Errorf("the example of %s reads %s, which is deprecated", field, deprecatedFields(op.SelectionSet))
	}
	variables := map[string]any{}
	if example.Variables != "" {
		if err := json.Unmarshal([]byte(filled(example.Variables)), &variables); err != nil {
			t.Errorf("the variables of %s are not JSON: %v", field, err)
		}
	}
	if strings.Contains(filled(example.Variables), "…") {
		t.Errorf("the example of %s has a placeholder without a value: %s", field, example.Variables)
	}
	if _, err := validator.VariableValues(client, op, variables); err != nil {
		t.Errorf("the variables of %s are not valid: %v", field, err)
	}
	for name := range variables {
		if op.VariableDefinitions.ForName(name) == nil {
			t.Errorf("the example of %s declares no $%s", field, name)
		}
	}
}

// placeholders are values for those that the playground fills.
var placeholders = strings.NewReplacer(
	`"cart.version…"`, `1`, `"cost.total.amount…"`, `"1.00"`, `"cost.total.currencyCode…"`, `"USD"`,
	`"new…"`, `"key"`, `"order.number…"`, `"A-1"`, `"session.refreshToken…"`, `"rt_1"`,
	`"availableShippingMethods.method.id…"`, `"standard"`,
)

func filled(variables string) string {
	return regexp.MustCompile(`"[a-z]{3}_…"`).ReplaceAllString(placeholders.Replace(variables), `"id"`)
}

// deprecatedFields returns the first field or argument below a validated selection
// that is deprecated, or "".
func deprecatedFields(set ast.SelectionSet) string {
	for _, selection := range set {
		below := ast.SelectionSet(nil)
		switch s := selection.(type) {
		case *ast.Field:
			if s.Definition != nil && s.Definition.Directives.ForName("deprecated") != nil {
				return s.ObjectDefinition.Name + "." + s.Name
			}
			below = s.SelectionSet
		case *ast.InlineFragment:
			below = s.SelectionSet
		case *ast.FragmentSpread:
			if s.Definition != nil {
				below = s.Definition.SelectionSet
			}
		}
		if found := deprecatedFields(below); found != "" {
			return found
		}
	}
	return ""
}
