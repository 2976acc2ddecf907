package settings

import (
	"encoding"
	"fmt"
	"io"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

const mask = "***"

// WriteEnvironment writes every setting with its value, secrets masked, in the
// form of an environment file.
func WriteEnvironment(w io.Writer, from any) error {
	for _, f := range fields(reflect.Indirect(reflect.ValueOf(from)), "", "") {
		if f.variable == "" {
			continue
		}
		if _, err := fmt.Fprintf(w, "%s=%s\n", f.variable, masked(f, format(f.value))); err != nil {
			return err
		}
	}
	return nil
}

// WriteYAML writes every setting with its value, secrets masked, in the form of
// a file.
func WriteYAML(w io.Writer, from any) error {
	encoder := yaml.NewEncoder(w)
	encoder.SetIndent(2)
	if err := encoder.Encode(node(field{value: reflect.Indirect(reflect.ValueOf(from))})); err != nil {
		return err
	}
	return encoder.Close()
}

// node is a value in the file's form. The nodes are built by hand, as for reading:
// the encoder would write secrets, and types in their own form instead of parse's.
func node(f field) *yaml.Node {
	switch v := f.value; {
	case isGroup(v.Type()):
		return structNode(f)
	case v.Kind() == reflect.Map:
		n := &yaml.Node{Kind: yaml.MappingNode}
		keys := v.MapKeys()
		// Go's order of a map changes between runs; two prints are compared by diff.
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		for _, key := range keys {
			child := field{join(f.path, key.String()), f.variable, v.MapIndex(key), f.tag}
			n.Content = append(n.Content, word(key.String()), node(child))
		}
		return n
	case v.Kind() == reflect.Slice:
		n := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		for i := range v.Len() {
			child := node(field{f.path, f.variable, v.Index(i), f.tag})
			if child.Kind != yaml.ScalarNode { // a list of groups: one below the other
				n.Style = 0
			}
			n.Content = append(n.Content, child)
		}
		return n
	default:
		return word(masked(f, format(v)))
	}
}

// structNode leaves out what files cannot set.
func structNode(f field) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	for i := range f.value.NumField() {
		of := f.value.Type().Field(i)
		key := of.Tag.Get("yaml")
		if key == "" || key == "-" {
			continue
		}
		child := field{join(f.path, key), of.Tag.Get("env"), f.value.Field(i), of.Tag}
		n.Content = append(n.Content, word(key), node(child))
	}
	return n
}

func word(text string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Value: text}
	if text == "" { // without quotes it would be read as null, which sets nothing
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

// format is the inverse of parse; a test writes and reads random settings.
func format(v reflect.Value) string {
	switch {
	case v.Kind() == reflect.Slice:
		words := make([]string, v.Len())
		for i := range words {
			words[i] = format(v.Index(i))
		}
		return strings.Join(words, ",")
	case v.Kind() == reflect.Map:
		var pairs []string
		for _, key := range v.MapKeys() {
			pairs = append(pairs, key.String()+"="+format(v.MapIndex(key)))
		}
		slices.Sort(pairs)
		return strings.Join(pairs, ",")
	}
	if m, ok := reflect.TypeAssert[encoding.TextMarshaler](v); ok {
		if text, err := m.MarshalText(); err == nil {
			return string(text)
		}
	}
	return fmt.Sprint(v.Interface())
}

// masked hides secrets and passwords, for screens and bug reports.
func masked(f field, value string) string {
	switch {
	case value == "":
		return ""
	case isSecret(f, value):
		return mask
	}
	// Redacted hides the password and keeps the user, which helps to find the fault.
	if u, err := url.Parse(value); err == nil && u.User != nil {
		value = u.Redacted()
	}
	return password.ReplaceAllString(value, "${1}"+mask)
}

// isSecret decides by the tag, else by the name of the variable. A URL that does
// not parse is a secret too if it may contain a password.
func isSecret(f field, value string) bool {
	if f.tag.Get("secret") == "true" {
		return true
	}
	if f.value.IsValid() && !holdsText(f.value.Type()) {
		return false // LIMITS_TOKENS is a number
	}
	if !strings.HasSuffix(f.variable, "_URL") && secretName.MatchString(f.variable) {
		return true
	}
	_, err := url.Parse(value)
	return err != nil && strings.Contains(value, "@")
}

func holdsText(t reflect.Type) bool {
	if t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	return t.Kind() == reflect.String
}

var (
	secretName = regexp.MustCompile(`(^|[_.])(SECRET|KEY|PASSWORD|TOKEN)S?($|[_.])`)
	// password matches the keyword of a libpq connection string, and the parameter
	// of a URL.
	password = regexp.MustCompile(`(?i)(password ?= ?)('[^']*'|[^\s&]*)`)
)

// Masked is a variable's value without secrets.
func Masked(variable, value string) string { return masked(field{variable: variable}, value) }
