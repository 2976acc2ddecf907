package order

import (
	"net/mail"
	"strings"
	"unicode"

	"golang.org/x/text/language"

	"cartograph/internal/fault"
	"cartograph/internal/optional"
)

// Address is a postal address as the customer entered it.
type Address struct {
	Name        string  `json:"name"`
	Company     *string `json:"company,omitempty"`
	Line1       string  `json:"line1"`
	Line2       *string `json:"line2,omitempty"`
	City        string  `json:"city"`
	Region      *string `json:"region,omitempty"`
	PostalCode  string  `json:"postalCode"`
	CountryCode string  `json:"countryCode"`
	Phone       *string `json:"phone,omitempty"`
}

const (
	maxText  = 200 // of an address's fields
	maxCode  = 20  // of a postal code, and of a phone number twice that
	maxEmail = 254
	maxNote  = 500
)

// check trims the address and rejects what a carrier cannot print on a label.
// path is where the address is in the mutation's input.
func (a *Address) check(path ...string) error {
	required := []struct {
		field string
		value *string
		limit int
	}{{"name", &a.Name, maxText}, {"line1", &a.Line1, maxText}, {"city", &a.City, maxText}, {"postalCode", &a.PostalCode, maxCode}}
	for _, r := range required {
		*r.value = strings.TrimSpace(*r.value)
		if *r.value == "" {
			return fault.New(fault.Invalid, "%s is required.", r.field).At(append(path, r.field)...)
		}
		if !printable(*r.value, r.limit) {
			return fault.New(fault.Invalid, "%s may have at most %d printable characters.", r.field, r.limit).At(append(path, r.field)...)
		}
	}
	for field, value := range map[string]**string{"company": &a.Company, "line2": &a.Line2, "region": &a.Region, "phone": &a.Phone} {
		*value = optional.Of(strings.TrimSpace(optional.Value(*value)))
		if !printable(optional.Value(*value), maxText) {
			return fault.New(fault.Invalid, "%s may have at most %d printable characters.", field, maxText).At(append(path, field)...)
		}
	}
	if !isCountry(a.CountryCode) {
		return fault.New(fault.Invalid, "%q is not a country code.", a.CountryCode).At(append(path, "countryCode")...)
	}
	return nil
}

func isCountry(code string) bool {
	region, err := language.ParseRegion(code)
	return err == nil && region.IsCountry() && region.String() == code
}

// printable reports whether s has at most limit characters and fits on one line:
// control characters could forge lines of a label, a mail or a log.
func printable(s string, limit int) bool {
	n := 0
	for _, r := range s {
		if n++; n > limit || unicode.IsControl(r) || r == unicode.ReplacementChar {
			return false
		}
	}
	return true
}

// Formatted is the address by lines, in the usage of its country.
func (a Address) Formatted() []string {
	town := a.PostalCode + " " + a.City
	switch a.CountryCode {
	case "US", "CA", "AU":
		town = strings.Join(nonEmpty(a.City+",", optional.Value(a.Region), a.PostalCode), " ")
	case "GB", "IE":
		town = a.City + " " + a.PostalCode
	}
	region := optional.Value(a.Region)
	if strings.Contains(town, region) {
		region = ""
	}
	return nonEmpty(a.Name, optional.Value(a.Company), a.Line1, optional.Value(a.Line2), town, region, a.CountryCode)
}

func nonEmpty(parts ...string) []string {
	out := make([]string, 0, len(parts))
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return out
}

// checkEmail trims an e-mail address and rejects display names, hosts without a
// domain and anything that could add a header to a mail.
func checkEmail(email string) (string, error) {
	email = strings.TrimSpace(email)
	parsed, err := mail.ParseAddress(email)
	_, domain, _ := strings.Cut(email, "@")
	if err != nil || parsed.Address != email || len(email) > maxEmail || !strings.Contains(domain, ".") || !printable(email, maxEmail) {
		return "", fault.New(fault.Invalid, "The e-mail address is invalid.").At("input", "email")
	}
	return email, nil
}
