package plan

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"

	vektah "github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/core"

	"cartograph/router/gqlerr"
)

// declaration is a variable that an operation declares.
type declaration struct {
	name       string
	kind       *vektah.Type
	hasDefault bool
	location   gqlerr.Location
}

// inputReader checks the variables of one request in one pass over their JSON,
// without building values. It takes linear time, stops at the limits and after
// maxErrors faults, and allocates next to nothing if all is well, because known
// documents are executed after no other check.
//
// Values follow the input coercion of the GraphQL specification. Where JSON is
// ambiguous it is strict: a name that occurs twice is refused, since JSON parsers
// differ on which counts, and the cost would be computed of one value and the
// subgraph be sent the other.
type inputReader struct {
	*documentValidator
	limits Limits
	text   []byte
	at     int

	root    *declaration // the variable that is being read
	path    []step
	values  int  // of all declared variables
	coerced bool // see input
	faults  gqlerr.List
}

// input is the declared variables of a request.
type input struct {
	text   []byte // a JSON object, whose names are not escaped
	values int    // in it
	// Normalization changes the text: it puts single values into lists, and fills in
	// defaults of input objects.
	coerced bool
}

// step is one level of nesting: an input field, the member of an object of any
// shape, or else an element of a list.
type step struct {
	field  string
	member []byte
	index  int
}

// errStop ends reading: what follows cannot change the answer.
type errStop struct{}

func (errStop) Error() string { return "stop" }

// readVariables returns the declared members of variables, a JSON object. Members
// that are not declared are dropped: their values are skipped, not read.
func (v *documentValidator) readVariables(variables []byte, declared []declaration, limits Limits) (input, error) {
	r := inputReader{documentValidator: v, limits: limits, text: variables}
	kept, stopped := r.members(declared)
	switch {
	case len(r.faults) > 0:
		return input{}, r.faults
	case stopped != nil:
		return input{}, gqlerr.New(gqlerr.BadUserInput, "The variables must be a JSON object.")
	}
	return input{kept, r.values, r.coerced}, nil
}

func (r *inputReader) members(declared []declaration) ([]byte, error) {
	out := make([]byte, 0, min(len(r.text), maxCachedRequest)+1)
	out = append(out, '{')
	given := make([]bool, len(declared))
	err := r.object(func(name []byte) error {
		at := -1
		for i := range declared {
			if declared[i].name == string(name) {
				at = i
			}
		}
		if at < 0 {
			return r.skip()
		}
		r.root, r.path = &declared[at], r.path[:0]
		if given[at] {
			if err := r.fault(gqlerr.BadUserInput, "its name occurs twice"); err != nil {
				return err
			}
		}
		given[at] = true
		r.space()
		start := r.at
		if err := r.value(r.root.kind); err != nil {
			return err
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(append(append(out, '"'), name...), '"', ':'), r.text[start:r.at]...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if r.space(); r.at < len(r.text) {
		return nil, errStop{}
	}
	for i := range declared {
		if d := &declared[i]; !given[i] && d.kind.NonNull && !d.hasDefault {
			r.root, r.path = d, r.path[:0]
			if err := r.report(gqlerr.ValidationFailed, `Variable "$%s" of required type "%s" was not provided.`, d.name, d.kind.String()); err != nil {
				return nil, err
			}
		}
	}
	return append(out, '}'), nil
}

// value reads a value of a type.
func (r *inputReader) value(t *vektah.Type) error {
	c := r.peek()
	switch {
	case c == 'n':
		if err := r.any(); err != nil {
			return err
		}
		if t.NonNull {
			return r.invalid(`Expected non-nullable type "%s" not to be null.`, t.String())
		}
		return nil
	case t.Elem != nil && c == '[':
		return r.list(func() error { return r.value(t.Elem) })
	case t.Elem != nil: // a single value is coerced to a list of one
		r.coerced = true
		return r.value(t.Elem)
	}
	definition := r.schema.Types[t.NamedType]
	switch {
	case definition == nil:
		return r.any()
	case definition.Kind == vektah.InputObject:
		return r.inputObject(definition)
	case definition.Kind == vektah.Enum:
		return r.enum(definition)
	default:
		return r.scalar(definition.Name)
	}
}

func (r *inputReader) scalar(typeName string) error {
	c, start := r.peek(), r.at
	if err := r.any(); err != nil {
		return err
	}
	text := r.text[start:r.at]
	isNumber := c == '-' || isDigit(c)
	switch typeName {
	case "Int":
		if !isNumber || !isInteger(text) {
			return r.invalid("Int cannot represent non-integer value.")
		}
		if n, err := strconv.ParseInt(string(text), 10, 64); err != nil || n > math.MaxInt32 || n < math.MinInt32 {
			return r.fault(gqlerr.BadUserInput, "Int cannot represent non 32-bit signed integer value")
		}
	case "Float":
		if !isNumber {
			return r.invalid("Float cannot represent non numeric value.")
		}
	case "String":
		if c != '"' {
			return r.invalid("String cannot represent a non string value.")
		}
	case "Boolean":
		if c != 't' && c != 'f' {
			return r.invalid("Boolean cannot represent a non boolean value.")
		}
	case "ID":
		if c != '"' && (!isNumber || !isInteger(text)) {
			return r.invalid("ID cannot represent a non-string and non-integer value.")
		}
	}
	return nil // a custom scalar may be anything
}

func isInteger(number []byte) bool { return !bytes.ContainsAny(number, ".eE") }

func (r *inputReader) enum(definition *vektah.Definition) error {
	c, start := r.peek(), r.at
	if err := r.any(); err != nil {
		return err
	}
	if c != '"' {
		return r.invalid(`Enum "%s" cannot represent non-string value.`, definition.Name)
	}
	name, _ := r.name(start)
	if definition.EnumValues.ForName(string(name)) != nil {
		return nil
	}
	return r.invalid(`Value %q does not exist in "%s" enum.%s`, clip(string(name), maxNameInMessage), definition.Name, r.suggestion(name, func() (names []string) {
		for _, v := range definition.EnumValues {
			names = append(names, v.Name)
		}
		return names
	}))
}

// inputObject reads an object. Required fields are checked at its end.
func (r *inputReader) inputObject(definition *vektah.Definition) error {
	if r.peek() != '{' {
		if err := r.any(); err != nil {
			return err
		}
		return r.invalid(`Expected type "%s" to be an object.`, definition.Name)
	}
	var few [32]bool // on the stack: there may be very many objects
	given := few[:]
	if n := len(definition.Fields); n > len(few) {
		given = make([]bool, n)
	}
	if err := r.count(); err != nil {
		return err
	}
	count, null := 0, false
	err := r.object(func(name []byte) error {
		count++
		null = r.peek() == 'n'
		at := fieldIndex(definition.Fields, name)
		if at < 0 {
			if err := r.any(); err != nil {
				return err
			}
			return r.invalid(`Field %q is not defined by type "%s".%s`, clip(string(name), maxNameInMessage), definition.Name, r.suggestion(name, func() (names []string) {
				for _, f := range definition.Fields {
					names = append(names, f.Name)
				}
				return names
			}))
		}
		r.path = append(r.path, step{field: definition.Fields[at].Name})
		if given[at] {
			if err := r.fault(gqlerr.BadUserInput, "its name occurs twice"); err != nil {
				return err
			}
		}
		given[at] = true
		return r.leave(r.value(definition.Fields[at].Type))
	})
	if err != nil {
		return err
	}
	for i, f := range definition.Fields {
		if f.DefaultValue != nil && !given[i] {
			r.coerced = true
		}
		if f.Type.NonNull && f.DefaultValue == nil && !given[i] {
			if err := r.invalid(`Field "%s" of required type "%s" was not provided.`, f.Name, f.Type.String()); err != nil {
				return err
			}
		}
	}
	if definition.Directives.ForName("oneOf") != nil && (count != 1 || null) {
		return r.invalid(`OneOf Input Object "%s" must specify exactly one key, whose value is not null.`, definition.Name)
	}
	return nil
}

func fieldIndex(fields vektah.FieldList, name []byte) int {
	for i, f := range fields {
		if f.Name == string(name) {
			return i
		}
	}
	return -1
}

// leave ends a level, unless reading has stopped.
func (r *inputReader) leave(err error) error {
	if err == nil {
		r.path = r.path[:len(r.path)-1]
	}
	return err
}

// suggestion is "Did you mean ...", or "" by policy. Comparing takes time in
// proportion to the name, which a client chooses.
func (r *inputReader) suggestion(name []byte, names func() []string) string {
	if !r.suggest || len(name) > maxSuggestedFor {
		return ""
	}
	if found := core.SuggestionList(string(name), names()); len(found) > 0 {
		return " Did you mean " + core.QuotedOrList(found...) + "?"
	}
	return ""
}

// invalid records a value that does not have its variable's type.
func (r *inputReader) invalid(format string, args ...any) error {
	return r.fault(gqlerr.ValidationFailed, strings.TrimSuffix(fmt.Sprintf(format, args...), "."))
}

func (r *inputReader) fault(code gqlerr.Code, problem string) error {
	if len(r.path) == 0 {
		return r.report(code, `Variable "$%s" got invalid value; %s`, r.root.name, sentence(problem))
	}
	return r.report(code, `Variable "$%s" got invalid value at "%s"; %s`, r.root.name, r.where(), sentence(problem))
}

func sentence(text string) string {
	if strings.HasSuffix(text, "?") {
		return text
	}
	return text + "."
}

// report records a fault, and stops reading at the last one that is reported.
func (r *inputReader) report(code gqlerr.Code, format string, args ...any) error {
	fault := gqlerr.New(code, "%s", clip(fmt.Sprintf(format, args...), maxMessage))
	if l := r.root.location; l.Line > 0 {
		fault.Locations = []gqlerr.Location{l}
	}
	r.faults = append(r.faults, fault)
	if len(r.faults) >= maxErrors {
		return errStop{}
	}
	return nil
}

// where is the path of the current value, such as filter.tags[2].
func (r *inputReader) where() string {
	var out strings.Builder
	out.WriteString(r.root.name)
	for _, s := range r.path {
		switch {
		case s.field != "":
			out.WriteString("." + s.field)
		case s.member != nil:
			out.WriteString("." + clip(string(s.member), maxNameInMessage))
		default:
			fmt.Fprintf(&out, "[%d]", s.index)
		}
	}
	return out.String()
}
