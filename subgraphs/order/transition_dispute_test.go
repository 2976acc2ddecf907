package order

import (
	"testing"
	"time"
)

func TestAnOrderShowsTheDisputeOfItsPayment(t *testing.T) {
	t.Parallel()
	type step struct {
		fact  Fact
		want  PaymentStatus
		entry string
	}
	disputed := func(kind FactKind) Fact { return Fact{Kind: kind, PaymentID: "p1", DisputeID: "d1", Amount: usd(1000)} }
	another, accepted, foreign := disputed(FactDisputeWon), disputed(FactDisputeLost), disputed(FactDisputeOpened)
	another.Disputed, accepted.Accepted, foreign.PaymentID = true, true, "p2"
	refund := Fact{Kind: FactRefundSucceeded, PaymentID: "p1", RefundID: "r1", Amount: usd(400)}
	for claim, steps := range map[string][]step{
		"won": {
			{disputed(FactDisputeOpened), Disputed, "order.timeline.disputed"},
			{disputed(FactDisputeOpened), Disputed, ""},
			{disputed(FactDisputeWon), Paid, "order.timeline.dispute_won"},
			{disputed(FactDisputeWon), Paid, ""},
		},
		"lost":     {{disputed(FactDisputeOpened), Disputed, "order.timeline.disputed"}, {disputed(FactDisputeLost), ChargedBack, "order.timeline.dispute_lost"}},
		"accepted": {{disputed(FactDisputeOpened), Disputed, "order.timeline.disputed"}, {accepted, ChargedBack, "order.timeline.dispute_accepted"}},
		"refunded meanwhile": {
			{disputed(FactDisputeOpened), Disputed, "order.timeline.disputed"},
			{refund, Disputed, "order.timeline.refunded"},
			{disputed(FactDisputeWon), PartiallyRefunded, "order.timeline.dispute_won"},
		},
		"another dispute is open":  {{disputed(FactDisputeOpened), Disputed, "order.timeline.disputed"}, {another, Disputed, ""}},
		"of another payment":       {{foreign, Paid, ""}},
		"decided and never opened": {{disputed(FactDisputeWon), Paid, ""}, {disputed(FactDisputeLost), Paid, ""}},
	} {
		p := &Purchase{Checkout: Checkout{Status: CheckoutCompleted, Costs: Costs{Total: usd(1000)}}}
		p.Order = &Order{Status: Confirmed, Stage: Captured, PaymentStatus: Paid, Costs: p.Checkout.Costs, Payment: Payment{ID: "p1"}}
		for n, s := range steps {
			change := p.Apply(s.fact, time.Unix(2, 0))
			entry := ""
			if len(change.Entries) > 0 {
				entry = string(change.Entries[0].TitleKey)
			}
			if p.Order.PaymentStatus != s.want || entry != s.entry || change.Changed != (s.entry != "") {
				t.Errorf("%s, step %d: the order is %s with the entry %q, want %s and %q", claim, n, p.Order.PaymentStatus, entry, s.want, s.entry)
			}
		}
	}
}
