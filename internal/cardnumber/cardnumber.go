// Package cardnumber detects payment card numbers in text.
//
// Only the payment gateway may receive cards. Input that contains a number is
// refused before it is stored or logged, and the error does not repeat it.
package cardnumber

import (
	"regexp"
	"slices"
	"strings"

	"cartograph/internal/fault"
)

// Lengths of card numbers, in digits.
const (
	minDigits = 13
	maxDigits = 19
)

// digitGroups match digits separated by single spaces, dots or dashes, as card
// numbers are written.
var (
	digitGroups = regexp.MustCompile(`\b[0-9]+(?:[ .-][0-9]+)*\b`)
	separator   = regexp.MustCompile(`[ .-]`)
	uuid        = regexp.MustCompile(`\b[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b`)
)

// In reports whether text contains consecutive groups of 13 to 19 digits in total
// that start like a card number and have a valid check digit. Digits adjacent to
// letters, as in our own ids, and UUIDs are ignored.
func In(text string) bool {
	if !hasDigits(text, minDigits) { // nearly every text, and every line of a log is looked at
		return false
	}
	text = strings.ReplaceAll(uuid.ReplaceAllString(text, ""), "_", " ") // so that \b matches between tok_ and a number
	return slices.ContainsFunc(digitGroups.FindAllString(text, -1), func(run string) bool {
		return anyCard(separator.Split(run, -1))
	})
}

// hasDigits reports whether a text has at least so many digits.
func hasDigits(text string, least int) bool {
	for i := 0; i < len(text) && least > 0; i++ {
		if '0' <= text[i] && text[i] <= '9' {
			least--
		}
	}
	return least == 0
}

// Refuse returns an error for the client if one of the texts contains a card number.
func Refuse(texts ...string) error {
	if slices.ContainsFunc(texts, In) {
		return fault.Localized(fault.Invalid, "common.card_number")
	}
	return nil
}

// anyCard tries every run of consecutive groups: other numbers may precede or follow
// the card's.
func anyCard(groups []string) bool {
	for from := range groups {
		for upto := from + 1; upto <= len(groups); upto++ {
			number := strings.Join(groups[from:upto], "")
			if len(number) > maxDigits {
				break
			}
			if len(number) >= minDigits && strings.IndexByte("23456", number[0]) >= 0 && checks(number) {
				return true
			}
		}
	}
	return false
}

// checks reports whether the last digit is the Luhn check digit of the others.
func checks(number string) bool {
	sum := 0
	for i := range len(number) {
		n := int(number[i] - '0')
		if (len(number)-i)%2 == 0 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0
}
