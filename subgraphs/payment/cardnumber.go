package payment

import (
	"regexp"
	"slices"
	"strings"

	"cartograph/internal/fault"
	"cartograph/internal/id"
)

// checkInputs refuses a card number in any of the texts that a client sent,
// without repeating it.
func checkInputs(texts ...string) error {
	if slices.ContainsFunc(texts, holdsCardNumber) {
		return fault.New(fault.Invalid, "%s", messages[codeCardNumber])
	}
	return nil
}

// digitGroups are digits with no more than single blanks, dots or dashes in
// between, as people write card numbers.
var (
	digitGroups = regexp.MustCompile(`[0-9]+(?:[ .-][0-9]+)*`)
	separator   = regexp.MustCompile(`[ .-]`)
	uuid        = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
)

// holdsCardNumber reports whether whole groups of digits in s, 13 to 19 digits
// together, begin as cards do and have their check digit. Our own ids and
// UUIDs never count, whatever digits they happen to hold.
func holdsCardNumber(s string) bool {
	if id.PrefixOf(s) != "" || uuid.MatchString(s) {
		return false
	}
	for _, run := range digitGroups.FindAllString(s, -1) {
		groups := separator.Split(run, -1)
		for from := range groups {
			for to := from + 1; to <= len(groups); to++ {
				if isCardNumber(strings.Join(groups[from:to], "")) {
					return true
				}
			}
		}
	}
	return false
}

func isCardNumber(digits string) bool {
	return len(digits) >= 13 && len(digits) <= 19 && strings.IndexByte("23456", digits[0]) >= 0 && luhn(digits)
}

func luhn(number string) bool {
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
