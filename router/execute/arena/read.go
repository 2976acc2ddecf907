package arena

import (
	"encoding/binary"
	"math/bits"
)

// maxDepth bounds the nesting of values, and with it the recursion of the reader.
// Operations are limited far below; only a custom scalar could come near.
const maxDepth = 300

// Read parses a JSON text and returns its value. The text must not change until
// the arena is reset. Of an invalid text nothing is added. It accepts what
// encoding/json accepts, up to maxDepth; a test compares them.
func (a *Arena) Read(text []byte) (ID, error) {
	if a.full(text) {
		return None, ErrInvalid
	}
	before := len(a.nodes)
	r := reader{a: a, text: text, source: a.addSource(text)}
	id, end := r.value(0, 0)
	if end >= 0 {
		end = r.skipSpace(end)
	}
	if end != len(text) {
		a.nodes = a.nodes[:before]
		return None, ErrInvalid
	}
	return id, nil
}

// reader parses one text. Its methods take an offset to start at, and return the
// offset after what they read, or invalid.
type reader struct {
	a      *Arena
	text   []byte
	source uint16
}

const invalid = -1

func (r *reader) skipSpace(i int) int {
	for i < len(r.text) {
		switch r.text[i] {
		case ' ', '\n', '\r', '\t':
			i++
		default:
			return i
		}
	}
	return i
}

func (r *reader) value(i, depth int) (ID, int) {
	i = r.skipSpace(i)
	if i >= len(r.text) || depth > maxDepth {
		return None, invalid
	}
	switch c := r.text[i]; c {
	case '{':
		return r.object(i, depth)
	case '[':
		return r.list(i, depth)
	case '"':
		end, _ := r.str(i)
		return r.scalar(String, i, end)
	case 't':
		return r.scalar(True, i, r.literal(i, "true"))
	case 'f':
		return r.scalar(False, i, r.literal(i, "false"))
	case 'n':
		return r.scalar(Null, i, r.literal(i, "null"))
	default:
		return r.scalar(Number, i, r.number(i))
	}
}

func (r *reader) open(kind Kind, start int) ID {
	r.a.nodes = append(r.a.nodes, node{start: uint32(start), first: None, next: None, over: -1, source: r.source, kind: kind})
	return ID(len(r.a.nodes) - 1)
}

func (r *reader) scalar(kind Kind, start, end int) (ID, int) {
	if end == invalid {
		return None, invalid
	}
	id := r.open(kind, start)
	r.a.nodes[id].end = uint32(end)
	return id, end
}

func (r *reader) object(start, depth int) (ID, int) {
	id := r.open(Object, start)
	last := None
	i := r.skipSpace(start + 1)
	for first := true; ; first = false {
		if i >= len(r.text) {
			return None, invalid
		}
		if r.text[i] == '}' && first {
			return r.close(id, i)
		}
		child, end := r.member(i, depth)
		if end == invalid {
			return None, invalid
		}
		r.link(id, last, child)
		last = child
		var more bool
		if i, more = r.separator(end, '}'); !more {
			return r.close(id, i)
		}
	}
}

// member reads a name and its value.
func (r *reader) member(i, depth int) (ID, int) {
	if r.text[i] != '"' {
		return None, invalid
	}
	keyStart := i + 1
	keyEnd, escaped := r.str(i)
	if keyEnd == invalid {
		return None, invalid
	}
	if i = r.skipSpace(keyEnd); i >= len(r.text) || r.text[i] != ':' {
		return None, invalid
	}
	child, end := r.value(i+1, depth+1)
	if end == invalid {
		return None, invalid
	}
	n := &r.a.nodes[child]
	n.keyStart, n.keyEnd = uint32(keyStart), uint32(keyEnd-1)
	if escaped {
		n.flags |= escapedKey
	}
	return child, end
}

func (r *reader) list(start, depth int) (ID, int) {
	id := r.open(List, start)
	last := None
	i := r.skipSpace(start + 1)
	if i < len(r.text) && r.text[i] == ']' {
		return r.close(id, i)
	}
	for {
		child, end := r.value(i, depth+1)
		if end == invalid {
			return None, invalid
		}
		r.link(id, last, child)
		last = child
		var more bool
		if i, more = r.separator(end, ']'); !more {
			return r.close(id, i)
		}
	}
}

// separator reads a comma, and skips to the next item, or finds the closing
// bracket.
func (r *reader) separator(i int, closing byte) (at int, more bool) {
	i = r.skipSpace(i)
	switch {
	case i >= len(r.text):
		return invalid, false
	case r.text[i] == ',':
		return r.skipSpace(i + 1), true
	case r.text[i] == closing:
		return i, false
	default:
		return invalid, false
	}
}

func (r *reader) link(parent, last, child ID) {
	if last < 0 {
		r.a.nodes[parent].first = child
	} else {
		r.a.nodes[last].next = child
	}
}

func (r *reader) close(id ID, at int) (ID, int) {
	if at == invalid {
		return None, invalid
	}
	r.a.nodes[id].end = uint32(at + 1)
	return id, at + 1
}

func (r *reader) literal(i int, word string) int {
	if end := i + len(word); end <= len(r.text) && string(r.text[i:end]) == word {
		return end
	}
	return invalid
}

// number reads a JSON number. It stays text, so that no size or precision is
// lost on the way to the client.
func (r *reader) number(i int) int {
	if i < len(r.text) && r.text[i] == '-' {
		i++
	}
	whole := r.digits(i)
	if whole == i || (whole > i+1 && r.text[i] == '0') {
		return invalid
	}
	i = whole
	if i < len(r.text) && r.text[i] == '.' {
		fraction := r.digits(i + 1)
		if fraction == i+1 {
			return invalid
		}
		i = fraction
	}
	if i < len(r.text) && r.text[i]|0x20 == 'e' {
		i++
		if i < len(r.text) && (r.text[i] == '+' || r.text[i] == '-') {
			i++
		}
		exponent := r.digits(i)
		if exponent == i {
			return invalid
		}
		i = exponent
	}
	return i
}

func (r *reader) digits(i int) int {
	for i < len(r.text) && r.text[i]-'0' <= 9 {
		i++
	}
	return i
}

// str reads a string that starts with the quote at i. Eight bytes at a time are
// examined for a quote, a backslash or a control character, by the "has zero
// byte" test: for v = w XOR a repeated byte, (v - ones) &^ v has the high bit of
// each byte that was equal. A false positive is possible above the first match
// only, and the lowest match is the one that is used.
func (r *reader) str(i int) (end int, escaped bool) {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	i++
	for {
		if i+8 <= len(r.text) {
			w := binary.LittleEndian.Uint64(r.text[i:])
			quote, slash := w^ones*'"', w^ones*'\\'
			found := ((quote-ones) & ^quote | (slash-ones) & ^slash | (w-ones*' ') & ^w) & highs
			if found == 0 {
				i += 8
				continue
			}
			i += bits.TrailingZeros64(found) / 8
		}
		if i >= len(r.text) {
			return invalid, false
		}
		switch c := r.text[i]; {
		case c == '"':
			return i + 1, escaped
		case c == '\\':
			if i = r.escape(i); i == invalid {
				return invalid, false
			}
			escaped = true
		case c < ' ':
			return invalid, false
		default:
			i++
		}
	}
}

// escape reads the escape sequence at i.
func (r *reader) escape(i int) int {
	if i+1 >= len(r.text) {
		return invalid
	}
	switch r.text[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
		if i+6 > len(r.text) {
			return invalid
		}
		for _, c := range r.text[i+2 : i+6] {
			if c-'0' > 9 && c|0x20-'a' > 5 {
				return invalid
			}
		}
		return i + 6
	default:
		return invalid
	}
}
