package notification_test

import (
	"testing"
	"time"

	"cartograph/internal/event"
)

func TestStaffGetAMailWhenAPaymentIsDisputedAndWhenThatIsDecided(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	facts := func(disputeID string) event.DisputeFacts {
		return event.DisputeFacts{
			PaymentFacts: event.PaymentFacts{PaymentID: "pay_1", OrderID: "ord_1", CheckoutID: "chk_1", AmountMinor: 4066, Currency: "EUR"},
			DisputeID:    disputeID, DisputedMinor: 4066, OrderNumber: "CG-1001", PaymentStatus: "DISPUTED",
		}
	}
	due := time.Date(2033, 8, 1, 12, 0, 0, 0, time.UTC)
	for range 2 {
		f.mustHandle(t, event.DisputeOpened{DisputeFacts: facts("dsp_1"), Reason: "fraudulent", EvidenceDueBy: due})
		f.mustHandle(t, event.DisputeWon{DisputeFacts: facts("dsp_1")})
		f.mustHandle(t, event.DisputeOpened{DisputeFacts: facts("dsp_2"), Reason: "fraudulent"})
		f.mustHandle(t, event.DisputeLost{DisputeFacts: facts("dsp_2"), Accepted: true})
	}
	f.mustSend(t)
	f.wantStates(t, "ord_1", "DISPUTE_OPENED SENT 1", "DISPUTE_CLOSED SENT 1", "DISPUTE_OPENED SENT 1", "DISPUTE_CLOSED SENT 1")
}
