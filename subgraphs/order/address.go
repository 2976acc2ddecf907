package order

import (
	"net/mail"
	"strings"
	"unicode"

	"golang.org/x/text/language"

	"cartograph/internal/fault"
)

// Address is a postal address as it was given.
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

// check tidies the address and refuses what no carrier could deliver to. path
// leads to it in the mutation's input.
func (a *Address) check(path ...string) error {
	required := []struct {
		field string
		value *string
		limit int
	}{{"name", &a.Name, maxText}, {"line1", &a.Line1, maxText}, {"city", &a.City, maxText}, {"postalCode", &a.PostalCode, maxCode}}
	for _, r := range required {
		*r.value = strings.TrimSpace(*r.value)
		if *r.value == "" {
			return fault.New(fault.Invalid, "Please fill in %s.", r.field).At(append(path, r.field)...)
		}
		if !plain(*r.value, r.limit) {
			return fault.New(fault.Invalid, "%s may have at most %d printable characters.", r.field, r.limit).At(append(path, r.field)...)
		}
	}
	for field, value := range map[string]**string{"company": &a.Company, "line2": &a.Line2, "region": &a.Region, "phone": &a.Phone} {
		*value = optional(strings.TrimSpace(deref(*value)))
		if !plain(deref(*value), maxText) {
			return fault.New(fault.Invalid, "%s may have at most %d printable characters.", field, maxText).At(append(path, field)...)
		}
	}
	if !isCountry(a.CountryCode) {
		return fault.New(fault.Invalid, "%q is not a country.", a.CountryCode).At(append(path, "countryCode")...)
	}
	return nil
}

func isCountry(code string) bool {
	region, err := language.ParseRegion(code)
	return err == nil && region.IsCountry() && region.String() == code
}

// plain reports whether s can be printed on one line of a label.
func plain(s string, limit int) bool {
	n := 0
	for _, r := range s {
		if n++; n > limit || unicode.IsControl(r) || r == unicode.ReplacementChar {
			return false
		}
	}
	return true
}

// Formatted is the address line by line, as on a label.
func (a Address) Formatted() []string {
	town := a.PostalCode + " " + a.City
	switch a.CountryCode {
	case "US", "CA", "AU":
		town = strings.Join(fields(a.City+",", deref(a.Region), a.PostalCode), " ")
	case "GB", "IE":
		town = a.City + " " + a.PostalCode
	}
	region := deref(a.Region)
	if strings.Contains(town, region) {
		region = ""
	}
	return fields(a.Name, deref(a.Company), a.Line1, deref(a.Line2), town, region, a.CountryCode)
}

func fields(parts ...string) []string {
	out := make([]string, 0, len(parts))
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return out
}

// checkEmail tidies an e-mail address and refuses what is none.
func checkEmail(email string) (string, error) {
	email = strings.TrimSpace(email)
	parsed, err := mail.ParseAddress(email)
	_, domain, _ := strings.Cut(email, "@")
	if err != nil || parsed.Address != email || len(email) > maxEmail || !strings.Contains(domain, ".") || !plain(email, maxEmail) {
		return "", fault.New(fault.Invalid, "This is not an e-mail address.").At("input", "email")
	}
	return email, nil
}
