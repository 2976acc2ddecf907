package stripe

import (
	"fmt"
	"slices"
	"strings"

	"cartograph/internal/money"
	"cartograph/subgraphs/payment/gateway"
)

// Stripe counts some currencies in other units than ISO 4217 does.
var (
	// zeroDecimal are the currencies that Stripe counts in whole units.
	zeroDecimal = []string{"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"}
	// threeDecimal are those that it counts in thousandths, of which cards take
	// hundredths only.
	threeDecimal = []string{"BHD", "JOD", "KWD", "OMR", "TND"}
)

// digits is the number of decimals in which Stripe counts a currency: two, also for
// those without decimals that are in neither list, as ISK and UGX.
func digits(currency string) int {
	switch {
	case slices.Contains(zeroDecimal, currency):
		return 0
	case slices.Contains(threeDecimal, currency):
		return 3
	default:
		return 2
	}
}

// toStripe converts an amount. One that Stripe cannot take exactly is refused: a
// rounded amount would not be the one that the customer agreed to.
func toStripe(m money.Money) (amount int64, currency string, err error) {
	amount = m.Minor
	theirs, ours := digits(m.Currency), money.Digits(m.Currency)
	for range theirs - ours {
		amount *= 10
	}
	exact := true
	for range ours - theirs {
		exact = exact && amount%10 == 0
		amount /= 10
	}
	if theirs == 3 && amount%10 != 0 || !exact {
		return 0, "", &gateway.RefusedError{Code: gateway.RefusedAmount, Message: fmt.Sprintf("Stripe cannot take %s.", m)}
	}
	return amount, strings.ToLower(m.Currency), nil
}

// fromStripe converts an amount back. One that this system cannot have is an answer
// that makes no sense.
func fromStripe(amount int64, currency string) (money.Money, error) {
	m := money.Money{Minor: amount, Currency: strings.ToUpper(currency)}
	if !money.Known(m.Currency) {
		return m, fmt.Errorf("%w: unknown currency %q", gateway.ErrUnknown, currency)
	}
	theirs, ours := digits(m.Currency), money.Digits(m.Currency)
	for range ours - theirs {
		m.Minor *= 10
	}
	for range theirs - ours {
		if m.Minor%10 != 0 {
			return m, fmt.Errorf("%w: %d %s is no amount", gateway.ErrUnknown, amount, currency)
		}
		m.Minor /= 10
	}
	return m, nil
}
