package plan

import (
	"slices"
	"strings"

	vektah "github.com/vektah/gqlparser/v2/ast"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/ast"

	"cartograph/router/gqlerr"
)

// document is a text that clients send, within the limits and valid. What depends
// on the operation's name or on variables is not part of it. It is shared: read
// only.
type document struct {
	text       string // for the engine: with canonical literals
	operations []documentOperation
}

type documentOperation struct {
	name      string
	kind      Kind
	variables []declaration
}

type documentResult struct {
	document *document
	err      error
}

// document reads a text, or finds the result of reading it before: validation is
// the larger part of preparing a request whose plan is known. A long text is not
// cached: a few of them would evict all others.
func (p *Planner) document(text string) (*document, error) {
	if known, ok := p.validated.Get(text); ok {
		return known.document, known.err
	}
	d, err := p.readDocument(text)
	if len(text) <= maxCachedText && (err == nil || isClientError(err)) {
		p.validated.Add(strings.Clone(text), documentResult{d, err}, bytesPerOutcome+2*len(text))
	}
	return d, err
}

// readDocument checks a text. The limits come first, and each stage makes the next
// one safe: tokens and nesting before parsing, sizes after expansion before
// validation, and validity before the engine, which assumes it.
func (p *Planner) readDocument(text string) (*document, error) {
	if err := p.limits.checkText(text); err != nil {
		return nil, err
	}
	canonical, err := canonicalLiterals(text)
	if err != nil {
		return nil, err
	}
	k := p.pipelines.Get().(*pipeline)
	parsed, cyclic, err := p.parse(k, text, canonical)
	p.pipelines.Put(k) // not after a panic, which may have left it in any state
	if err != nil {
		return nil, err
	}
	if err := p.validator.validate(parsed, text, cyclic); err != nil {
		return nil, err
	}
	d := &document{text: canonical}
	for _, o := range parsed.Operations {
		if n := len(o.Name); n > p.limits.OperationName {
			return nil, exceeded("bytes in its name", p.limits.OperationName, n)
		}
		d.operations = append(d.operations, documentOperation{strings.Clone(o.Name), Kind(o.Operation), declarations(o.VariableDefinitions)})
	}
	return d, nil
}

// parse parses a text and checks its sizes.
func (p *Planner) parse(k *pipeline, text, canonical string) (parsed *vektah.QueryDocument, cyclic bool, err error) {
	parsed, fault := parseDocument(parserText(text))
	err = k.parse(canonical, []byte("{}"))
	switch {
	case fault != nil && err == nil && !isExecutable(k.doc):
		// Grammar of schemas is a fault of the document, not of its syntax.
		return nil, false, notExecutable(fault)
	case fault != nil:
		return nil, false, fault
	case err != nil:
		return nil, false, err
	}
	if cyclic, err = p.limits.checkDocument(k.doc); err != nil {
		return nil, false, err
	}
	if !cyclic { // else invalid, and measuring would not end
		if err := checkIntrospection(k.doc); err != nil {
			return nil, false, err
		}
	}
	if !p.introspection && usesIntrospection(k.doc) {
		return nil, false, IntrospectionDisabled()
	}
	if len(parsed.Operations) == 0 {
		return nil, false, gqlerr.New(gqlerr.ValidationFailed, "The document contains no operation.")
	}
	return parsed, cyclic, nil
}

func isExecutable(doc *ast.Document) bool {
	return !slices.ContainsFunc(doc.RootNodes, func(node ast.Node) bool {
		return node.Kind != ast.NodeKindOperationDefinition && node.Kind != ast.NodeKindFragmentDefinition
	})
}

func notExecutable(fault error) error {
	e := gqlerr.New(gqlerr.ValidationFailed, "The document contains a definition that is neither an operation nor a fragment.")
	if list := gqlerr.FromError(fault); len(list) > 0 {
		e.Locations = list[0].Locations
	}
	return e
}

func declarations(definitions vektah.VariableDefinitionList) []declaration {
	out := make([]declaration, 0, len(definitions))
	for _, v := range definitions {
		out = append(out, declaration{
			name: strings.Clone(v.Variable), kind: ownType(v.Type), hasDefault: v.DefaultValue != nil,
			location: gqlerr.Location{Line: uint32(v.Position.Line), Column: uint32(v.Position.Column)}, //nolint:gosec // a document is short
		})
	}
	return out
}

// ownType copies a type without its position, which refers to the whole text.
func ownType(t *vektah.Type) *vektah.Type {
	if t.Elem != nil {
		return &vektah.Type{Elem: ownType(t.Elem), NonNull: t.NonNull}
	}
	return &vektah.Type{NamedType: strings.Clone(t.NamedType), NonNull: t.NonNull}
}

// choose finds the operation to execute.
func (d *document) choose(name string) (*documentOperation, error) {
	if name == "" {
		if n := len(d.operations); n > 1 {
			return nil, gqlerr.New(gqlerr.ValidationFailed, "The document contains %d operations; operationName is required.", n)
		}
		return &d.operations[0], nil
	}
	for i := range d.operations {
		if d.operations[i].name == name {
			return &d.operations[i], nil
		}
	}
	return nil, gqlerr.New(gqlerr.ValidationFailed, "The document contains no operation named %q.", clip(name, maxNameInMessage))
}

// parserText is a text for the parser, with every token in the same line and
// column. Comments are removed, because the parser keeps each, and a text of
// nothing else would take fifty times its size; and lines end with a single
// character, because of two the parser counts one as a column.
func parserText(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	if !strings.Contains(text, "#") {
		return text
	}
	var out strings.Builder
	copied := 0
	for i := 0; i < len(text); {
		switch text[i] {
		case '"':
			i += stringLength(text[i:])
		case '#':
			out.WriteString(text[copied:i])
			i += lineLength(text[i:])
			copied = i
		default:
			i++
		}
	}
	return out.String() + text[copied:]
}

func usesIntrospection(doc *ast.Document) bool {
	for ref := range doc.Fields {
		if isIntrospectionField(doc.FieldNameString(ref)) {
			return true
		}
	}
	return false
}
