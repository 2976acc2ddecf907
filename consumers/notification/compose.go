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

// composer turns letters into mails.
type composer struct {
	from *mail.Address
	shop *url.URL // nil: mails have no links
	html *template.Template
	text *texttemplate.Template
}

func newComposer(from, shop string) (*composer, error) {
	sender, err := mail.ParseAddress(from)
	if err != nil {
		return nil, fmt.Errorf("sender of mails %q: %w", from, err)
	}
	c := &composer{from: sender}
	if shop != "" {
		if c.shop, err = url.Parse(shop); err != nil || c.shop.Host == "" {
			return nil, fmt.Errorf("the shop's address %q is not a URL", shop)
		}
	}
	if c.html, err = template.ParseFS(templates, "templates/mail.html"); err != nil {
		return nil, err
	}
	c.text, err = texttemplate.ParseFS(templates, "templates/mail.txt")
	return c, err
}

// message is the mail that a letter becomes. The same letter becomes the same
// mail however often it is composed, up to the boundary between its parts.
func (c *composer) message(ctx context.Context, l Letter, occasion string, owed time.Time) (*gomail.Msg, error) {
	p := c.page(ctx, l)
	html, text, err := c.render(p)
	if err != nil {
		return nil, err
	}
	m := gomail.NewMsg()
	m.FromMailAddress(c.from)
	m.ToMailAddress(&mail.Address{Name: oneLine(l.Name), Address: l.Email})
	m.Subject(p.Subject)
	m.SetDateWithValue(owed)
	m.SetMessageIDWithValue(c.messageID(l, occasion))
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetGenHeader(gomail.HeaderContentLang, p.Language)
	m.SetBodyString(gomail.TypeTextPlain, text)
	m.AddAlternativeString(gomail.TypeTextHTML, html)
	return m, nil
}

// messageID names what the mail tells, so that a mail that is sent again is
// known to be the same.
func (c *composer) messageID(l Letter, occasion string) string {
	_, domain, _ := strings.Cut(c.from.Address, "@")
	local := strings.ToLower(string(l.Kind)) + "." + l.OrderID
	if occasion != "" {
		local += "." + occasion
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

// page is what the templates show.
type page struct {
	Language, Subject, Heading, Greeting, Intro string
	Labels                                      labels
	Number                                      string
	Lines                                       []line
	Sums                                        []sum
	Total                                       string
	Next                                        []string
	Action, URL                                 string // no button without URL
	Closing                                     string
	Accent, Tint, Sign                          string // colours, and the sign on them
}

type line struct {
	Title, Subtitle string
	Quantity        int
	Unit, Total     string
}

type sum struct{ Label, Amount string }

func (c *composer) page(ctx context.Context, l Letter) page {
	w := languageOf(l.Locale)
	t := w.textFor(l)
	p := page{
		Language: w.language, Labels: w.labels, Number: oneLine(l.Number),
		Subject: fmt.Sprintf(t.Subject, oneLine(l.Number)), Heading: t.Heading, Intro: t.Intro, Next: t.Next, Action: t.Action,
		Closing:  t.Closing,
		Greeting: w.nameless,
	}
	if name := oneLine(l.Name); name != "" {
		p.Greeting = fmt.Sprintf(w.greeting, name)
	}
	p.Accent, p.Tint, p.Sign = colours(l.Kind)
	if c.shop != nil {
		p.URL = c.shop.JoinPath("orders", url.PathEscape(l.OrderID)).String()
	}
	p.figures(ctx, l)
	return p
}

// figures fills in amounts as the reader writes them.
func (p *page) figures(ctx context.Context, l Letter) {
	write := func(minor int64) string {
		return money.Money{Minor: minor, Currency: l.Currency}.Formatted(ctx, &l.Locale)
	}
	p.Total = write(l.TotalMinor)
	if l.Kind != OrderConfirmed {
		return
	}
	for _, o := range l.Lines {
		p.Lines = append(p.Lines, lineOf(o, write, p.Labels.Each))
	}
	shipping := write(l.ShippingMinor)
	if l.ShippingMinor == 0 {
		shipping = p.Labels.Free
	}
	p.Sums = []sum{{p.Labels.Subtotal, write(l.SubtotalMinor)}, {p.Labels.Shipping, shipping}}
	if l.TaxMinor != 0 {
		p.Sums = append(p.Sums, sum{p.Labels.Tax, write(l.TaxMinor)})
	}
}

func lineOf(o event.OrderLine, write func(int64) string, each string) line {
	l := line{Title: oneLine(o.Title), Subtitle: oneLine(o.Subtitle), Quantity: o.Quantity, Total: write(o.TotalMinor)}
	if o.Quantity > 1 {
		l.Unit = fmt.Sprintf(each, write(o.UnitMinor))
	}
	return l
}

// textFor is what to say in this language, with all its blanks filled but the
// order's number.
func (w words) textFor(l Letter) text {
	switch l.Kind {
	case PaymentFailed:
		t := w.lastTry
		if l.AttemptsLeft > 0 {
			t = w.failed
			t.Next = []string{
				fmt.Sprintf(w.failed.Next[0], w.moment(l.PayBefore.UTC())),
				fmt.Sprintf(w.failed.Next[1], l.AttemptsLeft),
			}
		}
		t.Intro = or(w.declined, l.Reason)
		return t
	case OrderCancelled:
		t := w.cancelled
		t.Intro = or(w.reasons, l.Reason)
		return t
	default:
		return w.confirmed
	}
}

func colours(k Kind) (accent, tint, sign string) {
	switch k {
	case PaymentFailed:
		return "#b45309", "#fdf1dd", "!"
	case OrderCancelled:
		return "#475569", "#e8ecf1", "×"
	default:
		return "#0f766e", "#dcf2ee", "✓"
	}
}

// oneLine is s without line breaks and other runs of space: what somebody
// typed must not look like our own lines.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
