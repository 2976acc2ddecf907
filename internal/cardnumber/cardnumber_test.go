package cardnumber_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cartograph/internal/cardnumber"
	"cartograph/internal/fault"
)

func TestCardNumbersAreFoundAndOtherNumbersAreNot(t *testing.T) {
	for text, want := range map[string]bool{
		"4242424242424242":                     true,
		"4242 4242 4242 4242":                  true,
		"4242-4242-4242-4242":                  true,
		"my card is 5555.5555.5555.4444, ok?":  true,
		"378282246310005":                      true,
		"{\"number\":4242424242424242}":        true,
		"12 4242 4242 4242 4242 08":            true, // beside other numbers
		"4242424242424241":                     false,
		"424242424242":                         false,
		"tok_4111111111111111":                 true,
		"https://x.test/?n=4111111111111111":   true,
		"6304000000000000000":                  true,  // 19 digits
		"4222222222222":                        true,  // 13 digits
		"1732190000000003":                     false, // no card begins with 1
		"pay_01J4242424242424242424242Z":       false,
		"tok_ok":                               false,
		"":                                     false,
		"0000000000000000":                     false,
		"pay_01ARZ3NDEKTSV4RRFFQ69G5FAV":       false,
		"42424242-4242-4242-8242-424242424242": false,
		"4012345678901 was ordered":            false,
		"42424242424242424242424":              false, // too long
		"4242424242424242x":                    false,
		"2026-11-21":                           false,
		"a  4242  4242  4242  4242, no card":   false,
	} {
		if got := cardnumber.In(text); got != want {
			t.Errorf("In(%q) = %v, want %v", text, got, want)
		}
	}
}

func TestARefusalDoesNotRepeatTheNumber(t *testing.T) {
	err := cardnumber.Refuse("fine", "4242424242424242")
	if fault.KindOf(err) != fault.Invalid {
		t.Fatalf("Refuse = %v, want it invalid", err)
	}
	if cardnumber.In(err.Error()) {
		t.Errorf("the refusal %q holds the number", err)
	}
	if err := cardnumber.Refuse("fine"); err != nil {
		t.Errorf("Refuse = %v, want nothing", err)
	}
}

func TestACardNumberIsFoundHoweverItIsGrouped(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := withCheckDigit(rapid.StringMatching(`[2-6][0-9]{11,17}`).Draw(t, "digits"))
		separator := rapid.SampledFrom([]string{"", " ", "-", "."}).Draw(t, "separator")
		every := rapid.IntRange(1, 6).Draw(t, "group")
		var grouped strings.Builder
		for i, digit := range number {
			if i > 0 && i%every == 0 {
				grouped.WriteString(separator)
			}
			grouped.WriteRune(digit)
		}
		if text := "say " + grouped.String() + ", please"; !cardnumber.In(text) {
			t.Fatalf("%q holds a card number that was not seen", text)
		}
	})
}

// withCheckDigit appends the digit that makes Luhn's sum a multiple of ten.
func withCheckDigit(digits string) string {
	sum := 0
	for i := range len(digits) {
		n := int(digits[len(digits)-1-i] - '0')
		if i%2 == 0 {
			n = n*2/10 + n*2%10
		}
		sum += n
	}
	return digits + string(rune('0'+(10-sum%10)%10))
}
