package email_test

import (
	"net/mail"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cartograph/internal/email"
)

func TestAddressesHaveOneNormalForm(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"ada@example.test":               "ada@example.test",
		" Ada.Byron+shop@Example.TEST\t": "ada.byron+shop@example.test", //nolint:gocritic // the space is the case
		"o'brien@example.ie":             "o'brien@example.ie",
		"ada@bücher.example":             "ada@bücher.example",
		"ada@xn--bcher-kva.example":      "ada@bücher.example",
		"ada@BÜCHER.example":             "ada@bücher.example",
		"ada@例え.テスト":                     "ada@例え.テスト",
		"ada@straße.example":             "ada@straße.example",
		"a@b.co":                         "a@b.co",
	} {
		got, err := email.Parse(given)
		if err != nil || got != want {
			t.Errorf("Parse(%q) = %q, %v, want %q", given, got, err, want)
		}
	}
}

func TestWhatNoServerDeliversIsRefused(t *testing.T) {
	t.Parallel()
	for _, given := range []string{
		"", "ada", "@example.test", "ada@", "ada@localhost", "a..b@x.test", ".a@x.test", "a.@x.test",
		"a b@x.test", `"a b"@x.test`, "ada@[127.0.0.1]", "ada@127.0.0.1", "ada@x..test", "ada@.test", "ada@x.test.",
		"ada@-x.test", "ada@x_y.test", "Ada <ada@x.test>", "ada@x.test, bob@x.test", "ada@x.test\r\nBcc: all@x.test",
		"ada\u202e@x.test", "ada@x.test\x00", "ädä@x.test", "ada(comment)@x.test", "ada@@x.test", "a@b@c.test",
		strings.Repeat("a", 65) + "@x.test", "ada@" + strings.Repeat("a", 64) + ".test",
		"ada@" + strings.Repeat("abcdefg.", 32) + "test",
	} {
		if got, err := email.Parse(given); err == nil {
			t.Errorf("Parse(%q) = %q, want it refused", given, got)
		}
	}
}

func TestSMTPGetsASCII(t *testing.T) {
	t.Parallel()
	if got, want := email.ASCII("ada@bücher.example"), "ada@xn--bcher-kva.example"; got != want {
		t.Errorf("ASCII = %q, want %q", got, want)
	}
}

// Whatever is accepted can be written into a mail's header, and stays as it is
// when it is parsed again.
func TestAcceptedAddressesCanBeMailed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		given := rapid.StringMatching(`[ A-Za-z0-9.+_'"(<-]{1,12}@[A-Za-z0-9ßüé例.-]{1,12}\.[a-z0-9]{1,4}`).Draw(t, "address")
		parsed, err := email.Parse(given)
		if err != nil {
			return
		}
		if again, err := email.Parse(parsed); err != nil || again != parsed {
			t.Fatalf("%q parses to %q, and that to %q, %v", given, parsed, again, err)
		}
		read, err := mail.ParseAddress(email.ASCII(parsed))
		if err != nil || read.Address != email.ASCII(parsed) {
			t.Fatalf("%q cannot be a mail's recipient: %v", parsed, err)
		}
	})
}
