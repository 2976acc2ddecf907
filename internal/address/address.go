// Package address is the one rule book for postal addresses: which countries
// there are, which fields each of them needs, what its postal codes look like
// and how its labels are written. Profiles, checkouts, shipping and tax all
// judge by it, so that an address that one of them accepts is good for all.
//
// The rules of each country are data that Google maintains for
// libaddressinput; see generate.
package address

import (
	"strings"

	"golang.org/x/text/unicode/norm"

	"cartograph/internal/fault"
	"cartograph/internal/message"
)

// Address is where a parcel or an invoice goes. Optional fields are nil, never
// empty, once it is checked.
type Address struct {
	Name        string  `json:"name"`
	Company     *string `json:"company,omitempty"`
	Line1       string  `json:"line1"`
	Line2       *string `json:"line2,omitempty"`
	City        string  `json:"city"` // empty where the country writes none
	Region      *string `json:"region,omitempty"`
	PostalCode  string  `json:"postalCode"`  // empty where the country has none
	CountryCode string  `json:"countryCode"` // ISO 3166-1 alpha-2
	Phone       *string `json:"phone,omitempty"`
}

// Limits of the fields, in characters: what carriers print and databases
// index, not what some alphabet needs in bytes.
const (
	maxName = 100
	maxLine = 150
	maxCode = 12
)

// Check returns the address as labels write it, or every fault in it. path
// leads to the address in the mutation's input.
func (a Address) Check(path ...string) (Address, []*fault.Error) {
	c := checker{path: path}
	a.Name = c.text("name", a.Name, maxName)
	a.Company = c.optional("company", a.Company, maxName)
	a.Line1 = c.text("line1", a.Line1, maxLine)
	a.Line2 = c.optional("line2", a.Line2, maxLine)
	a.City = c.text("city", a.City, maxName)
	a.Region = c.optional("region", a.Region, maxName)
	a.PostalCode = c.text("postalCode", postalCodeForm(a.PostalCode), maxCode)
	a.Phone = c.phone(a.Phone, a.CountryCode)
	c.require("name", a.Name)
	c.require("line1", a.Line1)

	country := countries()[a.CountryCode]
	if country == nil {
		c.refuse("countryCode", "address.unknown_country", message.Args{"country": a.CountryCode})
		return a, c.faults
	}
	a.checkCity(&c, country)
	a.checkRegion(&c, country)
	a.checkPostalCode(&c, country)
	return a, c.faults
}

// PostalCode is a postal code of a country as labels write it, or why it is none. Unlike
// in an address, it may be empty.
func PostalCode(code, country string, path ...string) (string, *fault.Error) {
	c := checker{path: path[:len(path)-1]}
	a := Address{CountryCode: country, PostalCode: c.text(path[len(path)-1], postalCodeForm(code), maxCode)}
	if rules := countries()[country]; rules != nil && a.PostalCode != "" {
		a.checkPostalCode(&c, rules)
	}
	if len(c.faults) > 0 {
		return "", c.faults[0]
	}
	return a.PostalCode, nil
}

func (a *Address) checkCity(c *checker, country *rules) {
	if country.requires("C") || (country.locatedByEither() && a.Region == nil) {
		c.require("city", a.City)
	}
}

// The three countries whose states the shop's taxes and every carrier go by:
// there, a region that the postal service does not list is a mistake. Elsewhere
// people also write regions that labels do not use, and they are kept.
var closedRegions = map[string]bool{"US": true, "CA": true, "AU": true}

func (a *Address) checkRegion(c *checker, country *rules) {
	if a.Region == nil {
		if known, found := country.region(a.City); found && country.locatedByEither() {
			a.Region = &known.Code
		} else if country.requires("S") && !country.locatedByEither() {
			c.refuse("region", "address.region_required", nil)
		}
		return
	}
	known, found := country.region(*a.Region)
	switch {
	case found:
		a.Region = &known.Code
	case closedRegions[a.CountryCode]:
		c.refuse("region", "address.unknown_region", message.Args{"region": *a.Region})
	}
}

func (a *Address) checkPostalCode(c *checker, country *rules) {
	switch {
	case a.PostalCode == "" && country.requires("Z"):
		c.refuse("postalCode", "address.postal_code_required", nil)
	case a.PostalCode == "" || country.PostalCode == "":
		// Nothing to compare with. A code where the country has none is kept:
		// some forms of other shops make people enter one.
	case !country.postalCode().MatchString(a.PostalCode):
		args := message.Args{"postalCode": a.PostalCode, "example": country.example()}
		c.refuse("postalCode", "address.malformed_postal_code", args)
	}
}

// postalCodeForm is the code in capitals and plain digits: Japanese keyboards
// type full-width ones, and many people the postal mark.
func postalCodeForm(code string) string {
	return strings.ToUpper(strings.TrimPrefix(norm.NFKC.String(strings.TrimSpace(code)), "〒"))
}

func (r *rules) example() string {
	if len(r.Examples) == 0 {
		return ""
	}
	return r.Examples[0]
}
