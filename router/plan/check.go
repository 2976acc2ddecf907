package plan

import (
	"github.com/wundergraph/graphql-go-tools/v2/pkg/ast"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/operationreport"

	"cartograph/router/gqlerr"
)

// Check measures and validates every operation of a document as Prepare would,
// but for the variables, which nobody has given yet.
func (p *Planner) Check(text string) error {
	if err := p.limits.checkText(text); err != nil {
		return err
	}
	k := p.kits.Get().(*kit)
	defer p.kits.Put(k)
	if err := k.parse(text, []byte("{}")); err != nil {
		return err
	}
	if err := p.limits.checkDocument(k.doc); err != nil {
		return err
	}
	if err := checkIntrospection(k.doc); err != nil {
		return err
	}
	names, err := operationNames(k.doc)
	if err != nil {
		return err
	}
	for _, name := range names {
		// Normalising leaves one operation of the document, so each needs it anew.
		if err := k.parse(text, []byte("{}")); err != nil {
			return err
		}
		if _, err := p.begin(k.doc, name); err != nil {
			return err
		}
		if err := k.validate(p.client, name); err != nil {
			return err
		}
	}
	return nil
}

func operationNames(doc *ast.Document) ([]string, error) {
	var names []string
	for _, node := range doc.RootNodes {
		if node.Kind == ast.NodeKindOperationDefinition {
			names = append(names, string(doc.OperationDefinitionNameBytes(node.Ref)))
		}
	}
	if len(names) == 0 {
		return nil, gqlerr.New(gqlerr.ValidationFailed, "The document holds no operation.")
	}
	return names, nil
}

// validate is the first half of normalise.
func (k *kit) validate(schema *ast.Document, name string) error {
	var report operationreport.Report
	k.static.NormalizeNamedOperation(k.doc, schema, []byte(name), &report)
	if err := reported(report, gqlerr.ValidationFailed); err != nil {
		return err
	}
	k.validator.Validate(k.doc, schema, &report)
	return reported(report, gqlerr.ValidationFailed)
}
