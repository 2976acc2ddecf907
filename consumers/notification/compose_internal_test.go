package notification

import (
	"bytes"
	"flag"
	"fmt"
	"mime"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"cartograph/internal/event"
)

var update = flag.Bool("update", false, "write the golden files")

func letter(kind Kind, locale, currency string) Letter {
	l := Letter{
		Kind: kind,
		OrderFacts: event.OrderFacts{
			OrderID: "ord_01JD8Q2Z", CheckoutID: "chk_01JD8Q2Z", Number: "C-10432", Email: "ada@example.com",
			Name: "Ada Lovelace", Locale: locale, Currency: currency, TotalMinor: 128_440,
		},
		PayBefore: time.Date(2026, time.March, 5, 14, 30, 0, 0, time.UTC),
	}
	switch kind {
	case OrderConfirmed:
		l.SubtotalMinor, l.TaxMinor = 119_997, 8_443
		l.Lines = []event.OrderLine{
			{Title: "Meridian Desk Lamp", Subtitle: "Brushed brass", Quantity: 2, UnitMinor: 12_999, TotalMinor: 25_998},
			{Title: "Atlas Standing Desk with a rather long name that has to wrap", Subtitle: "Walnut, 160 cm", Quantity: 1, UnitMinor: 93_999, TotalMinor: 93_999},
		}
	case PaymentFailed:
		l.Reason, l.AttemptsLeft = "insufficient_funds", 2
	case OrderCancelled:
		l.Reason = "CUSTOMER_REQUEST"
	}
	return l
}

func newTestComposer(t *testing.T) *composer {
	t.Helper()
	c, err := newComposer("Cartograph <orders@shop.example>", "https://shop.example/store")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestMailsReadAsTheyDid(t *testing.T) {
	t.Parallel()
	c := newTestComposer(t)
	lastTry := letter(PaymentFailed, "en-US", "USD")
	lastTry.AttemptsLeft = 0
	expired := letter(OrderCancelled, "de-DE", "EUR")
	expired.Reason = "PAYMENT_EXPIRED"
	for name, l := range map[string]Letter{
		"confirmed.en":      letter(OrderConfirmed, "en-US", "USD"),
		"confirmed.de":      letter(OrderConfirmed, "de-AT", "EUR"),
		"payment_failed.en": letter(PaymentFailed, "en-GB", "GBP"),
		"payment_failed.de": letter(PaymentFailed, "de-DE", "EUR"),
		"last_try.en":       lastTry,
		"cancelled.en":      letter(OrderCancelled, "fr-FR", "EUR"), // in English, with French figures
		"expired.de":        expired,
	} {
		p := c.page(t.Context(), l)
		htm, text, err := c.render(p)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name+".txt", "Subject: "+p.Subject+"\n\n"+text)
		golden(t, name+".html", htm)
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; go test -update writes it", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s is not as it was (-was +is; go test -update accepts it):\n%s", name, diff)
	}
}

func TestWhatPeopleTypedIsNotRead(t *testing.T) {
	t.Parallel()
	c := newTestComposer(t)
	const script = `<script>alert(1)</script>`
	l := letter(OrderConfirmed, "en-US", "USD")
	l.Name = "Eve\r\nBcc: everyone@example.com\r\n\r\n" + script
	l.Number = "C-1\r\nX-Evil: 1" + script
	l.OrderID = `ord_1"><img src=x onerror=alert(1)>/../..`
	l.Lines[0].Title = script + `"><img src=x onerror=alert(1)>`
	l.Lines[0].Subtitle = "{{.Total}}\n\nTotal: $0.00" + script

	htm, text, err := c.render(c.page(t.Context(), l))
	if err != nil {
		t.Fatal(err)
	}
	calm, _, err := c.render(c.page(t.Context(), letter(OrderConfirmed, "en-US", "USD")))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(shape(t, calm), shape(t, htm)); diff != "" {
		t.Errorf("hostile text changed what the page is made of (-calm +hostile):\n%s", diff)
	}
	for n := range strings.SplitSeq(text, "\n") {
		if n == "Total: $0.00" {
			t.Error("a product's subtitle became a line of the mail's own")
		}
	}
	if !strings.Contains(text, "{{.Total}}") {
		t.Error("template syntax in a subtitle is not shown as it is")
	}

	m, err := c.message(t.Context(), l, "pay_1\r\nX-Evil: 1", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var raw bytes.Buffer
	if _, err := m.WriteTo(&raw); err != nil {
		t.Fatal(err)
	}
	read, err := mail.ReadMessage(&raw)
	if err != nil {
		t.Fatal(err)
	}
	for name := range read.Header {
		if slices.Contains([]string{"Bcc", "X-Evil"}, name) {
			t.Errorf("the mail has a header %s: %q", name, read.Header.Get(name))
		}
	}
	to, err := read.Header.AddressList("To")
	if err != nil || len(to) != 1 || to[0].Address != "ada@example.com" {
		t.Errorf("the mail goes to %v, %v, want only Ada's address", to, err)
	}
}

// shape lists the elements and attribute names of a page, links with their
// targets' hosts.
func shape(t *testing.T, page string) (elements []string) {
	t.Helper()
	for z := html.NewTokenizer(strings.NewReader(page)); ; {
		kind := z.Next()
		if kind == html.ErrorToken {
			return elements
		}
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		token := z.Token()
		element := token.Data
		for _, a := range token.Attr {
			element += " " + a.Key
			if a.Key == "href" && !strings.HasPrefix(a.Val, "https://shop.example/store/orders/ord_") {
				t.Errorf("a link leads to %s", a.Val)
			}
		}
		elements = append(elements, element)
	}
}

func TestMailCarriesWhatMailboxesNeed(t *testing.T) {
	t.Parallel()
	c := newTestComposer(t)
	owed := time.Date(2026, time.March, 5, 14, 30, 0, 0, time.UTC)
	l := letter(PaymentFailed, "de-DE", "EUR")
	m, err := c.message(t.Context(), l, "pay_1", owed)
	if err != nil {
		t.Fatal(err)
	}
	var raw bytes.Buffer
	if _, err := m.WriteTo(&raw); err != nil {
		t.Fatal(err)
	}
	read, err := mail.ReadMessage(&raw)
	if err != nil {
		t.Fatal(err)
	}
	decoded := map[string]string{}
	for _, name := range []string{"Message-Id", "From", "To", "Subject", "Auto-Submitted", "Content-Language"} {
		if decoded[name], err = new(mime.WordDecoder).DecodeHeader(read.Header.Get(name)); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]string{
		"Message-Id": "<payment_failed.ord_01JD8Q2Z.pay_1@shop.example>",
		"From":       `"Cartograph" <orders@shop.example>`,
		"To":         `"Ada Lovelace" <ada@example.com>`,
		"Subject":    "Zahlung für Bestellung C-10432 fehlgeschlagen", "Auto-Submitted": "auto-generated", "Content-Language": "de",
	}
	if diff := cmp.Diff(want, decoded); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	if date, err := read.Header.Date(); err != nil || !date.Equal(owed) {
		t.Errorf("dated %s, %v, want %s", date, err, owed)
	}
	if kind := read.Header.Get("Content-Type"); !strings.HasPrefix(kind, "multipart/alternative") {
		t.Errorf("it is %s, want text and HTML", kind)
	}
}

// Every language says all that the others say, about as many blanks.
func TestLanguagesAreComplete(t *testing.T) {
	t.Parallel()
	want, got := english(), german()
	for name, keys := range map[string][2]map[string]string{
		"reasons to decline": {want.declined, got.declined}, "reasons to cancel": {want.reasons, got.reasons},
	} {
		for key, s := range keys[0] {
			if keys[1][key] == "" || s == "" {
				t.Errorf("%s: %q is missing", name, key)
			}
		}
		if len(keys[0]) != len(keys[1]) {
			t.Errorf("%s: %d and %d", name, len(keys[0]), len(keys[1]))
		}
	}
	for i, pair := range [][2]text{
		{want.confirmed, got.confirmed}, {want.failed, got.failed}, {want.lastTry, got.lastTry}, {want.cancelled, got.cancelled},
	} {
		if blanks(pair[0]) != blanks(pair[1]) {
			t.Errorf("text %d has the blanks %s and %s", i, blanks(pair[0]), blanks(pair[1]))
		}
	}
}

func blanks(t text) string {
	var found strings.Builder
	for _, s := range append([]string{t.Subject, t.Heading, t.Intro, t.Action, t.Closing}, t.Next...) {
		fmt.Fprintf(&found, "%d%s%s|", min(len(s), 1), strings.Repeat("s", strings.Count(s, "%s")), strings.Repeat("d", strings.Count(s, "%d")))
	}
	return found.String()
}

func TestMailServersAddresses(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]smtp{
		"smtp://localhost:2525":         {host: "localhost", port: 2525},
		"smtp://mail.example":           {host: "mail.example", port: 25},
		"smtps://u:p%40ss@mail.example": {host: "mail.example", port: 465, user: "u", password: "p@ss", implicitTLS: true},
	} {
		got, err := parseSMTP(address)
		if err != nil || got != want {
			t.Errorf("parseSMTP(%q) = %+v, %v, want %+v", address, got, err, want)
		}
		if _, err := got.client(); err != nil {
			t.Errorf("a client for %q: %v", address, err)
		}
	}
	for _, address := range []string{"", "localhost:25", "http://mail.example", "smtp://", "smtp://mail.example:0", "smtp://u:secret@h:port"} {
		if got, err := parseSMTP(address); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("parseSMTP(%q) = %+v, %v, want it refused without quoting a password", address, got, err)
		}
	}
}

func TestPausesGrowToTenMinutes(t *testing.T) {
	t.Parallel()
	for attempts, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 5: 16 * time.Second, 11: maxPause, 5000: maxPause} {
		if got := pauseAfter(attempts); got != want {
			t.Errorf("after %d attempts we pause %s, want %s", attempts, got, want)
		}
	}
}
