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

// Language is the language part of a locale: "de" of "de-AT".
func Language(locale string) string {
	language, _, _ := strings.Cut(locale, "-")
	return strings.ToLower(language)
}
