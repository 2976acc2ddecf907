package plan

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"cartograph/router/gqlerr"
)

// maxPlainNumber is a length up to which a number without exponent is finite.
const maxPlainNumber = 300

// canonicalLiterals checks the strings and numbers of a document and returns the
// text with every string in a form that is the same in GraphQL and in JSON. The
// engine copies literals as they are written into the JSON of the variables:
// escapes that JSON does not have, raw tabs and numbers that JSON does not have
// would make it invalid, and of a block string it keeps the escapes.
func canonicalLiterals(text string) (string, error) {
	if !utf8.ValidString(text) {
		return "", parseError(text, len(validPrefix(text)), "The document is not valid UTF-8.")
	}
	var out strings.Builder
	copied := 0 // of text
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c < ' ' && c != '\t' && c != '\n' && c != '\r':
			return "", parseError(text, i, fmt.Sprintf("The document contains the control character U+%04X.", c))
		case c == '#':
			size := lineLength(text[i:])
			if nul := strings.IndexByte(text[i:i+size], 0); nul >= 0 { // to the engine's lexer it is the end
				return "", parseError(text, i+nul, "The document contains the control character U+0000.")
			}
			i += size
		case c == '"':
			value, size, err := readString(text, i)
			if err != nil {
				return "", err
			}
			if raw := text[i : i+size]; strings.HasPrefix(raw, `"""`) || strings.ContainsAny(raw, "\\\t") {
				// The space keeps it apart from a string that follows.
				out.WriteString(text[copied:i] + quoted(value) + " ")
				copied = i + size
			}
			i += size
		case c == '-' || isDigit(c):
			size := numberLength(text[i:])
			if size == 0 {
				return "", parseError(text, i, "Invalid number.")
			}
			if !isFinite(text[i : i+size]) {
				return "", parseError(text, i, "The number is out of range.")
			}
			i += size
		case isWord(c):
			for i < len(text) && isWord(text[i]) {
				i++
			}
		default:
			i++
		}
	}
	if copied == 0 {
		return text, nil
	}
	return out.String() + text[copied:], nil
}

// validPrefix returns the text up to its first byte that is not UTF-8.
func validPrefix(text string) string {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && size == 1 {
			return text[:i]
		}
		i += size
	}
	return text
}

func parseError(text string, offset int, message string) *gqlerr.Error {
	err := gqlerr.New(gqlerr.ParseFailed, "%s", message)
	err.Locations = []gqlerr.Location{locationAt(text, offset)}
	return err
}

// locationAt counts lines and, in the last of them, characters.
func locationAt(text string, offset int) gqlerr.Location {
	before := strings.ReplaceAll(text[:offset], "\r\n", "\n")
	before = strings.ReplaceAll(before, "\r", "\n")
	last := before[strings.LastIndexByte(before, '\n')+1:]
	return gqlerr.Location{Line: uint32(strings.Count(before, "\n") + 1), Column: uint32(utf8.RuneCountInString(last) + 1)} //nolint:gosec // a document is short
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// numberLength returns the length of the number that a text starts with, and 0 if
// it is not one of GraphQL's, which are those of JSON.
func numberLength(text string) int {
	i := 0
	digits := func() bool {
		start := i
		for i < len(text) && isDigit(text[i]) {
			i++
		}
		return i > start
	}
	if text[0] == '-' {
		i++
	}
	start := i
	if !digits() || text[start] == '0' && i > start+1 {
		return 0
	}
	if i < len(text) && text[i] == '.' {
		if i++; !digits() {
			return 0
		}
	}
	if i < len(text) && (text[i] == 'e' || text[i] == 'E') {
		if i++; i < len(text) && (text[i] == '+' || text[i] == '-') {
			i++
		}
		if !digits() {
			return 0
		}
	}
	if i < len(text) && (isWord(text[i]) || text[i] == '.') {
		return 0
	}
	return i
}

func isFinite(number string) bool {
	if len(number) <= maxPlainNumber && !strings.ContainsAny(number, "eE") {
		return true
	}
	value, err := strconv.ParseFloat(number, 64)
	return err == nil && !math.IsInf(value, 0)
}

// readString returns the value of the string at an offset, and the length of its
// text.
func readString(text string, at int) (value string, size int, err error) {
	if strings.HasPrefix(text[at:], `"""`) {
		return readBlockString(text, at)
	}
	var out strings.Builder
	for i := at + 1; i < len(text); {
		switch c := text[i]; {
		case c == '"':
			return out.String(), i + 1 - at, nil
		case c == '\n' || c == '\r':
			return "", 0, parseError(text, at, "Unterminated string.")
		case c < ' ' && c != '\t':
			return "", 0, parseError(text, i, fmt.Sprintf("The document contains the control character U+%04X.", c))
		case c == '\\':
			r, n := readEscape(text[i:])
			if n == 0 {
				return "", 0, parseError(text, i, "Invalid escape sequence in a string.")
			}
			out.WriteRune(r)
			i += n
		default:
			out.WriteByte(c)
			i++
		}
	}
	return "", 0, parseError(text, at, "Unterminated string.")
}

// readEscape returns the character of an escape sequence and its length, 0 if it
// is invalid. Half a surrogate pair is.
func readEscape(text string) (r rune, size int) {
	if len(text) < 2 {
		return 0, 0
	}
	if text[1] != 'u' {
		at := strings.IndexByte(`"\/bfnrt`, text[1])
		if at < 0 {
			return 0, 0
		}
		return rune("\"\\/\b\f\n\r\t"[at]), 2
	}
	if digits, ok := strings.CutPrefix(text[2:], "{"); ok {
		end := strings.IndexByte(digits, '}')
		if end < 1 {
			return 0, 0
		}
		r, ok := hexadecimal(strings.TrimLeft(digits[:end-1], "0") + digits[end-1:end])
		if !ok || !utf8.ValidRune(r) {
			return 0, 0
		}
		return r, len(`\u{`) + end + 1
	}
	const unit = len(`\u0000`)
	r, ok := codeUnit(text)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, unit
	}
	low, ok := codeUnit(text[unit:])
	if r = utf16.DecodeRune(r, low); !ok || r == utf8.RuneError {
		return 0, 0
	}
	return r, 2 * unit
}

// codeUnit reads \uXXXX.
func codeUnit(text string) (rune, bool) {
	if len(text) < 6 || text[:2] != `\u` {
		return 0, false
	}
	return hexadecimal(text[2:6])
}

func hexadecimal(digits string) (rune, bool) {
	if len(digits) > 6 || strings.ContainsAny(digits, "+-_") {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 16, 32)
	return rune(n), err == nil //nolint:gosec // at most 24 bits
}

func readBlockString(text string, at int) (value string, size int, err error) {
	const quotes = `"""`
	start := at + len(quotes)
	for i := start; i < len(text); i++ {
		switch {
		case strings.HasPrefix(text[i:], `\`+quotes):
			i += len(quotes)
		case strings.HasPrefix(text[i:], quotes):
			raw := strings.ReplaceAll(text[start:i], `\`+quotes, quotes)
			return withoutIndent(raw), i + len(quotes) - at, nil
		case text[i] < ' ' && text[i] != '\t' && text[i] != '\n' && text[i] != '\r':
			return "", 0, parseError(text, i, fmt.Sprintf("The document contains the control character U+%04X.", text[i]))
		}
	}
	return "", 0, parseError(text, at, "Unterminated string.")
}

// withoutIndent is BlockStringValue of the GraphQL specification: it removes the
// common indentation, except of the first line, and blank lines around.
func withoutIndent(raw string) string {
	lines := strings.Split(strings.ReplaceAll(strings.ReplaceAll(raw, "\r\n", "\n"), "\r", "\n"), "\n")
	blank := func(line string) bool { return strings.Trim(line, " \t") == "" }
	common := -1
	for _, line := range lines[1:] {
		if indent := len(line) - len(strings.TrimLeft(line, " \t")); !blank(line) && (common < 0 || indent < common) {
			common = indent
		}
	}
	for i, line := range lines {
		if i > 0 && common > 0 {
			lines[i] = line[min(common, len(line)):]
		}
	}
	for len(lines) > 0 && blank(lines[0]) {
		lines = lines[1:]
	}
	for len(lines) > 0 && blank(lines[len(lines)-1]) {
		lines = lines[:len(lines)-1]
	}
	return strings.Join(lines, "\n")
}

// quoted writes a string so that it is the same in GraphQL and in JSON.
func quoted(value string) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, r := range value {
		switch {
		case r == '"' || r == '\\':
			out.WriteByte('\\')
			out.WriteRune(r)
		case r == '\n':
			out.WriteString(`\n`)
		case r < ' ':
			fmt.Fprintf(&out, `\u%04x`, r)
		default:
			out.WriteRune(r)
		}
	}
	out.WriteByte('"')
	return out.String()
}
