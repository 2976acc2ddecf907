package plan

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"
)

// literal returns the canonical form of the one literal in a document.
func literal(text string) (string, error) {
	out, err := canonicalLiterals("{a(b:" + text + ")}")
	out = strings.TrimSuffix(strings.TrimPrefix(out, "{a(b:"), ")}")
	return strings.TrimSuffix(out, " "), err
}

// escaped writes a character in one of the ways that GraphQL has.
func escaped(t *rapid.T, r rune) string {
	short := map[rune]string{'"': `\"`, '\\': `\\`, '/': `\/`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`}
	ways := []string{fmt.Sprintf(`\u{%x}`, r), fmt.Sprintf(`\u{%08X}`, r)}
	if s, ok := short[r]; ok {
		ways = append(ways, s)
	}
	if r >= ' ' && r != '"' && r != '\\' || r == '\t' {
		ways = append(ways, string(r), string(r))
	}
	if high, low := utf16.EncodeRune(r); high != '\uFFFD' {
		ways = append(ways, fmt.Sprintf(`\u%04x\u%04X`, high, low))
	} else {
		ways = append(ways, fmt.Sprintf(`\u%04x`, r))
	}
	return rapid.SampledFrom(ways).Draw(t, "way")
}

func TestAStringIsTheSameInJSONHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		characters := rapid.SampledFrom([]rune{'a', '"', '\\', '/', '\b', '\f', '\n', '\r', '\t', 0, 0x1f, ' ', 0x7f, 'é', 0x2028, 0xFFFD, 0x10000, 0x1F600, 0x10FFFF, '{', '#'})
		value := string(rapid.SliceOfN(characters, 0, 8).Draw(t, "value"))
		var text strings.Builder
		text.WriteByte('"')
		for _, r := range value {
			text.WriteString(escaped(t, r))
		}
		text.WriteByte('"')
		got, err := literal(text.String())
		if err != nil {
			t.Fatalf("%s: %v", text.String(), err)
		}
		var read string
		if err := json.Unmarshal([]byte(got), &read); err != nil || read != value {
			t.Fatalf("%s is %s, in JSON %q (%v), want %q", text.String(), got, read, err, value)
		}
	})
}

// A text of lines is written as a block string with any indentation, any ends of
// lines and any blank lines around it, and is read again without them.
func TestABlockStringLosesItsIndentation(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.SampledFrom([]string{"a", "b  c ", "  d", "\te", "", `f"g`, `\n`, `x"""y`, "é {#"})
		lines := append([]string{"first"}, rapid.SliceOfN(line, 0, 4).Draw(t, "lines")...)
		lines = append(lines, "last")
		indent := rapid.SampledFrom([]string{"", "  ", "\t", " \t "}).Draw(t, "indent")
		end := rapid.SampledFrom([]string{"\n", "\r\n", "\r"}).Draw(t, "end")
		var text strings.Builder
		text.WriteString(`"""` + rapid.SampledFrom([]string{end, "  " + end + end}).Draw(t, "before"))
		for _, l := range lines {
			if l != "" {
				text.WriteString(indent)
			}
			text.WriteString(strings.ReplaceAll(l, `"""`, `\"""`) + end)
		}
		text.WriteString(rapid.SampledFrom([]string{"", " ", end + " "}).Draw(t, "after") + `"""`)
		want := strings.Join(lines, "\n")
		got, fault := literal(text.String())
		if fault != nil {
			t.Fatalf("%q: %v", text.String(), fault)
		}
		var read string
		if err := json.Unmarshal([]byte(got), &read); err != nil || read != want {
			t.Fatalf("%q is %s, in JSON %q (%v), want %q", text.String(), got, read, err, want)
		}
	})
}

func TestABlockStringsLinesAreThoseOfTheSpecification(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"":                             "",
		"  a":                          "  a",
		"  a\n  b\n c":                 "  a\n b\nc",
		"\n    Hello,\n      World!\n": "Hello,\n  World!",
		"\n\n  a\n\n  b\n \n":          "a\n\nb",
		"a\n\tb\n  c":                  "a\nb\n c",
		"a\r\n  b\r  c":                "a\nb\nc",
		"a\n    \n  b":                 "a\n  \nb",
		"a\n \n  b":                    "a\n\nb",
		" \n \n":                       "",
		"\n  a":                        "a",
		"a\nb":                         "a\nb",
	} {
		if got := withoutIndent(raw); got != want {
			t.Errorf("%q is %q, want %q", raw, got, want)
		}
	}
}

func TestStringsThatAreEqualInJSONStayAsTheyAre(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{a(b:"x é #{")}`, `{a(b:["","x"])}`, "{a # \"\\q\" 01\n}", "{a(b:-1.5e+3,c:0,d:-0)}", "{a1:b2 _3:c}", "",
	} {
		if got, err := canonicalLiterals(text); err != nil || got != text {
			t.Errorf("%s is changed to %s (%v)", text, got, err)
		}
	}
	for text, want := range map[string]string{
		`{a(b:["\u0041""x"])}`:      `{a(b:["A" "x"])}`,
		`{a(b:"""x""",c:"\\")}`:     `{a(b:"x" ,c:"\\" )}`,
		"{a(b:\"x\ty\")}":           `{a(b:"x\u0009y" )}`,
		`{a(b:"""a\b""",c:"\/") x}`: `{a(b:"a\\b" ,c:"/" ) x}`,
	} {
		if got, err := canonicalLiterals(text); err != nil || got != want {
			t.Errorf("%s is changed to %s (%v), want %s", text, got, err, want)
		}
	}
}

func TestNumbersAreThoseOfTheSpecification(t *testing.T) {
	t.Parallel()
	number := regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom([]string{"-", "0", "1", "9"}).Draw(t, "first") +
			strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"0", "1", "12", ".", "e", "E", "+", "-", "5", "x", "_"}), 0, 6).Draw(t, "rest"), "")
		want := 0
		if number.MatchString(text) {
			want = len(text)
		}
		// What follows a number must not be part of a name or of another number.
		if got := numberLength(text); got != want && (got == 0 || !strings.ContainsRune("+-", rune(text[got]))) {
			t.Fatalf("%s has a number of %d characters, want %d", text, got, want)
		}
		if got := numberLength(text + " 1"); want > 0 && got != want {
			t.Fatalf("%s before a space has a number of %d characters, want %d", text, got, want)
		}
	})
	for text, finite := range map[string]bool{
		"1e308": true, "1e309": false, "-1e309": false, "1e-999": true, "0e999": true,
		strings.Repeat("9", maxPlainNumber): true, strings.Repeat("9", maxPlainNumber+20): false, strings.Repeat("0", 400) + "1": true,
	} {
		if got := isFinite(text); got != finite {
			t.Errorf("%.20s of %d characters is finite: %v, want %v", text, len(text), got, finite)
		}
	}
}

func TestPlacesAreCountedInLinesAndCharacters(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text         string
		line, column uint32
	}{
		{"", 1, 1}, {"ab", 1, 3}, {"é", 1, 2}, {"a\nb", 2, 2}, {"a\n", 2, 1}, {"a\r\nb", 2, 2}, {"a\rb", 2, 2}, {"\r\r\n\n", 4, 1}, {"a\u2028b", 1, 4},
	} {
		if got := locationAt(c.text+"x", len(c.text)); got.Line != c.line || got.Column != c.column {
			t.Errorf("after %q is %d:%d, want %d:%d", c.text, got.Line, got.Column, c.line, c.column)
		}
	}
}
