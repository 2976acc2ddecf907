package plan

import "strings"

// countTokens counts the lexical tokens of a document, up to one above the limit.
// An invalid token counts as one: the parser rejects it later.
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

// longestToken returns the length in bytes of the longest name, number or string
// of a document.
func longestToken(text string) int {
	longest := 0
	for i := 0; i < len(text); {
		start := i
		switch c := text[i]; {
		case c == '#':
			i += lineLength(text[i:])
			continue
		case c == '"':
			i += stringLength(text[i:])
		case isWord(c):
			for i < len(text) && isWord(text[i]) {
				i++
			}
		default:
			i++
		}
		longest = max(longest, i-start)
	}
	return longest
}

func lineLength(s string) int {
	if i := strings.IndexAny(s, "\r\n"); i >= 0 {
		return i
	}
	return len(s)
}

// isWord covers names and numbers: neither can follow the other without a
// separator.
func isWord(c byte) bool {
	return c == '_' || c == '-' || c == '+' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// isPoint distinguishes a decimal point from the dots of a spread.
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

// nesting returns the maximal nesting of brackets of any kind outside strings and
// comments. Parsers recurse that deep.
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
