package user

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"cartograph/internal/fault"
	"cartograph/internal/locale"
	"cartograph/internal/optional"
	"cartograph/subgraphs/user/db"
)

// MaxAddresses is how many addresses a user may have. It keeps a whole address
// book small enough to be read at once.
const MaxAddresses = 50

// Address is one of a user's postal addresses.
type Address struct {
	ID      string
	OwnerID string
	Postal
}

// IsEntity lets the router fetch addresses by their key, and IsNode any client.
func (*Address) IsEntity() {}
func (*Address) IsNode()   {}

// Purpose is what an address is the default for.
type Purpose struct {
	Shipping bool
	Billing  bool
}

// Postal is where a parcel or an invoice goes.
type Postal struct {
	Name        string
	Company     *string
	Line1       string
	Line2       *string
	City        string
	Region      *string // state, province, prefecture
	PostalCode  string  // empty where the country has none
	CountryCode string  // ISO 3166-1 alpha-2
	Phone       *string
}

// checked returns the address normalised, or all of its errors.
func (p Postal) checked(path ...string) (Postal, error) {
	var c checks
	at := func(field string) []string { return append(slices.Clip(path), field) }
	p.Name = c.line(p.Name, "name", 1, 100, at("name")...)
	p.Company = c.optionalLine(p.Company, "company", 100, at("company")...)
	p.Line1 = c.line(p.Line1, "line1", 1, 150, at("line1")...)
	p.Line2 = c.optionalLine(p.Line2, "line2", 150, at("line2")...)
	p.City = c.line(p.City, "city", 1, 100, at("city")...)
	p.Region = c.optionalLine(p.Region, "region", 100, at("region")...)
	p.PostalCode = strings.ToUpper(c.line(p.PostalCode, "postalCode", 0, 12, at("postalCode")...))
	p.Phone = c.optionalLine(p.Phone, "phone", 30, at("phone")...)
	if p.Phone != nil {
		c.add(checkPhone(*p.Phone), at("phone")...)
	}
	region, err := language.ParseRegion(p.CountryCode)
	if err != nil || !region.IsCountry() || region.Canonicalize().String() != p.CountryCode {
		c.add(fault.New(fault.Invalid, "Unknown country %q.", p.CountryCode), at("countryCode")...)
		return p, c.err()
	}
	if p.Region == nil && rulesOf(p.CountryCode).region {
		c.add(fault.New(fault.Invalid, "A state or province is required in this country."), at("region")...)
	}
	c.add(p.checkPostalCode(), at("postalCode")...)
	return p, c.err()
}

func (p Postal) checkPostalCode() *fault.Error {
	rules := rulesOf(p.CountryCode)
	switch {
	case p.PostalCode == "" && rules.noCode:
		return nil
	case p.PostalCode == "":
		return fault.New(fault.Invalid, "A postal code is required in this country.")
	case !codeForm.MatchString(p.PostalCode), rules.code != nil && !rules.code.MatchString(p.PostalCode):
		return fault.New(fault.Invalid, "Invalid postal code %q for this country.", p.PostalCode)
	default:
		return nil
	}
}

var codeForm = regexp.MustCompile(`^[A-Z0-9]([A-Z0-9 -]*[A-Z0-9])?$`)

// countryRules is how a country writes addresses.
type countryRules struct {
	code   *regexp.Regexp // of postal codes; nil: not checked
	noCode bool           // the postal code is optional
	region bool           // a state or province is required
	layout string         // of the lines with city, region and code; see cityLines
}

// The layouts of the lines below the street.
const (
	codeCity       = ""             // "10437 Berlin"
	cityRegionCode = "city, region" // "Portland, OR 97205"
	cityRegion     = "city region"  // "Sydney NSW 2000"
	cityThenCode   = "city/code"    // "London", "SW1A 1AA"
)

var (
	fiveDigits = regexp.MustCompile(`^\d{5}$`)
	fourDigits = regexp.MustCompile(`^\d{4}$`)

	countries = map[string]countryRules{
		"AE": {noCode: true}, "AO": {noCode: true}, "BS": {noCode: true}, "BW": {noCode: true}, "BZ": {noCode: true},
		"CI": {noCode: true}, "CM": {noCode: true}, "FJ": {noCode: true}, "GH": {noCode: true}, "GM": {noCode: true},
		"HK": {noCode: true}, "JM": {noCode: true}, "ML": {noCode: true}, "MO": {noCode: true}, "MW": {noCode: true},
		"PA": {noCode: true}, "QA": {noCode: true}, "RW": {noCode: true}, "SC": {noCode: true}, "SL": {noCode: true},
		"TG": {noCode: true}, "TT": {noCode: true}, "UG": {noCode: true}, "YE": {noCode: true}, "ZW": {noCode: true},

		"AT": {code: fourDigits}, "BE": {code: fourDigits}, "CH": {code: fourDigits}, "DK": {code: fourDigits},
		"NO": {code: fourDigits}, "DE": {code: fiveDigits}, "ES": {code: fiveDigits}, "FI": {code: fiveDigits},
		"FR": {code: fiveDigits}, "IT": {code: fiveDigits},
		"NL": {code: regexp.MustCompile(`^\d{4} ?[A-Z]{2}$`)},
		"PL": {code: regexp.MustCompile(`^\d{2}-\d{3}$`)},
		"SE": {code: regexp.MustCompile(`^\d{3} ?\d{2}$`)},

		"US": {code: regexp.MustCompile(`^\d{5}(-\d{4})?$`), region: true, layout: cityRegionCode},
		"CA": {code: regexp.MustCompile(`^[A-Z]\d[A-Z] ?\d[A-Z]\d$`), region: true, layout: cityRegion},
		"AU": {code: fourDigits, region: true, layout: cityRegion},
		"JP": {code: regexp.MustCompile(`^\d{3}-?\d{4}$`), region: true, layout: cityRegionCode},
		"GB": {code: regexp.MustCompile(`^[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}$`), layout: cityThenCode},
		"IE": {noCode: true, layout: cityThenCode},
		"NZ": {code: fourDigits, layout: cityRegion},
	}
)

func rulesOf(country string) countryRules { return countries[country] }

// Formatted are the lines of a label as the country writes them. The country
// itself is named in the reader's language.
func (p Postal) Formatted(ctx context.Context) []string {
	lines := []string{p.Name, optional.Value(p.Company), p.Line1, optional.Value(p.Line2)}
	lines = append(lines, p.cityLines()...)
	lines = append(lines, countryName(p.CountryCode, locale.From(ctx)))
	kept := lines[:0]
	for _, line := range lines {
		if line = strings.TrimSpace(line); line != "" {
			kept = append(kept, line)
		}
	}
	return kept
}

func (p Postal) cityLines() []string {
	switch rulesOf(p.CountryCode).layout {
	case cityRegionCode:
		return []string{fmt.Sprintf("%s, %s %s", p.City, optional.Value(p.Region), p.PostalCode)}
	case cityRegion:
		return []string{strings.Join(strings.Fields(p.City+" "+optional.Value(p.Region)+" "+p.PostalCode), " ")}
	case cityThenCode:
		return []string{p.City, optional.Value(p.Region), p.PostalCode}
	default:
		return []string{p.PostalCode + " " + p.City, optional.Value(p.Region)}
	}
}

func countryName(country, reader string) string {
	region, err := language.ParseRegion(country)
	if err != nil {
		return country
	}
	tag, err := language.Parse(reader)
	if err != nil {
		tag = language.AmericanEnglish
	}
	names := display.Regions(tag)
	if names == nil {
		names = display.Regions(language.AmericanEnglish)
	}
	return names.Name(region)
}

func addressOf(r db.Address) *Address {
	return &Address{ID: r.ID, OwnerID: r.UserID, Postal: Postal{
		Name: r.Name, Company: r.Company, Line1: r.Line1, Line2: r.Line2, City: r.City, Region: r.Region,
		PostalCode: r.PostalCode, CountryCode: r.CountryCode, Phone: r.Phone,
	}}
}
