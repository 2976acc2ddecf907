// Package cardnumber finds payment card numbers where they must not be.
//
// Only the gateway may see cards: whatever holds a card number is refused
// before anything is done with it, and without repeating it.
package cardnumber

import (
	"regexp"
	"slices"
	"strings"

	"cartograph/internal/fault"
)

// Lengths of card numbers, in digits.
const (
	shortest = 13
	longest  = 19
)

// digitGroups are digits with no more than single blanks, dots or dashes in
// between, as people write card numbers.
var (
	digitGroups = regexp.MustCompile(`\b[0-9]+(?:[ .-][0-9]+)*\b`)
	separator   = regexp.MustCompile(`[ .-]`)
	uuid        = regexp.MustCompile(`\b[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b`)
)

// In reports whether whole groups of digits in text, 13 to 19 digits together,
// begin as cards do and have their check digit. Digits that run into letters,
// as in our own ids, and UUIDs never count.
func In(text string) bool {
	text = strings.ReplaceAll(uuid.ReplaceAllString(text, ""), "_", " ") // a token's prefix is no letter of the number
	return slices.ContainsFunc(digitGroups.FindAllString(text, -1), func(run string) bool {
		return anyCard(separator.Split(run, -1))
	})
}

// Refuse returns the answer to a client of whose texts one holds a card
// number, or nil.
func Refuse(texts ...string) error {
	if slices.ContainsFunc(texts, In) {
		return fault.New(fault.Invalid, "Card numbers are not accepted here. Send a token of the payment gateway.")
	}
	return nil
}

// anyCard tries every run of whole groups.
func anyCard(groups []string) bool {
	for from := range groups {
		for upto := from + 1; upto <= len(groups); upto++ {
			number := strings.Join(groups[from:upto], "")
			if len(number) > longest {
				break
			}
			if len(number) >= shortest && strings.IndexByte("23456", number[0]) >= 0 && checks(number) {
				return true
			}
		}
	}
	return false
}

// checks reports whether the last digit is Luhn's check digit of the others.
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
