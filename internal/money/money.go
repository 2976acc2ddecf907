// Package money does exact arithmetic on amounts of one currency.
//
// Amounts are whole minor units. Only Portion rounds; Split hands out every
// minor unit, so parts of an amount always add up to it.
package money

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"cartograph/internal/fault"
	"cartograph/internal/message"
)

// Money is an amount in a currency's minor unit: {1999, "USD"} is $19.99.
type Money struct {
	Minor    int64
	Currency string // ISO 4217
}

// Zero is nothing of a currency.
func Zero(currency string) Money { return Money{Currency: currency} }

// Add returns m+o. It panics if the currencies differ: mixing them is a bug,
// never a customer's input.
func (m Money) Add(o Money) Money {
	m.mustMatch(o)
	return Money{m.Minor + o.Minor, m.Currency}
}

// Sub returns m-o. It panics if the currencies differ.
func (m Money) Sub(o Money) Money {
	m.mustMatch(o)
	return Money{m.Minor - o.Minor, m.Currency}
}

func (m Money) mustMatch(o Money) {
	if m.Currency != o.Currency {
		panic("money: " + m.Currency + " meets " + o.Currency)
	}
}

// Times returns m taken n times.
func (m Money) Times(n int) Money { return Money{m.Minor * int64(n), m.Currency} }

// Portion is m × basisPoints / 10,000, half a minor unit rounded away from
// zero: Portion(1900) of €1.00 is €0.19. Rounding is symmetric, so that a
// refund of an amount has exactly the tax of the sale. Portions of lines may
// differ from the portion of their sum by half a minor unit a line: callers
// round either each line or the sum, never both. m × basisPoints must fit an
// int64: at 10,000 basis points that is 9.2 × 10¹⁴ minor units.
func (m Money) Portion(basisPoints int64) Money {
	product := m.Minor * basisPoints
	half := int64(5_000)
	if product < 0 {
		half = -half
	}
	return Money{(product + half) / 10_000, m.Currency}
}

// Split divides m into n ≥ 1 parts that add up to m exactly and differ by at
// most one minor unit, those of larger magnitude first. The order is fixed, so
// that splitting the same amount again gives each part the same share.
func (m Money) Split(n int) []Money {
	parts := make([]Money, n)
	each, rest := m.Minor/int64(n), m.Minor%int64(n) // Go truncates toward zero: rest has m's sign
	step := int64(1)
	if rest < 0 {
		step, rest = -1, -rest
	}
	for i := range parts {
		parts[i] = Money{each, m.Currency}
		if int64(i) < rest {
			parts[i].Minor += step
		}
	}
	return parts
}

// digits is how many decimals a currency has. A currency that is not listed
// is not accepted anywhere.
var digits = map[string]int{
	"AUD": 2, "BHD": 3, "CAD": 2, "CHF": 2, "CNY": 2, "CZK": 2, "DKK": 2, "EUR": 2, "GBP": 2, "HKD": 2,
	"INR": 2, "JPY": 0, "KRW": 0, "KWD": 3, "MXN": 2, "NOK": 2, "NZD": 2, "PLN": 2, "SEK": 2, "SGD": 2, "USD": 2,
}

// Known reports whether currency is one that we can count in.
func Known(currency string) bool {
	_, ok := digits[currency]
	return ok
}

// Digits is the number of decimals of a known currency.
func Digits(currency string) int { return digits[currency] }

// Amount is the decimal string of m: "19.99".
func (m Money) Amount() string {
	sign, whole, fraction := m.parts()
	if fraction == "" {
		return sign + whole
	}
	return sign + whole + "." + fraction
}

func (m Money) parts() (sign, whole, fraction string) {
	minor := m.Minor
	if minor < 0 {
		sign, minor = "-", -minor
	}
	d := digits[m.Currency]
	s := strconv.FormatInt(minor, 10)
	if missing := d + 1 - len(s); missing > 0 {
		s = strings.Repeat("0", missing) + s
	}
	return sign, s[:len(s)-d], s[len(s)-d:]
}

// Parse reads a decimal amount. More decimals than the currency has, an
// unknown currency and anything that is not a plain number are Invalid.
func Parse(amount, currency string) (Money, error) {
	d, ok := digits[currency]
	if !ok {
		return Money{}, fault.Localized(fault.Invalid, "common.unknown_currency", message.Args{"value": currency})
	}
	invalid := func() (Money, error) {
		return Money{}, fault.Localized(fault.Invalid, "common.malformed_amount", message.Args{"value": amount, "currency": currency})
	}
	unsigned, negative := strings.CutPrefix(amount, "-")
	whole, fraction, _ := strings.Cut(unsigned, ".")
	if len(fraction) > d || whole == "" || !allDigits(whole) || !allDigits(fraction) {
		return invalid()
	}
	minor, err := strconv.ParseInt(whole+fraction+strings.Repeat("0", d-len(fraction)), 10, 64)
	if err != nil || minor == math.MaxInt64 {
		return invalid()
	}
	if negative {
		minor = -minor
	}
	return Money{minor, currency}, nil
}

func allDigits(s string) bool {
	return strings.Trim(s, "0123456789") == ""
}

func (m Money) String() string { return fmt.Sprintf("%s %s", m.Amount(), m.Currency) }

// MinorUnits and CurrencyCode are the graph's names for the fields.
func (m Money) MinorUnits() int64    { return m.Minor }
func (m Money) CurrencyCode() string { return m.Currency }
