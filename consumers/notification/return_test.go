package notification_test

import (
	"testing"

	"cartograph/internal/event"
)

func TestAReturnIsMailedAtEachOfItsSteps(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, id := range []string{"ret_1", "ret_2", "ret_1"} {
		facts := event.ReturnFacts{OrderFacts: factsOf("ord_1"), ReturnID: id, Lines: []event.ReturnLine{{Quantity: 2}}}
		f.mustHandle(t, event.ReturnRequested{ReturnFacts: facts})
		f.mustHandle(t, event.ReturnApproved{ReturnFacts: facts}) // no mail before there is a label
		f.mustHandle(t, event.ReturnLabelled{ReturnFacts: facts, Carrier: "Overland Post", TrackingNumber: "OP-1", LabelURL: "https://labels.example.com/OP-1.pdf"})
		f.mustHandle(t, event.ReturnRejected{ReturnFacts: facts, Note: "It was used."})
		f.mustHandle(t, event.OrderRefunded{OrderFacts: factsOf("ord_1"), RefundID: "ref_" + id, RefundedMinor: 1990, ReturnID: id})
	}
	f.mustSend(t)
	f.wantStates(t, "ord_1", "RETURN_REQUESTED SENT 1", "RETURN_APPROVED SENT 1", "RETURN_REJECTED SENT 1", "RETURN_REFUNDED SENT 1",
		"RETURN_REQUESTED SENT 1", "RETURN_APPROVED SENT 1", "RETURN_REJECTED SENT 1", "RETURN_REFUNDED SENT 1")
}
