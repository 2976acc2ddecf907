package execute

import (
	"slices"

	"cartograph/router/execute/arena"
	"cartograph/router/execute/program"
	"cartograph/router/gqlerr"
)

// writer is the state of one walk over program and data. Responses and
// representations are written by the same walk, straight to bytes.
//
// Null propagation (GraphQL specification, section 6.4.4) works by truncation:
// a write method that meets null for a non-null type returns false and leaves
// nothing written; its caller, the list or object around, truncates the output
// to its own start, writes null if it is nullable, and otherwise returns false
// too. Errors that were recorded below remain.
type writer struct {
	out   []byte
	path  []pathElement
	types []arena.ID // __typename of the enclosing objects, or None
	found []arena.ID

	sharedValues map[sharedValue]span // where shared values were written completely
	errorCount   int                  // recorded during this walk

	inRepresentation bool // writing a representation: record no errors
	mismatched       bool // while inRepresentation: a value does not match the schema
}

// pathElement is a name or, if that is empty, an index.
type pathElement struct {
	name  string
	index int
}

// sharedValue is a value as written by one part of the program.
type sharedValue struct {
	as *program.Value
	x  arena.ID
}

func (w *writer) reset() {
	clear(w.sharedValues)
	w.out, w.path, w.types, w.found = nil, w.path[:0], w.types[:0], w.found[:0]
}

// writeValue appends a value. It returns false, having appended nothing, if the
// value is null and its type is not nullable.
func (r *run) writeValue(v *program.Value, x arena.ID) bool {
	switch {
	case v.Kind == program.Static:
		r.out = append(r.out, v.Text...)
		return true
	case v.Unresolvable:
		r.mismatch("no subgraph resolves this field of " + v.TypeName)
		return false // not null: no data of any subgraph could ever be this field
	case r.values.IsNull(x):
		return r.writeAbsent(v)
	case v.Kind < program.Object:
		return r.writeLeaf(v, x)
	case r.values.IsShared(x) && !v.UsesAncestorTypes && !r.inRepresentation:
		return r.writeShared(v, x)
	default:
		return r.writeComposite(v, x)
	}
}

func (r *run) writeComposite(v *program.Value, x arena.ID) bool {
	if v.Kind == program.List {
		return r.writeList(v, x)
	}
	return r.writeObject(v, x)
}

// writeShared writes a value that is reachable in several ways: from the second
// time on by copying its text. Otherwise nested shared values would take
// exponential time. A value below which an error was recorded is written anew
// each time, because the error has to be recorded for each path.
func (r *run) writeShared(v *program.Value, x arena.ID) bool {
	key := sharedValue{v, x}
	if s, ok := r.sharedValues[key]; ok {
		r.out = append(r.out, r.out[s.start:s.end]...)
		return true
	}
	start, faults := len(r.out), r.errorCount
	if !r.writeComposite(v, x) {
		return false
	}
	if r.errorCount == faults {
		if r.sharedValues == nil {
			r.sharedValues = map[sharedValue]span{}
		}
		r.sharedValues[key] = span{start: start, end: len(r.out)}
	}
	return true
}

// truncate removes the output since start.
func (r *run) truncate(start int) {
	r.out = r.out[:start]
	clear(r.sharedValues) // they may refer to removed output
}

func (r *run) writeNull(v *program.Value) bool {
	if v.Nullable {
		r.out = append(r.out, "null"...)
	}
	return v.Nullable
}

// writeAbsent writes a value that is null or missing.
func (r *run) writeAbsent(v *program.Value) bool {
	if v.Guarded && r.denials != nil && !r.inRepresentation {
		r.denyBelow(v)
	}
	if !v.Nullable {
		r.nonNullViolation()
	}
	return r.writeNull(v)
}

func (r *run) writeLeaf(v *program.Value, x arena.ID) bool {
	if problem := r.check(v, x); problem != "" {
		r.mismatch(problem)
		return r.writeNull(v)
	}
	r.out = append(r.out, r.values.Raw(x)...)
	return true
}

// check returns why a value, not null, does not match the schema, or "".
func (r *run) check(v *program.Value, x arena.ID) string {
	kind := r.values.Kind(x)
	switch v.Kind {
	case program.String:
		if kind != arena.String {
			return "String is not a JSON string"
		}
	case program.Boolean:
		if kind != arena.True && kind != arena.False {
			return "Boolean is neither true nor false"
		}
	case program.Number:
		if kind != arena.Number {
			return "number is not a JSON number"
		}
	case program.Enum:
		if kind != arena.String {
			return "enum " + v.TypeName + " is not a JSON string"
		}
		if allowed := v.Allowed[string(r.values.Text(x))]; !allowed {
			return "value of enum " + v.TypeName + " is unknown or inaccessible"
		}
	default: // a custom scalar may be anything
	}
	return ""
}

func (r *run) writeList(v *program.Value, x arena.ID) bool {
	if r.values.Kind(x) != arena.List {
		r.mismatch("list is not a JSON array")
		return r.writeNull(v)
	}
	start := len(r.out)
	r.out = append(r.out, '[')
	item := r.values.First(x)
	if item < 0 && v.Guarded && r.denials != nil && !r.inRepresentation {
		r.denyBelow(v.Item)
	}
	r.path = append(r.path, pathElement{})
	here := len(r.path) - 1
	whole := true
	for i := 0; item >= 0 && whole; i++ {
		if i > 0 {
			r.out = append(r.out, ',')
		}
		r.path[here].index = i
		whole = r.writeValue(v.Item, item)
		item = r.values.Next(item)
	}
	r.path = r.path[:here]
	if !whole {
		r.truncate(start)
		return r.writeNull(v)
	}
	r.out = append(r.out, ']')
	return true
}

func (r *run) writeObject(v *program.Value, x arena.ID) bool {
	if r.values.Kind(x) != arena.Object {
		r.mismatch("object " + v.TypeName + " is not a JSON object")
		return r.writeNull(v)
	}
	typeName := arena.None
	if v.NeedsType || v.Possible != nil {
		typeName = r.values.Get(x, "__typename")
		if !r.isPossible(v, typeName) {
			r.mismatch("object " + v.TypeName + " has an impossible __typename")
			return r.writeNull(v)
		}
	}
	start, nulls := len(r.out), len(r.masker.nulls)
	r.types = append(r.types, typeName)
	whole := r.writeFields(v, x)
	r.types = r.types[:len(r.types)-1]
	if !whole {
		if v.Nullable && r.absent[x] {
			r.masker.nulls = r.masker.nulls[:nulls] // the entity does not exist
		}
		r.truncate(start)
		return r.writeNull(v)
	}
	return true
}

func (r *run) isPossible(v *program.Value, typeName arena.ID) bool {
	if r.values.Kind(typeName) != arena.String {
		return !v.Abstract || r.inRepresentation
	}
	return v.Possible == nil || contains(v.Possible, r.values.Text(typeName))
}

func contains(names []string, name []byte) bool { return slices.Contains(names, string(name)) }

// writeFields writes an object with its fields. Subgraphs mostly return fields in
// the order of the request, which is the order here: each is looked up first
// next to where the last one was found, which makes the walk linear.
func (r *run) writeFields(v *program.Value, x arena.ID) bool {
	r.out = append(r.out, '{')
	first := len(r.out)
	near := r.values.First(x)
	for i := range v.Fields {
		f := &v.Fields[i]
		if (f.On != nil || f.OnParents != nil) && !r.applies(f) {
			continue
		}
		key := f.Key
		if len(r.out) == first {
			key = key[1:] // without its comma
		}
		if f.Guard != program.NoGuard && r.isDenied(f.Guard) && !r.inRepresentation {
			r.deny(f)
			if !f.Value.Nullable {
				return false
			}
			r.out = append(append(r.out, key...), "null"...)
			continue
		}
		r.out = append(r.out, key...)
		child := arena.None
		if f.Value.Kind != program.Static {
			if child = r.values.GetHinted(x, f.Path, near); child >= 0 {
				near = r.values.Next(child)
			}
		}
		if !r.writeField(f, child) {
			return false
		}
	}
	r.out = append(r.out, '}')
	return true
}

// writeField writes a field's value. A valid scalar, the common case, is copied
// without touching the path, which only errors need.
func (r *run) writeField(f *program.Field, x arena.ID) bool {
	v := f.Value
	if v.Kind < program.Object && !r.values.IsNull(x) && r.check(v, x) == "" {
		r.out = append(r.out, r.values.Raw(x)...)
		return true
	}
	r.path = append(r.path, pathElement{name: f.Name})
	ok := r.writeValue(v, x)
	r.path = r.path[:len(r.path)-1]
	return ok
}

// applies reports whether the runtime types of the enclosing objects have the
// field.
func (r *run) applies(f *program.Field) bool {
	here := len(r.types) - 1
	for _, parent := range f.OnParents {
		if !contains(parent.Types, r.values.Text(r.types[here-parent.Depth])) {
			return false
		}
	}
	return f.On == nil || contains(f.On, r.values.Text(r.types[here]))
}

// denyBelow records the denied fields below a place without data. Otherwise the
// presence of the error would reveal to a caller whether there is data that it may
// not read.
func (r *run) denyBelow(v *program.Value) {
	if v.Kind == program.List {
		r.denyBelow(v.Item)
		return
	}
	for i := range v.Fields {
		f := &v.Fields[i]
		if f.Guard != program.NoGuard && r.isDenied(f.Guard) {
			r.deny(f)
			continue
		}
		if f.Value.Guarded {
			r.path = append(r.path, pathElement{name: f.Name})
			r.denyBelow(f.Value)
			r.path = r.path[:len(r.path)-1]
		}
	}
}

func (r *run) deny(f *program.Field) {
	r.errorCount++
	r.masker.keep(accessError(r.denials[f.Guard]), append(r.currentPath(), f.Name))
}

// mismatch records a value that does not match the schema.
func (r *run) mismatch(what string) {
	if r.inRepresentation {
		r.mismatched = true
		return
	}
	r.errorCount++
	path := r.currentPath()
	r.executor.Log.ErrorContext(r.ctx, "invalid subgraph response", "request_id", r.masker.requestID, "path", path, "err", what)
	r.masker.keep(gqlerr.New(gqlerr.Internal, gqlerr.InternalMessage), path)
}

// nonNullViolation records a null for a non-null type, unless the failure of all
// fetches explains it.
func (r *run) nonNullViolation() {
	r.errorCount++
	if r.inRepresentation || r.explained {
		return
	}
	r.masker.nulls = append(r.masker.nulls, engineError{Message: "null for a non-null field", Path: r.currentPath()})
}

// currentPath returns the path of the value that is being written.
func (r *run) currentPath() []any {
	out := make([]any, 0, len(r.path)+1)
	for _, p := range r.path {
		if p.name == "" {
			out = append(out, p.index)
		} else {
			out = append(out, p.name)
		}
	}
	return out
}
