package plan

import (
	"strings"

	vektah "github.com/vektah/gqlparser/v2/ast"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/ast"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"

	"cartograph/router/supergraph"
)

// renamedAlias starts the aliases of a normal form that replace a client's. The
// planner adds the fields of keys and of @requires to the client's selections, and
// reads them by their names: under { id: title } it would take the title for the
// key. Such aliases are renamed in the normal form, and so in the requests to
// subgraphs; the response gets the client's.
const renamedAlias = "_alias_"

// ClientName returns the client's name for a response name of a plan.
func ClientName(responseName string) string {
	name, _ := strings.CutPrefix(responseName, renamedAlias)
	return name
}

// plannerFields returns the names of the fields that the planner may add to a
// selection: those of keys and of @requires, at any depth, and __typename.
func plannerFields(sg *supergraph.Supergraph) (map[string]bool, error) {
	names := map[string]bool{"__typename": true}
	add := func(text string) error {
		if text == "" {
			return nil
		}
		set, err := supergraph.FieldSet(text)
		if err == nil {
			addNames(set, names)
		}
		return err
	}
	for _, t := range sg.Types {
		for _, join := range t.Joins {
			if err := add(join.Key); err != nil {
				return nil, err
			}
		}
		for _, f := range t.Fields {
			for _, s := range sg.Subgraphs {
				if join, ok := t.Field(f.Name, s.ID); ok {
					if err := add(join.Requires); err != nil {
						return nil, err
					}
				}
			}
		}
	}
	return names, nil
}

func addNames(set vektah.SelectionSet, names map[string]bool) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *vektah.Field:
			names[s.Name] = true
			addNames(s.SelectionSet, names)
		case *vektah.InlineFragment:
			addNames(s.SelectionSet, names)
		}
	}
}

// renameAliases renames the aliases of a normalized document that have the name
// of one of the planner's fields, and those that look renamed already.
func renameAliases(doc *ast.Document, plannerFields map[string]bool) {
	for ref := range doc.Fields {
		if !doc.Fields[ref].Alias.IsDefined {
			continue
		}
		alias := doc.FieldAliasString(ref)
		if plannerFields[alias] || strings.HasPrefix(alias, renamedAlias) {
			doc.Fields[ref].Alias.Name = doc.Input.AppendInputString(renamedAlias + alias)
		}
	}
}

// restoreAliases gives the fields of a response the client's names. Where they are
// read from, which is the name in the subgraph's response, stays.
func restoreAliases(node resolve.Node) {
	for _, f := range fieldsOf(node) {
		f.Name = []byte(ClientName(string(f.Name)))
		restoreAliases(f.Value)
	}
}
