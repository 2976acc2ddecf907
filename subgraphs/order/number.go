package order

import (
	"crypto/rand"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// numberAlphabet leaves out letters and digits that look alike.
const numberAlphabet = "23456789ABCDEFGHJKMNPQRSTVWXYZ"

const (
	numberLength = 6
	numberPrefix = "CG"
)

// newNumber makes an order number such as CG-7K3M9Q: short enough to read out,
// and one of some 700 million, so guessing is of no use. The database decides
// whether it is unique.
func newNumber() string {
	number := []byte(numberPrefix + "-")
	for len(number) < len(numberPrefix+"-")+numberLength {
		var b [1]byte
		_, _ = rand.Read(b[:]) // never fails
		// Bytes beyond the last whole multiple would make some characters likelier.
		if i := int(b[0]); i < 256/len(numberAlphabet)*len(numberAlphabet) {
			number = append(number, numberAlphabet[i%len(numberAlphabet)])
		}
	}
	return string(number)
}

// numberOf is the order number that a customer typed: in any case and width of
// letters, with or without prefix, and with anything between the characters, as
// in "order no. cg 7k3 m9q". Nothing is read as another character: 0 and O, 1, I
// and L are not in the alphabet, so what was meant by them is not certain. What is
// no number is returned as it is, and matches no order.
func numberOf(typed string) string {
	for word, text := true, numberText(typed); word; _, text, word = strings.Cut(text, numberPrefix) {
		if len(text) == numberLength && strings.Trim(text, numberAlphabet) == "" {
			return numberPrefix + "-" + text
		}
	}
	return typed
}

// numberText is a text in the form in which numbers are compared: its letters and
// digits, in capitals.
func numberText(typed string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToUpper(r)
	}, norm.NFKC.String(typed))
}
