package subgraph

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"

	"cartograph/internal/fault"
	"cartograph/internal/message"
	"cartograph/internal/money"
	"cartograph/internal/pg"
)

// MarshalDateTime writes RFC 3339 in UTC with milliseconds.
func MarshalDateTime(t time.Time) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		_, _ = io.WriteString(w, t.UTC().Format(`"2006-01-02T15:04:05.000Z07:00"`))
	})
}

// UnmarshalDateTime reads RFC 3339.
func UnmarshalDateTime(v any) (time.Time, error) {
	s, ok := v.(string)
	t, err := time.Parse(time.RFC3339, s)
	if !ok || err != nil {
		return time.Time{}, malformed("common.malformed_date_time", v)
	}
	return t.UTC(), nil
}

// MarshalDecimal writes an exact decimal as a string.
func MarshalDecimal(s string) graphql.Marshaler { return graphql.MarshalString(s) }

var decimal = regexp.MustCompile(`^-?\d{1,18}(\.\d{1,9})?$`)

// UnmarshalDecimal reads a plain decimal from a string or a number.
func UnmarshalDecimal(v any) (string, error) {
	s := fmt.Sprint(v)
	if f, ok := v.(float64); ok { // a number in the query's text
		s = strconv.FormatFloat(f, 'f', -1, 64)
		if len(s) > maxDigits {
			return "", malformed("common.imprecise_number", s)
		}
	}
	if !decimal.MatchString(s) {
		return "", malformed("common.malformed_decimal", s)
	}
	return s, nil
}

// maxDigits is the precision of a float64 in decimal digits. Sign and point are
// counted as well.
const maxDigits = 15

// MarshalLong writes an integer of up to 64 bits as a number.
func MarshalLong(n int64) graphql.Marshaler { return graphql.MarshalInt64(n) }

// UnmarshalLong reads an integer from a number or a string.
func UnmarshalLong(v any) (int64, error) {
	switch v := v.(type) {
	case int64:
		return v, nil
	case int:
		return int64(v), nil
	case json.Number, string:
		if n, err := strconv.ParseInt(fmt.Sprint(v), 10, 64); err == nil {
			return n, nil
		}
	}
	return 0, malformed("common.malformed_integer", v)
}

// MarshalCurrencyCode writes an ISO 4217 code.
func MarshalCurrencyCode(s string) graphql.Marshaler { return graphql.MarshalString(s) }

// UnmarshalCurrencyCode reads the code of a supported currency.
func UnmarshalCurrencyCode(v any) (string, error) {
	s, _ := v.(string)
	if !money.Known(s) {
		return "", malformed("common.unknown_currency", v)
	}
	return s, nil
}

// MarshalCountryCode writes an ISO 3166-1 alpha-2 code.
func MarshalCountryCode(s string) graphql.Marshaler { return graphql.MarshalString(s) }

var country = regexp.MustCompile(`^[A-Z]{2}$`)

// UnmarshalCountryCode reads two capital letters.
func UnmarshalCountryCode(v any) (string, error) {
	s, _ := v.(string)
	if !country.MatchString(s) {
		return "", malformed("common.malformed_country_code", v)
	}
	return s, nil
}

// MarshalLocale writes a BCP 47 tag.
func MarshalLocale(s string) graphql.Marshaler { return graphql.MarshalString(s) }

var localeTag = regexp.MustCompile(`^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*$`)

// UnmarshalLocale reads a BCP 47 tag.
func UnmarshalLocale(v any) (string, error) {
	s, _ := v.(string)
	if len(s) > 35 || !localeTag.MatchString(s) {
		return "", malformed("common.malformed_locale", v)
	}
	return s, nil
}

// MarshalURL writes an absolute URL.
func MarshalURL(s string) graphql.Marshaler { return graphql.MarshalString(s) }

// UnmarshalURL reads an absolute http or https URL.
func UnmarshalURL(v any) (string, error) {
	s, _ := v.(string)
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || utf8.RuneCountInString(s) > 2000 {
		return "", malformed("common.malformed_url", v)
	}
	return s, nil
}

// MarshalJSON writes any value.
func MarshalJSON(v any) graphql.Marshaler { return graphql.MarshalAny(v) }

// UnmarshalJSON reads any value.
func UnmarshalJSON(v any) (any, error) { return v, nil }

// MarshalID writes an ID as a string.
func MarshalID(id string) graphql.Marshaler { return graphql.MarshalID(id) }

// UnmarshalID reads an ID. A character that Postgres cannot store is replaced by
// U+FFFD, which no ID contains: such an ID is looked up like any other, here and
// in the services behind, and is not found.
func UnmarshalID(v any) (string, error) {
	id, err := graphql.UnmarshalID(v)
	return pg.Storable(id), err
}

// maxEcho bounds how much of a value its refusal repeats, in characters.
const maxEcho = 60

func malformed(key message.Key, value any) error {
	text := []rune(fmt.Sprint(value))
	if len(text) > maxEcho {
		text = append(text[:maxEcho], '…')
	}
	return fault.Localized(fault.Invalid, key, message.Args{"value": string(text)})
}
