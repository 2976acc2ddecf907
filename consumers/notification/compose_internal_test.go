package notification

import (
	"bytes"
	"errors"
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
	switch kind { //nolint:exhaustive // mails about orders
	case OrderConfirmed:
		m.SubtotalMinor, m.TaxMinor = 119_997, 8_443
		m.Bought = sampleBought(locale)
		m.Lines = []event.OrderLine{
			{Title: "Meridian Desk Lamp", Subtitle: "Brushed brass", Quantity: 2, UnitMinor: 12_999, TotalMinor: 25_998, ImageURL: "https://pictures.example/lamp/640.jpeg"},
			{Title: "Atlas Standing Desk with a rather long name that has to wrap", Subtitle: "Walnut, 160 cm", Quantity: 1, UnitMinor: 93_999, TotalMinor: 93_999},
		}
		if locale == "de-DE" {
			m.Discounts = []event.OrderDiscount{{Title: "Willkommen", Code: "WELCOME10", AmountMinor: 12_000}, {Title: "Versand geschenkt", AmountMinor: 490, OnShipping: true}}
			m.Lines[0].DiscountMinor, m.Lines[0].TotalMinor = 2_600, 23_398
			m.Lines[1].DiscountMinor, m.Lines[1].TotalMinor = 9_400, 84_599
		}
	case PaymentFailed:
		m.Reason, m.AttemptsLeft = "insufficient_funds", 2
	case OrderCancelled:
		m.Reason = "CUSTOMER_REQUEST"
	case OrderRefunded, ReturnRefunded:
		m.RefundMinor = 25_998
	case ReturnRequested, ReturnApproved, ReturnRejected:
		m.Units, m.Note = 2, "The lamp was used for longer than the return window."
		m.Carrier, m.Tracking, m.ActionURL = "Overland Post", "OP-4218", "https://labels.example.com/OP-4218.pdf"
		m.SendBefore = time.Date(2026, time.March, 26, 14, 30, 0, 0, time.UTC)
	case OrderShipped, OrderDelivered:
		m.Carrier, m.Tracking, m.Complete = "Overland Post", "OP-4217", locale == "de-DE"
		if kind == OrderShipped {
			m.ActionURL = "https://tracking.example.com/OP-4217"
		}
	case ReviewInvitation:
		m.Lines = []event.OrderLine{{Title: "Meridian Desk Lamp", Subtitle: "Brushed brass", Quantity: 2}, {Title: "Kestrel Mug", Quantity: 1}}
		m.unsubscribe = "https://shop.example/unsubscribe?token=U1RPQ0tfQUxFUlR8fDUyfGVuLVVT"
	case PaymentWaiting:
		m.ActionURL = "https://bank.example/3ds/8f2c"
	}
	return m
}

func cancelledWithRefund(locale, currency string) Mail {
	m := sampleMail(OrderCancelled, locale, currency)
	m.RefundMinor = m.TotalMinor
	return m
}

func endpointGone(locale string) Mail {
	m := sampleWarning(EndpointPaused, locale)
	m.Endpoint.Gone, m.Endpoint.Reason, m.Endpoint.PausedUntil = true, "the server answered 410", time.Time{}
	return m
}

// sampleWarning is a mail about an account.
func sampleWarning(kind Kind, locale string) Mail {
	m := aboutAccount(kind, "usr_01JD8Q2Z", "ada@example.com", "Ada Lovelace", locale)
	m.Occasion = "2026-03-05"
	switch kind { //nolint:exhaustive // warnings that have more facts
	case SignInsFailed:
		m.Attempts = 10
	case SignedInOnNewDevice:
		m.SignedInAt = time.Date(2026, time.March, 5, 14, 30, 0, 0, time.UTC)
	case PasswordChanged:
		m.ChangedAt = time.Date(2026, time.March, 5, 14, 30, 0, 0, time.UTC)
	case SecondFactorChanged:
		m.ChangedAt, m.Reason, m.CodesLeft = time.Date(2026, time.March, 5, 14, 30, 0, 0, time.UTC), string(event.SecondFactorEnabled), 9
	case EndpointPaused:
		m.Endpoint = &Endpoint{
			ID: "whe_01JD8Q2Z", URL: "https://partner.example/events", Failures: 10, Reason: "the server answered 503",
			PausedUntil: time.Date(2026, time.March, 5, 14, 31, 0, 0, time.UTC),
		}
	case VerifyEmail, ResetPassword:
		m.LinkID, m.Token = "lnk_01JD8Q2Z", "gL7kq0Jc9mZ2yUe4Rk1vXw8sTn5bHd3fPa6oQi0uEyI"
		m.LinkEnds = time.Date(2026, time.March, 5, 15, 0, 0, 0, time.UTC)
	}
	return m
}

// sampleAlert is a mail about a variant.
func sampleAlert(kind Kind, locale, currency string) Mail {
	m := Mail{
		Kind: kind, OrderFacts: event.OrderFacts{Email: "ada@example.com", Locale: locale, Currency: currency},
		Alert: &Alert{ID: "alr_01JD8Q2Z", Slug: "meridian-desk-lamp", Title: "Meridian Desk Lamp", Subtitle: "Brushed brass", PriceMinor: 12_999, UnsubscribeToken: "K3TQPZ5WJ7Q2"},
	}
	m.unsubscribe = "https://shop.example/unsubscribe?token=U1RPQ0tfQUxFUlR8fDUyfGVuLVVT"
	if kind == PriceDropped {
		m.Alert.WasMinor = 15_999
	}
	return m
}

// sampleReminder is a mail about a cart.
func sampleReminder(locale, currency string) Mail {
	return Mail{
		Kind: CartReminder, OrderFacts: event.OrderFacts{CartID: "crt_01JD8Q2Z", Email: "ada@example.com", Name: "Ada Lovelace", Locale: locale, Currency: currency},
		Lines: []event.OrderLine{
			{Title: "Meridian Desk Lamp", Subtitle: "Brushed brass", Quantity: 2, UnitMinor: 12_999, TotalMinor: 25_998},
			{Title: "Kestrel Mug", Quantity: 1, UnitMinor: 1_900, TotalMinor: 1_900},
		},
		SubtotalMinor: 27_898, unsubscribe: "https://shop.example/unsubscribe?token=U1RPQ0tfQUxFUlR8fDUyfGVuLVVT",
	}
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
	lastAttemptInGerman := sampleMail(PaymentFailed, "de-AT", "EUR")
	lastAttemptInGerman.AttemptsLeft = 0
	expiredInEnglish := sampleMail(OrderCancelled, "en-US", "USD")
	expiredInEnglish.Reason = "PAYMENT_EXPIRED"
	taxIncluded := sampleMail(OrderConfirmed, "de-DE", "EUR")
	taxIncluded.TaxIncluded = true
	for name, m := range map[string]Mail{
		"tax_included.de":     taxIncluded,
		"cart_reminder.en":    sampleReminder("en-US", "USD"),
		"cart_reminder.de":    sampleReminder("de-DE", "EUR"),
		"sign_ins_failed.en":  sampleWarning(SignInsFailed, "en-US"),
		"sign_ins_failed.de":  sampleWarning(SignInsFailed, "de-CH"),
		"new_device.en":       sampleWarning(SignedInOnNewDevice, "en-US"),
		"new_device.de":       sampleWarning(SignedInOnNewDevice, "de-AT"),
		"verify_email.en":     sampleWarning(VerifyEmail, "en-US"),
		"verify_email.de":     sampleWarning(VerifyEmail, "de-DE"),
		"reset_password.en":   sampleWarning(ResetPassword, "en-GB"),
		"reset_password.de":   sampleWarning(ResetPassword, "de-AT"),
		"password_changed.en": sampleWarning(PasswordChanged, "en-US"),
		"password_changed.de": sampleWarning(PasswordChanged, "de-DE"),
		"second_factor.en":    sampleWarning(SecondFactorChanged, "en-US"),
		"second_factor.de":    sampleWarning(SecondFactorChanged, "de-DE"),
		"endpoint_paused.en":  sampleWarning(EndpointPaused, "en-US"),
		"endpoint_paused.de":  sampleWarning(EndpointPaused, "de-DE"),
		"endpoint_gone.en":    endpointGone("en-US"),
		"registered_again.en": sampleWarning(RegisteredAgain, "en-GB"),
		"registered_again.de": sampleWarning(RegisteredAgain, "de-DE"),
		"back_in_stock.en":    sampleAlert(BackInStock, "en-US", "USD"),
		"back_in_stock.de":    sampleAlert(BackInStock, "de-AT", "EUR"),
		"price_dropped.en":    sampleAlert(PriceDropped, "en-GB", "GBP"),
		"price_dropped.de":    sampleAlert(PriceDropped, "de-DE", "EUR"),
		"confirmed.en":        sampleMail(OrderConfirmed, "en-US", "USD"),
		"confirmed.de":        sampleMail(OrderConfirmed, "de-AT", "EUR"),
		"payment_failed.en":   sampleMail(PaymentFailed, "en-GB", "GBP"),
		"payment_failed.de":   sampleMail(PaymentFailed, "de-DE", "EUR"),
		"last_try.en":         lastAttempt,
		"cancelled.en":        sampleMail(OrderCancelled, "fr-FR", "EUR"), // in English, with French figures
		"cancelled.de":        sampleMail(OrderCancelled, "de-DE", "EUR"),
		"last_try.de":         lastAttemptInGerman,
		"welcome.en":          sampleWarning(Welcome, "en-US"),
		"welcome.de":          sampleWarning(Welcome, "de-DE"),
		"payment_waiting.en":  sampleMail(PaymentWaiting, "en-US", "USD"),
		"payment_waiting.de":  sampleMail(PaymentWaiting, "de-AT", "EUR"),
		"review.en":           sampleMail(ReviewInvitation, "en-US", "USD"),
		"review.de":           sampleMail(ReviewInvitation, "de-DE", "EUR"),
		"refunded.en":         sampleMail(OrderRefunded, "en-GB", "GBP"),
		"shipped.en":          sampleMail(OrderShipped, "en-GB", "GBP"),
		"shipped.de":          sampleMail(OrderShipped, "de-DE", "EUR"),
		"return_requested.en": sampleMail(ReturnRequested, "en-GB", "GBP"),
		"return_requested.de": sampleMail(ReturnRequested, "de-DE", "EUR"),
		"return_approved.en":  sampleMail(ReturnApproved, "en-GB", "GBP"),
		"return_approved.de":  sampleMail(ReturnApproved, "de-DE", "EUR"),
		"return_rejected.en":  sampleMail(ReturnRejected, "en-GB", "GBP"),
		"return_rejected.de":  sampleMail(ReturnRejected, "de-DE", "EUR"),
		"return_refunded.en":  sampleMail(ReturnRefunded, "en-GB", "GBP"),
		"return_refunded.de":  sampleMail(ReturnRefunded, "de-DE", "EUR"),
		"delivered.en":        sampleMail(OrderDelivered, "en-GB", "GBP"),
		"delivered.de":        sampleMail(OrderDelivered, "de-DE", "EUR"),
		"refunded.de":         sampleMail(OrderRefunded, "de-DE", "EUR"),
		"cancelled_paid.en":   cancelledWithRefund("en-US", "USD"),
		"cancelled_paid.de":   cancelledWithRefund("de-DE", "EUR"),
		"expired.de":          expired,
		"expired.en":          expiredInEnglish,
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

func TestWithoutAShopAMailHasTheCodeInsteadOfALink(t *testing.T) {
	t.Parallel()
	c := newTestComposer(t)
	c.shop = nil
	htm, text := rendered(t, c, sampleWarning(ResetPassword, "en-US"))
	golden(t, "reset_password_code.en.txt", text)
	golden(t, "reset_password_code.en.html", htm)
	if strings.Contains(htm, "<a ") || strings.Contains(text, "http") {
		t.Errorf("it has a link that leads nowhere:\n%s", text)
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

	m.Occasion = "pay_1\r\nX-Evil: 1"
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
	m.Occasion = "pay_1"
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
	m := sampleMail("ORDER_LOST", "en-US", "USD")
	if msg, err := newTestComposer(t).message(t.Context(), m, time.Now()); err == nil {
		t.Errorf("message = %v, want an error instead of a guess", msg)
	}
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

func TestBackoffDoublesUpToItsBound(t *testing.T) {
	t.Parallel()
	deferred, away := errors.New("451 try later"), fmt.Errorf("%w: refused", errServerAway)
	for attempts, want := range map[int][2]time.Duration{
		1: {time.Second, time.Second}, 2: {2 * time.Second, 2 * time.Second}, 5: {16 * time.Second, maxOutageBackoff},
		11: {maxBackoff, maxOutageBackoff}, 5000: {maxBackoff, maxOutageBackoff},
	} {
		if got := backoff(attempts, deferred); got != want[0] {
			t.Errorf("after %d attempts a deferred mail waits %s, want %s", attempts, got, want[0])
		}
		if got := backoff(attempts, away); got != want[1] {
			t.Errorf("after %d attempts at a server that is away a mail waits %s, want %s", attempts, got, want[1])
		}
	}
}

func TestALostSenderDelaysAMailByLessThanHalfAMinute(t *testing.T) {
	t.Parallel()
	if lease <= sendTimeout+recordAttempt || lease+pollInterval+leaseRetry > 25*time.Second {
		t.Errorf("lease %s, delivery %s: want the lease longer than a delivery, and time left of 30 s", lease, sendTimeout)
	}
}

// A mail program that shows dark mails would otherwise invert some colours and leave
// others, so that text of one mail is unreadable.
func TestEveryColourOfTextAndGroundHasAColourInDarkMode(t *testing.T) {
	t.Parallel()
	c := newTestComposer(t)
	for _, m := range []Mail{
		sampleMail(OrderConfirmed, "de-AT", "EUR"), sampleWarning(ResetPassword, "en-GB"), sampleAlert(PriceDropped, "de-DE", "EUR"),
	} {
		page, _ := rendered(t, c, m)
		for z := html.NewTokenizer(strings.NewReader(page)); z.Next() != html.ErrorToken; {
			token := z.Token()
			attributes := map[string]string{}
			for _, a := range token.Attr {
				attributes[a.Key] = a.Val
			}
			light := slices.ContainsFunc([]string{"color:#1c2430", "color:#3c4654", "color:#64707f", "background-color:#ffffff", "background-color:#f6f7f9", "background-color:#eef0f3"},
				func(declaration string) bool { return strings.Contains(attributes["style"], declaration) })
			inherits := token.Data == "h1" || token.Data == "a"
			if light && attributes["class"] == "" && !inherits {
				t.Errorf("the %s of %s has light colours alone: %s", token.Data, m.Kind, attributes["style"])
			}
		}
	}
}
