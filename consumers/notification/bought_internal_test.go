package notification

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"cartograph/internal/event"
	"cartograph/internal/fault"
	rpcv1 "cartograph/internal/rpc/v1"
)

// sampleBought is delivered to Oregon, and for German readers paid elsewhere.
func sampleBought(locale string) *Bought {
	b := &Bought{
		PaymentID: "pay_01JD8Q2Z", method: &rpcv1.ReadMethodResponse{Brand: "visa", Last4: "4242"},
		ShippingAddress: &event.Recipient{Name: "Ada Lovelace", Line1: "1840 Alder Crossing", Line2: "Apartment 4", City: "Portland", Region: "OR", PostalCode: "97205", CountryCode: "US"},
		ArrivesAfter:    time.Date(2026, time.March, 9, 0, 0, 0, 0, time.UTC), ArrivesBefore: time.Date(2026, time.March, 12, 23, 59, 59, 0, time.UTC),
	}
	if strings.HasPrefix(locale, "de") {
		b.BillingAddress = &event.Recipient{Name: "Ada Lovelace", Company: "Analytical Engines GmbH", Line1: "Taborstraße 12", City: "Wien", PostalCode: "1020", CountryCode: "AT"}
	}
	return b
}

// attributesOf lists an attribute of all elements of a kind.
func attributesOf(t *testing.T, page, element, attribute string) (values []string) {
	t.Helper()
	for z := html.NewTokenizer(strings.NewReader(page)); z.Next() != html.ErrorToken; {
		if token := z.Token(); token.Data == element {
			for _, a := range token.Attr {
				if a.Key == attribute {
					values = append(values, a.Val)
				}
			}
		}
	}
	return values
}

func TestTheMailOfAConfirmedOrderStatesWhatWasBought(t *testing.T) {
	t.Parallel()
	c := newTestComposer(t)
	m := sampleMail(OrderConfirmed, "de-AT", "EUR")
	page, text := rendered(t, c, m)
	for _, want := range []string{
		"1840 Alder Crossing", "97205", "Analytical Engines GmbH", "1020 Wien", "Visa •••• 4242", "9. März 2026 bis 12. März 2026", "https://shop.example/store/orders/ord_01JD8Q2Z",
	} {
		if !strings.Contains(page, want) || !strings.Contains(text, want) {
			t.Errorf("HTML or text has no %q:\n%s", want, text)
		}
	}
	if got := attributesOf(t, page, "img", "src"); len(got) != 1 || got[0] != "https://pictures.example/lamp/640.jpeg" {
		t.Errorf("the pictures are %q, want that of the only line that has one", got)
	}

	m.Bought.ArrivesBefore, m.Bought.method, c.shop = m.Bought.ArrivesAfter, nil, nil
	for _, address := range []string{"", "/media/lamp.jpeg", "data:image/png;base64,AAAA", "javascript:alert(1)"} {
		m.Lines[0].ImageURL = address
		page, text = rendered(t, c, m)
		if strings.Contains(page, "<img") || strings.Contains(page, "colspan") {
			t.Errorf("%q became a picture", address)
		}
	}
	if strings.Contains(page, "<a ") || strings.Contains(text, "••••") || strings.Contains(text, " bis 9. März") || !strings.Contains(text, "9. März 2026") {
		t.Errorf("without a shop, a known card and a second day:\n%s", text)
	}
}

type paymentsAnswer struct{ err error }

func (p paymentsAnswer) ReadMethod(context.Context, *rpcv1.ReadMethodRequest) (*rpcv1.ReadMethodResponse, error) {
	return &rpcv1.ReadMethodResponse{Brand: "amex", Last4: "0005"}, p.err
}

func TestAMailWaitsAMomentForThePaymentService(t *testing.T) {
	t.Parallel()
	w := &Worker{log: slog.New(slog.DiscardHandler)}
	away := fault.New(fault.Unavailable, "starting")
	for name, tt := range map[string]struct {
		err   error
		age   time.Duration
		waits bool
		known bool
	}{
		"answers": {age: time.Hour, known: true}, "away": {err: away, waits: true}, "away for long": {err: away, age: 11 * time.Second},
		"at fault": {err: errors.New("no such column")},
	} {
		w.payments = paymentsAnswer{tt.err}
		method, err := w.method(t.Context(), "pay_1", time.Now().Add(-tt.age))
		if errors.Is(err, errPaymentsAway) != tt.waits || (err != nil) != tt.waits || tt.known && brandName(method.GetBrand()) != "American Express" {
			t.Errorf("%s: %v, %v, want it to wait %v", name, method, err, tt.waits)
		}
	}
}
