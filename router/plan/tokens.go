package plan

import "strings"

// countTokens counts the lexical tokens of a document, and stops one past
// limit. It is lenient: what is no token counts as one, the parser will refuse
// it.
func countTokens(text string, limit int) int {
	n := 0
	for i := 0; i < len(text) && n <= limit; {
		switch c := text[i]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',' || c == 0xEF || c == 0xBB || c == 0xBF:
			i++
			continue
		case c == '#':
			i += lineLength(text[i:])
			continue
		case c == '"':
			i += stringLength(text[i:])
		case isWord(c):
			for i < len(text) && (isWord(text[i]) || isPoint(text[i:])) {
				i++
			}
		case strings.HasPrefix(text[i:], "..."):
			i += 3
		default:
			i++
		}
		n++
	}
	return n
}

func lineLength(s string) int {
	if i := strings.IndexAny(s, "\r\n"); i >= 0 {
		return i
	}
	return len(s)
}

// isWord takes names and numbers alike: none can follow another without a gap.
func isWord(c byte) bool {
	return c == '_' || c == '-' || c == '+' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// isPoint tells the point of a number from the dots of a spread.
func isPoint(s string) bool {
	return s[0] == '.' && len(s) > 1 && '0' <= s[1] && s[1] <= '9'
}

func stringLength(s string) int {
	if block, ok := strings.CutPrefix(s, `"""`); ok {
		for i := 0; ; {
			end := strings.Index(block[i:], `"""`)
			if end < 0 {
				return len(s)
			}
			i += end + 3
			if end == 0 || block[i-4] != '\\' {
				return i + 3
			}
		}
	}
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		case '\n', '\r':
			return i
		}
	}
	return len(s)
}

// nesting is the deepest nesting of brackets of any kind outside strings and
// comments; parsers recurse as deep.
func nesting(text string) int {
	deepest, depth := 0, 0
	for i := 0; i < len(text); {
		switch text[i] {
		case '#':
			i += lineLength(text[i:])
			continue
		case '"':
			i += stringLength(text[i:])
			continue
		case '{', '(', '[':
			depth++
			deepest = max(deepest, depth)
		case '}', ')', ']':
			depth--
		}
		i++
	}
	return deepest
}
