package order

import (
	"cartograph/internal/event"
	"cartograph/internal/optional"
)

// returnMoved applies that a return was requested or changed. Its row and the counts of
// the lines are the caller's to save.
func (t *transition) returnMoved(f Fact) {
	if t.Order == nil || !t.Order.sold() {
		t.Anomaly = "units are returned of an order that is not sold"
		return
	}
	t.Order.FulfillmentStatus, t.ret = f.Progress.fulfillment(), f.Return
	t.Changed, t.orderChanged = true, true
	if f.Step.title != "" {
		t.addEntry(Entry{Kind: EntryReturn, TitleKey: f.Step.title, Actor: f.Actor})
	}
	t.publish(f.Step.events...)
}

// returnPayload builds an event about the return. The order's lines are loaded, except
// for ReturnLabelDue, which has none.
func (p *Purchase) returnPayload(e PendingEvent) event.Payload {
	r, o := p.ret, p.Order
	switch e {
	case eventReturnRequested:
		return event.ReturnRequested{ReturnFacts: p.returnFacts()}
	case eventReturnApproved:
		return event.ReturnApproved{ReturnFacts: p.returnFacts(), SendBefore: *r.DueAt}
	case eventReturnRejected:
		return event.ReturnRejected{ReturnFacts: p.returnFacts(), Note: r.DecisionNote}
	case eventReturnLabelDue:
		return event.ReturnLabelDue{
			ReturnID: r.ID, CheckoutID: o.CheckoutID, OrderNumber: o.Number, Carrier: o.carrier(), Sender: recipientOf(o.ShippingAddress),
		}
	case eventReturnLabelled:
		return event.ReturnLabelled{
			ReturnFacts: p.returnFacts(), Carrier: r.Carrier, TrackingNumber: optional.Value(r.TrackingNumber), LabelURL: optional.Value(r.LabelURL),
			SendBefore: *r.DueAt,
		}
	case eventReturnCancelled:
		return event.ReturnCancelled{ReturnFacts: p.returnFacts()}
	case eventReturnExpired:
		return event.ReturnExpired{ReturnFacts: p.returnFacts()}
	case eventReturnReceived:
		return event.ReturnReceived{ReturnFacts: p.returnFacts(), Received: p.receivedLines(), ReceivedAt: *r.ReceivedAt}
	case eventRefundDue:
		return event.RefundDue{RefundID: *r.RefundID, ReturnID: r.ID, OrderID: o.ID, CheckoutID: o.CheckoutID, Lines: p.refundDueLines()}
	default:
		panic("order: unknown event " + string(e))
	}
}

// line is a line of the order by its id.
func (p *Purchase) line(id string) (Line, int) {
	for i, l := range p.lines {
		if l.ID == id {
			return l, i
		}
	}
	panic("order: no line " + id + " of " + p.Order.ID)
}

func (p *Purchase) returnFacts() event.ReturnFacts {
	facts := event.ReturnFacts{OrderFacts: p.Order.facts(), ReturnID: p.ret.ID}
	for _, r := range p.ret.Lines {
		l, _ := p.line(r.OrderLineID)
		facts.Lines = append(facts.Lines, event.ReturnLine{
			OrderLineID: l.ID, VariantID: l.VariantID, SKU: l.Snapshot.SKU, Title: l.Snapshot.Title,
			Subtitle: optional.Value(l.Snapshot.Subtitle), Quantity: r.Quantity, Reason: string(r.Reason),
		})
	}
	return facts
}

func (p *Purchase) receivedLines() []event.ReceivedLine {
	out := []event.ReceivedLine{}
	for _, r := range p.ret.Lines {
		if r.Received > 0 {
			l, _ := p.line(r.OrderLineID)
			out = append(out, event.ReceivedLine{
				OrderLineID: l.ID, VariantID: l.VariantID, Quantity: r.Received, Condition: string(r.Condition), Restock: r.Restocked,
			})
		}
	}
	return out
}

func (p *Purchase) refundDueLines() []event.RefundDueLine {
	paid := p.Order.paidByLine(p.lines)
	var out []event.RefundDueLine
	for _, r := range p.ret.Lines {
		if r.Refunded {
			l, at := p.line(r.OrderLineID)
			out = append(out, event.RefundDueLine{PaidLine: event.PaidLine{OrderLineID: l.ID, Quantity: l.Quantity, PaidMinor: paid[at]}, Units: r.Received})
		}
	}
	return out
}
