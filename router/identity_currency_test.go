package router_test

import (
	"log/slog"
	"testing"

	"cartograph/router"
)

func TestACallersCurrencyIsOneThatTheShopSellsIn(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		sold             []string
		header           string
		currency, unsold string
	}{
		"sold":                       {[]string{"USD", "EUR"}, "eur", "EUR", ""},
		"not sold":                   {[]string{"USD", "EUR"}, "CHF", "USD", "CHF"},
		"none requested":             {[]string{"USD", "EUR"}, "", "USD", ""},
		"none requested, no dollars": {[]string{"EUR"}, "", "EUR", ""},
		"any is sold":                {nil, "CHF", "CHF", ""},
	} {
		identity, err := router.NewIdentity(router.IdentityOptions{Currencies: tt.sold}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		got, err := identity.Identify(t.Context(), requestWith("X-Currency", tt.header))
		if err != nil {
			t.Fatal(err)
		}
		if got.Currency != tt.currency || got.Unsold != tt.unsold {
			t.Errorf("%s: currency %q, unsold %q, want %q and %q", name, got.Currency, got.Unsold, tt.currency, tt.unsold)
		}
	}
}
