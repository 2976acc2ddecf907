package plan

import (
	"github.com/wundergraph/graphql-go-tools/v2/pkg/ast"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/operationreport"

	"cartograph/router/gqlerr"
)

// Check validates every operation of a document, and its size, as Prepare does
// but without variables. It is for documents that are registered before they are
// requested.
func (p *Planner) Check(text string) error {
	if err := p.limits.checkText(text); err != nil {
		return err
	}
	text, err := canonicalLiterals(text)
	if err != nil {
		return err
	}
	k := p.pipelines.Get().(*pipeline)
	defer p.pipelines.Put(k)
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
		// Normalization removes the other operations, so that each needs a new parse.
		if err := k.parse(text, []byte("{}")); err != nil {
			return err
		}
		if _, err := p.selectOperation(k.doc, name); err != nil {
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
		return nil, gqlerr.New(gqlerr.ValidationFailed, "The document contains no operation.")
	}
	return names, nil
}

// validate is the first half of normalize.
func (k *pipeline) validate(schema *ast.Document, name string) error {
	var report operationreport.Report
	k.normalizer.NormalizeNamedOperation(k.doc, schema, []byte(name), &report)
	if err := reported(report, gqlerr.ValidationFailed); err != nil {
		return err
	}
	k.validator.Validate(k.doc, schema, &report)
	return reported(report, gqlerr.ValidationFailed)
}
