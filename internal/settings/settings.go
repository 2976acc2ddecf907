// Package settings reads a program's configuration into a struct: its defaults,
// then a YAML file, then the environment, then flags, the later over the
// earlier. The struct's tags are the only list of what can be set:
//
//	yaml        the key in a file; a struct's is a group
//	env         the variable; envPrefix stands before those of a group
//	envDefault  the value where nothing is given
//	oneof       the words that are allowed, as "a|b"
//	min, max    the bounds of a number, a duration or a size, both inclusive
//	format      "url": with a scheme and a host
//	secret      "true": is never shown
//
// Err reports every bad value at once, each with its file and line, variable or
// flag. Unknown keys are refused. Errors contain no secrets.
//
// A value has a path ("limits.depth"), which is the same for all sources, so that
// a rule that is checked at the end can name the source that was read last. A
// struct without yaml tags has no paths; there the variable is the path.
package settings

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
)

// Reader fills one struct and records the origin of each value. The order of
// calls is the precedence: the last one wins.
type Reader struct {
	root    reflect.Value
	prefix  string
	origins map[string]origin // by path
	bad     []problem
}

// origin is the place of a value: a file and line, a variable or a flag.
type origin struct {
	text string
	line int // of a file; 0 elsewhere
}

type problem struct {
	at   origin
	text string
}

// New sets the defaults of the struct that into points to. The prefix is that of
// every variable. A default that cannot be read is a bug and panics.
func New(into any, prefix string) *Reader {
	r := &Reader{root: reflect.ValueOf(into).Elem(), prefix: prefix, origins: map[string]origin{}}
	r.defaults(r.root, "")
	return r
}

// Environment reads the variables. An empty one is ignored, since compose files
// and manifests pass unset variables as empty ones.
func (r *Reader) Environment(lookup func(string) (string, bool)) {
	for _, f := range fields(r.root, "", r.prefix) {
		text, _ := lookup(f.variable)
		if f.variable == "" || text == "" {
			continue
		}
		r.set(f, origin{text: f.variable}, text)
	}
}

// Flag sets a value from the command line. A path that does not exist is a bug.
func (r *Reader) Flag(name, path, text string) {
	for _, f := range fields(r.root, "", r.prefix) {
		if f.path == path {
			r.set(f, origin{text: name}, text)
			return
		}
	}
	panic("settings: no field " + path)
}

// Err names every bad value, those of a file in the order of its lines.
func (r *Reader) Err() error {
	slices.SortStableFunc(r.bad, func(a, b problem) int { return a.at.line - b.at.line })
	var errs []error
	for _, p := range r.bad {
		errs = append(errs, fmt.Errorf("%s: %s", p.at.text, p.text))
	}
	return errors.Join(errs...)
}

// Set reports whether a value was given for the path, or for one below it.
func (r *Reader) Set(path string) bool {
	for given := range r.origins {
		if given == path || len(given) > len(path) && given[:len(path)] == path && (given[len(path)] == '.' || given[len(path)] == '[') {
			return true
		}
	}
	return false
}

// FromEnvironment fills a struct from its defaults and the process' environment,
// and checks it.
func FromEnvironment(into any) error {
	r := New(into, "")
	r.Environment(os.LookupEnv)
	r.Check()
	return r.Err()
}

func (r *Reader) refuse(at origin, format string, args ...any) {
	r.bad = append(r.bad, problem{at, fmt.Sprintf(format, args...)})
}

// set records the origin first: a later rule may name a value that could not be
// read.
func (r *Reader) set(f field, at origin, text string) {
	r.origins[f.path] = at
	if err := parse(f.value, text); err != nil {
		r.refuse(at, "%s", hidden(err, f, text))
	}
}

func (r *Reader) defaults(v reflect.Value, path string) {
	for _, f := range fields(v, path, "") {
		text, given := f.tag.Lookup("envDefault")
		if !given {
			continue
		}
		if err := parse(f.value, text); err != nil {
			panic(fmt.Sprintf("settings: the default of %s: %v", f.path, err))
		}
	}
}

// field is one value that can be set.
type field struct {
	path     string // "limits.depth"
	variable string // "LIMITS_DEPTH"; "" where only a file can set it
	value    reflect.Value
	tag      reflect.StructTag
}

// fields lists the settings of a struct and of its groups. Elements of lists and
// maps are not among them: only a file can address them.
func fields(v reflect.Value, path, prefix string) []field {
	var all []field
	for i := range v.NumField() {
		of, value := v.Type().Field(i), v.Field(i)
		key, variable := of.Tag.Get("yaml"), of.Tag.Get("env")
		at := join(path, key)
		switch {
		case !of.IsExported() || key == "-":
		case variable != "" && key == "": // a struct without yaml tags
			all = append(all, field{prefix + variable, prefix + variable, value, of.Tag})
		case variable != "":
			all = append(all, field{at, prefix + variable, value, of.Tag})
		case isGroup(of.Type):
			all = append(all, fields(value, at, prefix+of.Tag.Get("envPrefix"))...)
		case key != "":
			all = append(all, field{at, "", value, of.Tag})
		}
	}
	return all
}

func join(path, key string) string {
	if path == "" || key == "" {
		return path + key
	}
	return path + "." + key
}

// isGroup reports whether a struct is a group of settings. One that reads itself
// from text, such as a rate, is a single value.
func isGroup(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && !reflect.PointerTo(t).Implements(textUnmarshaler)
}

// Each visits every variable with its value as text.
func Each(of any, visit func(variable, value string)) {
	for _, f := range fields(reflect.Indirect(reflect.ValueOf(of)), "", "") {
		if f.variable != "" {
			visit(f.variable, format(f.value))
		}
	}
}

// Check checks a struct that was not filled by a Reader.
func Check(of any) error {
	r := &Reader{root: reflect.ValueOf(of).Elem(), origins: map[string]origin{}}
	r.Check()
	return r.Err()
}

// Variables lists the names of everything that the environment can set.
func Variables(of any) []string {
	var names []string
	Each(of, func(variable, _ string) { names = append(names, variable) })
	return names
}
