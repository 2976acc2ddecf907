package persisted

import "strings"

// compact returns a document without what GraphQL ignores: comments, commas, byte
// order marks, and white space that separates nothing. A valid document means the
// same.
func compact(text string) string {
	var out strings.Builder
	separated := false // by something ignored, from what was written last
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case strings.HasPrefix(text[i:], "\ufeff"):
			i, separated = i+len("\ufeff"), true
			continue
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',':
			i, separated = i+1, true
			continue
		case c == '#':
			i, separated = i+commentLength(text[i:]), true
			continue
		}
		end := i + 1
		if text[i] == '"' {
			end = i + stringLength(text[i:])
		}
		if separated && out.Len() > 0 && mustSeparate(out.String(), text[i]) {
			out.WriteByte(' ')
		}
		out.WriteString(text[i:end])
		i, separated = end, false
	}
	return out.String()
}

// mustSeparate reports whether two tokens would read as others without a space
// between them: names and numbers, the dots of a spread after a number, and two
// strings, of which "" "" would begin a block string.
func mustSeparate(before string, next byte) bool {
	last := before[len(before)-1]
	return isWord(last) && (isWord(next) || next == '.') || last == '"' && next == '"'
}

func isWord(c byte) bool {
	return c == '_' || c == '-' || c == '+' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func commentLength(s string) int {
	if end := strings.IndexAny(s, "\r\n"); end >= 0 {
		return end
	}
	return len(s)
}

// stringLength is the length of the string or block string at the beginning of s,
// to the end of s if it is not closed.
func stringLength(s string) int {
	quote, escaped := `"`, `\\`
	if strings.HasPrefix(s, `"""`) {
		quote, escaped = `"""`, `\"""`
	}
	for i := len(quote); i < len(s); i++ {
		switch {
		case strings.HasPrefix(s[i:], escaped):
			i += len(escaped) - 1
		case quote == `"` && s[i] == '\\':
			i++
		case strings.HasPrefix(s[i:], quote):
			return i + len(quote)
		}
	}
	return len(s)
}
