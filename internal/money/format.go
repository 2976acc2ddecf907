package money

import (
	"context"

	"github.com/bojanz/currency"
	"github.com/hashicorp/golang-lru/v2"

	requestlocale "cartograph/internal/locale"
)

// formatters holds one per locale in recent use. Clients choose
// the locale, so there is a bound.
var formatters, _ = lru.New[string, *currency.Formatter](512) // only a size below one is an error

// Formatted is the amount as readers of a BCP 47 locale write it, by CLDR:
// "$1,999.98", "1.999,98 €", "₹ 1,99,999.00". Without a locale it is the
// request's. A locale that CLDR does not have falls back to its language and
// then to English.
//
// gqlgen binds Money.formatted to it by the name of the parameter, and otherwise
// generates a resolver that panics.
func (m Money) Formatted(ctx context.Context, locale *string) string {
	if locale == nil || *locale == "" {
		return m.InLocale(requestlocale.From(ctx))
	}
	return m.InLocale(*locale)
}

// InLocale is Formatted for readers of a locale; it implements
// message.Localizer.
func (m Money) InLocale(reader string) string {
	amount, err := currency.NewAmount(m.Amount(), m.Currency)
	if err != nil {
		return m.String() // no currency of CLDR; rows cannot hold one
	}
	return formatter(reader).Format(amount)
}

func formatter(reader string) *currency.Formatter {
	if known, found := formatters.Get(reader); found {
		return known
	}
	f := currency.NewFormatter(currency.NewLocale(reader))
	formatters.Add(reader, f)
	return f
}
