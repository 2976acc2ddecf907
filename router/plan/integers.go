package plan

import (
	"fmt"
	"math"
	"strings"

	vektah "github.com/vektah/gqlparser/v2/ast"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/ast"

	"cartograph/router/gqlerr"
	"cartograph/router/supergraph"
)

// input is a variable, under the client's name for it.
type input struct{ name, typeName string }

// inputs returns the variables of the operation of a normalized document, indexed
// as its definitions are. Definitions that belonged to other operations stay
// empty.
func inputs(doc *ast.Document, remap map[string]string) []input {
	out := make([]input, len(doc.VariableDefinitions))
	for _, node := range doc.RootNodes {
		if node.Kind != ast.NodeKindOperationDefinition {
			continue
		}
		for _, ref := range doc.OperationDefinitions[node.Ref].VariableDefinitions.Refs {
			definition := doc.VariableDefinitions[ref]
			name := doc.VariableValueNameString(definition.VariableValue.Ref)
			if original, ok := remap[name]; ok {
				name = original
			}
			out[ref] = input{strings.Clone(name), strings.Clone(doc.ResolveTypeNameString(definition.Type))}
		}
	}
	return out
}

// checkIntegers rejects variables that contain an Int of more than 32 bits. The
// engine accepts any number, and the error of a subgraph would name a variable
// of the plan, which the client has never seen.
func checkIntegers(sg *supergraph.Supergraph, inputs []input, values map[string]any) error {
	for _, in := range inputs {
		if value, ok := values[in.name]; ok && in.typeName != "" {
			if err := checkInteger(sg, in.typeName, value, "$"+in.name); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkInteger searches lists and input objects. The engine has validated that
// the shape of the value fits its type.
func checkInteger(sg *supergraph.Supergraph, typeName string, value any, at string) error {
	switch v := value.(type) {
	case float64:
		if typeName == "Int" && (v > math.MaxInt32 || v < math.MinInt32) {
			return gqlerr.New(gqlerr.BadUserInput, "%s is %.0f: an Int has 32 bits.", at, v)
		}
	case []any:
		for i, element := range v {
			if err := checkInteger(sg, typeName, element, fmt.Sprintf("%s[%d]", at, i)); err != nil {
				return err
			}
		}
	case map[string]any:
		t := sg.Type(typeName)
		if t == nil || t.Kind != vektah.InputObject {
			return nil // a custom scalar
		}
		for _, f := range t.Fields {
			if inner, ok := v[f.Name]; ok {
				if err := checkInteger(sg, f.Type.Name(), inner, at+"."+f.Name); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
