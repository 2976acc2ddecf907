package message_test

import (
	"testing"

	"cartograph/internal/locale"
	"cartograph/internal/message"
)

func TestMessagesAreInTheReadersLanguage(t *testing.T) {
	t.Parallel()
	for reader, want := range map[string]string{
		"de-AT": "Bei uns ist ein Fehler aufgetreten.",
		"de":    "Bei uns ist ein Fehler aufgetreten.",
		"en-GB": "Something went wrong on our side.",
		"fr-CH": "Something went wrong on our side.",
		"":      "Something went wrong on our side.",
		"?!":    "Something went wrong on our side.",
	} {
		if got := message.Text(locale.With(t.Context(), reader), "common.internal"); got != want {
			t.Errorf("%q: text = %q, want %q", reader, got, want)
		}
	}
}

type amount struct{}

func (amount) InLocale(locale string) string { return "1 in " + locale }

func TestAValueIsRenderedForTheReader(t *testing.T) {
	t.Parallel()
	for reader, want := range map[string]string{"en-US": "1 in en-US", "de-DE": "1 in de-DE"} {
		if got := message.Rendered(reader, message.Args{"total": amount{}})["total"]; got != want {
			t.Errorf("%s: total = %q, want %q", reader, got, want)
		}
	}
}
