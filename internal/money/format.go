package money

import (
	"context"
	"strings"

	"cartograph/internal/locale"
)

// A convention is how a language writes amounts.
type convention struct {
	group, decimal string
	symbolLast     bool
}

var english = convention{group: ",", decimal: "."}

var conventions = map[string]convention{
	"cs": {"\u00a0", ",", true},
	"da": {".", ",", true},
	"de": {".", ",", true},
	"es": {".", ",", true},
	"fr": {"\u202f", ",", true},
	"it": {".", ",", true},
	"nl": {".", ",", false},
	"no": {"\u00a0", ",", true},
	"pl": {"\u00a0", ",", true},
	"pt": {".", ",", true},
	"sv": {"\u00a0", ",", true},
}

// symbols of currencies that readers know by one; others show their code.
var symbols = map[string]string{
	"AUD": "A$", "CAD": "CA$", "CNY": "CN¥", "EUR": "€", "GBP": "£", "HKD": "HK$", "INR": "₹",
	"JPY": "¥", "KRW": "₩", "MXN": "MX$", "NZD": "NZ$", "USD": "$",
}

// format writes m as a reader of the locale expects: "$1,999.98", "1.999,98 €".
// Without a locale the request's is taken.
func (m Money) format(ctx context.Context, in *string) string {
	reader := locale.From(ctx)
	if in != nil && *in != "" {
		reader = *in
	}
	c, ok := conventions[locale.Language(reader)]
	if !ok {
		c = english
	}
	sign, whole, fraction := m.parts()
	number := grouped(whole, c.group)
	if fraction != "" {
		number += c.decimal + fraction
	}
	symbol, short := symbols[m.Currency]
	switch {
	case c.symbolLast:
		return sign + number + "\u00a0" + orCode(symbol, m.Currency)
	case short && c == english:
		return sign + symbol + number
	default:
		return sign + orCode(symbol, m.Currency) + "\u00a0" + number
	}
}

func orCode(symbol, code string) string {
	if symbol == "" {
		return code
	}
	return symbol
}

func grouped(whole, separator string) string {
	if len(whole) <= 3 {
		return whole
	}
	head := len(whole) % 3
	groups := make([]string, 0, len(whole)/3+1)
	if head > 0 {
		groups = append(groups, whole[:head])
	}
	for i := head; i < len(whole); i += 3 {
		groups = append(groups, whole[i:i+3])
	}
	return strings.Join(groups, separator)
}
