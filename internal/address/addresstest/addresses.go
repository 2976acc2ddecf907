// Package addresstest has addresses that the saved addresses of an account and
// checkouts must judge alike.
package addresstest

import (
	"strings"

	"cartograph/internal/address"
	"cartograph/internal/optional"
)

// Case is an address as a customer enters it.
type Case struct {
	Name     string
	Given    address.Address
	Accepted bool
}

// Cases lists accepted and refused addresses of many countries.
func Cases() []Case {
	of := func(country, line1, city, region, code string) address.Address {
		return address.Address{Name: "Ada Byron", Line1: line1, City: city, Region: optional.Of(region), PostalCode: code, CountryCode: country}
	}
	with := func(a address.Address, change func(*address.Address)) address.Address {
		change(&a)
		return a
	}
	berlin := of("DE", "Chausseestr. 8", "Berlin", "", "10115")
	yes, no := true, false
	return []Case{
		{"Germany", berlin, yes},
		{"United States", of("US", "1840 Alder Crossing", "Portland", "OR", "97205"), yes},
		{"United States, the state's name", of("US", "1840 Alder Crossing", "Portland", "Oregon", "97205-1234"), yes},
		{"United States without a state", of("US", "1840 Alder Crossing", "Portland", "", "97205"), no},
		{"United States, no such state", of("US", "1840 Alder Crossing", "Portland", "ZZ", "97205"), no},
		{"United States, a German code", of("US", "1840 Alder Crossing", "Portland", "OR", "1011"), no},
		{"Canada", of("CA", "55 Bloor St", "Toronto", "ON", "M4W 1A5"), yes},
		{"Canada, lower case", of("CA", "55 Bloor St", "Toronto", "on", "m4w 1a5"), yes},
		{"Canada without a code", of("CA", "55 Bloor St", "Toronto", "ON", ""), no},
		{"Great Britain", of("GB", "10 Downing St", "London", "", "SW1A 2AA"), yes},
		{"Great Britain, malformed code", of("GB", "10 Downing St", "London", "", "12345"), no},
		{"UK is reserved", of("UK", "10 Downing St", "London", "", "SW1A 2AA"), no},
		{"DD is withdrawn", of("DD", "Chausseestr. 8", "Berlin", "", "10115"), no},
		{"FX is withdrawn", of("FX", "1 Rue de Rivoli", "Paris", "", "75001"), no},
		{"SU is withdrawn", of("SU", "Arbat 1", "Moskva", "", "119019"), no},
		{"XX is for private use", of("XX", "1", "City", "", ""), no},
		{"a country in lower case", of("de", "Chausseestr. 8", "Berlin", "", "10115"), no},
		{"no country", of("", "Chausseestr. 8", "Berlin", "", "10115"), no},
		{"Hong Kong has no codes", of("HK", "1 Queen's Road", "", "Hong Kong Island", ""), yes},
		{"the Emirates have no codes", of("AE", "Sheikh Zayed Road 1", "", "Dubai", ""), yes},
		{"Qatar has no codes", of("QA", "Al Corniche St 1", "Doha", "", ""), yes},
		{"Ireland", of("IE", "1 Grafton Street", "Dublin", "", "D02 VF65"), yes},
		{"Ireland without an Eircode", of("IE", "1 Grafton Street", "Dublin", "", ""), yes},
		{"Japan", of("JP", "1-1 Chiyoda", "Chiyoda-ku", "Tokyo", "100-8111"), yes},
		{"Japan without a prefecture", of("JP", "1-1 Chiyoda", "Chiyoda-ku", "", "100-8111"), no},
		{"Singapore", of("SG", "1 Raffles Place", "", "", "048616"), yes},
		{"Switzerland", of("CH", "Bahnhofstrasse 1", "Zürich", "", "8001"), yes},
		{"Switzerland, a code of five digits", of("CH", "Bahnhofstrasse 1", "Zürich", "", "80010"), no},
		{"Austria", of("AT", "Herrengasse 1", "Graz", "", "8010"), yes},
		{"France", of("FR", "1 Rue de Rivoli", "Paris", "", "75001"), yes},
		{"Brazil", of("BR", "Av. Paulista 1", "São Paulo", "SP", "01310-100"), yes},
		{"India", of("IN", "1 MG Road", "Bengaluru", "Karnataka", "560001"), yes},
		{"Panama has no codes", of("PA", "Calle 50", "Panamá", "", ""), yes},
		{"no name", with(berlin, func(a *address.Address) { a.Name = " " }), no},
		{"a name of invisible characters", with(berlin, func(a *address.Address) { a.Name = "\u200b\u2060" }), no},
		{"a name with bidi controls", with(berlin, func(a *address.Address) { a.Name = "Ada\u202eorE" }), no},
		{"a line separator", with(berlin, func(a *address.Address) { a.Line1 = "Chausseestr.\u20288" }), no},
		{"a line break", with(berlin, func(a *address.Address) { a.City = "Berlin\nParis" }), no},
		{"a zero byte", with(berlin, func(a *address.Address) { a.Line1 = "Chausseestr. 8\x00" }), no},
		{"no street", with(berlin, func(a *address.Address) { a.Line1 = "" }), no},
		{"no city", with(berlin, func(a *address.Address) { a.City = "" }), no},
		{"a very long name", with(berlin, func(a *address.Address) { a.Name = strings.Repeat("ä", 500) }), no},
		{"a name of many bytes and few characters", with(berlin, func(a *address.Address) { a.Name = strings.Repeat("語", 50) }), yes},
		{"a national phone number", with(berlin, func(a *address.Address) { a.Phone = new("030 23125077") }), yes},
		{"an international phone number", with(berlin, func(a *address.Address) { a.Phone = new("+44 20 7946 0958") }), yes},
		{"no phone number", with(berlin, func(a *address.Address) { a.Phone = new("123") }), no},
		{"letters for a phone number", with(berlin, func(a *address.Address) { a.Phone = new("call me") }), no},
		{"an empty phone number", with(berlin, func(a *address.Address) { a.Phone = new("") }), yes},
		{"a company", with(berlin, func(a *address.Address) { a.Company = new("Analytical Engines GmbH") }), yes},
	}
}
