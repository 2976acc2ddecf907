package execute

import (
	"slices"

	"cartograph/router/execute/arena"
	"cartograph/router/execute/program"
	"cartograph/router/gqlerr"
)

// writer is what a walk over the data writes, and where it is. Response and
// representations are written alike: in one walk, which takes back what it
// wrote where a null has to go up.
type writer struct {
	out   []byte
	path  []place
	types []arena.ID // of the objects around, as far as they say
	found []arena.ID

	written map[written]span // values that were written whole, and where
	faults  int              // that were noted so far

	muted  bool // of a representation nobody wants to hear errors
	broken bool // while muted: a value was not what the schema says
}

// place is a name or, where there is none, an index.
type place struct {
	name  string
	index int
}

// written is a value in one place of the program.
type written struct {
	as *program.Value
	x  arena.ID
}

func (w *writer) reset() {
	clear(w.written)
	w.out, w.path, w.types, w.found = nil, w.path[:0], w.types[:0], w.found[:0]
}

// write appends a value. It reports false, having appended nothing, where the
// value is null and must not be.
func (r *run) write(v *program.Value, x arena.ID) bool {
	switch {
	case v.Kind == program.Static:
		r.out = append(r.out, v.Text...)
		return true
	case v.Unresolvable:
		r.mismatch("no subgraph can answer this field of " + v.TypeName)
		return false // whatever the subgraphs said: the question has no answer, which is not the answer null
	case r.values.IsNull(x):
		return r.absent(v)
	case v.Kind < program.Object:
		return r.leaf(v, x)
	case r.values.IsShared(x) && !v.LooksOut && !r.muted:
		return r.repeated(v, x)
	default:
		return r.composite(v, x)
	}
}

func (r *run) composite(v *program.Value, x arena.ID) bool {
	if v.Kind == program.List {
		return r.list(v, x)
	}
	return r.object(v, x)
}

// repeated writes a value that is shared: the second time by copying what was
// written at first, unless there was something to say of it.
func (r *run) repeated(v *program.Value, x arena.ID) bool {
	key := written{v, x}
	if s, ok := r.written[key]; ok {
		r.out = append(r.out, r.out[s.start:s.end]...)
		return true
	}
	start, faults := len(r.out), r.faults
	if !r.composite(v, x) {
		return false
	}
	if r.faults == faults {
		if r.written == nil {
			r.written = map[written]span{}
		}
		r.written[key] = span{start: start, end: len(r.out)}
	}
	return true
}

// takeBack removes what was written since start.
func (r *run) takeBack(start int) {
	r.out = r.out[:start]
	clear(r.written) // some of it may have stood there
}

func (r *run) orNull(v *program.Value) bool {
	if v.Nullable {
		r.out = append(r.out, "null"...)
	}
	return v.Nullable
}

// absent writes a value that is null or not there.
func (r *run) absent(v *program.Value) bool {
	if v.Guarded && r.denied != nil && !r.muted {
		r.refuseBelow(v)
	}
	if !v.Nullable {
		r.nullWhereNoneMayBe()
	}
	return r.orNull(v)
}

func (r *run) leaf(v *program.Value, x arena.ID) bool {
	if problem := r.check(v, x); problem != "" {
		r.mismatch(problem)
		return r.orNull(v)
	}
	r.out = append(r.out, r.values.Raw(x)...)
	return true
}

// check is why a value that is not null is not one of the schema's, or "".
func (r *run) check(v *program.Value, x arena.ID) string {
	kind := r.values.Kind(x)
	switch v.Kind {
	case program.String:
		if kind != arena.String {
			return "a String is no string"
		}
	case program.Boolean:
		if kind != arena.True && kind != arena.False {
			return "a Boolean is neither true nor false"
		}
	case program.Number:
		if kind != arena.Number {
			return "a number is none"
		}
	case program.Enum:
		if kind != arena.String {
			return "a value of " + v.TypeName + " is no string"
		}
		if allowed := v.Allowed[string(r.values.Text(x))]; !allowed {
			return "a value of " + v.TypeName + " is unknown or not for clients"
		}
	default: // anything goes
	}
	return ""
}

func (r *run) list(v *program.Value, x arena.ID) bool {
	if r.values.Kind(x) != arena.List {
		r.mismatch("a list is none")
		return r.orNull(v)
	}
	start := len(r.out)
	r.out = append(r.out, '[')
	item := r.values.First(x)
	if item < 0 && v.Guarded && r.denied != nil && !r.muted {
		r.refuseBelow(v.Item)
	}
	r.path = append(r.path, place{})
	here := len(r.path) - 1
	whole := true
	for i := 0; item >= 0 && whole; i++ {
		if i > 0 {
			r.out = append(r.out, ',')
		}
		r.path[here].index = i
		whole = r.write(v.Item, item)
		item = r.values.Next(item)
	}
	r.path = r.path[:here]
	if !whole {
		r.takeBack(start)
		return r.orNull(v)
	}
	r.out = append(r.out, ']')
	return true
}

func (r *run) object(v *program.Value, x arena.ID) bool {
	if r.values.Kind(x) != arena.Object {
		r.mismatch("an object of " + v.TypeName + " is none")
		return r.orNull(v)
	}
	typeName := arena.None
	if v.NeedsType || v.Possible != nil {
		typeName = r.values.Get(x, "__typename")
		if !r.isPossible(v, typeName) {
			r.mismatch("an object of " + v.TypeName + " has no type that it may have")
			return r.orNull(v)
		}
	}
	start := len(r.out)
	r.types = append(r.types, typeName)
	whole := r.fields(v, x)
	r.types = r.types[:len(r.types)-1]
	if !whole {
		r.takeBack(start)
		return r.orNull(v)
	}
	return true
}

func (r *run) isPossible(v *program.Value, typeName arena.ID) bool {
	if r.values.Kind(typeName) != arena.String {
		return !v.Abstract || r.muted
	}
	return v.Possible == nil || contains(v.Possible, r.values.Text(typeName))
}

func contains(names []string, name []byte) bool { return slices.Contains(names, string(name)) }

// fields writes an object with its fields. A subgraph answers in the order in
// which it was asked, which is mostly the order of the fields here, so each is
// looked for where the last one was found.
func (r *run) fields(v *program.Value, x arena.ID) bool {
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
			key = key[1:] // no comma
		}
		if f.Guard != program.NoGuard && r.denies(f.Guard) && !r.muted {
			r.refuse(f)
			if !f.Value.Nullable {
				return false
			}
			r.out = append(append(r.out, key...), "null"...)
			continue
		}
		r.out = append(r.out, key...)
		child := arena.None
		if f.Value.Kind != program.Static {
			if child = r.values.GetNear(x, f.Path, near); child >= 0 {
				near = r.values.Next(child)
			}
		}
		if !r.field(f, child) {
			return false
		}
	}
	r.out = append(r.out, '}')
	return true
}

// field writes a field's value. Scalars, which are most, go without a place on
// the path unless there is something to say of them.
func (r *run) field(f *program.Field, x arena.ID) bool {
	v := f.Value
	if v.Kind < program.Object && !r.values.IsNull(x) && r.check(v, x) == "" {
		r.out = append(r.out, r.values.Raw(x)...)
		return true
	}
	r.path = append(r.path, place{name: f.Name})
	ok := r.write(v, x)
	r.path = r.path[:len(r.path)-1]
	return ok
}

// applies reports whether the runtime types around have the field.
func (r *run) applies(f *program.Field) bool {
	here := len(r.types) - 1
	for _, parent := range f.OnParents {
		if !contains(parent.Types, r.values.Text(r.types[here-parent.Depth])) {
			return false
		}
	}
	return f.On == nil || contains(f.On, r.values.Text(r.types[here]))
}

// refuseBelow says which denied fields are under a place where there is no
// data: whether one may read a field must not hang on there being something.
func (r *run) refuseBelow(v *program.Value) {
	if v.Kind == program.List {
		r.refuseBelow(v.Item)
		return
	}
	for i := range v.Fields {
		f := &v.Fields[i]
		if f.Guard != program.NoGuard && r.denies(f.Guard) {
			r.refuse(f)
			continue
		}
		if f.Value.Guarded {
			r.path = append(r.path, place{name: f.Name})
			r.refuseBelow(f.Value)
			r.path = r.path[:len(r.path)-1]
		}
	}
}

func (r *run) refuse(f *program.Field) {
	r.faults++
	r.masker.keep(refused(r.denied[f.Guard]), append(r.here(), f.Name))
}

// mismatch notes a value that is not what the schema says.
func (r *run) mismatch(what string) {
	if r.muted {
		r.broken = true
		return
	}
	r.faults++
	path := r.here()
	r.executor.Log.ErrorContext(r.ctx, "subgraph answer", "request_id", r.masker.requestID, "path", path, "err", what)
	r.masker.keep(gqlerr.New(gqlerr.Internal, gqlerr.InternalMessage), path)
}

// nullWhereNoneMayBe notes a null that an error may already explain.
func (r *run) nullWhereNoneMayBe() {
	r.faults++
	if r.muted || !r.answered && len(r.masker.out) > 0 {
		return
	}
	r.masker.nulls = append(r.masker.nulls, engineError{Message: "a null where none may be", Path: r.here()})
}

// here is the path of what is being written.
func (r *run) here() []any {
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
