package notification

import (
	"context"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/event"
	"cartograph/internal/message"
)

// The outcomes of disputes, as reasons of mails.
const (
	disputeWon  = "WON"
	disputeLost = "LOST"
)

// toStaff reports whether the mail is about work of staff, not about a purchase of its
// reader.
func (m Mail) toStaff() bool { return m.Kind == DisputeOpened || m.Kind == DisputeClosed }

// staffMailer returns the handler that enqueues the mail to staff of an event, if staff
// get mails.
func staffMailer[P event.Payload](w *Worker, mailOf func(P) Mail) func(context.Context, pgx.Tx, P, event.Envelope) error {
	return func(ctx context.Context, tx pgx.Tx, p P, e event.Envelope) error {
		if w.staffEmail == "" {
			return nil
		}
		m := mailOf(p)
		m.Email = w.staffEmail
		return w.enqueue(ctx, tx, m, e.Time)
	}
}

func aboutDispute(kind Kind, d event.DisputeFacts) Mail {
	return Mail{
		Kind: kind, Occasion: d.DisputeID, DisputedMinor: d.DisputedMinor,
		OrderFacts: event.OrderFacts{OrderID: d.OrderID, CheckoutID: d.CheckoutID, Number: d.OrderNumber, Currency: d.Currency, Locale: "en"},
	}
}

func disputeOpenedMail(p event.DisputeOpened) Mail {
	m := aboutDispute(DisputeOpened, p.DisputeFacts)
	m.DisputeEnds = p.EvidenceDueBy
	return m
}

func disputeWonMail(p event.DisputeWon) Mail {
	m := aboutDispute(DisputeClosed, p.DisputeFacts)
	m.Reason = disputeWon
	return m
}

func disputeLostMail(p event.DisputeLost) Mail {
	m := aboutDispute(DisputeClosed, p.DisputeFacts)
	m.Reason = disputeLost
	return m
}

func disputeTexts(m Mail) texts {
	t := texts{action: "mail.see_order", why: "mail.why_staff"}
	switch {
	case m.Kind == DisputeOpened:
		t.look, t.subject, t.heading, t.intro = warning(), "mail.dispute_opened.subject", "mail.dispute_opened.heading", "mail.dispute_opened.intro"
		if !m.DisputeEnds.IsZero() {
			t.next = []message.Key{"mail.dispute_opened.until"}
		}
		t.next = append(t.next, "mail.dispute_opened.unanswered")
		return t
	case m.Reason == disputeWon:
		t.look, t.subject, t.intro = good("✓"), "mail.dispute_closed.won_subject", "mail.dispute_closed.won_intro"
	default:
		t.look, t.subject, t.intro = neutral("×"), "mail.dispute_closed.lost_subject", "mail.dispute_closed.lost_intro"
	}
	t.heading, t.next = "mail.dispute_closed.heading", []message.Key{"mail.dispute_closed.done"}
	return t
}
