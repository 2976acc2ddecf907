package message

import (
	"strings"
	"time"

	"github.com/go-playground/locales"
	"github.com/go-playground/locales/de"
	"github.com/go-playground/locales/de_AT"
	"github.com/go-playground/locales/de_CH"
	"github.com/go-playground/locales/en"
	"github.com/go-playground/locales/en_AU"
	"github.com/go-playground/locales/en_CA"
	"github.com/go-playground/locales/en_GB"
	"github.com/go-playground/locales/en_IE"
	"github.com/go-playground/locales/en_IN"
	"github.com/go-playground/locales/en_NZ"
	"github.com/go-playground/locales/en_ZA"
	"golang.org/x/text/language"
)

// Time is a moment in a sentence, rendered in UTC with the date as the reader's
// locale writes it in CLDR: "March 5, 2026, 2:30 pm UTC", "5 March 2026, 14:30 UTC",
// "5. März 2026, 14:30 UTC".
type Time time.Time

// InLocale implements Localizer.
func (t Time) InLocale(reader string) string {
	at, format := time.Time(t).UTC(), dates(reader)
	return format.FmtDateLong(at) + ", " + format.FmtTimeShort(at) + " UTC"
}

// Date is a day in UTC in a sentence: "March 5, 2026", "5. März 2026".
type Date time.Time

// InLocale implements Localizer.
func (d Date) InLocale(reader string) string { return dates(reader).FmtDateLong(time.Time(d).UTC()) }

// The formats of the shop's languages where regions differ.
var (
	english = map[string]locales.Translator{
		"US": en.New(), "GB": en_GB.New(), "AU": en_AU.New(), "CA": en_CA.New(), "IE": en_IE.New(), "IN": en_IN.New(),
		"NZ": en_NZ.New(), "ZA": en_ZA.New(),
	}
	german = map[string]locales.Translator{"DE": de.New(), "AT": de_AT.New(), "CH": de_CH.New()}
)

// dates is the format of a reader's region in the language in which the shop writes
// to them. Readers of another language get that of international English.
func dates(reader string) locales.Translator {
	tag, err := language.Parse(reader)
	if err != nil {
		return english["US"]
	}
	region, _ := tag.Region()
	formats, fallback := english, "GB"
	switch {
	case Language(reader) == "de":
		formats, fallback = german, "DE"
	case strings.HasPrefix(tag.String(), "en") && region.String() == "US":
		fallback = "US"
	}
	if format, found := formats[region.String()]; found && Language(reader) == baseOf(tag) {
		return format
	}
	return formats[fallback]
}

func baseOf(tag language.Tag) string {
	base, _ := tag.Base()
	return base.String()
}
