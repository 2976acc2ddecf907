package address

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"cartograph/internal/locale"
	"cartograph/internal/message"
	"cartograph/internal/optional"
)

// Formatted is the address by lines, as its country's labels write it; the last
// line is the country's name in the language of ctx.
func (a Address) Formatted(ctx context.Context) []string {
	reader := locale.From(ctx)
	country := countries()[a.CountryCode]
	if country == nil {
		country = &rules{Format: "%N%n%O%n%A%n%C%n%S%n%Z"}
	}
	var lines []string
	for line := range strings.SplitSeq(country.format(reader), "%n") {
		lines = append(lines, a.line(line)...)
	}
	if !country.has("C") && a.City != "" && !slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, a.City) }) {
		lines = append(lines, a.City) // given where labels write none: nothing may be lost
	}
	return append(lines, CountryName(a.CountryCode, reader))
}

// format is the country's own order for readers of its language, and the one
// for Latin script for others.
func (r *rules) format(reader string) string {
	if r.LatinFormat != "" && !slices.Contains([]string{"ja", "zh", "ko", "th", "ar"}, baseLanguage(reader)) {
		return r.LatinFormat
	}
	return r.Format
}

// line fills one line of a format in. Separators around empty fields go.
func (a Address) line(format string) []string {
	if format == "%A" {
		return nonEmpty(a.Line1, optional.Value(a.Line2))
	}
	filled := strings.NewReplacer(
		"%N", a.Name, "%O", optional.Value(a.Company), "%A", strings.Join(nonEmpty(a.Line1, optional.Value(a.Line2)), ", "),
		"%D", "", "%C", a.City, "%S", optional.Value(a.Region), "%Z", a.PostalCode, "%X", "",
	).Replace(format)
	filled = strings.Join(strings.Fields(filled), " ")
	return nonEmpty(strings.Trim(strings.ReplaceAll(filled, " ,", ","), " ,-〒"))
}

// CountryName is what readers of a locale call a country.
func CountryName(code, reader string) string {
	region, err := language.ParseRegion(code)
	if err != nil {
		return code
	}
	tag, err := language.Parse(reader)
	names := display.Regions(tag)
	if err != nil || names == nil {
		names = display.Regions(language.AmericanEnglish)
	}
	return names.Name(region)
}

func baseLanguage(reader string) string {
	tag, err := language.Parse(reader)
	if err != nil {
		return ""
	}
	base, _ := tag.Base()
	return base.String()
}

// Label names a field of Address for readers: "Postal code", "Postleitzahl".
type Label string

// labels of fields whose name does not depend on the country.
var labels = map[Label]message.Key{
	"name": "address.label.name", "company": "address.label.company", "line1": "address.label.line1",
	"line2": "address.label.line2", "city": "address.label.city", "region": "address.label.region",
	"postalCode": "address.label.postal_code", "countryCode": "address.label.country", "phone": "address.label.phone",
}

// InLocale implements message.Localizer.
func (l Label) InLocale(reader string) string { return message.In(reader, labels[l]) }

func nonEmpty(values ...string) []string {
	return slices.DeleteFunc(values, func(v string) bool { return v == "" })
}
