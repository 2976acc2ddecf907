package locale_test

import (
	"testing"

	"cartograph/internal/locale"
)

func TestAReaderWhoNamesNoLocaleHasTheDefault(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ given, want string }{
		"named": {"de-AT", "de-AT"}, "empty": {"", locale.Default},
	} {
		if got := locale.From(locale.With(t.Context(), tt.given)); got != tt.want {
			t.Errorf("%s: locale = %q, want %q", name, got, tt.want)
		}
	}
	if got := locale.From(t.Context()); got != locale.Default {
		t.Errorf("without one: locale = %q, want %q", got, locale.Default)
	}
}

func TestALocalesLanguageIsItsFirstPart(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{"de-AT": "de", "DE": "de", "zh-Hant-TW": "zh", "": ""} {
		if got := locale.Language(given); got != want {
			t.Errorf("Language(%q) = %q, want %q", given, got, want)
		}
	}
}

func TestAReaderGetsTheRegionsTextOrElseTheLanguages(t *testing.T) {
	t.Parallel()
	texts := map[string]string{"de": "Sahne", "de-AT": "Obers", "zh-Hant": "鮮奶油"}
	for reader, want := range map[string]string{"de-AT": "Obers", "de-CH": "Sahne", "de": "Sahne", "DE": "Sahne", "en-US": "", "zh": "", "": ""} {
		if got, found := locale.In(texts, reader); got != want || found != (want != "") {
			t.Errorf("%q reads %q, %t, want %q", reader, got, found, want)
		}
	}
}
