package order

import (
	"slices"
	"time"

	"cartograph/internal/decline"
	"cartograph/internal/event"
	"cartograph/internal/optional"
	"cartograph/internal/pricing"
	"cartograph/internal/promotion"
)

// PendingEvent names an event that a purchase must publish. Its payload is
// built from the purchase's state when it is written to the outbox, so that an
// event which is published again reports the present state.
type PendingEvent string

// The events; payload builds each.
const (
	eventCheckoutOpened     PendingEvent = "CheckoutOpened"
	eventCheckoutCancelled  PendingEvent = "CheckoutCancelled"
	eventCheckoutExpired    PendingEvent = "CheckoutExpired"
	eventCheckoutChanged    PendingEvent = "CheckoutChanged"
	eventOrderPlaced        PendingEvent = "OrderPlaced"
	eventPaymentDue         PendingEvent = "PaymentDue"
	eventStockCommitDue     PendingEvent = "StockCommitDue"
	eventCaptureDue         PendingEvent = "CaptureDue"
	eventOrderConfirmed     PendingEvent = "OrderConfirmed"
	eventOrderPaymentFailed PendingEvent = "OrderPaymentFailed"
	eventOrderExpired       PendingEvent = "OrderExpired"
	eventOrderCancelled     PendingEvent = "OrderCancelled"
	eventOrderProcessing    PendingEvent = "OrderProcessing"
	eventOrderShipped       PendingEvent = "OrderShipped"
	eventOrderDelivered     PendingEvent = "OrderDelivered"
	eventActionRequired     PendingEvent = "OrderPaymentActionRequired"
	eventOrderRefunded      PendingEvent = "OrderRefunded"
	eventShipmentDue        PendingEvent = "ShipmentDue"
	eventShipmentCancelled  PendingEvent = "ShipmentCancelled"
	eventReturnRequested    PendingEvent = "ReturnRequested"
	eventReturnApproved     PendingEvent = "ReturnApproved"
	eventReturnRejected     PendingEvent = "ReturnRejected"
	eventReturnLabelDue     PendingEvent = "ReturnLabelDue"
	eventReturnLabelled     PendingEvent = "ReturnLabelled"
	eventReturnCancelled    PendingEvent = "ReturnCancelled"
	eventReturnExpired      PendingEvent = "ReturnExpired"
	eventReturnReceived     PendingEvent = "ReturnReceived"
	eventRefundDue          PendingEvent = "RefundDue"
)

// needLines reports whether the payload of any of the events contains lines.
func needLines(events []PendingEvent) bool {
	return slices.ContainsFunc(events, func(e PendingEvent) bool {
		switch e {
		case eventCheckoutOpened, eventOrderPlaced, eventOrderConfirmed, eventOrderShipped, eventOrderDelivered,
			eventReturnRequested, eventReturnApproved, eventReturnRejected, eventReturnLabelled, eventReturnCancelled, eventReturnExpired,
			eventReturnReceived, eventRefundDue:
			return true
		default:
			return false
		}
	})
}

// payloads builds the events from the purchase's present state. Its lines must
// be loaded where needLines is true.
func (p *Purchase) payloads(events []PendingEvent, at time.Time) []event.Payload {
	out := make([]event.Payload, len(events))
	for i, e := range events {
		out[i] = p.payload(e, at)
	}
	return out
}

func (p *Purchase) payload(e PendingEvent, at time.Time) event.Payload {
	c := &p.Checkout
	switch e {
	case eventCheckoutOpened:
		return event.CheckoutOpened{CheckoutID: c.ID, CartID: c.CartID, Lines: quantities(p.lines), TTLSeconds: secondsUntil(c.Hold.ExpiresAt, at)}
	case eventCheckoutCancelled:
		return event.CheckoutCancelled{CheckoutID: c.ID, CartID: c.CartID}
	case eventCheckoutExpired:
		return event.CheckoutExpired{CheckoutID: c.ID, CartID: c.CartID}
	case eventCheckoutChanged:
		changed := event.CheckoutChanged{CheckoutID: c.ID, CartID: c.CartID, Status: string(c.Status), Version: c.Version}
		if p.Order != nil {
			changed.OrderID = p.Order.ID
		}
		return changed
	case eventShipmentDue:
		return event.ShipmentDue{
			ShipmentID: p.parcel.ID, OrderID: p.Order.ID, CheckoutID: c.ID, OrderNumber: p.Order.Number, Carrier: p.parcel.Carrier,
			Recipient: recipientOf(p.Order.ShippingAddress),
		}
	case eventShipmentCancelled:
		return event.ShipmentCancelled{ShipmentID: p.parcel.ID, CheckoutID: c.ID}
	case eventOrderShipped:
		return event.OrderShipped{OrderFacts: p.Order.facts(), Parcel: p.parcel.facts(p.lines), Complete: p.Order.complete(Shipped), ShippedAt: p.parcel.MovedAt}
	case eventOrderDelivered:
		return event.OrderDelivered{OrderFacts: p.Order.facts(), Parcel: p.parcel.facts(p.lines), Complete: p.Order.complete(Delivered), DeliveredAt: p.parcel.MovedAt}
	case eventReturnRequested, eventReturnApproved, eventReturnRejected, eventReturnLabelDue, eventReturnLabelled, eventReturnCancelled,
		eventReturnExpired, eventReturnReceived, eventRefundDue:
		return p.returnPayload(e)
	case eventOrderRefunded:
		refunds := p.Order.Payment.Refunds
		refunded := event.OrderRefunded{OrderFacts: p.Order.facts(), RefundID: refunds[len(refunds)-1], RefundedMinor: p.Order.Payment.lastRefund}
		if p.ret != nil {
			refunded.ReturnID = p.ret.ID
		}
		return refunded
	default:
		return p.Order.payload(e, p.lines)
	}
}

func (o *Order) payload(e PendingEvent, lines []Line) event.Payload {
	switch e {
	case eventOrderPlaced:
		return event.OrderPlaced{OrderFacts: o.facts(), Lines: eventLines(lines), GiftCards: o.Gifts, PlacedAt: o.PlacedAt}
	case eventPaymentDue:
		return event.PaymentDue{
			PaymentID: o.Payment.ID, OrderID: o.ID, CheckoutID: o.CheckoutID, Number: o.Number, OwnerID: o.OwnerID,
			AmountMinor: o.Total.Minor, Currency: o.Total.Currency, Token: o.Payment.Token, ReturnURL: o.Payment.ReturnURL,
			GiftCards: o.Gifts,
		}
	case eventStockCommitDue:
		return event.StockCommitDue{OrderID: o.ID, CheckoutID: o.CheckoutID}
	case eventCaptureDue:
		return event.CaptureDue{OrderID: o.ID, CheckoutID: o.CheckoutID, PaymentID: o.Payment.ID}
	case eventOrderConfirmed:
		arrives := o.ShippingMethod().Window
		return event.OrderConfirmed{
			OrderFacts: o.facts(), PaymentID: o.Payment.ID, Lines: eventLines(lines), SubtotalMinor: o.Subtotal.Minor,
			DiscountMinor: o.Discount().Minor, Discounts: eventDiscounts(o.Discounts),
			ShippingMinor: o.Shipping.Minor, TaxMinor: o.Tax.Minor, TaxIncluded: o.TaxIncluded, ConfirmedAt: *o.ConfirmedAt,
			ShippingAddress: new(recipientOf(o.ShippingAddress)), BillingAddress: o.billedTo(),
			ArrivesAfter: arrives.Earliest, ArrivesBefore: arrives.Latest,
		}
	case eventOrderPaymentFailed:
		return event.OrderPaymentFailed{
			OrderFacts: o.facts(), PaymentID: o.Payment.ID, DeclineCode: o.Payment.Decline.Code,
			Message: decline.Source(o.Payment.Decline.Code), AttemptsLeft: o.AttemptsLeft(), PayBefore: o.PayBefore,
		}
	case eventOrderExpired:
		return event.OrderExpired{OrderFacts: o.facts()}
	case eventOrderProcessing:
		return event.OrderProcessing{OrderFacts: o.facts()}
	case eventOrderCancelled:
		return event.OrderCancelled{OrderFacts: o.facts(), Reason: string(o.Cancelled.Reason), RefundMinor: o.refundable()}
	case eventActionRequired:
		return event.OrderPaymentActionRequired{OrderFacts: o.facts(), PaymentID: o.Payment.ID, ActionURL: o.Payment.actionURL, PayBefore: o.PayBefore}
	default:
		panic("order: unknown event " + string(e))
	}
}

// refundable is what was captured and not refunded yet, in minor units.
func (o *Order) refundable() int64 {
	if o.PaymentStatus != Paid && o.PaymentStatus != PartiallyRefunded {
		return 0
	}
	return o.Total.Minor - o.Payment.Refunded
}

func (o *Order) facts() event.OrderFacts {
	return event.OrderFacts{
		OrderID: o.ID, CheckoutID: o.CheckoutID, CartID: o.CartID, CartVersion: o.CartVersion, Number: o.Number,
		OwnerID: o.OwnerID, Email: optional.Value(o.Email), Name: o.ShippingAddress.Name, Locale: o.Locale,
		Currency: o.Total.Currency, TotalMinor: o.Total.Minor,
	}
}

// complete reports whether the order reached a status of its way to the customer: all of
// its parcels did.
func (o *Order) complete(status Status) bool { return o.Status == status || o.Status == Delivered }

// billedTo is nil where it is the address of delivery.
func (o *Order) billedTo() *event.Recipient {
	if o.BillingAddress == nil {
		return nil
	}
	return new(recipientOf(*o.BillingAddress))
}

func recipientOf(a Address) event.Recipient {
	return event.Recipient{
		Name: a.Name, Company: optional.Value(a.Company), Line1: a.Line1, Line2: optional.Value(a.Line2), City: a.City,
		Region: optional.Value(a.Region), PostalCode: a.PostalCode, CountryCode: a.CountryCode, Phone: optional.Value(a.Phone),
	}
}

// facts are the parcel and what the lines are that it has units of.
func (p *Parcel) facts(lines []Line) event.Parcel {
	out := event.Parcel{
		ShipmentID: p.ID, Carrier: p.Carrier, TrackingNumber: optional.Value(p.TrackingNumber), TrackingURL: optional.Value(p.TrackingURL),
		Lines: []event.ParcelLine{},
	}
	for _, c := range p.Contents {
		for _, l := range lines {
			if l.ID == c.OrderLineID {
				out.Lines = append(out.Lines, event.ParcelLine{
					OrderLineID: l.ID, VariantID: l.VariantID, SKU: l.Snapshot.SKU, Title: l.Snapshot.Title,
					Subtitle: optional.Value(l.Snapshot.Subtitle), Quantity: c.Quantity,
				})
			}
		}
	}
	return out
}

func eventLines(lines []Line) []event.OrderLine {
	out := make([]event.OrderLine, len(lines))
	for i, l := range lines {
		out[i] = event.OrderLine{
			OrderLineID: l.ID, VariantID: l.VariantID, SKU: l.Snapshot.SKU, Title: l.Snapshot.Title,
			Subtitle: optional.Value(l.Snapshot.Subtitle), ImageURL: optional.Value(l.Snapshot.ImageURL), Quantity: l.Quantity, UnitMinor: l.UnitPrice.Minor,
			DiscountMinor: l.Discount().Minor, TotalMinor: l.Total.Minor,
		}
	}
	return out
}

func eventDiscounts(discounts []promotion.Allocation) []event.OrderDiscount {
	var out []event.OrderDiscount
	for _, d := range discounts {
		out = append(out, event.OrderDiscount{PromotionID: d.ID, Title: d.Title, Code: d.Code, AmountMinor: d.Amount.Minor, OnShipping: pricing.OnShipping(d)})
	}
	return out
}

// secondsUntil is at least 1: inventory refuses a hold of no time, and what is
// over is ended by the sweeper.
func secondsUntil(end, now time.Time) int {
	return max(1, int(end.Sub(now).Round(time.Second)/time.Second))
}
