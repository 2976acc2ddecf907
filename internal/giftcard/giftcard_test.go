package giftcard

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cartograph/internal/cardnumber"
)

func TestCodesAreReadAsPeopleTypeThem(t *testing.T) {
	t.Parallel()
	seen := map[Code]bool{}
	for range 2000 {
		c := New()
		if seen[c] || cardnumber.In(c.String()) {
			t.Fatalf("%s was returned before, or is a card number", c)
		}
		seen[c] = true
		for _, typed := range []string{string(c), c.String(), strings.ToLower(c.String()), "  " + strings.ReplaceAll(c.String(), "-", " ")} {
			if got, ok := Parse(typed); !ok || got != c || !bytes.Equal(got.Hash(), c.Hash()) {
				t.Fatalf("Parse(%q) = %q, %v, want %q", typed, got, ok, c)
			}
		}
		if !strings.HasSuffix(c.String(), c.LastCharacters()) || len(c.LastCharacters()) != 4 {
			t.Fatalf("the last characters of %s are %s", c, c.LastCharacters())
		}
	}
}

func TestAWrongCharacterIsNoCode(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := []byte(New())
		i := rapid.IntRange(0, length-1).Draw(t, "position")
		wrong := alphabet[rapid.IntRange(0, len(alphabet)-1).Draw(t, "character")]
		if c[i] == wrong {
			return
		}
		right := string(c)
		c[i] = wrong
		if _, ok := Parse(string(c)); ok {
			t.Fatalf("%s is accepted, as %s is", c, right)
		}
	})
}

func TestTextsThatAreNoCodes(t *testing.T) {
	t.Parallel()
	c := New().String()
	for _, typed := range []string{"", "-", c[1:], c + "A", strings.Repeat("-", 100) + c, "O" + c[1:], "é" + c[1:], strings.Repeat("A", 1000)} {
		if got, ok := Parse(typed); ok {
			t.Errorf("Parse(%.30q) = %q, want it refused", typed, got)
		}
	}
}
