package settings

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The file is decoded by hand from the parser's nodes. Every value keeps the line it
// came from, and every fault of a file is reported at once: a person mends a
// configuration in one go, not one start after the other. An unknown key is a fault,
// since a misspelt limit would silently have its default.

// File reads a YAML file's content. Its keys are the struct's yaml tags; a
// string may hold ${VARIABLE}, so that secrets need not stand in it.
func (r *Reader) File(name string, content []byte) {
	var document yaml.Node
	if err := yaml.Unmarshal(content, &document); err != nil {
		line, text := lineOf(err)
		r.refuse(origin{fmt.Sprintf("%s:%d", name, line), line}, "%s", text)
		return
	}
	if len(document.Content) == 0 {
		return // an empty file changes nothing
	}
	d := decoder{r, name}
	d.structure(document.Content[0], r.root, "")
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// lineOf splits the parser's message into line and text.
func lineOf(err error) (line int, text string) {
	text = err.Error()
	match := yamlLine.FindStringSubmatch(text)
	if match == nil {
		return 1, text
	}
	line = 1
	if match[1] != "" {
		_, _ = fmt.Sscan(match[1], &line)
	}
	return line, strings.TrimPrefix(text, match[0])
}

// decoder is the Reader with the name of the file that it reads.
type decoder struct {
	*Reader
	file string
}

func (d decoder) at(n *yaml.Node) origin {
	return origin{fmt.Sprintf("%s:%d", d.file, n.Line), n.Line}
}

func (d decoder) refuse(n *yaml.Node, path, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if path != "" {
		text = path + ": " + text
	}
	d.Reader.refuse(d.at(n), "%s", text)
}

// structure reads a mapping into a struct. yaml.Unmarshal would do so without the
// lines of values, and would stop at the first bad one.
func (d decoder) structure(n *yaml.Node, v reflect.Value, path string) {
	n = resolved(n)
	if isNull(n) {
		return
	}
	known := map[string]int{} // index of the field by its key
	var names []string
	for i := range v.NumField() {
		if key := v.Type().Field(i).Tag.Get("yaml"); key != "" && key != "-" {
			known[key] = i
			names = append(names, key)
		}
	}
	d.each(n, path, func(key, value *yaml.Node) {
		i, ok := known[key.Value]
		if !ok {
			d.refuse(key, join(path, key.Value), "unknown setting; %s", suggest(key.Value, names))
			return
		}
		of := v.Type().Field(i)
		d.value(value, field{join(path, key.Value), of.Tag.Get("env"), v.Field(i), of.Tag})
	})
}

// each calls visit for every key of a mapping, and refuses duplicates.
func (d decoder) each(n *yaml.Node, path string, visit func(key, value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		d.refuse(n, path, "expected a mapping, got %s", kindOf(n))
		return
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if first, twice := seen[key.Value]; twice {
			d.refuse(key, join(path, key.Value), "is set twice, first in line %d", first)
			continue
		}
		seen[key.Value] = key.Line
		visit(key, n.Content[i+1])
	}
}

func (d decoder) value(n *yaml.Node, f field) {
	n = resolved(n)
	if isNull(n) {
		return // the same as an absent key
	}
	// Before the value is read: a fault that Check finds later is reported at this line.
	d.origins[f.path] = d.at(n)
	switch t := f.value.Type(); {
	case isGroup(t):
		d.structure(n, f.value, f.path)
	case t.Kind() == reflect.Map:
		d.mapping(n, f)
	case t.Kind() == reflect.Slice:
		d.list(n, f)
	case n.Kind != yaml.ScalarNode:
		d.refuse(n, f.path, "expected one value, got %s", kindOf(n))
	default:
		d.scalar(n, f)
	}
}

// mapping reads a map as a whole: it replaces that of a source of lower precedence,
// and is not merged with it, so that an entry can be removed.
func (d decoder) mapping(n *yaml.Node, f field) {
	all := reflect.MakeMap(f.value.Type())
	d.each(n, f.path, func(key, value *yaml.Node) {
		element := d.element(f.value.Type().Elem(), join(f.path, key.Value))
		d.value(value, field{join(f.path, key.Value), f.variable, element, f.tag})
		all.SetMapIndex(reflect.ValueOf(key.Value), element)
	})
	f.value.Set(all)
}

// list replaces the list of a source of lower precedence as a whole.
func (d decoder) list(n *yaml.Node, f field) {
	if n.Kind != yaml.SequenceNode {
		d.refuse(n, f.path, "expected a list, got %s", kindOf(n))
		return
	}
	list := reflect.MakeSlice(f.value.Type(), 0, len(n.Content))
	for i, value := range n.Content {
		path := fmt.Sprintf("%s[%d]", f.path, i)
		element := d.element(f.value.Type().Elem(), path)
		d.value(value, field{path, f.variable, element, f.tag})
		list = reflect.Append(list, element)
	}
	f.value.Set(list)
}

// element is a new element of a map or a list, with the defaults of its group.
func (d decoder) element(t reflect.Type, path string) reflect.Value {
	element := reflect.New(t).Elem()
	if isGroup(t) {
		d.defaults(element, path)
	}
	return element
}

// scalar expands variables, then reads the text as an environment variable's would
// be: both forms accept the same values.
func (d decoder) scalar(n *yaml.Node, f field) {
	text, err := expand(n.Value)
	if err != nil {
		d.refuse(n, f.path, "%s", err)
		return
	}
	if err := parse(f.value, text); err != nil {
		d.refuse(n, f.path, "%s", hidden(err, f, text)) // the text may be a secret of the environment
	}
}

var variable = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)

// expand replaces ${VARIABLE} by the environment's value. One that is not set is an
// error: an empty password would be worse. "$" alone is itself.
func expand(text string) (string, error) {
	var missing []error
	text = variable.ReplaceAllStringFunc(text, func(match string) string {
		value, ok := os.LookupEnv(match[2 : len(match)-1])
		if !ok {
			missing = append(missing, fmt.Errorf("%s is not set", match))
		}
		return value
	})
	return text, errors.Join(missing...)
}

func resolved(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	default:
		return "one value"
	}
}

// suggest returns the most similar key, or all keys.
func suggest(key string, names []string) string {
	slices.Sort(names)
	if best := nearest(key, names); best != "" {
		return "did you mean " + best + "?"
	}
	return "there are: " + strings.Join(names, ", ")
}

// nearest returns the name that differs least from the key; "" if none is
// similar.
func nearest(key string, names []string) string {
	best, distance := "", max(2, len(key)/3)+1
	for _, name := range names {
		if d := edits(key, name); d < distance {
			best, distance = name, d
		}
	}
	return best
}

// edits is the Levenshtein distance of a and b, with one row of the table: row[j] is
// the distance of what was read of a from the first j bytes of b. Keys are ASCII.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
