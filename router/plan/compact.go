package plan

import "strings"

// Compact returns a document without what GraphQL ignores: comments, commas, byte
// order marks, and white space that separates nothing. A valid document means the
// same.
func Compact(text string) string {
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
			i, separated = i+lineLength(text[i:]), true
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
