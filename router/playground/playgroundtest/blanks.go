// Package playgroundtest plays the playground's examples in tests: it fills
// their blanks from earlier answers by the same rules as the pages.
package playgroundtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Blanks are what answers have told so far. The zero value knows nothing.
type Blanks struct {
	latest map[string]any
	keys   int
}

var anID = regexp.MustCompile(`^([a-z]+_)[0-9A-HJKMNP-TV-Z]{26}$`)

// Learn remembers what data says. Where it says something twice, the first
// counts; what it says counts more than what was learnt before.
func (b *Blanks) Learn(data []byte) error {
	found := map[string]any{}
	remember := func(name string, value any) {
		if _, known := found[name]; !known {
			found[name] = value
		}
	}
	err := walk(json.NewDecoder(bytes.NewReader(data)), nil, func(path []string, value any) {
		if text, ok := value.(string); ok && len(path) > 0 && path[len(path)-1] == "id" {
			if id := anID.FindStringSubmatch(text); id != nil {
				remember(id[1], value)
			}
		}
		for i := max(0, len(path)-3); i < len(path)-1; i++ {
			remember(strings.Join(path[i:], "."), value)
		}
	})
	if err != nil {
		return fmt.Errorf("reading an answer: %w", err)
	}
	if b.latest == nil {
		b.latest = map[string]any{}
	}
	maps.Copy(b.latest, found)
	return nil
}

// walk visits every value but null with the names on the way to it, in the
// order in which they are written.
func walk(dec *json.Decoder, path []string, visit func([]string, any)) error {
	token, err := dec.Token()
	if err != nil {
		return err
	}
	delim, nested := token.(json.Delim)
	if !nested {
		if token != nil {
			visit(path, token)
		}
		return nil
	}
	for dec.More() {
		below := path
		if delim == '{' {
			name, err := dec.Token()
			if err != nil {
				return err
			}
			below = slices.Concat(path, []string{name.(string)})
		}
		if err := walk(dec, below, visit); err != nil {
			return err
		}
	}
	_, err = dec.Token() // the closing one
	return err
}

// Fill returns variables without blanks. It fails on a blank that nothing has
// been learnt for.
func (b *Blanks) Fill(variables map[string]any) (map[string]any, error) {
	filled := make(map[string]any, len(variables))
	for name, value := range variables {
		var err error
		if filled[name], err = b.fill(value); err != nil {
			return nil, err
		}
	}
	return filled, nil
}

func (b *Blanks) fill(value any) (any, error) {
	switch value := value.(type) {
	case map[string]any:
		return b.Fill(value)
	case []any:
		filled := make([]any, len(value))
		for i, member := range value {
			var err error
			if filled[i], err = b.fill(member); err != nil {
				return nil, err
			}
		}
		return filled, nil
	case string:
		return b.fillText(value)
	}
	return value, nil
}

func (b *Blanks) fillText(text string) (any, error) {
	name, blank := strings.CutSuffix(text, "…")
	if !blank {
		return text, nil
	}
	if name == "new" {
		b.keys++
		return fmt.Sprintf("key-%d", b.keys), nil
	}
	value, known := b.latest[name]
	if !known {
		return nil, fmt.Errorf("no answer has filled the blank %q", text)
	}
	return value, nil
}
