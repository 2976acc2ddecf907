package plan

import (
	"bytes"
	"encoding/json"
	"fmt"

	"cartograph/router/gqlerr"
)

// variablesDepth bounds the nesting of objects and lists in variables, since
// reading them is recursive.
const variablesDepth = 64

// The methods of this file read JSON, each from the reader's offset on. Of text
// that is not JSON they return errStop without a fault.

func (r *inputReader) space() {
	for r.at < len(r.text) {
		switch r.text[r.at] {
		case ' ', '\t', '\r', '\n':
			r.at++
		default:
			return
		}
	}
}

// peek returns the first byte of the next token, 0 at the end.
func (r *inputReader) peek() byte {
	if r.space(); r.at >= len(r.text) {
		return 0
	}
	return r.text[r.at]
}

// object reads an object. member is called at each value, with its name.
func (r *inputReader) object(member func(name []byte) error) error {
	if r.peek() != '{' {
		return errStop{}
	}
	if r.at++; r.peek() == '}' {
		r.at++
		return nil
	}
	for {
		if r.peek() != '"' {
			return errStop{}
		}
		name, end := r.name(r.at)
		if r.at = end; end < 0 || r.peek() != ':' {
			return errStop{}
		}
		r.at++
		if err := member(name); err != nil {
			return err
		}
		c := r.peek()
		r.at++
		switch c {
		case ',':
		case '}':
			return nil
		default:
			return errStop{}
		}
	}
}

// list reads a list and bounds its length. element is called at each value.
func (r *inputReader) list(element func() error) error {
	if err := r.count(); err != nil {
		return err
	}
	if r.at++; r.peek() == ']' {
		r.at++
		return nil
	}
	r.path = append(r.path, step{})
	here := len(r.path) - 1
	for i := 0; ; i++ {
		if i >= r.limits.InputList {
			r.path = r.path[:here]
			return r.exceeded("items", r.limits.InputList)
		}
		r.path[here].index = i
		if err := element(); err != nil {
			return err
		}
		c := r.peek()
		r.at++
		switch c {
		case ',':
		case ']':
			return r.leave(nil)
		default:
			return errStop{}
		}
	}
}

// count counts a value, and bounds their number and nesting.
func (r *inputReader) count() error {
	if len(r.path) >= variablesDepth {
		r.path = r.path[:0]
		return r.exceeded("nested levels", variablesDepth)
	}
	if r.values++; r.values > r.limits.InputValues {
		r.path = r.path[:0]
		return r.exceeded("values", r.limits.InputValues)
	}
	return nil
}

// exceeded replaces all faults by the one that ended reading.
func (r *inputReader) exceeded(what string, limit int) error {
	fault := gqlerr.New(gqlerr.BadUserInput, "%s", clip(fmt.Sprintf("$%s has too many %s: at most %d are allowed.", r.where(), what, limit), maxMessage)).
		With("limit", limit).With("actual", limit+1)
	fault.Locations = []gqlerr.Location{r.root.location}
	r.faults = gqlerr.List{fault}
	return errStop{}
}

// any reads a value of any type, and records what JSON allows and has no value:
// a number that is not finite as a float, and text that is not Unicode.
func (r *inputReader) any() error {
	c := r.peek()
	switch c {
	case '{':
		return r.anyObject()
	case '[':
		return r.list(r.any)
	}
	if err := r.count(); err != nil {
		return err
	}
	start := r.at
	switch {
	case c == '"':
		_, end := r.name(start)
		if end < 0 {
			return errStop{}
		}
		r.at = end
		if problem := textProblem(r.text[start:end]); problem != "" {
			return r.fault(gqlerr.BadUserInput, problem)
		}
	case c == '-' || isDigit(c):
		for r.at < len(r.text) && isNumberByte(r.text[r.at]) {
			r.at++
		}
		number := r.text[start:r.at]
		if !json.Valid(number) {
			return errStop{}
		}
		if (len(number) > maxPlainNumber || bytes.ContainsAny(number, "eE")) && !isFinite(string(number)) {
			return r.fault(gqlerr.BadUserInput, "the number is out of range")
		}
	default:
		return r.word()
	}
	return nil
}

func (r *inputReader) word() error {
	for _, word := range []string{"null", "true", "false"} {
		if end := r.at + len(word); end <= len(r.text) && string(r.text[r.at:end]) == word {
			r.at = end
			return nil
		}
	}
	return errStop{}
}

func (r *inputReader) anyObject() error {
	if err := r.count(); err != nil {
		return err
	}
	return r.object(func(name []byte) error {
		r.path = append(r.path, step{member: name})
		return r.leave(r.any())
	})
}

func isNumberByte(c byte) bool {
	return isDigit(c) || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E'
}

// name returns the value of the string at an offset, and the offset after it,
// negative if it is invalid. Names without escapes, nearly all, are not parsed.
func (r *inputReader) name(start int) (name []byte, end int) {
	escaped := false
	for i := start + 1; i < len(r.text); i++ {
		switch c := r.text[i]; {
		case c == '\\':
			escaped = true
			i++
		case c < ' ':
			return nil, -1
		case c == '"':
			raw := r.text[start : i+1]
			if !escaped {
				return raw[1 : len(raw)-1], i + 1
			}
			var text string
			if json.Unmarshal(raw, &text) != nil {
				return nil, -1
			}
			return []byte(text), i + 1
		}
	}
	return nil, -1
}

// skip passes over a value without reading it: only its brackets and strings.
func (r *inputReader) skip() error {
	depth := 0
	for r.space(); r.at < len(r.text); {
		switch c := r.text[r.at]; c {
		case '"':
			for r.at++; r.at < len(r.text) && r.text[r.at] != '"'; r.at++ {
				if r.text[r.at] == '\\' {
					r.at++
				}
			}
		case '{', '[':
			depth++
		case '}', ']', ',':
			if depth == 0 {
				return nil
			}
			if c != ',' {
				depth--
			}
		}
		r.at++
	}
	return errStop{}
}
