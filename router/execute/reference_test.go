package execute

import (
	"fmt"
	"slices"
	"strings"

	"cartograph/router/execute/program"
	"cartograph/router/gqlerr"
)

// datum is a JSON value of a test: a leaf by its text, a list, or an object with
// fields in an order. A nil datum is a field that is missing.
type datum struct {
	leaf   string
	items  []*datum
	names  []string
	fields map[string]*datum
	kind   byte // of the text: '{', '[', '"', '0', 't' or 'n'
}

func leaf(text string) *datum {
	kind := text[0]
	switch {
	case text == "{}" || text == "[]":
		text = ""
	case kind == 'f':
		kind = 't'
	case kind == '-' || kind >= '0' && kind <= '9':
		kind = '0'
	}
	return &datum{leaf: text, kind: kind}
}

func (d *datum) text() string {
	switch {
	case d == nil:
		return "null"
	case d.leaf != "":
		return d.leaf
	case d.kind == '[':
		var texts []string
		for _, item := range d.items {
			texts = append(texts, item.text())
		}
		return "[" + strings.Join(texts, ",") + "]"
	default:
		var texts []string
		for _, name := range d.names {
			if d.fields[name] != nil {
				texts = append(texts, fmt.Sprintf("%q:%s", name, d.fields[name].text()))
			}
		}
		return "{" + strings.Join(texts, ", ") + "}"
	}
}

// reference completes values by section 6.4 of the GraphQL specification,
// in the simplest way: each value is a string, or nothing if a null propagates
// to the value around it. Paths are joined by dots.
type reference struct {
	denials []gqlerr.Code
	errors  []string // code and path, each once
	nulls   []string // paths
	types   []string // of the enclosing objects
}

// response returns the data and its errors. A null violation below a root field
// that has another error follows from that one, and is not an error of its own.
func (r *reference) response(v *program.Value, x *datum) (data string, errors []string) {
	data, ok := r.value(v, x, nil)
	if !ok {
		data = "null"
	}
	explained := slices.Clone(r.errors)
	for _, path := range r.nulls {
		if !slices.ContainsFunc(explained, func(e string) bool {
			_, at, _ := strings.Cut(e, " ")
			return at == "" || path == "" || root(at) == root(path)
		}) {
			r.record(gqlerr.Internal, path)
		}
	}
	slices.Sort(r.errors)
	return data, r.errors
}

func root(path string) string {
	first, _, _ := strings.Cut(path, ".")
	return first
}

func (r *reference) record(code gqlerr.Code, path string) {
	if e := string(code) + " " + path; !slices.Contains(r.errors, e) {
		r.errors = append(r.errors, e)
	}
}

func orNull(v *program.Value) (string, bool) { return "null", v.Nullable }

func (r *reference) value(v *program.Value, x *datum, path []string) (string, bool) {
	at := strings.Join(path, ".")
	switch {
	case v.Kind == program.Static:
		return string(v.Text), true
	case x == nil || x.kind == 'n':
		r.denyBelow(v, path)
		if !v.Nullable {
			r.nulls = append(r.nulls, at)
		}
		return orNull(v)
	case !matches(v, x):
		r.record(gqlerr.Internal, at)
		return orNull(v)
	case v.Kind == program.List:
		return r.list(v, x, path)
	case v.Kind == program.Object:
		return r.object(v, x, path)
	default:
		return x.text(), true
	}
}

func matches(v *program.Value, x *datum) bool {
	switch v.Kind {
	case program.String:
		return x.kind == '"'
	case program.Boolean:
		return x.kind == 't'
	case program.Number:
		return x.kind == '0'
	case program.Enum:
		return x.kind == '"' && v.Allowed[strings.Trim(x.leaf, `"`)]
	case program.List:
		return x.kind == '['
	case program.Object:
		if x.kind != '{' {
			return false
		}
		name := x.fields["__typename"]
		if v.Possible == nil {
			return true
		}
		if name == nil || name.kind != '"' {
			return !v.Abstract
		}
		return slices.Contains(v.Possible, strings.Trim(name.leaf, `"`))
	default:
		return true
	}
}

func (r *reference) list(v *program.Value, x *datum, path []string) (string, bool) {
	if len(x.items) == 0 {
		r.denyBelow(v.Item, path)
	}
	var texts []string
	for i, item := range x.items {
		text, ok := r.value(v.Item, item, append(slices.Clone(path), fmt.Sprint(i)))
		if !ok {
			return orNull(v)
		}
		texts = append(texts, text)
	}
	return "[" + strings.Join(texts, ",") + "]", true
}

func (r *reference) object(v *program.Value, x *datum, path []string) (string, bool) {
	own := ""
	if name := x.fields["__typename"]; name != nil && name.kind == '"' {
		own = strings.Trim(name.leaf, `"`)
	}
	r.types = append(r.types, own)
	defer func() { r.types = r.types[:len(r.types)-1] }()
	var texts []string
	for _, f := range v.Fields {
		if f.On != nil && !slices.Contains(f.On, own) {
			continue
		}
		if slices.ContainsFunc(f.OnParents, func(p program.ParentTypes) bool {
			return !slices.Contains(p.Types, r.types[len(r.types)-1-p.Depth])
		}) {
			continue
		}
		below := append(slices.Clone(path), f.Name)
		text, ok := "null", f.Value.Nullable
		if code := r.denial(f.Guard); code != "" {
			r.record(code, strings.Join(below, "."))
		} else {
			text, ok = r.value(f.Value, x.fields[f.Path], below)
		}
		if !ok {
			return orNull(v)
		}
		texts = append(texts, fmt.Sprintf("%q:%s", f.Name, text))
	}
	return "{" + strings.Join(texts, ",") + "}", true
}

func (r *reference) denial(guard int) gqlerr.Code {
	if guard == program.NoGuard || r.denials == nil {
		return ""
	}
	return r.denials[guard]
}

// denyBelow records the denied fields below a place without data, where no list
// has an index.
func (r *reference) denyBelow(v *program.Value, path []string) {
	if v.Kind == program.List {
		r.denyBelow(v.Item, path)
		return
	}
	for _, f := range v.Fields {
		below := append(slices.Clone(path), f.Name)
		if code := r.denial(f.Guard); code != "" {
			r.record(code, strings.Join(below, "."))
			continue
		}
		r.denyBelow(f.Value, below)
	}
}
