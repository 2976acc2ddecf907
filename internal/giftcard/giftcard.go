// Package giftcard defines the codes of gift cards.
//
// A code has 95 random bits and a check character, in an alphabet without characters
// that look alike. Whoever knows it can spend the card, so that it is stored as a hash
// only: the bits are too many to be tried, and the hash needs neither salt nor cost. A
// text that is no code is recognised without a query, so that most guesses end there.
package giftcard

import (
	"crypto/rand"
	"crypto/sha256"
	"strings"

	"cartograph/internal/cardnumber"
)

const (
	alphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ" // 5 bits a character; neither 0 and O nor 1 and I
	length   = 20                                 // with the check character at the end
	group    = 4                                  // characters, in writing

	maxTyped = 64 // bytes of a code as it is typed, with separators
)

// Placeholder is the token of a payment that gift cards cover in full. It stands for no
// card, and no gateway gets it.
const Placeholder = "gift_card"

// MaxCards bounds the gift cards of one purchase.
const MaxCards = 5

// Code is a code without separators.
type Code string

// New returns a new code. One that could be read as a card number would be refused as
// input, and is not returned.
func New() Code {
	for {
		random := make([]byte, length-1, length)
		_, _ = rand.Read(random) // never fails
		for i, b := range random {
			random[i] = alphabet[int(b)%len(alphabet)]
		}
		if c := Code(append(random, check(string(random)))); !cardnumber.In(c.String()) {
			return c
		}
	}
}

// Parse reads a code as people type it: case, spaces and dashes do not matter.
func Parse(typed string) (c Code, ok bool) {
	if len(typed) > maxTyped {
		return "", false
	}
	c = Code(strings.NewReplacer(" ", "", "-", "").Replace(strings.ToUpper(typed)))
	if len(c) != length || strings.Trim(string(c), alphabet) != "" {
		return "", false
	}
	return c, check(string(c[:length-1])) == c[length-1]
}

// check is the check character of Luhn's algorithm over the alphabet: it reveals every
// wrong character and nearly every swap of neighbours.
func check(text string) byte {
	sum := 0
	for i := range len(text) {
		value := strings.IndexByte(alphabet, text[i])
		if (len(text)-i)%2 == 1 {
			value *= 2
		}
		sum += value/len(alphabet) + value%len(alphabet)
	}
	return alphabet[(len(alphabet)-sum%len(alphabet))%len(alphabet)]
}

// String is the code as it is written: "ABCD-EFGH-JKLM-NPQR-STUV".
func (c Code) String() string {
	var b strings.Builder
	for i := range len(c) {
		if i > 0 && i%group == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(c[i])
	}
	return b.String()
}

// Hash is by what a card is found.
func (c Code) Hash() []byte {
	sum := sha256.Sum256([]byte(c))
	return sum[:]
}

// LastCharacters are what may be shown of a code. 16 characters remain unknown.
func (c Code) LastCharacters() string { return string(c[max(0, len(c)-group):]) }
