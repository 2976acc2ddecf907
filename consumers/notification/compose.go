package notification

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"html/template"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	texttemplate "text/template"
	"time"

	gomail "github.com/wneessen/go-mail"

	"cartograph/internal/email"
	"cartograph/internal/event"
	"cartograph/internal/message"
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
	sender.Address = email.ASCII(sender.Address)
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
// date is that of enqueueing and the Message-ID follows from what the mail is about,
// so that a retry after an unrecorded success is a duplicate that mailboxes detect.
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
	msg.ToMailAddress(&mail.Address{Name: oneLine(m.Name), Address: email.ASCII(m.Email)})
	msg.Subject(p.Subject)
	msg.SetDateWithValue(enqueuedAt)
	msg.SetMessageIDWithValue(c.messageID(m))
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // keeps out-of-office replies away
	msg.SetGenHeader(gomail.HeaderContentLang, p.Language)
	if m.unsubscribe != "" { // RFC 8058: a mailbox shows a button that posts to it
		msg.SetGenHeader(gomail.HeaderListUnsubscribe, "<"+m.unsubscribe+">")
		msg.SetGenHeader(gomail.HeaderListUnsubscribePost, "List-Unsubscribe=One-Click")
	}
	msg.SetBodyString(gomail.TypeTextPlain, text)
	msg.AddAlternativeString(gomail.TypeTextHTML, html)
	return msg, nil
}

// messageID is the same for every delivery of a mail.
func (c *composer) messageID(m Mail) string {
	_, domain, _ := strings.Cut(c.from.Address, "@")
	local := strings.ToLower(string(m.Kind)) + "." + m.subject()
	if m.Occasion != "" {
		local += "." + m.Occasion
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
	Language, Subject, Topic, Heading, Greeting, Intro string
	NextLabel, Team, Why                               string
	Lines                                              []line
	Sums                                               []sum
	Total                                              *sum // nil for mails without amounts
	Facts                                              []facts
	Next                                               []string
	Action, URL                                        string // an empty URL leaves the button out
	CodeLabel, Code                                    string // the token of a link, where there is no URL for it
	Closing                                            string
	Stop, StopURL                                      string // the link that ends all alerts; an empty URL leaves it out
	Unsubscribe, UnsubscribeURL                        string // the link that ends mails about the topic; an empty URL leaves it out
	Accent, Tint, Symbol                               string // colours, and the symbol on them
}

type line struct {
	Title, Subtitle, Quantity string
	Count                     int
	Unit, Total               string
	Image                     string // an absolute URL; empty for none
}

// Pictures reports whether lines have pictures.
func (p page) Pictures() bool {
	return slices.ContainsFunc(p.Lines, func(l line) bool { return l.Image != "" })
}

// facts are what a mail states beside its sentences, by label.
type facts struct {
	Label string
	Lines []string
}

type sum struct{ Label, Amount string }

// page renders the sentences of a mail in the language of its customer.
func (c *composer) page(ctx context.Context, m Mail) (page, error) {
	t, err := textsOf(m)
	if err != nil {
		return page{}, err
	}
	args := message.Args{
		"number": oneLine(m.Number), "name": oneLine(m.Name), "time": message.Time(m.PayBefore), "count": m.AttemptsLeft,
	}
	switch m.Kind {
	case SignInsFailed:
		args["count"] = m.Attempts
	case SignedInOnNewDevice:
		args["time"] = message.Time(m.SignedInAt)
	case PasswordChanged:
		args["time"] = message.Time(m.ChangedAt)
	case SecondFactorChanged:
		args["time"], args["count"] = message.Time(m.ChangedAt), m.CodesLeft
	case EndpointPaused:
		if e := m.Endpoint; e != nil {
			args["url"], args["reason"], args["count"], args["time"] = oneLine(e.URL), oneLine(e.Reason), e.Failures, message.Time(e.PausedUntil)
		}
	case VerifyEmail, ResetPassword:
		args["time"] = message.Time(m.LinkEnds)
	case BackInStock, PriceDropped:
		if m.Alert != nil {
			args["title"] = oneLine(m.Alert.Title)
		}
	case DisputeOpened, DisputeClosed:
		args["amount"] = money.Money{Minor: m.DisputedMinor, Currency: m.Currency}.Formatted(ctx, &m.Locale)
		args["time"] = message.Time(m.DisputeEnds)
	case OrderCancelled, OrderRefunded, ReturnRefunded:
		args["amount"] = money.Money{Minor: m.RefundMinor, Currency: m.Currency}.Formatted(ctx, &m.Locale)
	case OrderShipped, OrderDelivered:
		args["carrier"], args["tracking"] = oneLine(m.Carrier), oneLine(m.Tracking)
	case ReturnRequested, ReturnApproved, ReturnRejected:
		args["count"], args["note"], args["time"] = m.Units, oneLine(m.Note), message.Time(m.SendBefore)
		args["carrier"], args["tracking"] = oneLine(m.Carrier), oneLine(m.Tracking)
	case OrderConfirmed, PaymentFailed, PaymentWaiting, RegisteredAgain, Welcome, CartReminder, ReviewInvitation:
	}
	text := func(key message.Key) string { return message.In(m.Locale, key, args) }
	p := page{
		Language: message.Language(m.Locale), Subject: text(t.subject), Topic: text("mail.account"), Heading: text(t.heading),
		Greeting: text("mail.greeting_anonymous"), Intro: text(t.intro), NextLabel: text("mail.next"), Team: text("mail.team"), Why: text(t.why),
		Action: text(t.action), Accent: t.accent, Tint: t.tint, Symbol: t.symbol,
	}
	for _, key := range t.next {
		p.Next = append(p.Next, text(key))
	}
	if t.closing != "" {
		p.Closing = text(t.closing)
	}
	if args["name"] != "" {
		p.Greeting = text("mail.greeting")
	}
	if m.OrderID != "" {
		p.Topic = text("mail.order")
		switch m.Kind.topic() {
		case AboutShipping:
		case AboutReview:
			p.setReviewed(m)
		default:
			if m.hasAmounts() {
				p.setAmounts(ctx, m)
			}
		}
	}
	if m.Bought != nil {
		p.setBought(ctx, m)
	}
	if m.Alert != nil {
		p.setAlert(ctx, m, c.shop != nil)
	}
	if m.Kind == CartReminder {
		p.setCart(ctx, m)
	}
	if p.UnsubscribeURL = m.unsubscribe; p.UnsubscribeURL != "" {
		p.Unsubscribe = text("mail.unsubscribe")
	}
	switch {
	case m.ActionURL != "":
		p.URL = m.ActionURL
	case c.shop != nil && m.Alert != nil:
		p.URL = c.link(m)
		stop := c.shop.JoinPath("alerts", "unsubscribe")
		stop.Fragment = "token=" + m.Alert.UnsubscribeToken
		p.StopURL = stop.String()
	case c.shop != nil:
		p.URL = c.link(m)
	case m.Token != "":
		p.CodeLabel, p.Code = text("mail.code"), m.Token
	}
	return p, nil
}

// link is the page of the shop that a mail leads to. A token is in the fragment, which
// browsers send to no server and name in no Referer.
func (c *composer) link(m Mail) string {
	path := []string{"account"}
	switch {
	case m.OrderID != "":
		path = []string{"orders", url.PathEscape(m.OrderID)}
	case m.Alert != nil:
		path = []string{"products", url.PathEscape(m.Alert.Slug)}
	case m.Kind == CartReminder:
		path = []string{"cart"}
	case m.Endpoint != nil:
		path = append(path, "webhooks", url.PathEscape(m.Endpoint.ID))
	case m.Kind == VerifyEmail:
		path = append(path, "verify-email")
	case m.Kind == ResetPassword:
		path = append(path, "reset-password")
	}
	page := c.shop.JoinPath(path...)
	if m.Token != "" {
		page.Fragment = "token=" + m.Token
	}
	return page.String()
}

// hasAmounts reports whether a mail to a customer about an order shows what it cost: not
// those about goods that go back.
func (m Mail) hasAmounts() bool {
	switch m.Kind {
	case ReturnRequested, ReturnApproved, ReturnRejected:
		return false
	default:
		return !m.toStaff()
	}
}

// setAmounts formats amounts for the customer's locale.
func (p *page) setAmounts(ctx context.Context, m Mail) {
	format := func(minor int64) string {
		return money.Money{Minor: minor, Currency: m.Currency}.Formatted(ctx, &m.Locale)
	}
	label := func(key message.Key) string { return message.In(m.Locale, key) }
	p.Total = &sum{label("mail.total"), format(m.TotalMinor)}
	if m.RefundMinor > 0 {
		p.Sums = []sum{{label("mail.total"), format(m.TotalMinor)}}
		p.Total = &sum{label("mail.refund"), format(m.RefundMinor)}
	}
	if m.Kind != OrderConfirmed {
		return
	}
	for _, o := range m.Lines {
		p.Lines = append(p.Lines, lineOf(o, m.Locale, format))
	}
	shipping := format(m.ShippingMinor)
	if m.ShippingMinor == 0 {
		shipping = label("mail.shipping_free")
	}
	p.Sums = []sum{{label("mail.subtotal"), format(m.SubtotalMinor)}}
	for _, d := range m.Discounts {
		if !d.OnShipping { // the shipping is what it costs after that
			p.Sums = append(p.Sums, sum{discountLabel(d, m.Locale), format(-d.AmountMinor)})
		}
	}
	p.Sums = append(p.Sums, sum{label("mail.shipping"), shipping})
	if m.TaxMinor != 0 {
		tax := label("mail.tax")
		if m.TaxIncluded {
			tax = label("mail.tax_included")
		}
		p.Sums = append(p.Sums, sum{tax, format(m.TaxMinor)})
	}
}

// discountLabel is the promotion's title, with the code that the customer entered.
func discountLabel(d event.OrderDiscount, reader string) string {
	if d.Code == "" {
		return oneLine(d.Title)
	}
	return message.In(reader, "mail.discount", message.Args{"title": oneLine(d.Title), "code": oneLine(d.Code)})
}

// lineOf is a line at its price without discounts, which follow the subtotal.
func lineOf(o event.OrderLine, reader string, format func(int64) string) line {
	l := line{
		Title: oneLine(o.Title), Subtitle: oneLine(o.Subtitle), Count: o.Quantity, Image: absolute(o.ImageURL),
		Quantity: message.In(reader, "mail.quantity", message.Args{"quantity": o.Quantity}), Total: format(o.TotalMinor + o.DiscountMinor),
	}
	if o.Quantity > 1 {
		l.Unit = message.In(reader, "mail.each", message.Args{"price": format(o.UnitMinor)})
	}
	return l
}

// oneLine collapses white space, line breaks included: text from a customer or
// a seller cannot imitate lines of ours.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
