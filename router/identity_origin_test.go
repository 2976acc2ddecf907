package router_test

import (
	"log/slog"
	"strings"
	"testing"

	"cartograph/router"
)

func TestTheProgramOfACallerIsOneShortLine(t *testing.T) {
	t.Parallel()
	identity, err := router.NewIdentity(router.IdentityOptions{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for header, want := range map[string]string{
		"":                                    "",
		"Mozilla/5.0 (X11; Linux) Firefox/9":  "Mozilla/5.0 (X11; Linux) Firefox/9",
		" Fire\tfox\x00\x1b[31m\u202e\u0085 ": "Firefox[31m",
		"App/1 (Zürich)":                      "App/1 (Zürich)",
		"bytes \xff\xfe that are no text":     "bytes  that are no text",
		strings.Repeat("x", 5000):             strings.Repeat("x", 300),
		strings.Repeat("x", 299) + "ü":        strings.Repeat("x", 299),
	} {
		caller, err := identity.Identify(t.Context(), requestWith("User-Agent", header))
		if err != nil || caller.UserAgent != want {
			t.Errorf("%.40q is shown as %.40q (%v), want %.40q", header, caller.UserAgent, err, want)
		}
	}
}

func TestTheCountryOfACallerIsStatedAndNeverGuessed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ configured, header, value, want string }{
		{"X-Country", "X-Country", "at", "AT"},
		{"X-Country", "X-Other", "at", ""},
		{"CF-IPCountry", "X-Country", "at", ""},
		{"CF-IPCountry", "CF-IPCountry", "DE", "DE"},
		{"CF-IPCountry", "CF-IPCountry", "XX", ""}, // unknown
		{"CF-IPCountry", "CF-IPCountry", "T1", ""}, // Tor
		{"", "X-Country", "at", ""},
	} {
		identity, err := router.NewIdentity(router.IdentityOptions{CountryHeader: tt.configured}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		caller, err := identity.Identify(t.Context(), requestWith(tt.header, tt.value))
		if err != nil || caller.IPCountry != tt.want {
			t.Errorf("%s: %s read from %q is %q (%v), want %q", tt.header, tt.value, tt.configured, caller.IPCountry, err, tt.want)
		}
	}
}
