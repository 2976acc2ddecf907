package notification

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/event"
	"cartograph/internal/id"
)

// delivered enqueues the mail about a parcel and, with the last one of an order, the
// invitation to review it. There is one for each order: the constraint of the mails holds
// that. Guests get none: reviews are of accounts.
func (w *Worker) delivered(ctx context.Context, tx pgx.Tx, p event.OrderDelivered, e event.Envelope) error {
	if err := w.enqueue(ctx, tx, orderDelivered(p), e.Time); err != nil {
		return err
	}
	wait := w.invitingAfter - time.Since(e.Time)
	if w.invitingAfter == 0 || !p.Complete || id.PrefixOf(p.OwnerID) != id.User || wait < -AboutReview.policy().useful {
		return nil
	}
	return w.enqueue(ctx, tx, Mail{Kind: ReviewInvitation, OrderFacts: p.OrderFacts, Lines: contents(p.Parcel), delay: max(wait, 0)}, e.Time)
}

func orderDelivered(p event.OrderDelivered) Mail {
	return Mail{Kind: OrderDelivered, Occasion: p.ShipmentID, OrderFacts: p.OrderFacts, Carrier: p.Carrier, Tracking: p.TrackingNumber, Complete: p.Complete}
}

// contents are what is in a parcel, as lines without prices.
func contents(p event.Parcel) []event.OrderLine {
	lines := make([]event.OrderLine, len(p.Lines))
	for i, l := range p.Lines {
		lines[i] = event.OrderLine{VariantID: l.VariantID, Title: l.Title, Subtitle: l.Subtitle, Quantity: l.Quantity}
	}
	return lines
}

// setReviewed shows what the last parcel had in it.
func (p *page) setReviewed(m Mail) {
	for _, l := range m.Lines {
		p.Lines = append(p.Lines, line{Title: oneLine(l.Title), Subtitle: oneLine(l.Subtitle)})
	}
}
