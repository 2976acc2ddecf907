package address_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/address"
	"cartograph/internal/locale"
	"cartograph/internal/optional"
)

// of is an address of Ada's: street, city, region, postal code, country.
func of(line1, city, region, postalCode, country string) address.Address {
	return address.Address{
		Name: "Ada Byron", Line1: line1, City: city, Region: optional.Of(region), PostalCode: postalCode, CountryCode: country,
	}
}

// faults are the fields that are refused, joined.
func faults(a address.Address) string {
	_, found := a.Check()
	fields := make([]string, len(found))
	for i, f := range found {
		fields[i] = f.Path[0]
	}
	return strings.Join(fields, " ")
}

func TestAddressesAreValidatedByTheirCountrysRules(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		given address.Address
		want  string // the fields that are refused
	}{
		"Germany":                        {of("Chausseestr. 8", "Berlin", "", "10115", "DE"), ""},
		"Germany, code too short":        {of("Chausseestr. 8", "Berlin", "", "1011", "DE"), "postalCode"},
		"Germany without a code":         {of("Chausseestr. 8", "Berlin", "", "", "DE"), "postalCode"},
		"United States":                  {of("12 Analytical Row", "Portland", "OR", "97201", "US"), ""},
		"United States, ZIP+4":           {of("12 Analytical Row", "Portland", "OR", "97201-1234", "US"), ""},
		"United States, state by name":   {of("12 Analytical Row", "Portland", "oregon", "97201", "US"), ""},
		"United States without a state":  {of("12 Analytical Row", "Portland", "", "97201", "US"), "region"},
		"United States, no such state":   {of("12 Analytical Row", "Portland", "ZZ", "97201", "US"), "region"},
		"United States, army":            {of("PSC 1", "APO", "AE", "09012", "US"), ""},
		"Canada, lower case":             {of("111 Wellington St", "Ottawa", "on", "k1a 0a9", "CA"), ""},
		"Canada, no such code":           {of("111 Wellington St", "Ottawa", "ON", "12345", "CA"), "postalCode"},
		"Australia":                      {of("1 Macquarie St", "Sydney", "NSW", "2000", "AU"), ""},
		"United Kingdom":                 {of("10 Downing St", "London", "", "SW1A 2AA", "GB"), ""},
		"United Kingdom, no space":       {of("10 Downing St", "London", "", "sw1a2aa", "GB"), ""},
		"Ireland with an Eircode":        {of("1 Main St", "Dublin", "", "D02 AF30", "IE"), ""},
		"Ireland without a code":         {of("1 Main St", "Dublin", "", "", "IE"), ""},
		"Hong Kong by city":              {of("1 Queen's Road", "Hong Kong", "", "", "HK"), ""},
		"Hong Kong by region":            {of("1 Queen's Road", "", "Kowloon", "", "HK"), ""},
		"Hong Kong by neither":           {of("1 Queen's Road", "", "", "", "HK"), "city"},
		"Emirates":                       {of("Sheikh Zayed Rd", "Dubai", "", "", "AE"), ""},
		"Qatar":                          {of("Al Corniche", "Doha", "", "", "QA"), ""},
		"Panama":                         {of("Calle 50", "Panamá", "", "", "PA"), ""},
		"Singapore writes no city":       {of("1 Raffles Pl", "", "", "048616", "SG"), ""},
		"Japan":                          {of("1-1 Chiyoda", "Chiyoda-ku", "Tokyo", "100-8111", "JP"), ""},
		"Japan, full width digits":       {of("千代田1-1", "千代田区", "東京都", "〒１００-８１１１", "JP"), ""},
		"Japan without a prefecture":     {of("1-1 Chiyoda", "Chiyoda-ku", "", "100-8111", "JP"), "region"},
		"Netherlands":                    {of("Dam 1", "Amsterdam", "", "1012 js", "NL"), ""},
		"Poland":                         {of("Nowy Świat 1", "Warszawa", "", "00-496", "PL"), ""},
		"Sweden":                         {of("Drottninggatan 1", "Stockholm", "", "111 51", "SE"), ""},
		"Switzerland":                    {of("Bahnhofstrasse 1", "Zürich", "", "8001", "CH"), ""},
		"Brazil":                         {of("Av. Paulista 1", "São Paulo", "SP", "01310-100", "BR"), ""},
		"India":                          {of("1 MG Road", "Bengaluru", "Karnataka", "560001", "IN"), ""},
		"Guernsey":                       {of("High St 1", "St Peter Port", "", "GY1 2JB", "GG"), ""},
		"UK is no country":               {of("10 Downing St", "London", "", "SW1A 2AA", "UK"), "countryCode"},
		"the GDR is gone":                {of("Alexanderplatz", "Berlin", "", "10178", "DD"), "countryCode"},
		"the Soviet Union is gone":       {of("Arbat 1", "Moscow", "", "119019", "SU"), "countryCode"},
		"metropolitan France is no code": {of("Rue 1", "Paris", "", "75001", "FX"), "countryCode"},
		"the Antilles are gone":          {of("Straat 1", "Willemstad", "", "", "AN"), "countryCode"},
		"private use":                    {of("Street 1", "City", "", "", "XX"), "countryCode"},
		"world":                          {of("Street 1", "City", "", "", "001"), "countryCode"},
		"lower case country":             {of("Chausseestr. 8", "Berlin", "", "10115", "de"), "countryCode"},
		"no street, no city":             {of("", " ", "", "10115", "DE"), "line1 city"},
		"bidirectional control":          {of("Chausseestr.\u202e 8", "Berlin", "", "10115", "DE"), "line1"},
		"line separator":                 {of("Chausseestr.\u20288", "Berlin", "", "10115", "DE"), "line1"},
		"control character":              {of("Chausseestr. 8\x00", "Berlin", "", "10115", "DE"), "line1"},
		"nothing visible":                {of("\u200b\u2060", "Berlin", "", "10115", "DE"), "line1"},
		"as long as may be":              {of(strings.Repeat("ß", 150), "Berlin", "", "10115", "DE"), ""},
		"too long":                       {of(strings.Repeat("ß", 151), "Berlin", "", "10115", "DE"), "line1"},
	} {
		if got := faults(tt.given); got != tt.want {
			t.Errorf("%s: refused %q, want %q", name, got, tt.want)
		}
	}
}

func TestACheckedAddressIsTidy(t *testing.T) {
	t.Parallel()
	given := address.Address{
		Name: " Ada\u00a0 Byron\u200b ", Company: new("  "), Line1: "12  Analytical Row", Line2: optional.Of("2nd\tfloor"),
		City: "Portland", Region: optional.Of("Oregon"), PostalCode: " 97201 ", CountryCode: "US", Phone: optional.Of("(503) 222-3333"),
	}
	want := address.Address{
		Name: "Ada Byron", Line1: "12 Analytical Row", Line2: optional.Of("2nd floor"),
		City: "Portland", Region: optional.Of("OR"), PostalCode: "97201", CountryCode: "US", Phone: optional.Of("+15032223333"),
	}
	got, found := given.Check("input")
	if len(found) > 0 {
		t.Fatalf("refused: %v at %v", found[0], found[0].Path)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if again, _ := got.Check(); cmp.Diff(got, again) != "" {
		t.Errorf("checked again it is %+v, want no change", again)
	}
}

func TestPhonesAreReadInTheirCountry(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ given, country, want string }{
		{"030 901820", "DE", "+4930901820"},
		{"+44 20 7946 0958", "DE", "+442079460958"},
		{"０３-１２３４-５６７８", "JP", "+81312345678"},
		{"12", "DE", ""},
		{"call me", "US", ""},
		{"+999 123456", "US", ""},
	} {
		a := of("Street 1", "City", "", "10115", "DE")
		a.CountryCode, a.Phone = tt.country, &tt.given
		checked, found := a.Check()
		refused := false
		for _, f := range found {
			refused = refused || f.Path[0] == "phone"
		}
		if got := optional.Value(checked.Phone); refused != (tt.want == "") || got != tt.want {
			t.Errorf("%s in %s: refused %t, number %q; want %q", tt.given, tt.country, refused, got, tt.want)
		}
	}
}

func TestThereAre249Countries(t *testing.T) {
	t.Parallel()
	if got := len(address.Codes()); got != 249 {
		t.Errorf("%d countries, want the 249 of ISO 3166-1", got)
	}
	for _, country := range address.Codes() {
		format := address.FormatOf(country, "de")
		if format == nil || len(format.Fields) < 4 {
			t.Fatalf("%s: the form is %v, want name, company and two lines at least", country, format)
		}
		for _, example := range format.PostalCodeExamples {
			a := of("Street 1", "City", "Region", example, country)
			if strings.Contains(faults(a), "postalCode") {
				t.Errorf("%s: its own example %q is refused", country, example)
			}
		}
	}
}

func TestCountriesAreListedInTheReadersLanguageAndAlphabet(t *testing.T) {
	t.Parallel()
	for reader, want := range map[string][]string{ // in this sequence
		"en-US": {"Afghanistan", "Åland Islands", "Albania", "Côte d’Ivoire", "Croatia", "Germany", "United Kingdom", "Zimbabwe"},
		"de-AT": {"Afghanistan", "Ägypten", "Ålandinseln", "Albanien", "Deutschland", "Oman", "Österreich", "Zypern"},
		"sv":    {"Albanien", "Zimbabwe", "Åland", "Österrike"},
		"fr-CH": {"Afghanistan", "Allemagne", "Égypte", "Zimbabwe"},
	} {
		list := address.Countries(reader)
		at := -1
		for _, name := range want {
			i := slices.IndexFunc(list, func(c *address.Country) bool { return c.Name == name })
			if i <= at {
				t.Errorf("%s: %s is at %d, want it after %d", reader, name, i, at)
			}
			at = i
		}
		if len(list) != len(address.Codes()) {
			t.Errorf("%s: %d countries, want all %d", reader, len(list), len(address.Codes()))
		}
	}
	for _, reader := range []string{"en", "de", "ar", "ja-JP", "tlh", "nonsense"} {
		for _, c := range address.Countries(reader) {
			if c.Name == "" || c.AddressFormat(t.Context()) == nil || !address.IsCountry(c.Code) {
				t.Errorf("%s: %+v has no name or no form", reader, c)
			}
		}
	}
}

func TestLabelsAreWrittenAsTheCountryWritesThem(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		given  address.Address
		reader string
		want   string
	}{
		"United States": {of("12 Analytical Row", "Portland", "OR", "97201", "US"), "en-US", "Ada Byron|12 Analytical Row|Portland, OR 97201|United States"},
		"Germany":       {of("Chausseestr. 8", "Berlin", "", "10115", "DE"), "de-DE", "Ada Byron|Chausseestr. 8|10115 Berlin|Deutschland"},
		"Great Britain": {of("10 Downing St", "London", "", "SW1A 2AA", "GB"), "en-GB", "Ada Byron|10 Downing St|London|SW1A 2AA|United Kingdom"},
		"Japan, Latin":  {of("1-1 Chiyoda", "Chiyoda-ku", "Tokyo", "100-8111", "JP"), "en", "Ada Byron|1-1 Chiyoda, Tokyo|100-8111|Chiyoda-ku|Japan"},
		"Hong Kong":     {of("1 Queen's Road", "Central", "", "", "HK"), "en", "Ada Byron|1 Queen's Road|Central|Hong Kong SAR China"},
	} {
		if got := strings.Join(tt.given.Formatted(locale.With(t.Context(), tt.reader)), "|"); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, tt.want)
		}
	}
}
