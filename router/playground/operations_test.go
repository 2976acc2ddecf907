package playground

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"cartograph/internal/demo"
)

func TestOperationsParseAndAreNamedForTheirFiles(t *testing.T) {
	t.Parallel()
	want := []string{"Browse", "ProductPage", "AddToCart", "MyCart", "Checkout", "PlaceOrder", "MyOrders", "TrackOrder"}
	var names []string
	for _, op := range Operations() {
		names = append(names, op.Name)
		document, err := parser.ParseQuery(&ast.Source{Name: op.Name, Input: op.Query})
		if err != nil {
			t.Errorf("%s does not parse: %v", op.Name, err)
			continue
		}
		if len(document.Operations) != 1 || document.Operations[0].Name != op.Name {
			t.Errorf("the file of %s holds %d operations, want that one", op.Name, len(document.Operations))
		}
		if !strings.HasPrefix(op.Query, "# ") {
			t.Errorf("%s does not begin with a comment that describes it", op.Name)
		}
		for _, v := range document.Operations[0].VariableDefinitions {
			if _, given := op.Variables[v.Variable]; !given {
				t.Errorf("%s is given no $%s", op.Name, v.Variable)
			}
		}
		if len(op.Variables) != len(document.Operations[0].VariableDefinitions) {
			t.Errorf("%s is given %d variables, declares %d", op.Name, len(op.Variables), len(document.Operations[0].VariableDefinitions))
		}
	}
	if !slices.Equal(names, want) {
		t.Errorf("the examples are %v, want %v", names, want)
	}
}

// TestOperationsFitTheSchemas holds every example to what the subgraphs
// declare. The values of placeholders are not known here.
func TestOperationsFitTheSchemas(t *testing.T) {
	t.Parallel()
	supergraph, err := os.ReadFile("../../schema/supergraph.graphql")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "supergraph.graphql", Input: string(supergraph)})
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range Operations() {
		if _, errs := gqlparser.LoadQueryWithRules(schema, op.Query, rules.NewDefaultRules()); errs != nil {
			t.Errorf("%s does not fit: %v", op.Name, errs)
		}
	}
}

func TestOperationsNameWhatTheDemoShopSells(t *testing.T) {
	t.Parallel()
	stock, slugs := map[string]int{}, map[string]bool{}
	for _, p := range demo.Products(time.Now()) {
		slugs[p.Slug] = true
		for _, v := range p.Variants {
			stock[v.ID] = v.Stock
		}
	}
	named := 0
	for _, op := range Operations() {
		for _, text := range texts(op.Variables) {
			if strings.HasPrefix(text, "var_") {
				named++
				if stock[text] < 20 {
					t.Errorf("%s names variant %s, of which the shop has %d, want plenty", op.Name, text, stock[text])
				}
			}
		}
		if slug, ok := op.Variables["slug"].(string); ok {
			named++
			if !slugs[slug] {
				t.Errorf("%s names product %s, which the shop has not", op.Name, slug)
			}
		}
	}
	if named != 3 {
		t.Errorf("the examples name %d things of the shop, want 3", named)
	}
}

// TestPlaceholdersAreFilledByEarlierOperations keeps a visitor who runs the examples
// in order from being left with a placeholder.
func TestPlaceholdersAreFilledByEarlierOperations(t *testing.T) {
	t.Parallel()
	source := map[string]string{
		"new…": "", "crt_…": "AddToCart", "chk_…": "Checkout", "ord_…": "PlaceOrder",
		"cost.total.amount…": "Checkout", "cost.total.currencyCode…": "Checkout",
	}
	var before []string
	placeholders := 0
	for _, op := range Operations() {
		for _, text := range texts(op.Variables) {
			if !strings.HasSuffix(text, "…") {
				continue
			}
			placeholders++
			from, known := source[text]
			if !known || from != "" && !slices.Contains(before, from) {
				t.Errorf("the placeholder %s of %s is filled by no operation before it", text, op.Name)
			}
		}
		before = append(before, op.Name)
	}
	if placeholders != 7 {
		t.Errorf("the examples have %d placeholders, want 7", placeholders)
	}
}

func TestVariablesOfOneCallAreItsOwn(t *testing.T) {
	t.Parallel()
	first := Operations()[1]
	first.Variables["slug"] = "changed"
	if again := Operations()[1].Variables["slug"]; again == "changed" {
		t.Error("a change of an operation's variables is seen by the next call")
	}
	for _, op := range Operations() {
		if op.VariablesJSON != "" && !json.Valid([]byte(op.VariablesJSON)) {
			t.Errorf("the variables of %s are not JSON", op.Name)
		}
	}
}

// texts are the strings in v, at any depth.
func texts(v any) []string {
	var found []string
	switch v := v.(type) {
	case string:
		found = append(found, v)
	case []any:
		for _, member := range v {
			found = append(found, texts(member)...)
		}
	case map[string]any:
		for _, member := range v {
			found = append(found, texts(member)...)
		}
	}
	return found
}
