package address

import (
	"strings"

	"cartograph/internal/message"
	"cartograph/internal/optional"
)

// Format is what an address form of a country shows.
type Format struct {
	CountryCode string
	Fields      []Field
	// PostalCodePattern is a regular expression that a whole postal code in
	// capitals matches; nil where the country has none.
	PostalCodePattern  *string
	PostalCodeExamples []string
	Regions            []Region
}

// Field is one input of an address form.
type Field struct {
	Name     string // as in Address's JSON: "postalCode"
	Label    string // "ZIP code", "Postleitzahl"
	Required bool
}

// FormatOf is the form of a country, its fields in the order in which its
// labels write them, labelled for readers of the locale; nil for what is no
// country. A phone number belongs to every form.
func FormatOf(code, reader string) *Format {
	country := countries()[code]
	if country == nil {
		return nil
	}
	f := &Format{
		CountryCode: code, PostalCodePattern: optional.Of(country.PostalCode),
		PostalCodeExamples: country.Examples, Regions: country.Regions,
	}
	for _, token := range strings.Split(country.format(reader), "%")[1:] {
		for _, name := range fieldNames[token[:1]] {
			f.Fields = append(f.Fields, Field{name, message.In(reader, country.label(name)), country.needs(name)})
		}
	}
	return f
}

// fieldNames are the fields of a token of the format, in the order of a form.
var fieldNames = map[string][]string{
	"N": {"name"}, "O": {"company"}, "A": {"line1", "line2"}, "C": {"city"}, "S": {"region"}, "Z": {"postalCode"},
}

func (r *rules) needs(field string) bool {
	switch field {
	case "name", "line1":
		return true
	case "city":
		return r.requires("C")
	case "region":
		return r.requires("S")
	case "postalCode":
		return r.requires("Z")
	default:
		return false
	}
}

// label is what the country calls a field.
func (r *rules) label(field string) message.Key {
	kind := map[string]string{"city": r.CityType, "region": r.RegionType, "postalCode": r.CodeType}[field]
	if key, found := countryLabels[kind]; found {
		return key
	}
	return labels[Label(field)]
}

// countryLabels are the fields that some countries call otherwise, by
// libaddressinput's types.
var countryLabels = map[string]message.Key{
	"area": "address.label.area", "county": "address.label.county", "department": "address.label.department",
	"district": "address.label.district", "do_si": "address.label.do_si", "eircode": "address.label.eircode",
	"emirate": "address.label.emirate", "island": "address.label.island", "oblast": "address.label.oblast",
	"parish": "address.label.parish", "pin": "address.label.pin", "post_town": "address.label.post_town",
	"prefecture": "address.label.prefecture", "state": "address.label.state", "suburb": "address.label.suburb",
	"zip": "address.label.zip",
}
