package notification

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"html/template"
	"net/mail"
	"net/url"
	"strings"
	texttemplate "text/template"
	"time"

	gomail "github.com/wneessen/go-mail"

	"cartograph/internal/event"
	"cartograph/internal/money"
)

//go:embed templates
var templates embed.FS

// composer renders mails as messages.
type composer struct {
	from *mail.Address
	shop *url.URL // nil leaves links out
	html *template.Template
	text *texttemplate.Template
}

func newComposer(from, shop string) (*composer, error) {
	sender, err := mail.ParseAddress(from)
	if err != nil {
		return nil, fmt.Errorf("sender %q: %w", from, err)
	}
	c := &composer{from: sender}
	if shop != "" {
		if c.shop, err = url.Parse(shop); err != nil || c.shop.Host == "" {
			return nil, fmt.Errorf("shop URL %q is invalid", shop)
		}
	}
	if c.html, err = template.ParseFS(templates, "templates/mail.html"); err != nil {
		return nil, err
	}
	c.text, err = texttemplate.ParseFS(templates, "templates/mail.txt")
	return c, err
}

// message renders a mail. It is deterministic up to the MIME boundary: the
// date is that of enqueueing and the Message-ID follows from the content, so
// that a retry after an unrecorded success is a duplicate that mailboxes detect.
func (c *composer) message(ctx context.Context, m Mail, enqueuedAt time.Time) (*gomail.Msg, error) {
	p, err := c.page(ctx, m)
	if err != nil {
		return nil, err
	}
	html, text, err := c.render(p)
	if err != nil {
		return nil, err
	}
	msg := gomail.NewMsg()
	msg.FromMailAddress(c.from)
	msg.ToMailAddress(&mail.Address{Name: oneLine(m.Name), Address: m.Email})
	msg.Subject(p.Subject)
	msg.SetDateWithValue(enqueuedAt)
	msg.SetMessageIDWithValue(c.messageID(m))
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // keeps out-of-office replies away
	msg.SetGenHeader(gomail.HeaderContentLang, p.Language)
	msg.SetBodyString(gomail.TypeTextPlain, text)
	msg.AddAlternativeString(gomail.TypeTextHTML, html)
	return msg, nil
}

// messageID is the same for every delivery of a mail.
func (c *composer) messageID(m Mail) string {
	_, domain, _ := strings.Cut(c.from.Address, "@")
	local := strings.ToLower(string(m.Kind)) + "." + m.OrderID
	if m.PaymentID != "" {
		local += "." + m.PaymentID
	}
	return url.PathEscape(local) + "@" + domain
}

func (c *composer) render(p page) (html, text string, err error) {
	var h, t bytes.Buffer
	if err := c.html.Execute(&h, p); err != nil {
		return "", "", err
	}
	if err := c.text.Execute(&t, p); err != nil {
		return "", "", err
	}
	return h.String(), t.String(), nil
}

// page is the data of the templates.
type page struct {
	Language, Subject, Heading, Greeting, Intro string
	Labels                                      labels
	Number                                      string
	Lines                                       []line
	Sums                                        []sum
	Total                                       string
	Next                                        []string
	Action, URL                                 string // an empty URL leaves the button out
	Closing                                     string
	Accent, Tint, Symbol                        string // colours, and the symbol on them
}

type line struct {
	Title, Subtitle string
	Quantity        int
	Unit, Total     string
}

type sum struct{ Label, Amount string }

func (c *composer) page(ctx context.Context, m Mail) (page, error) {
	texts := messagesFor(m.Locale)
	t, err := texts.templateFor(m)
	if err != nil {
		return page{}, err
	}
	p := page{
		Language: texts.language, Labels: texts.labels, Number: oneLine(m.Number),
		Subject: fmt.Sprintf(t.Subject, oneLine(m.Number)), Heading: t.Heading, Greeting: texts.anonymous,
		Intro: t.Intro, Next: t.Next, Action: t.Action, Closing: t.Closing,
		Accent: t.Accent, Tint: t.Tint, Symbol: t.Symbol,
	}
	if name := oneLine(m.Name); name != "" {
		p.Greeting = fmt.Sprintf(texts.greeting, name)
	}
	if c.shop != nil {
		p.URL = c.shop.JoinPath("orders", url.PathEscape(m.OrderID)).String()
	}
	p.setAmounts(ctx, m)
	return p, nil
}

// setAmounts formats amounts for the customer's locale.
func (p *page) setAmounts(ctx context.Context, m Mail) {
	format := func(minor int64) string {
		return money.Money{Minor: minor, Currency: m.Currency}.Formatted(ctx, &m.Locale)
	}
	p.Total = format(m.TotalMinor)
	if m.Kind != OrderConfirmed {
		return
	}
	for _, o := range m.Lines {
		p.Lines = append(p.Lines, lineOf(o, format, p.Labels.Each))
	}
	shipping := format(m.ShippingMinor)
	if m.ShippingMinor == 0 {
		shipping = p.Labels.Free
	}
	p.Sums = []sum{{p.Labels.Subtotal, format(m.SubtotalMinor)}, {p.Labels.Shipping, shipping}}
	if m.TaxMinor != 0 {
		label := p.Labels.Tax
		if m.TaxIncluded {
			label = p.Labels.IncludedTax
		}
		p.Sums = append(p.Sums, sum{label, format(m.TaxMinor)})
	}
}

func lineOf(o event.OrderLine, format func(int64) string, each string) line {
	l := line{Title: oneLine(o.Title), Subtitle: oneLine(o.Subtitle), Quantity: o.Quantity, Total: format(o.TotalMinor)}
	if o.Quantity > 1 {
		l.Unit = fmt.Sprintf(each, format(o.UnitMinor))
	}
	return l
}

// styledText is the text of a mail with its colours.
type styledText struct {
	text
	Accent, Tint, Symbol string
}

// templateFor chooses the text of a mail and fills in its arguments, except
// the order number of the subject. An unknown kind is an error: a guess could
// send a customer a cancellation that never happened.
func (w messages) templateFor(m Mail) (styledText, error) {
	switch m.Kind {
	case OrderConfirmed:
		return styledText{w.confirmed, "#0f766e", "#dcf2ee", "✓"}, nil
	case PaymentFailed:
		t := w.lastAttempt
		if m.AttemptsLeft > 0 {
			t = w.paymentFailed
			t.Next = []string{
				fmt.Sprintf(w.paymentFailed.Next[0], w.formatTime(m.PayBefore.UTC())),
				fmt.Sprintf(w.paymentFailed.Next[1], m.AttemptsLeft),
			}
		}
		t.Intro = lookup(w.declineReasons, m.Reason)
		return styledText{t, "#b45309", "#fdf1dd", "!"}, nil
	case OrderCancelled:
		t := w.cancelled
		t.Intro = lookup(w.cancelReasons, m.Reason)
		return styledText{t, "#475569", "#e8ecf1", "×"}, nil
	default:
		return styledText{}, fmt.Errorf("no template for a mail of kind %q", m.Kind)
	}
}

// oneLine collapses white space, line breaks included: text from a customer or
// a seller cannot imitate lines of ours.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
