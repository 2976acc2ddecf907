package settings

import (
	"cmp"
	"fmt"
	"net/url"
	"reflect"
	"strings"
)

// Validator is a struct, the root or a group of it, with rules that tags cannot
// express, such as values that contradict each other. It reports by the path of
// a value within itself: the yaml key, or the variable without prefix in a
// struct without yaml keys.
type Validator interface {
	Validate(report func(path, format string, args ...any))
}

// Check compares every value with its tags, and calls the Validate of the
// struct and of its groups.
func (r *Reader) Check() {
	r.checkStruct(r.root, "")
	r.validate(r.root, "", r.prefix)
}

// validate descends into groups after the struct itself, so that errors are in
// the order of the declarations.
func (r *Reader) validate(v reflect.Value, path, prefix string) {
	if of, ok := reflect.TypeAssert[Validator](v.Addr()); ok {
		of.Validate(func(field, format string, args ...any) {
			if hasKeys(v.Type()) {
				r.Report(join(path, field), format, args...)
			} else {
				r.Report(prefix+field, format, args...)
			}
		})
	}
	for i := range v.NumField() {
		of := v.Type().Field(i)
		if of.IsExported() && of.Tag.Get("env") == "" && of.Tag.Get("yaml") != "-" && isGroup(of.Type) {
			r.validate(v.Field(i), join(path, of.Tag.Get("yaml")), prefix+of.Tag.Get("envPrefix"))
		}
	}
}

// hasKeys reports whether files are read into the struct.
func hasKeys(t reflect.Type) bool {
	for i := range t.NumField() {
		if t.Field(i).Tag.Get("yaml") != "" {
			return true
		}
	}
	return false
}

// Report adds an error for the value at a path, with the origin of the value. A
// default has none and is named by its variable.
func (r *Reader) Report(path, format string, args ...any) {
	at, found := r.origin(path)
	if text := fmt.Sprintf(format, args...); found && at.line == 0 {
		r.refuse(at, "%s", text) // the variable or flag identifies the value
	} else {
		r.refuse(at, "%s: %s", path, text)
	}
}

// origin returns the origin of a path, else that of the list or map around it:
// a variable sets these as a whole.
func (r *Reader) origin(path string) (origin, bool) {
	// From the inside outwards: a file has a line for each element, a variable sets the
	// whole list.
	for p := path; p != ""; p = parent(p) {
		if at, ok := r.origins[p]; ok {
			return at, true
		}
	}
	for _, f := range fields(r.root, "", r.prefix) {
		if f.path == path && f.variable != "" {
			return origin{text: f.variable}, true
		}
	}
	return origin{text: "configuration"}, false
}

func parent(path string) string { return path[:max(0, strings.LastIndexAny(path, ".["))] }

func (r *Reader) checkStruct(v reflect.Value, path string) {
	for _, f := range fields(v, path, "") {
		r.checkValue(f)
	}
}

// checkValue applies the tags of a list or map to each of its elements.
func (r *Reader) checkValue(f field) {
	switch v := f.value; {
	case isGroup(v.Type()):
		r.checkStruct(v, f.path)
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			r.checkValue(field{path: fmt.Sprintf("%s[%d]", f.path, i), variable: f.variable, value: v.Index(i), tag: f.tag})
		}
	case v.Kind() == reflect.Map:
		for _, key := range v.MapKeys() {
			r.checkValue(field{path: join(f.path, key.String()), variable: f.variable, value: v.MapIndex(key), tag: f.tag})
		}
	default:
		if why := broken(f); why != "" {
			r.Report(f.path, "%s", why)
		}
	}
}

// The tags are: min and max, inclusive, in the form of the value itself ("1s",
// "64KiB"); oneof, with words separated by "|"; format:"url". Every number has both
// bounds; a test finds those that have not.

// broken returns the rule of its tags that a value breaks; "" if none.
func broken(f field) string {
	if allowed := f.tag.Get("oneof"); allowed != "" {
		words := strings.Split(allowed, "|")
		for _, word := range words {
			if f.value.String() == word {
				return ""
			}
		}
		return fmt.Sprintf("%q is not one of: %s", f.value.String(), strings.Join(words, ", "))
	}
	if f.tag.Get("format") == "url" && f.value.String() != "" && !isURL(f.value.String()) {
		return "not a URL with a scheme and a host" // the value may contain a password
	}
	for _, bound := range []struct {
		tag, words string
		sign       int
	}{{"min", "less than", 1}, {"max", "more than", -1}} {
		text := f.tag.Get(bound.tag)
		if text == "" {
			continue
		}
		limit := reflect.New(f.value.Type()).Elem()
		if err := parse(limit, text); err != nil { // a fault of the program, not of its configuration
			panic(fmt.Sprintf("settings: the %s of %s: %v", bound.tag, f.path, err))
		}
		if compare(f.value, limit)*bound.sign < 0 {
			return fmt.Sprintf("%v is %s %v", f.value.Interface(), bound.words, limit.Interface())
		}
	}
	return ""
}

// isURL requires a host: "localhost:8080" parses as a URL of the scheme "localhost".
func isURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme != "" && u.Host != ""
}

// compare orders two numbers of the same type, integers exactly.
func compare(a, b reflect.Value) int {
	switch {
	case a.CanInt():
		return cmp.Compare(a.Int(), b.Int())
	case a.CanUint():
		return cmp.Compare(a.Uint(), b.Uint())
	default:
		return cmp.Compare(a.Float(), b.Float())
	}
}

// hidden is an error's text without the value, if that is a secret.
func hidden(err error, f field, text string) string {
	if isSecret(f, text) {
		return "cannot be read as " + f.value.Type().String()
	}
	return err.Error()
}
