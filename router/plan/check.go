package plan

import (
	"github.com/wundergraph/graphql-go-tools/v2/pkg/ast"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/operationreport"

	"cartograph/router/gqlerr"
)

// Check validates a document and its size, as Prepare does but without variables.
// It is for documents that are registered before they are requested.
func (p *Planner) Check(text string) error {
	d, err := p.document(text)
	if err != nil {
		return err
	}
	k := p.pipelines.Get().(*pipeline)
	defer p.pipelines.Put(k)
	for _, o := range d.operations {
		// Normalization removes the other operations, so that each needs a new parse.
		if err := k.parse(d.text, []byte("{}")); err != nil {
			return err
		}
		if err := k.validate(p.client, o.name); err != nil {
			return err
		}
	}
	return nil
}

// validate is the first half of normalize.
func (k *pipeline) validate(schema *ast.Document, name string) error {
	dropOperationDirectives(k.doc)
	expandOperations(k.doc)
	var report operationreport.Report
	k.normalizer.NormalizeNamedOperation(k.doc, schema, []byte(name), &report)
	if err := reported(report, gqlerr.ValidationFailed); err != nil {
		return err
	}
	k.validator.Validate(k.doc, schema, &report)
	return reported(report, gqlerr.ValidationFailed)
}
