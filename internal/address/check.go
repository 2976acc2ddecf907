package address

import (
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/unicode/norm"

	"cartograph/internal/fault"
	"cartograph/internal/message"
	"cartograph/internal/optional"
)

// checker tidies fields and collects what is wrong with them, at most one
// fault per field.
type checker struct {
	path   []string
	faults []*fault.Error
}

func (c *checker) refuse(field string, key message.Key, args message.Args) {
	at := append(slices.Clip(c.path), field)
	for _, f := range c.faults {
		if slices.Equal(f.Path, at) {
			return // the first reason is the one to mend
		}
	}
	named := message.Args{"field": Label(field)}
	maps.Copy(named, args)
	c.faults = append(c.faults, fault.Localized(fault.Invalid, key, named).At(at...))
}

func (c *checker) require(field, value string) {
	if value == "" {
		c.refuse(field, "address.field_required", nil)
	}
}

// text is the value tidied up: composed characters, single spaces, nothing
// invisible. A value that a label cannot print is refused.
func (c *checker) text(field, value string, limit int) string {
	tidy, printable := Tidy(value)
	switch {
	case !printable:
		c.refuse(field, "address.unprintable", nil)
	case utf8.RuneCountInString(tidy) > limit:
		c.refuse(field, "address.too_long", message.Args{"limit": limit})
	}
	return tidy
}

func (c *checker) optional(field string, value *string, limit int) *string {
	if value == nil {
		return nil
	}
	if tidy := c.text(field, *value, limit); tidy != "" {
		return &tidy
	}
	return nil
}

func (c *checker) phone(given *string, country string) *string {
	if given == nil {
		return nil
	}
	number, f := Phone(*given, country)
	if f != nil {
		c.refuse("phone", f.Key, f.Args)
	}
	return optional.Of(number)
}

// Phone returns a phone number in E.164 form, "+15035550142"; empty for a text
// without anything visible. A number without a country prefix is read as one of
// the country; without a country it is refused.
func Phone(given, country string) (e164 string, f *fault.Error) {
	tidy, printable := Tidy(given)
	if tidy == "" && printable {
		return "", nil
	}
	number, err := phonenumbers.Parse(norm.NFKC.String(tidy), country)
	if err != nil || !phonenumbers.IsValidNumber(number) {
		return "", fault.Localized(fault.Invalid, "address.malformed_phone")
	}
	return phonenumbers.Format(number, phonenumbers.E164), nil
}

// Tidy returns s as one line of text: composed (NFC), with single spaces and
// without invisible characters at no one's loss. It is not printable if it
// holds what could disguise it (bidirectional controls), break the line, or is
// no character; a text of which nothing visible is left is empty.
func Tidy(s string) (tidy string, printable bool) {
	if !utf8.ValidString(s) {
		return "", false
	}
	visible := false
	var b strings.Builder
	for _, r := range norm.NFC.String(s) {
		switch {
		case r == '\t':
			b.WriteByte(' ')
		case unicode.Is(unicode.Bidi_Control, r), unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs), r == unicode.ReplacementChar, unicode.Is(unicode.Noncharacter_Code_Point, r):
			return "", false
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case r == '\u200c' || r == '\u200d': // shape the letters of Persian and Indic scripts
			b.WriteRune(r)
		case unicode.Is(unicode.Cf, r):
		default:
			visible = visible || unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S)
			b.WriteRune(r)
		}
	}
	if !visible {
		return "", true
	}
	return strings.Join(strings.Fields(b.String()), " "), true
}
