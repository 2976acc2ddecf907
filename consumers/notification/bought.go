package notification

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"cartograph/internal/address"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/locale"
	"cartograph/internal/message"
	"cartograph/internal/optional"
	rpcv1 "cartograph/internal/rpc/v1"
)

// Payments is what the worker needs of the payment service.
type Payments interface {
	ReadMethod(ctx context.Context, req *rpcv1.ReadMethodRequest) (*rpcv1.ReadMethodResponse, error)
}

// Bought is what the mail about a confirmed order states beside its lines.
type Bought struct {
	PaymentID       string           `json:"paymentId"`
	ShippingAddress *event.Recipient `json:"shippingAddress,omitempty"`
	BillingAddress  *event.Recipient `json:"billingAddress,omitempty"` // nil where it is the former
	ArrivesAfter    time.Time        `json:"arrivesAfter,omitzero"`
	ArrivesBefore   time.Time        `json:"arrivesBefore,omitzero"`

	method *rpcv1.ReadMethodResponse // for one delivery; nil: it is not known
}

// waitForMethod is for how long a mail waits for the payment service, in which it may
// restart.
const waitForMethod = 10 * time.Second

// method is how an order was paid; nil if it cannot be known now.
func (w *Worker) method(ctx context.Context, paymentID string, enqueuedAt time.Time) (*rpcv1.ReadMethodResponse, error) {
	method, err := w.payments.ReadMethod(ctx, &rpcv1.ReadMethodRequest{PaymentId: paymentID})
	switch {
	case err == nil:
		return method, nil
	case fault.KindOf(err) == fault.Unavailable && time.Since(enqueuedAt) < waitForMethod:
		return nil, fmt.Errorf("%w: method of payment %s: %w", errPaymentsAway, paymentID, err)
	default:
		w.log.WarnContext(ctx, "a mail does not say how an order was paid", "payment_id", paymentID, "err", err)
		return nil, nil
	}
}

// setBought states where an order goes, when it arrives and how it was paid.
func (p *page) setBought(ctx context.Context, m Mail) {
	add := func(key message.Key, lines ...string) {
		p.Facts = append(p.Facts, facts{message.In(m.Locale, key), lines})
	}
	b := m.Bought
	if b.ShippingAddress != nil {
		add("mail.ships_to", addressLines(ctx, b.ShippingAddress, m.Locale)...)
	}
	if b.BillingAddress != nil {
		add("mail.billed_to", addressLines(ctx, b.BillingAddress, m.Locale)...)
	}
	if !b.ArrivesBefore.IsZero() {
		key, first, last := message.Key("mail.arrives_between"), message.Date(b.ArrivesAfter), message.Date(b.ArrivesBefore)
		if first.InLocale(m.Locale) == last.InLocale(m.Locale) {
			key = "mail.arrives_on"
		}
		add("mail.arrives", message.In(m.Locale, key, message.Args{"first": first, "last": last}))
	}
	if b.method.GetLast4() != "" {
		add("mail.paid_with", strings.TrimSpace(brandName(b.method.GetBrand())+" •••• "+oneLine(b.method.GetLast4())))
	}
}

// addressLines is an address as carriers of its country write it, in lines of their own.
func addressLines(ctx context.Context, r *event.Recipient, reader string) []string {
	a := address.Address{
		Name: oneLine(r.Name), Company: optional.Of(oneLine(r.Company)), Line1: oneLine(r.Line1), Line2: optional.Of(oneLine(r.Line2)),
		City: oneLine(r.City), Region: optional.Of(oneLine(r.Region)), PostalCode: oneLine(r.PostalCode), CountryCode: r.CountryCode,
	}
	return a.Formatted(locale.With(ctx, reader))
}

// brandName is the brand of a card as readers know it.
func brandName(brand string) string {
	switch brand = oneLine(brand); brand {
	case "amex":
		return "American Express"
	case "":
		return ""
	default:
		return strings.ToUpper(brand[:1]) + brand[1:]
	}
}

// absolute is an address that a mail can load a picture from, or empty: a relative one
// leads nowhere there.
func absolute(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return u.String()
}
