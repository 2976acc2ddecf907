package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strings"

	"github.com/wundergraph/graphql-go-tools/v2/pkg/ast"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/astparser"
)

// The planner has four caches, each behind the one before:
//   - requests, by operation name, text and variables: nothing is left to do. The
//     key needs the variables because normalization folds @skip and @include by
//     their values;
//   - documents, by operation name and text, for documents whose normal form does
//     not depend on variables that need no coercion: only the variables are
//     validated and the cost is computed. This file is about these;
//   - validated, by text: the document is parsed and normalized, but not
//     validated; see document.go;
//   - plans, by normalized text: everything else is needed.
//
// Whether the result of an operation depends on @defer support is part of the
// first two keys.

// normalizedDocument is a cached document that normalizes to the same operation
// whatever the values of its variables. It is shared: read only.
type normalizedDocument struct {
	operation  Operation     // without variables and what depends on them
	used       []declaration // the client's variables that normalization left
	unused     bool          // it removed others, whose values must not be sent
	doc        *ast.Document // normalized
	literals   []byte        // members of a JSON object: the literals of the text, as variables
	constants  map[string]any
	costVaries bool // its cost may depend on the client's variables
}

type documentKey struct {
	name, query string
	incremental bool
}

// bytesPerDocumentByte is what the parsed documents take for each byte of text.
const bytesPerDocumentByte = 100

// isIndependentOfVariables reports whether normalization of a document cannot
// depend on the values of variables, unless they are coerced; see input. It does
// depend on them where it
//   - folds @skip, @include and @defer by their values,
//   - inserts them into list and object literals that contain a variable,
//   - fills in their defaults.
//
// Documents with several operations are excluded, to keep the argument simple.
func isIndependentOfVariables(doc *ast.Document) bool {
	if len(doc.OperationDefinitions) != 1 {
		return false
	}
	for _, definition := range doc.VariableDefinitions {
		if definition.DefaultValue.IsDefined {
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

// cacheDocument caches the document that op was made of, with the given variables
// for those that the client declares. k holds its normal form. As a safeguard,
// the cached form is applied once to the same variables: unless it gives the same
// operation it is not cached.
func (p *Planner) cacheDocument(req Request, variables []byte, k *pipeline, op *Operation, declared []declaration, planBytes int) {
	size := len(req.OperationName) + len(req.Query)
	if size > maxCachedRequest {
		return
	}
	s := &normalizedDocument{operation: *op, used: usedVariables(k.doc, op.Remap, declared)}
	s.unused = len(s.used) < len(declared)
	if variables, ok := s.usedOnly(p, variables); !ok || !s.readLiterals(variables, op.Variables) || !s.parse(k.text.String()) {
		return
	}
	s.costVaries = s.dependsOnVariables(p.costs)
	same := s.withVariables(p, variables)
	if same.err != nil || !bytes.Equal(same.op.Variables, op.Variables) || same.op.Cost != op.Cost {
		return
	}
	key := documentKey{strings.Clone(req.OperationName), strings.Clone(req.Query), req.Incremental}
	p.documents.Add(key, s, bytesPerOutcome+2*size+planBytes+bytesPerDocumentByte*k.text.Len())
}

// usedVariables returns the declared variables whose definitions are in a
// normalized document: normalization removes a variable that only skipped fields
// use, and may give its name to a literal.
func usedVariables(doc *ast.Document, remap map[string]string, declared []declaration) []declaration {
	left := map[string]bool{}
	for _, operation := range doc.OperationDefinitions {
		for _, ref := range operation.VariableDefinitions.Refs {
			if ref < len(declared) {
				name := doc.VariableValueNameString(doc.VariableDefinitions[ref].VariableValue.Ref)
				if original, ok := remap[name]; ok {
					name = original
				}
				left[name] = true
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(declared), func(d declaration) bool { return !left[d.name] })
}

// usedOnly returns the variables without those that normalization removed.
func (s *normalizedDocument) usedOnly(p *Planner, variables []byte) ([]byte, bool) {
	if !s.unused {
		return variables, true
	}
	in, err := p.validator.readVariables(variables, s.used, p.limits)
	return in.text, err == nil
}

// readLiterals finds the members that normalization added to the client's
// variables.
func (s *normalizedDocument) readLiterals(before, after []byte) bool {
	if !bytes.Equal(before, after) {
		head := before[:len(before)-1]
		if !bytes.HasPrefix(after, head) || !bytes.HasSuffix(after, []byte("}")) {
			return false
		}
		s.literals = bytes.TrimPrefix(after[len(head):len(after)-1], []byte(","))
	}
	return json.Unmarshal(slices.Concat([]byte("{"), s.literals, []byte("}")), &s.constants) == nil
}

func (s *normalizedDocument) parse(text string) bool {
	doc, report := astparser.ParseGraphqlDocumentString(text)
	s.doc = &doc
	return !report.HasErrors()
}

// dependsOnVariables reports an argument that is given a variable of the client's,
// and whose value may change the cost.
func (s *normalizedDocument) dependsOnVariables(p *costModel) bool {
	for ref, argument := range s.doc.Arguments {
		if argument.Value.Kind == ast.ValueKindVariable && p.costArguments[s.doc.ArgumentNameString(ref)] {
			name := s.doc.VariableValueNameString(argument.Value.Ref)
			if original, ok := s.operation.Remap[name]; ok {
				name = original
			}
			if slices.ContainsFunc(s.used, func(d declaration) bool { return d.name == name }) {
				return true
			}
		}
	}
	return false
}

// withVariables returns the outcome for the variables that readVariables accepted.
func (s *normalizedDocument) withVariables(p *Planner, variables []byte) outcome {
	op := s.operation
	variables, ok := s.usedOnly(p, variables)
	if !ok {
		return outcome{err: fmt.Errorf("variables of operation %q are invalid", op.Name)}
	}
	op.Variables = s.appendLiterals(variables)
	op.VariablesHash = maphash.Bytes(p.seed, op.Variables)
	if !s.costVaries {
		return outcome{op: &op}
	}
	var values map[string]any
	if err := json.Unmarshal(variables, &values); err != nil {
		return outcome{err: fmt.Errorf("variables of operation %q: %w", op.Name, err)}
	}
	maps.Copy(values, s.constants)
	var err error
	if op.Cost, err = p.costs.cost(s.doc, values, op.Remap); err != nil {
		return outcome{err: err}
	}
	op.Dearest = p.costs.dearest(s.doc, values, op.Remap, op.Cost, p.limits.CostDetails)
	return outcome{op: &op}
}

// appendLiterals appends the literals to the client's variables exactly as
// normalization does: VariablesHash is over these bytes.
func (s *normalizedDocument) appendLiterals(variables []byte) []byte {
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
