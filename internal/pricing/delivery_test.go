package pricing

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cartograph/internal/money"
)

func TestShippingQuotesByPlaceAndWeight(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		country, postal string
		grams           int
		currency        string
		want            string
	}{
		{"US", "97205", 400, "USD", "standard 4.90 2-4, express 14.90 1-1"},
		{"US", "97205", 4_200, "USD", "standard 6.10 2-4, express 18.90 1-1"},
		{"US", "99501", 400, "USD", "standard 4.90 5-7"},
		{"DE", "25980", 400, "EUR", "standard 4.65 5-7"},
		{"FR", "75001", 400, "EUR", "standard 9.40 3-6, express 28.40 1-2"},
		{"JP", "", 400, "JPY", "standard 2985 7-14, express 8985 3-5"},
		{"US", "97205", 25_000, "USD", "standard 12.10 2-4"},
		{"US", "97205", 60_000, "USD", "freight 60.80 4-8"},
		{"US", "97205", 400, "XXX", ""},
	} {
		var got []string
		for _, q := range Quotes(Place{tt.country, tt.postal}, tt.grams, tt.currency, time.Now()) {
			got = append(got, fmt.Sprintf("%s %s %d-%d", q.Method.ID, q.Price.Amount(), q.Method.MinDays, q.Method.MaxDays))
		}
		if s := strings.Join(got, ", "); s != tt.want {
			t.Errorf("%s %s, %d g in %s: %s, want %s", tt.country, tt.postal, tt.grams, tt.currency, s, tt.want)
		}
	}
}

func TestAWeightDecidesMethodAndPriceToTheGram(t *testing.T) {
	t.Parallel()
	for grams, want := range map[int]string{
		0: "standard 490, express 1490", 1: "standard 490, express 1490", 1000: "standard 490, express 1490",
		1001: "standard 520, express 1590", 2000: "standard 520, express 1590", 2001: "standard 550, express 1690",
		20_000: "standard 1060, express 3390", 20_001: "standard 1090",
		31_500: "standard 1420", 31_501: "freight 5520",
	} {
		var got []string
		for _, q := range Quotes(Place{"US", "97205"}, grams, "USD", time.Time{}) {
			got = append(got, fmt.Sprintf("%s %d", q.Method.ID, q.Price.Minor))
		}
		if s := strings.Join(got, ", "); s != want {
			t.Errorf("%d g: %s, want %s", grams, s, want)
		}
	}
}

func TestRemotePlacesTakeLongerAndHaveNoExpress(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		country, postalCode string
		want                bool
	}{
		{"US", "99501", true},
		{"US", " 96701", true},
		{"US", "99499", false},
		{"US", "96601", false},
		{"US", "", false},
		{"DE", "25980", true},
		{"DE", "25981", false},
		{"DE", "99501", false},
		{"FR", "25980", false},
	} {
		if got := remote(c.country, c.postalCode); got != c.want {
			t.Errorf("%s %s is remote: %v, want %v", c.country, c.postalCode, got, c.want)
		}
	}
	for postalCode, want := range map[string][]string{"97205": {"standard 2-4", "express 1-1", "freight 4-8"}, "99501": {"standard 5-7", "freight 7-11"}} {
		var got []string
		for _, m := range Methods(Place{"US", postalCode}) {
			got = append(got, fmt.Sprintf("%s %d-%d", m.ID, m.MinDays, m.MaxDays))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("methods to %s (-want +got):\n%s", postalCode, diff)
		}
	}
}

func TestADeliveryWindowHasWholeDaysInUTC(t *testing.T) {
	t.Parallel()
	m := Method{MinDays: 2, MaxDays: 4}
	late := time.Date(2026, 12, 30, 22, 30, 0, 0, time.FixedZone("", -3*3600)) // 01:30 of the 31st in UTC
	want := Window{time.Date(2027, 1, 2, 0, 0, 0, 0, time.UTC), time.Date(2027, 1, 4, 23, 59, 59, 0, time.UTC)}
	if got := m.window(late); got != want {
		t.Errorf("from %s the window is %s to %s, want %s to %s", late, got.Earliest, got.Latest, want.Earliest, want.Latest)
	}
	today := Method{}.window(late)
	if !today.Earliest.Equal(time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)) || today.Latest.Sub(today.Earliest) != 24*time.Hour-time.Second {
		t.Errorf("a delivery of today has the window %s to %s, want one day", today.Earliest, today.Latest)
	}
}

func TestThePartsOfADeliveryAddUpToIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		shipping := money.Money{Minor: rapid.Int64Range(0, 1e9).Draw(t, "shipping"), Currency: "EUR"}
		parts, sum := divide(shipping, map[int]int64{1900: rapid.Int64Range(0, 1e15).Draw(t, "a"), 700: rapid.Int64Range(1, 1e15).Draw(t, "b"), 0: 7}), int64(0)
		for _, part := range parts {
			if sum += part.Minor; part.Minor < 0 {
				t.Fatalf("a part of %v is %v", shipping, part)
			}
		}
		if sum != shipping.Minor {
			t.Fatalf("the parts %v of %v add up to %d", parts, shipping, sum)
		}
	})
}
