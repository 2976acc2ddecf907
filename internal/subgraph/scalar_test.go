package subgraph_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// A scalar is a type, the sample's field that gives a value of it back, and
// values as JSON writes them.
type scalar struct {
	field, ofType string
	good          map[string]string // in, out
	bad           []string
}

var scalars = []scalar{
	{
		"dateTime", "DateTime",
		map[string]string{
			`"2026-01-31T12:00:00Z"`:           `"2026-01-31T12:00:00.000Z"`,
			`"2026-01-31T12:00:00.123456Z"`:    `"2026-01-31T12:00:00.123Z"`,
			`"2026-01-31T13:00:00+01:00"`:      `"2026-01-31T12:00:00.000Z"`,
			`"2024-02-29T23:59:59.999999999Z"`: `"2024-02-29T23:59:59.999Z"`,
		},
		[]string{`"2026-01-31"`, `"2026-02-30T12:00:00Z"`, `"2026-01-31 12:00:00Z"`, `"2026-01-31T12:00:00"`, `""`, `"now"`, `1769860800`, `true`},
	},
	{
		"decimal", "Decimal",
		map[string]string{
			`"19.99"`: `"19.99"`, `"-0.5"`: `"-0.5"`, `"19.90"`: `"19.90"`, `"0.000000001"`: `"0.000000001"`,
			`"123456789012345678.123456789"`: `"123456789012345678.123456789"`,
			`19.99`:                          `"19.99"`, `7`: `"7"`, `1234567.5`: `"1234567.5"`, `-2`: `"-2"`,
		},
		[]string{`""`, `"."`, `"1."`, `".5"`, `"1,5"`, `"1e3"`, `"+1"`, `" 1"`, `"1\n"`, `"1.0000000001"`, `"1234567890123456789"`, `"NaN"`, `"Infinity"`, `true`, `12345678901234567890.5`},
	},
	{
		"long", "Long",
		map[string]string{
			`1`: `1`, `"-7"`: `-7`, `9223372036854775807`: `9223372036854775807`, `"-9223372036854775808"`: `-9223372036854775808`,
		},
		[]string{`9223372036854775808`, `"9223372036854775808"`, `1.5`, `""`, `"x"`, `true`},
	},
	{
		"int", "Int",
		map[string]string{`1`: `1`, `-7`: `-7`, `10000000000`: `10000000000`},
		[]string{`1.5`, `9223372036854775808`, `"x"`, `true`},
	},
	{
		"id", "ID",
		map[string]string{`"crt_1"`: `"crt_1"`, `7`: `"7"`},
		[]string{`true`},
	},
	{
		"currency", "CurrencyCode",
		map[string]string{`"EUR"`: `"EUR"`, `"JPY"`: `"JPY"`},
		[]string{`"eur"`, `"XXX"`, `""`, `"EURO"`, `978`},
	},
	{
		"country", "CountryCode",
		map[string]string{`"DE"`: `"DE"`},
		[]string{`"de"`, `"DEU"`, `""`, `"D1"`, `49`, `"DE\n"`},
	},
	{
		"locale", "Locale",
		map[string]string{`"de-AT"`: `"de-AT"`, `"en"`: `"en"`, `"zh-Hant-TW"`: `"zh-Hant-TW"`},
		[]string{`""`, `"d"`, `"de_AT"`, `"de-"`, `"deutsch"`, `"en-aaaaaaaa-bbbbbbbb-cccccccc-dddddddd"`, `7`},
	},
	{
		"url", "URL",
		map[string]string{`"https://shop.example/back?a=b"`: `"https://shop.example/back?a=b"`, `"http://localhost:3000"`: `"http://localhost:3000"`},
		[]string{`"javascript:alert(1)"`, `"/back"`, `"//shop.example"`, `"https://"`, `"ftp://shop.example"`, `"https://a b"`, `""`, `5`, `"https://shop.example/` + strings.Repeat("x", 2000) + `"`},
	},
	{
		"json", "JSON",
		map[string]string{`"x"`: `"x"`, `7`: `7`, `[1, null, "a"]`: `[1,null,"a"]`, `true`: `true`},
		nil,
	},
}

func TestScalarsGiveBackWhatTheyRead(t *testing.T) {
	t.Parallel()
	router := listen(t)
	for _, s := range scalars {
		for in, out := range s.good {
			want := fmt.Sprintf(`{"data":{"%s":%s}}`, s.field, out)
			for how, body := range s.requests(in) {
				if status, got := router.post(t, body); got != want {
					t.Errorf("%s %s as %s: %d %s, want %s", s.ofType, in, how, status, got, want)
				}
			}
		}
	}
}

func TestScalarsRefuseWhatTheyCannotRead(t *testing.T) {
	t.Parallel()
	router := listen(t)
	for _, s := range scalars {
		for _, in := range s.bad {
			for how, body := range s.requests(in) {
				_, got := router.post(t, body)
				if !strings.Contains(got, `"code":"BAD_USER_INPUT"`) && !strings.Contains(got, `"code":"GRAPHQL_VALIDATION_FAILED"`) {
					t.Errorf("%s %s as %s: %.300s, want it refused as the caller's mistake", s.ofType, in, how, got)
				}
			}
		}
	}
}

func TestMalformedScalarsAreRefusedInTheCallersLanguage(t *testing.T) {
	t.Parallel()
	english, german := listenIn(t, "en"), listenIn(t, "de-AT")
	for _, s := range scalars {
		if s.ofType == "Int" || s.ofType == "ID" {
			continue // refused by the GraphQL library, for programs
		}
		for _, in := range s.bad {
			for how, body := range s.requests(in) {
				_, source := english.post(t, body)
				_, got := german.post(t, body)
				if !strings.Contains(source, `"code":"BAD_USER_INPUT"`) {
					continue // no value of the type, refused by the schema
				}
				if !regexp.MustCompile(`"message":"[^"]*( ist kein| ist zu groß| hat zu viele Stellen)`).MatchString(strings.ReplaceAll(got, `\"`, "")) {
					t.Errorf("%s %s as %s: %.300s, want a German sentence", s.ofType, in, how, got)
				}
			}
		}
	}
}

func TestARefusalRepeatsOnlyTheStartOfALongValue(t *testing.T) {
	t.Parallel()
	_, got := listen(t).post(t, fmt.Sprintf(`{"query": "{ url(value: \"%s\") }"}`, strings.Repeat("ü", 100_000)))
	if !strings.Contains(got, `ü…`) || len(got) > 500 {
		t.Errorf("%.600s (%d bytes), want a short refusal", got, len(got))
	}
}

// asked is requests for the field with a value, which is given in JSON.
func (s scalar) requests(value string) map[string]string {
	literal, _ := json.Marshal(fmt.Sprintf(`{ %s(value: %s) }`, s.field, value))
	return map[string]string{
		"literal":  fmt.Sprintf(`{"query": %s}`, literal),
		"variable": fmt.Sprintf(`{"query": "query($v: %s!) { %s(value: $v) }", "variables": {"v": %s}}`, s.ofType, s.field, value),
	}
}
