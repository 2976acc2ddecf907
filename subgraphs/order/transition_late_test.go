package order

import (
	"slices"
	"testing"
	"time"
)

// pendingHold is an open checkout for which inventory has not responded yet.
func pendingHold() *Purchase {
	return &Purchase{Checkout: Checkout{
		Status: CheckoutOpen, Version: 1, Costs: Costs{Total: usd(1000)}, Hold: Hold{Status: HoldPending, ExpiresAt: time.Unix(200, 0)},
	}}
}

func TestARejectedHoldCancelsTheCheckoutWithItsShortages(t *testing.T) {
	t.Parallel()
	p := pendingHold()
	change := p.Apply(Fact{Kind: FactHoldRejected, Shortages: []Shortage{{VariantID: "var_a", Requested: 2, Available: 1}}}, at)
	if p.Checkout.Status != CheckoutCancelled || len(p.Checkout.Hold.Shortages) != 1 || !slices.Equal(change.Events, []PendingEvent{eventCheckoutCancelled}) {
		t.Errorf("checkout %s with %+v, published %v", p.Checkout.Status, p.Checkout.Hold, change.Events)
	}
}

func TestAHoldThatIsPlacedAfterTheEndIsReleased(t *testing.T) {
	t.Parallel()
	for end, want := range map[FactKind]PendingEvent{FactCheckoutCancelled: eventCheckoutCancelled, FactExpired: eventCheckoutExpired} {
		p := pendingHold()
		p.Apply(Fact{Kind: end}, at)
		if change := p.Apply(Fact{Kind: FactHoldPlaced, ExpiresAt: time.Unix(300, 0)}, at); !slices.Equal(change.Events, []PendingEvent{want}) {
			t.Errorf("after %s a hold publishes %v, want %s again", end, change.Events, want)
		}
	}
}

// A payment beside the current one is for a person to look at; a repetition of
// the current one is not.
func TestASecondPaymentIsAnAnomaly(t *testing.T) {
	t.Parallel()
	for id, anomaly := range map[string]bool{"p1": false, "p2": true} {
		for _, kind := range []FactKind{FactPaymentAuthorized, FactPaymentCaptured} {
			p := purchaseAt(t, "AUTHORIZED")
			if change := p.Apply(Fact{Kind: kind, PaymentID: id, Amount: usd(1000)}, at); (change.Anomaly != "") != anomaly || change.Changed {
				t.Errorf("%s of %s: %+v, want an anomaly: %t", kind, id, change, anomaly)
			}
		}
	}
}
