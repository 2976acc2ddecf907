package productfile

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"cartograph/internal/catalogue"
)

// Cells of a CSV file that hold several values separate them by a semicolon; parts
// of one value are separated by a mark of their own. A backslash before a mark, or
// before a space at either end, makes it part of the text.
const (
	between = ';'
	marks   = `\;|>=#[]`
)

func escape(s string) string {
	var b strings.Builder
	for i, r := range s {
		atEnd := i == 0 || i+len(string(r)) == len(s)
		if strings.ContainsRune(marks, r) || atEnd && (r == ' ' || r == '\n' || r == '\t') {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// unescape returns the text of a part, without the space around it.
func unescape(s string) string {
	s = strings.TrimLeft(s, " \t\r\n")
	var b strings.Builder
	end := 0 // of what is not space, or is escaped
	escaped := false
	for _, r := range s {
		if r == '\\' && !escaped {
			escaped = true
			continue
		}
		b.WriteRune(r)
		if escaped || !strings.ContainsRune(" \t\r\n", r) {
			end = b.Len()
		}
		escaped = false
	}
	return b.String()[:end]
}

// index is the position of the first mark that is not escaped; -1 for none.
func index(s string, mark byte) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case mark:
			return i
		}
	}
	return -1
}

// cut splits s at the first mark.
func cut(s string, mark byte) (before, after string, found bool) {
	if i := index(s, mark); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}

// items splits a cell into its values, without empty ones. It is never nil: an
// empty cell is an empty list.
func items(cell string) []string {
	list := []string{}
	for rest, more := cell, true; more; {
		var item string
		if item, rest, more = cut(rest, between); strings.TrimSpace(item) != "" {
			list = append(list, item)
		}
	}
	return list
}

func joinItems[T any](values []T, write func(T) string) string {
	parts := make([]string, len(values))
	for i, v := range values {
		parts[i] = write(v)
	}
	return strings.Join(parts, string(between)+" ")
}

func readTexts(cell string) []string {
	list := items(cell)
	for i := range list {
		list[i] = unescape(list[i])
	}
	return list
}

// A path is "Kitchen > Coffee".

// SplitPath returns the names of a path of categories.
func SplitPath(path string) []string {
	var names []string
	for rest, more := path, true; more; {
		var name string
		name, rest, more = cut(rest, '>')
		names = append(names, unescape(name))
	}
	return names
}

// JoinPath is the inverse of SplitPath.
func JoinPath(names []string) string {
	parts := make([]string, len(names))
	for i, name := range names {
		parts[i] = escape(name)
	}
	return strings.Join(parts, " > ")
}

// An option value is "Moss #556b2f", or "Moss" without a swatch.

func readOptionValue(item string) catalogue.OptionValue {
	value, swatch, _ := cut(item, '#')
	v := catalogue.OptionValue{Value: unescape(value)}
	if swatch != "" {
		v.SwatchHex = "#" + unescape(swatch)
	}
	return v
}

func writeOptionValue(v catalogue.OptionValue) string {
	if v.SwatchHex == "" {
		return escape(v.Value)
	}
	return escape(v.Value) + " #" + escape(strings.TrimPrefix(v.SwatchHex, "#"))
}

// A picture is "kettle.jpg | A red kettle | 800x600"; all but the first may be left
// out.

func readImage(item string) (Image, error) {
	where, rest, _ := cut(item, '|')
	alt, size, sized := cut(rest, '|')
	i := placed(unescape(where))
	i.Alt = unescape(alt)
	if sized {
		width, height, ok := strings.Cut(unescape(size), "x")
		var err error
		if i.Width, err = strconv.Atoi(width); err == nil && ok {
			i.Height, err = strconv.Atoi(height)
		}
		if err != nil || !ok {
			return i, fmt.Errorf("the size of a picture is written as 800x600, not %q", unescape(size))
		}
	}
	return i, nil
}

func writeImage(i Image) string {
	if i.Place() == "" {
		return ""
	}
	cell := escape(i.Place())
	if i.Alt != "" || i.Width > 0 {
		cell += " | " + escape(i.Alt)
	}
	if i.Width > 0 {
		cell += fmt.Sprintf(" | %dx%d", i.Width, i.Height)
	}
	return cell
}

func readImages(cell string) ([]Image, error) {
	list := []Image{}
	for _, item := range items(cell) {
		image, err := readImage(item)
		if err != nil {
			return nil, err
		}
		list = append(list, image)
	}
	return list, nil
}

// A specification is "Power > Battery life [battery_life] = 45 | h". Items of one
// group follow each other. The unit may be left out, and the key where it is the
// name in snake_case.

func readSpecifications(cell string) ([]catalogue.SpecificationGroup, error) {
	groups := []catalogue.SpecificationGroup{}
	for _, item := range items(cell) {
		group, rest, grouped := cut(item, '>')
		name, value, valued := cut(rest, '=')
		if !grouped || !valued {
			return nil, fmt.Errorf("a specification is written as Group > Name = Value, not %q", strings.TrimSpace(item))
		}
		value, unit, _ := cut(value, '|')
		name, key, keyed := cut(name, '[')
		s := catalogue.Specification{Name: unescape(name), Value: unescape(value), Unit: unescape(unit)}
		if s.Key = Key(s.Name); keyed {
			key, _, _ = cut(key, ']')
			s.Key = unescape(key)
		}
		if last := len(groups) - 1; last >= 0 && groups[last].Name == unescape(group) {
			groups[last].Items = append(groups[last].Items, s)
			continue
		}
		groups = append(groups, catalogue.SpecificationGroup{Name: unescape(group), Items: []catalogue.Specification{s}})
	}
	return groups, nil
}

func writeSpecifications(groups []catalogue.SpecificationGroup) string {
	var lines []string
	for _, g := range groups {
		for _, s := range g.Items {
			line := escape(g.Name) + " > " + escape(s.Name)
			if s.Key != Key(s.Name) {
				line += " [" + escape(s.Key) + "]"
			}
			line += " = " + escape(s.Value)
			if s.Unit != "" {
				line += " | " + escape(s.Unit)
			}
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, ";\n")
}

// Translations of options are "Colour = Farbe" and "Colour > Red = Rot".

func readOptionTexts(cell string) (map[string]catalogue.OptionTexts, error) {
	all := map[string]catalogue.OptionTexts{}
	for _, item := range items(cell) {
		of, text, found := cut(item, '=')
		if !found {
			return nil, fmt.Errorf("a translation of an option is written as Colour = Farbe or Colour > Red = Rot, not %q", strings.TrimSpace(item))
		}
		name, value, isValue := cut(of, '>')
		o := all[unescape(name)]
		if !isValue {
			o.Name = unescape(text)
		} else {
			if o.Values == nil {
				o.Values = map[string]string{}
			}
			o.Values[unescape(value)] = unescape(text)
		}
		all[unescape(name)] = o
	}
	return all, nil
}

func writeOptionTexts(all map[string]catalogue.OptionTexts) string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		o := all[name]
		if o.Name != "" {
			lines = append(lines, escape(name)+" = "+escape(o.Name))
		}
		for _, value := range slices.Sorted(maps.Keys(o.Values)) {
			lines = append(lines, escape(name)+" > "+escape(value)+" = "+escape(o.Values[value]))
		}
	}
	return strings.Join(lines, ";\n")
}

// Translations of specifications are "Size = Maße" of a group, and "[volume] = Volumen |
// 300" of the name and the value, by the key.

func readSpecificationTexts(cell string) (map[string]string, map[string]catalogue.SpecificationTexts, error) {
	groups, all := map[string]string{}, map[string]catalogue.SpecificationTexts{}
	for _, item := range items(cell) {
		of, text, found := cut(item, '=')
		if !found {
			return nil, nil, fmt.Errorf("a translation of a specification is written as Group = Gruppe or [key] = Name | Value, not %q", strings.TrimSpace(item))
		}
		if _, key, keyed := cut(of, '['); keyed {
			key, _, _ = cut(key, ']')
			name, value, _ := cut(text, '|')
			all[unescape(key)] = catalogue.SpecificationTexts{Name: unescape(name), Value: unescape(value)}
		} else {
			groups[unescape(of)] = unescape(text)
		}
	}
	return groups, all, nil
}

func writeSpecificationTexts(groups map[string]string, all map[string]catalogue.SpecificationTexts) string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		lines = append(lines, escape(name)+" = "+escape(groups[name]))
	}
	for _, key := range slices.Sorted(maps.Keys(all)) {
		line := "[" + escape(key) + "] = " + escape(all[key].Name)
		if value := all[key].Value; value != "" {
			line += " | " + escape(value)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, ";\n")
}

// Key is the key of a specification with the name: the name in snake_case.
func Key(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	return strings.Join(words, "_")
}
