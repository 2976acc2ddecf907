package schema_test

import (
	"os"
	"slices"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// TestEveryElementHasOneDescription holds for types, fields, arguments, enum
// values and input fields. Composition keeps one description of an element
// that several subgraphs define, so all of them must be the same. A subgraph
// may leave out the description of an entity that another one describes.
func TestEveryElementHasOneDescription(t *testing.T) {
	t.Parallel()
	found := map[string]map[string][]string{} // element, description, subgraphs
	for _, subgraph := range []string{"user", "product", "cart", "order", "payment"} {
		for _, e := range elements(t, subgraph) {
			if found[e.name] == nil {
				found[e.name] = map[string][]string{}
			}
			switch {
			case e.description != "":
				found[e.name][e.description] = append(found[e.name][e.description], subgraph)
			case !e.ofEntity:
				t.Errorf("%s.graphql does not describe %s", subgraph, e.name)
			}
		}
	}
	if len(found) < 800 {
		t.Fatalf("found %d elements, which is not the whole schema", len(found))
	}
	for name, descriptions := range found {
		switch len(descriptions) {
		case 0:
			t.Errorf("no subgraph describes %s", name)
		case 1:
		default:
			t.Errorf("%s has different descriptions: %v", name, descriptions)
		}
	}
}

type element struct {
	name, description string
	ofEntity          bool
}

func elements(t *testing.T, subgraph string) []element {
	t.Helper()
	text, err := os.ReadFile(subgraph + ".graphql")
	if err != nil {
		t.Fatal(err)
	}
	document, err := parser.ParseSchema(&ast.Source{Name: subgraph, Input: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	var all []element
	for _, d := range slices.Concat(document.Definitions, document.Extensions) {
		entity := d.Directives.ForName("key") != nil
		if !isRoot(d.Name) {
			all = append(all, element{d.Name, d.Description, entity})
		}
		for _, f := range d.Fields {
			all = append(all, element{d.Name + "." + f.Name, f.Description, entity})
			for _, a := range f.Arguments {
				all = append(all, element{d.Name + "." + f.Name + "(" + a.Name + ":)", a.Description, false})
			}
		}
		for _, v := range d.EnumValues {
			all = append(all, element{d.Name + "." + v.Name, v.Description, false})
		}
	}
	return all
}

func isRoot(name string) bool {
	return name == "Query" || name == "Mutation" || name == "Subscription"
}
