package plan

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// readMembers reads a JSON object of scalars into values: numbers, booleans and
// null as encoding/json does, and strings as raw text. It returns false for any
// other text, and for names that are not allowed, duplicate or escaped: JSON
// parsers differ on the last two, and two caches that disagree about a variable
// would execute the wrong operation.
func readMembers(text []byte, allowed map[string]bool, values map[string]any) bool {
	if !json.Valid(text) || text[0] != '{' || text[len(text)-1] != '}' {
		return false
	}
	for rest := blank(text[1:]); rest[0] != '}'; {
		end := 1 + bytes.IndexByte(rest[1:], '"')
		name := rest[1:end]
		if _, repeated := values[string(name)]; repeated || !allowed[string(name)] {
			return false
		}
		rest = blank(rest[end+1:]) // at the colon
		rest = blank(rest[1:])
		size := scalarLength(rest)
		value, ok := scalar(rest[:size])
		if !ok {
			return false
		}
		values[string(name)] = value
		if rest = blank(rest[size:]); rest[0] == ',' {
			rest = blank(rest[1:])
		}
	}
	return true
}

func blank(text []byte) []byte { return bytes.TrimLeft(text, " \t\r\n") }

// scalarLength returns the length of the scalar that a valid text starts with,
// and 0 for an object or list.
func scalarLength(text []byte) int {
	switch text[0] {
	case '{', '[':
		return 0
	case '"':
		i := 1
		for ; text[i] != '"'; i++ {
			if text[i] == '\\' {
				i++
			}
		}
		return i + 1
	default:
		return bytes.IndexAny(text, ",} \t\r\n")
	}
}

func scalar(text []byte) (value any, ok bool) {
	if len(text) == 0 {
		return nil, false
	}
	switch text[0] {
	case 'n':
		return nil, true
	case 't', 'f':
		return text[0] == 't', true
	case '"':
		return string(text), true
	default:
		n, err := strconv.ParseFloat(string(text), 64)
		return n, err == nil
	}
}
