package notification

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/message"
	"cartograph/internal/money"
)

// Alert is what a mail about a variant shows. Amounts are in the mail's currency.
type Alert struct {
	ID               string `json:"id"`
	ProductID        string `json:"productId,omitempty"`
	Slug             string `json:"slug"`
	Title            string `json:"title"`
	Subtitle         string `json:"subtitle,omitempty"`
	PriceMinor       int64  `json:"priceMinor"`
	WasMinor         int64  `json:"wasMinor,omitempty"`
	UnsubscribeToken string `json:"unsubscribeToken"`
}

// stockAlertDue enqueues the mail of a stock alert. One that arrives days later is
// useless: the stock may be gone.
func (w *Worker) stockAlertDue(ctx context.Context, tx pgx.Tx, p event.StockAlertDue, e event.Envelope) error {
	if time.Since(e.Time) > maxAge {
		return nil
	}
	m := Mail{
		Kind: BackInStock, UserID: p.UserID, OrderFacts: event.OrderFacts{Email: p.Email, Locale: p.Locale, Currency: p.Currency},
		Alert: &Alert{
			ID: p.AlertID, ProductID: p.ProductID, Slug: p.Slug, Title: p.Title, Subtitle: p.Subtitle,
			PriceMinor: p.PriceMinor, WasMinor: p.WasMinor, UnsubscribeToken: p.UnsubscribeToken,
		},
	}
	switch p.Kind {
	case "BACK_IN_STOCK":
	case "PRICE_DROP":
		m.Kind = PriceDropped
	default:
		return fault.New(fault.Invalid, "A stock alert of the kind %q has no mail.", p.Kind)
	}
	return w.enqueue(ctx, tx, m, e.Time)
}

// toAccount reports whether the address is that of an account when the mail is sent.
func (m Mail) toAccount() bool { return m.Alert != nil && m.UserID != "" }

// setAlert shows the variant with its price.
func (p *page) setAlert(ctx context.Context, m Mail, shop bool) {
	amount := func(minor int64) string {
		return money.Money{Minor: minor, Currency: m.Currency}.Formatted(ctx, &m.Locale)
	}
	label := func(key message.Key) string { return message.In(m.Locale, key) }
	p.Topic = label("mail.alert")
	p.Lines = []line{{Title: oneLine(m.Alert.Title), Subtitle: oneLine(m.Alert.Subtitle)}}
	p.Total = &sum{label("mail.price"), amount(m.Alert.PriceMinor)}
	if m.Alert.WasMinor > 0 {
		p.Sums = []sum{{label("mail.price_before"), amount(m.Alert.WasMinor)}}
		p.Total.Label = label("mail.price_now")
	}
	if p.Stop = label("mail.stop_alerts"); !shop {
		p.CodeLabel, p.Code = label("mail.stop_code"), m.Alert.UnsubscribeToken
	}
}
