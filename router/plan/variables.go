package plan

import (
	"bytes"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// textProblem returns why a JSON string is not Unicode text, or "".
func textProblem(text []byte) string {
	if !utf8.Valid(text) {
		return "the text is not valid UTF-8"
	}
	if bytes.IndexByte(text, '\\') < 0 {
		return ""
	}
	for rest := string(text); ; {
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
			return "the text contains half of a surrogate pair, which is not a character"
		}
		rest = rest[12:]
	}
}
