package plan

import (
	"bytes"
	"encoding/json"
	"hash/maphash"
	"maps"
	"slices"
	"strings"

	"github.com/wundergraph/graphql-go-tools/v2/pkg/ast"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/astparser"
)

// steady is what is kept of a document that becomes the same operation
// whatever its variables hold. When it comes again with others, only they are
// looked at. All of it is shared and read only.
type steady struct {
	operation Operation       // but for its variables and what follows from them
	doc       *ast.Document   // normalised
	heading   *ast.Document   // doc without its fields: to check variables against
	own       map[string]bool // the variables that the client may give
	inputs    []input
	literals  []byte // members of an object: what stood in the text
	constants map[string]any
	priced    bool // its cost may depend on the client's variables
}

type steadyKey struct {
	name, query string
	incremental bool
}

// bytesPerSteady is what the parsed documents take for each byte of text.
const bytesPerSteady = 100

// isSteady reports whether nothing that the normaliser does to a document can
// depend on the values of variables: it folds @skip, @include and @defer by
// them, writes them into literals that name them, and fills in and coerces
// defaults, lists and input objects. A second operation is not worth the proof.
func isSteady(doc, schema *ast.Document) bool {
	if len(doc.OperationDefinitions) != 1 {
		return false
	}
	for _, definition := range doc.VariableDefinitions {
		if definition.DefaultValue.IsDefined || !isLeaf(doc, schema, definition.Type) {
			return false
		}
	}
	for _, directive := range doc.Directives {
		for _, ref := range directive.Arguments.Refs {
			if doc.ValueContainsVariable(doc.Arguments[ref].Value) {
				return false
			}
		}
	}
	return !slices.ContainsFunc(doc.Arguments, func(a ast.Argument) bool {
		return a.Value.Kind != ast.ValueKindVariable && doc.ValueContainsVariable(a.Value)
	})
}

// isLeaf reports a scalar or enum, and no list.
func isLeaf(doc, schema *ast.Document, ref int) bool {
	t := doc.Types[ref]
	if t.TypeKind == ast.TypeKindNonNull {
		t = doc.Types[t.OfType]
	}
	if t.TypeKind != ast.TypeKindNamed {
		return false
	}
	node, ok := schema.NodeByName(doc.Input.ByteSlice(t.Name))
	return ok && (node.Kind == ast.NodeKindScalarTypeDefinition || node.Kind == ast.NodeKindEnumTypeDefinition)
}

// remember keeps the steady document that op was made of; k holds its normal
// form, in which the first of the definitions of variables were declared by
// the client. What would not give op again is not kept.
func (p *Planner) remember(req Request, variables []byte, k *kit, op *Operation, declared, planBytes int) {
	size := len(req.OperationName) + len(req.Query)
	if size > longestCached {
		return
	}
	s := &steady{operation: *op, own: map[string]bool{}, inputs: inputs(k.doc, op.Remap)}
	for _, definition := range k.doc.OperationDefinitions {
		for _, ref := range definition.VariableDefinitions.Refs {
			if ref < declared {
				s.own[s.inputs[ref].name] = true
			}
		}
	}
	if !readMembers(variables, s.own, map[string]any{}) || !s.readLiterals(variables, op.Variables) || !s.parse(k.text.String()) {
		return
	}
	s.priced = s.bearsOnCost(p.prices)
	same, ok := s.with(p, k, variables)
	if !ok || same.err != nil || !bytes.Equal(same.op.Variables, op.Variables) || same.op.Cost != op.Cost {
		return
	}
	key := steadyKey{strings.Clone(req.OperationName), strings.Clone(req.Query), req.Incremental}
	p.steady.Add(key, s, bytesOfText+2*size+planBytes+bytesPerSteady*k.text.Len())
}

// readLiterals finds what the normaliser added to the client's variables.
func (s *steady) readLiterals(before, after []byte) bool {
	if !bytes.Equal(before, after) {
		head := before[:len(before)-1]
		if !bytes.HasPrefix(after, head) || !bytes.HasSuffix(after, []byte("}")) {
			return false
		}
		s.literals = bytes.TrimPrefix(after[len(head):len(after)-1], []byte(","))
	}
	return json.Unmarshal(slices.Concat([]byte("{"), s.literals, []byte("}")), &s.constants) == nil
}

func (s *steady) parse(text string) bool {
	doc, report := astparser.ParseGraphqlDocumentString(text)
	heading, again := astparser.ParseGraphqlDocumentString(text)
	if report.HasErrors() || again.HasErrors() {
		return false
	}
	for i := range heading.OperationDefinitions {
		heading.OperationDefinitions[i].HasSelections = false
	}
	s.doc, s.heading = &doc, &heading
	return true
}

// bearsOnCost reports an argument that is given a variable of the client's,
// and whose value may tell in the cost. No others can: they are scalars.
func (s *steady) bearsOnCost(p *prices) bool {
	for ref, argument := range s.doc.Arguments {
		if argument.Value.Kind == ast.ValueKindVariable && p.telling[s.doc.ArgumentNameString(ref)] {
			name := s.doc.VariableValueNameString(argument.Value.Ref)
			if original, ok := s.operation.Remap[name]; ok {
				name = original
			}
			if s.own[name] {
				return true
			}
		}
	}
	return false
}

// again prepares a request whose document is known and steady.
func (p *Planner) again(req Request, variables []byte) (outcome, bool) {
	s, ok := p.steady.Get(steadyKey{req.OperationName, req.Query, req.Incremental})
	if !ok {
		return outcome{}, false
	}
	k := p.kits.Get().(*kit)
	defer p.kits.Put(k)
	return s.with(p, k, variables)
}

// with is the outcome for other variables. It speaks only of variables that
// are plainly written, each declared, used and given once; for the rest the
// whole way must be gone.
func (s *steady) with(p *Planner, k *kit, variables []byte) (outcome, bool) {
	values := map[string]any{}
	if checkVariables(variables) != nil || !readMembers(variables, s.own, values) {
		return outcome{}, false
	}
	op := s.operation
	op.Variables = s.join(variables)
	if err := k.checkVariables(s.heading, p.client, op.Variables, op.Remap); err != nil {
		return outcome{err: err}, isClientError(err)
	}
	op.VariablesHash = maphash.Bytes(p.seed, op.Variables)
	if err := checkIntegers(p.sg, s.inputs, values); err != nil {
		return outcome{err: err}, true
	}
	if !s.priced {
		return outcome{op: &op}, true
	}
	maps.Copy(values, s.constants)
	var err error
	if op.Cost, err = p.prices.of(s.doc, values, op.Remap); err != nil {
		return outcome{err: err}, isClientError(err)
	}
	return outcome{op: &op}, true
}

// join adds the literals to the client's variables as the normaliser does.
func (s *steady) join(variables []byte) []byte {
	if len(s.literals) == 0 {
		return slices.Clone(variables)
	}
	out := make([]byte, 0, len(variables)+len(s.literals)+1)
	out = append(out, variables[:len(variables)-1]...)
	if len(bytes.TrimSpace(out)) > 1 {
		out = append(out, ',')
	}
	return append(append(out, s.literals...), '}')
}
