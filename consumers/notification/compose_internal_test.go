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

func sampleMail(kind Kind, locale, currency string) Mail {
	m := Mail{
		Kind: kind,
		OrderFacts: event.OrderFacts{
			OrderID: "ord_01JD8Q2Z", CheckoutID: "chk_01JD8Q2Z", Number: "C-10432", Email: "ada@example.com",
			Name: "Ada Lovelace", Locale: locale, Currency: currency, TotalMinor: 128_440,
		},
		PayBefore: time.Date(2026, time.March, 5, 14, 30, 0, 0, time.UTC),
	}
	switch kind {
	case OrderConfirmed:
		m.SubtotalMinor, m.TaxMinor = 119_997, 8_443
		m.Lines = []event.OrderLine{
			{Title: "Meridian Desk Lamp", Subtitle: "Brushed brass", Quantity: 2, UnitMinor: 12_999, TotalMinor: 25_998},
			{Title: "Atlas Standing Desk with a rather long name that has to wrap", Subtitle: "Walnut, 160 cm", Quantity: 1, UnitMinor: 93_999, TotalMinor: 93_999},
		}
	case PaymentFailed:
		m.Reason, m.AttemptsLeft = "insufficient_funds", 2
	case OrderCancelled:
		m.Reason = "CUSTOMER_REQUEST"
	}
	return m
}

func newTestComposer(t *testing.T) *composer {
	t.Helper()
	c, err := newComposer("Cartograph <orders@shop.example>", "https://shop.example/store")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestMailsMatchTheirGoldenFiles(t *testing.T) {
	t.Parallel()
	c := newTestComposer(t)
	lastAttempt := sampleMail(PaymentFailed, "en-US", "USD")
	lastAttempt.AttemptsLeft = 0
	expired := sampleMail(OrderCancelled, "de-DE", "EUR")
	expired.Reason = "PAYMENT_EXPIRED"
	for name, m := range map[string]Mail{
		"confirmed.en":      sampleMail(OrderConfirmed, "en-US", "USD"),
		"confirmed.de":      sampleMail(OrderConfirmed, "de-AT", "EUR"),
		"payment_failed.en": sampleMail(PaymentFailed, "en-GB", "GBP"),
		"payment_failed.de": sampleMail(PaymentFailed, "de-DE", "EUR"),
		"last_try.en":       lastAttempt,
		"cancelled.en":      sampleMail(OrderCancelled, "fr-FR", "EUR"), // in English, with French figures
		"expired.de":        expired,
	} {
		p, err := c.page(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		htm, text := rendered(t, c, m)
		golden(t, name+".txt", "Subject: "+p.Subject+"\n\n"+text)
		golden(t, name+".html", htm)
	}
}

// rendered returns a mail's HTML and text.
func rendered(t *testing.T, c *composer, m Mail) (htm, text string) {
	t.Helper()
	p, err := c.page(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	htm, text, err = c.render(p)
	if err != nil {
		t.Fatal(err)
	}
	return htm, text
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
		t.Errorf("%s differs (-want +got; go test -update accepts it):\n%s", name, diff)
	}
}

func TestTypedTextIsNotInterpreted(t *testing.T) {
	t.Parallel()
	c := newTestComposer(t)
	const script = `<script>alert(1)</script>`
	m := sampleMail(OrderConfirmed, "en-US", "USD")
	m.Name = "Eve\r\nBcc: everyone@example.com\r\n\r\n" + script
	m.Number = "C-1\r\nX-Evil: 1" + script
	m.OrderID = `ord_1"><img src=x onerror=alert(1)>/../..`
	m.Lines[0].Title = script + `"><img src=x onerror=alert(1)>`
	m.Lines[0].Subtitle = "{{.Total}}\n\nTotal: $0.00" + script

	htm, text := rendered(t, c, m)
	harmless, _ := rendered(t, c, sampleMail(OrderConfirmed, "en-US", "USD"))
	if diff := cmp.Diff(elementsOf(t, harmless), elementsOf(t, htm)); diff != "" {
		t.Errorf("typed text changed the elements of the page (-want +got):\n%s", diff)
	}
	for n := range strings.SplitSeq(text, "\n") {
		if n == "Total: $0.00" {
			t.Error("a product's subtitle became a line of its own")
		}
	}
	if !strings.Contains(text, "{{.Total}}") {
		t.Error("template syntax in a subtitle is not shown as it is")
	}

	m.PaymentID = "pay_1\r\nX-Evil: 1"
	msg, err := c.message(t.Context(), m, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var raw bytes.Buffer
	if _, err := msg.WriteTo(&raw); err != nil {
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

// elementsOf lists the elements and attribute names of a page, and checks the
// targets of its links.
func elementsOf(t *testing.T, page string) (elements []string) {
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

func TestMessageHasTheHeadersThatMailboxesNeed(t *testing.T) {
	t.Parallel()
	c := newTestComposer(t)
	enqueued := time.Date(2026, time.March, 5, 14, 30, 0, 0, time.UTC)
	m := sampleMail(PaymentFailed, "de-DE", "EUR")
	m.PaymentID = "pay_1"
	msg, err := c.message(t.Context(), m, enqueued)
	if err != nil {
		t.Fatal(err)
	}
	var raw bytes.Buffer
	if _, err := msg.WriteTo(&raw); err != nil {
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
	if date, err := read.Header.Date(); err != nil || !date.Equal(enqueued) {
		t.Errorf("dated %s, %v, want %s", date, err, enqueued)
	}
	if kind := read.Header.Get("Content-Type"); !strings.HasPrefix(kind, "multipart/alternative") {
		t.Errorf("it is %s, want text and HTML", kind)
	}
}

func TestUnknownKindHasNoTemplate(t *testing.T) {
	t.Parallel()
	m := sampleMail("ORDER_SHIPPED", "en-US", "USD")
	if msg, err := newTestComposer(t).message(t.Context(), m, time.Now()); err == nil {
		t.Errorf("message = %v, want an error instead of a guess", msg)
	}
}

// Every language has all texts and reasons, with the same arguments.
func TestLanguagesAreComplete(t *testing.T) {
	t.Parallel()
	want, got := english(), german()
	for name, keys := range map[string][2]map[string]string{
		"decline reasons": {want.declineReasons, got.declineReasons}, "cancel reasons": {want.cancelReasons, got.cancelReasons},
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
		{want.confirmed, got.confirmed}, {want.paymentFailed, got.paymentFailed}, {want.lastAttempt, got.lastAttempt}, {want.cancelled, got.cancelled},
	} {
		if argumentsOf(pair[0]) != argumentsOf(pair[1]) {
			t.Errorf("text %d has the arguments %s and %s", i, argumentsOf(pair[0]), argumentsOf(pair[1]))
		}
	}
}

func argumentsOf(t text) string {
	var found strings.Builder
	for _, s := range append([]string{t.Subject, t.Heading, t.Intro, t.Action, t.Closing}, t.Next...) {
		fmt.Fprintf(&found, "%d%s%s|", min(len(s), 1), strings.Repeat("s", strings.Count(s, "%s")), strings.Repeat("d", strings.Count(s, "%d")))
	}
	return found.String()
}

func TestParseSMTP(t *testing.T) {
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

func TestBackoffDoublesUpToTenMinutes(t *testing.T) {
	t.Parallel()
	for attempts, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 5: 16 * time.Second, 11: maxBackoff, 5000: maxBackoff} {
		if got := backoff(attempts); got != want {
			t.Errorf("backoff after %d attempts = %s, want %s", attempts, got, want)
		}
	}
}
