package payment_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/eventtest"
)

// ownOrder reads the payments of an order as an actor: "" if they are hidden.
func (s *shop) ownOrder(by auth.Actor, orderID string) string {
	const read = `query($r: [_Any!]!) { _entities(representations: $r) { ... on Order { payments { status } } } }`
	s.Helper()
	return s.query(by, read, map[string]any{"r": []map[string]any{{"__typename": "Order", "id": orderID}}})
}

// TestPaymentsOfAGuestBelongToTheUserWhoClaimedIt: the user's tokens of later
// sign-ins do not carry the guest.
func TestPaymentsOfAGuestBelongToTheUserWhoClaimedIt(t *testing.T) {
	t.Parallel()
	claim := event.GuestClaimed{GuestID: guest.ID, UserID: ada.ID}
	for name, history := range map[string]func(event.OrderFacts) []event.Payload{
		"claimed after the payment": func(o event.OrderFacts) []event.Payload {
			return []event.Payload{event.OrderPlaced{OrderFacts: o}, due(o, "pay_1"), claim}
		},
		"claimed before the order arrives": func(o event.OrderFacts) []event.Payload {
			return []event.Payload{claim, event.OrderPlaced{OrderFacts: o}, due(o, "pay_1")}
		},
		"claimed between": func(o event.OrderFacts) []event.Payload {
			return []event.Payload{due(o, "pay_1"), claim, event.OrderPlaced{OrderFacts: o}}
		},
		"claimed twice, the second time by another": func(o event.OrderFacts) []event.Payload {
			return []event.Payload{event.OrderPlaced{OrderFacts: o}, claim, claim, event.GuestClaimed{GuestID: guest.ID, UserID: bob.ID}, due(o, "pay_1")}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, option{})
			o := order(5000)
			o.OwnerID = guest.ID
			s.handle(history(o)...)
			s.waitForStatus("pay_1", "AUTHORIZED")
			for by, visible := range map[*auth.Actor]bool{&ada: true, &bob: false, &guest: false} {
				if got := s.ownOrder(*by, o.OrderID); strings.Contains(got, `"status":"AUTHORIZED"`) != visible {
					t.Errorf("%s reads %s, want the payment visible: %v", by.ID, got, visible)
				}
			}
			if n := s.number(s.pool, `SELECT count(*) FROM payable_orders WHERE owner_id = 'usr_ada'`); n != 1 {
				t.Errorf("%d orders are the user's, want 1", n)
			}
		})
	}
}

// TestNoOrderIsMissedByAConcurrentClaim stores orders of guests while the guests
// are claimed.
func TestNoOrderIsMissedByAConcurrentClaim(t *testing.T) {
	t.Parallel()
	s := open(t, option{idle: true})
	var wg sync.WaitGroup
	for i := range 40 {
		guestID := fmt.Sprintf("gst_%d", i)
		o := order(5000)
		o.OwnerID = guestID
		for _, p := range []event.Payload{event.OrderPlaced{OrderFacts: o}, event.GuestClaimed{GuestID: guestID, UserID: ada.ID}} {
			wg.Go(func() {
				if err := s.payments.Handle(t.Context(), eventtest.Envelope(p)); err != nil {
					t.Errorf("handle %s: %v", p.Type(), err)
				}
			})
		}
	}
	wg.Wait()
	if n := s.number(s.pool, `SELECT count(*) FROM payable_orders WHERE owner_id <> 'usr_ada'`); n != 0 {
		t.Errorf("%d of 40 orders are still the guests'", n)
	}
}
