// Package locale carries the reader's language through a request.
package locale

import (
	"context"
	"strings"
)

// Default is the locale of a request that names none.
const Default = "en-US"

type key struct{}

// With returns a context for readers of the BCP 47 locale.
func With(ctx context.Context, locale string) context.Context {
	return context.WithValue(ctx, key{}, locale)
}

// From is the locale of ctx.
func From(ctx context.Context) string {
	if l, ok := ctx.Value(key{}).(string); ok && l != "" {
		return l
	}
	return Default
}

// In is the value that readers of a BCP 47 locale get: that of the locale, or else that
// of its language.
func In[T any](byLocale map[string]T, locale string) (value T, found bool) {
	for _, l := range Preferred(locale) {
		if value, found = byLocale[l]; found {
			return value, true
		}
	}
	return value, false
}

// Preferred are the locales that readers of one accept, the preferred first: "de-AT" and
// "de".
func Preferred(locale string) []string {
	if language := Language(locale); language != locale {
		return []string{locale, language}
	}
	return []string{locale}
}

// Language is the language part of a locale: "de" of "de-AT".
func Language(locale string) string {
	language, _, _ := strings.Cut(locale, "-")
	return strings.ToLower(language)
}
