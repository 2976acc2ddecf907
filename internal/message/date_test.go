package message_test

import (
	"testing"
	"time"

	"cartograph/internal/message"
)

func TestTimesAreWrittenAsTheReadersRegionDoes(t *testing.T) {
	t.Parallel()
	at := message.Time(time.Date(2026, time.March, 5, 14, 30, 0, 0, time.UTC))
	for reader, want := range map[string]string{
		"en-US": "March 5, 2026, 2:30 pm UTC", "en": "March 5, 2026, 2:30 pm UTC", "": "March 5, 2026, 2:30 pm UTC",
		"en-GB": "5 March 2026, 14:30 UTC", "fr-CH": "5 March 2026, 14:30 UTC",
		"de-DE": "5. März 2026, 14:30 UTC", "de": "5. März 2026, 14:30 UTC", "de-LI": "5. März 2026, 14:30 UTC",
	} {
		if got := at.InLocale(reader); got != want {
			t.Errorf("%q: %q, want %q", reader, got, want)
		}
	}
	january := message.Time(time.Date(2026, time.January, 5, 0, 5, 0, 0, time.FixedZone("CET", 3600)))
	if got, want := january.InLocale("de-AT"), "4. Jänner 2026, 23:05 UTC"; got != want {
		t.Errorf("in Austria %q, want %q", got, want)
	}
}
