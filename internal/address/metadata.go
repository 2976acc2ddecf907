package address

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"regexp"
	"strings"
	"sync"
)

//go:generate go run ./generate ${ADDRESS_SOURCES} metadata.json
//go:embed metadata.json
var metadata []byte

// rules is how one country writes addresses, as libaddressinput states it. In
// Format and Require N is the name, O the company, A the street lines, C the
// city, S the region and Z the postal code; "%n" ends a line.
type rules struct {
	Format      string
	LatinFormat string
	Require     string
	PostalCode  string // a regular expression; empty where the country has none
	Examples    []string
	RegionType  string
	CodeType    string
	CityType    string
	Regions     []Region

	postalCode func() *regexp.Regexp
}

// Region is a state, province, prefecture … of a country.
type Region struct {
	Code  string // as labels write it: "OR", "東京都"
	Local string `json:"name"` // in the country's language; empty if it is the code
	Latin string // in Latin script; empty if code or name are
}

// Name is the name in Latin script where there is one, otherwise in the
// country's language.
func (r Region) Name() string { return cmp.Or(r.Latin, r.Local, r.Code) }

// countries has the rules of every ISO 3166-1 country, and of no other.
var countries = sync.OnceValue(func() map[string]*rules {
	all := map[string]*rules{}
	if err := json.Unmarshal(metadata, &all); err != nil {
		panic(err) // the file is compiled in
	}
	for _, r := range all {
		r.postalCode = sync.OnceValue(func() *regexp.Regexp {
			return regexp.MustCompile("^(?:" + r.PostalCode + ")$")
		})
	}
	return all
})

// IsCountry reports whether code is a current ISO 3166-1 alpha-2 code, in
// upper case. Codes that are reserved ("UK"), withdrawn ("DD", "SU") or for
// private use ("XX") are not.
func IsCountry(code string) bool { return countries()[code] != nil }

func (r *rules) has(field string) bool      { return strings.Contains(r.Format, "%"+field) }
func (r *rules) requires(field string) bool { return strings.Contains(r.Require, field) }

// locatedByEither reports whether city or region place an address: in
// countries without postal codes that write a region and do not insist on a
// city (Hong Kong, the Emirates), people name one or the other.
func (r *rules) locatedByEither() bool {
	return r.requires("S") && !r.requires("C") && !r.requires("Z")
}

// region finds a region by its code or one of its names, in any case.
func (r *rules) region(given string) (Region, bool) {
	for _, region := range r.Regions {
		for _, name := range []string{region.Code, region.Local, region.Latin} {
			if name != "" && strings.EqualFold(name, given) {
				return region, true
			}
		}
	}
	return Region{}, false
}
