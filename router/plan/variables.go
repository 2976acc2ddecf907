package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"cartograph/router/gqlerr"
)

// variablesDepth bounds the nesting of objects and lists in variables, since
// reading them is recursive.
const variablesDepth = 64

// checkVariables rejects variables that JSON allows and that have no value: they
// are nested too deeply, contain a number that is not finite as a float, or text
// that is not Unicode. It takes linear time and allocates little if all is
// well, because known documents are executed after no other check.
func checkVariables(variables []byte) error {
	text := string(variables) // once: they may hold very many values
	if n := nesting(text); n > variablesDepth {
		return gqlerr.New(gqlerr.BadUserInput, "The variables are nested too deeply: at most %d levels are allowed.", variablesDepth).
			With("limit", variablesDepth).With("actual", n)
	}
	for i := 0; i < len(text); {
		size, problem := 1, ""
		switch c := text[i]; {
		case c == '"':
			size = stringLength(text[i:])
			problem = textProblem(text[i : i+size])
		case c == '-' || isDigit(c):
			size = len(text[i:]) - len(strings.TrimLeft(text[i:], "+-.0123456789eE"))
			if !isFinite(text[i : i+size]) {
				problem = "is a number out of range"
			}
		}
		if problem != "" {
			return gqlerr.New(gqlerr.BadUserInput, "%s %s.", pathAt(variables, i), problem)
		}
		i += size
	}
	return nil
}

// textProblem returns why a JSON string is not Unicode text, or "".
func textProblem(text string) string {
	if !utf8.ValidString(text) {
		return "is not valid UTF-8"
	}
	for rest := text; ; {
		at := strings.IndexByte(rest, '\\')
		if at < 0 || at+1 >= len(rest) {
			return ""
		}
		rest = rest[at:]
		r, ok := codeUnit(rest)
		switch {
		case !ok:
			rest = rest[2:]
			continue
		case !utf16.IsSurrogate(r):
			rest = rest[6:]
			continue
		}
		low, ok := codeUnit(rest[6:])
		if !ok || utf16.DecodeRune(r, low) == utf8.RuneError {
			return "contains half of a surrogate pair, which is not a character"
		}
		rest = rest[12:]
	}
}

// pathAt returns the path of the value at an offset of valid JSON, such as
// $filter.tags[2]; of a member's name, that of the object around it.
func pathAt(variables []byte, offset int) string {
	type level struct {
		list  bool
		index int
		name  string // of the member that is being read
		named bool
	}
	var open []level
	path := func() string {
		var out strings.Builder
		for i, l := range open {
			switch {
			case l.list:
				fmt.Fprintf(&out, "[%d]", l.index)
			case l.named && i == 0:
				out.WriteString("$" + l.name)
			case l.named:
				out.WriteString("." + l.name)
			}
		}
		if out.Len() == 0 {
			return "A name in variables"
		}
		return out.String()
	}
	decoder := json.NewDecoder(bytes.NewReader(variables))
	decoder.UseNumber()
	for {
		token, err := decoder.Token()
		if err != nil || int(decoder.InputOffset()) > offset && token != json.Delim('{') && token != json.Delim('[') {
			return path()
		}
		top := len(open) - 1
		switch {
		case token == json.Delim('{') || token == json.Delim('['):
			open = append(open, level{list: token == json.Delim('[')})
			continue
		case token == json.Delim('}') || token == json.Delim(']'):
			open = open[:top]
			top--
		case !open[top].list && !open[top].named:
			open[top].name, _ = token.(string)
			open[top].named = true
			continue
		}
		if top >= 0 { // a value has ended
			open[top].index++
			open[top].named = false
		}
	}
}
