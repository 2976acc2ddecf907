package order

import (
	"slices"
	"time"

	"cartograph/internal/event"
)

// needsLines reports whether any of the events tells lines.
func needsLines(tells []Tell) bool {
	return slices.ContainsFunc(tells, func(t Tell) bool { return t == tellOpened || t == tellPlaced || t == tellConfirmed })
}

// events are what the purchase tells, in its present state. Its lines must be
// known where needsLines says so.
func (p *Purchase) events(tells []Tell, at time.Time) []event.Payload {
	out := make([]event.Payload, len(tells))
	for i, t := range tells {
		out[i] = p.event(t, at)
	}
	return out
}

func (p *Purchase) event(t Tell, at time.Time) event.Payload {
	c := &p.Checkout
	switch t {
	case tellOpened:
		return event.CheckoutOpened{CheckoutID: c.ID, Lines: wanted(p.lines), TTLSeconds: secondsUntil(c.Hold.ExpiresAt, at)}
	case tellCheckoutCancelled:
		return event.CheckoutCancelled{CheckoutID: c.ID}
	case tellCheckoutExpired:
		return event.CheckoutExpired{CheckoutID: c.ID}
	case tellChanged:
		e := event.CheckoutChanged{CheckoutID: c.ID, Version: c.Version}
		if p.Order != nil {
			e.OrderID = p.Order.ID
		}
		return e
	default:
		return p.Order.event(t, p.lines)
	}
}

// event is what the order tells.
func (o *Order) event(t Tell, lines []Line) event.Payload {
	switch t {
	case tellPlaced:
		return event.OrderPlaced{OrderFacts: o.facts(), Lines: soldLines(lines), PlacedAt: o.PlacedAt}
	case tellPaymentDue:
		return event.PaymentDue{
			PaymentID: o.Payment.ID, OrderID: o.ID, CheckoutID: o.CheckoutID, Number: o.Number, OwnerID: o.OwnerID,
			AmountMinor: o.Total.Minor, Currency: o.Total.Currency, Token: o.Payment.Token, ReturnURL: o.Payment.ReturnURL,
		}
	case tellCommitDue:
		return event.StockCommitDue{OrderID: o.ID, CheckoutID: o.CheckoutID}
	case tellCaptureDue:
		return event.CaptureDue{OrderID: o.ID, CheckoutID: o.CheckoutID, PaymentID: o.Payment.ID}
	case tellConfirmed:
		return event.OrderConfirmed{
			OrderFacts: o.facts(), PaymentID: o.Payment.ID, Lines: soldLines(lines), SubtotalMinor: o.Subtotal.Minor,
			ShippingMinor: o.Shipping.Minor, TaxMinor: o.Tax.Minor, ConfirmedAt: *o.ConfirmedAt,
		}
	case tellPaymentFailed:
		return event.OrderPaymentFailed{
			OrderFacts: o.facts(), PaymentID: o.Payment.ID, DeclineCode: o.Payment.Decline.Code,
			Message: o.Payment.Decline.Message, AttemptsLeft: o.AttemptsLeft(), PayBefore: o.PayBefore,
		}
	case tellExpired:
		return event.OrderExpired{OrderFacts: o.facts()}
	case tellCancelled:
		return event.OrderCancelled{OrderFacts: o.facts(), Reason: string(o.Cancelled.Reason)}
	default:
		panic("order: no event says: " + string(t))
	}
}

func (o *Order) facts() event.OrderFacts {
	return event.OrderFacts{
		OrderID: o.ID, CheckoutID: o.CheckoutID, CartID: o.CartID, CartVersion: o.CartVersion, Number: o.Number,
		OwnerID: o.OwnerID, Email: deref(o.Email), Name: o.ShippingAddress.Name, Locale: o.Locale,
		Currency: o.Total.Currency, TotalMinor: o.Total.Minor,
	}
}

func soldLines(lines []Line) []event.OrderLine {
	out := make([]event.OrderLine, len(lines))
	for i, l := range lines {
		out[i] = event.OrderLine{
			OrderLineID: l.ID, VariantID: l.VariantID, SKU: l.Snapshot.SKU, Title: l.Snapshot.Title,
			Subtitle: deref(l.Snapshot.Subtitle), Quantity: l.Quantity, UnitMinor: l.UnitPrice.Minor, TotalMinor: l.Total.Minor,
		}
	}
	return out
}

// secondsUntil is at least 1: what is over is ended by the sweeper, not here.
func secondsUntil(end, now time.Time) int {
	return max(1, int(end.Sub(now).Round(time.Second)/time.Second))
}
