package address

import (
	"context"
	"maps"
	"slices"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"

	"cartograph/internal/locale"
)

// Country is a choice of an address form.
type Country struct {
	Code string // ISO 3166-1 alpha-2
	Name string // in the reader's language
}

// Countries lists all countries in the alphabet of the readers of a locale.
func Countries(reader string) []*Country {
	var all []*Country
	for _, code := range slices.Sorted(maps.Keys(countries())) {
		all = append(all, &Country{code, CountryName(code, reader)})
	}
	alphabet := collate.New(language.Make(reader)) // a collator has buffers and is used by one caller
	slices.SortFunc(all, func(a, b *Country) int { return alphabet.CompareString(a.Name, b.Name) })
	return all
}

// AddressFormat is the form of an address in the country.
func (c Country) AddressFormat(ctx context.Context) *Format {
	return FormatOf(c.Code, locale.From(ctx))
}
