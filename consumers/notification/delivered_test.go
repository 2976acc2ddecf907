package notification_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"cartograph/internal/event"
	"cartograph/internal/eventtest"
	rpcv1 "cartograph/internal/rpc/v1"
)

// deliveredTo is an order of which one parcel arrived, perhaps the last.
func deliveredTo(owner, shipment string, complete bool) event.OrderDelivered {
	p := event.OrderDelivered{OrderFacts: factsOf("ord_1"), Complete: complete, Parcel: event.Parcel{
		ShipmentID: shipment, Carrier: "Overland Post", Lines: []event.ParcelLine{{Title: "Meridian Desk Lamp", Quantity: 1}},
	}}
	p.OwnerID = owner
	return p
}

// passed makes the time of an invitation come.
func (f fixture) passed(t *testing.T) {
	t.Helper()
	if _, err := f.pool.Exec(t.Context(), "UPDATE mails SET created_at = now(), due_at = now() WHERE kind = 'REVIEW_INVITATION'"); err != nil {
		t.Fatal(err)
	}
}

func TestACustomerIsInvitedOnceToReviewAWholeOrder(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.mustHandle(t, deliveredTo(adaID, "shp_1", false))
	f.wantStates(t, "ord_1", "ORDER_DELIVERED PENDING 0")
	f.mustHandle(t, deliveredTo(adaID, "shp_2", true))
	f.mustHandle(t, deliveredTo(adaID, "shp_2", true))
	f.mustSend(t)
	f.wantStates(t, "ord_1", "ORDER_DELIVERED SENT 1", "ORDER_DELIVERED SENT 1", "REVIEW_INVITATION PENDING 0")
	var days float64
	if err := f.pool.QueryRow(t.Context(), "SELECT extract(epoch FROM due_at - now()) / 86400 FROM mails WHERE status = 'PENDING' AND created_at = due_at").Scan(&days); err != nil || days < 3.9 || days > 4 {
		t.Errorf("the invitation is due in %.2f days, %v, want four, and that it is useful from then on", days, err)
	}
	f.passed(t)
	f.mustSend(t)
	f.wantStates(t, "ord_1", "ORDER_DELIVERED SENT 1", "ORDER_DELIVERED SENT 1", "REVIEW_INVITATION SENT 1")
	last := f.mail.bodies[len(f.mail.bodies)-1]
	for _, want := range []string{"Meridian Desk Lamp", "https://shop.example/orders/ord_1", "List-Unsubscribe"} {
		if !strings.Contains(last, want) {
			t.Errorf("the invitation has no %s:\n%s", want, last)
		}
	}
}

func TestNobodyIsInvitedWhoCannotOrDoesNotWant(t *testing.T) {
	t.Parallel()
	t.Run("guest", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t)
		f.mustHandle(t, deliveredTo("gst_1", "shp_1", true))
		f.wantStates(t, "ord_1", "ORDER_DELIVERED PENDING 0")
	})
	t.Run("refunded", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t)
		f.mustHandle(t, deliveredTo(adaID, "shp_1", true))
		f.mustHandle(t, event.OrderRefunded{OrderFacts: factsOf("ord_1"), RefundID: "ref_1", RefundedMinor: 1999})
		if got := f.states(t, "ord_1"); !slices.Contains(got, "REVIEW_INVITATION DROPPED 0") {
			t.Errorf("mails are %q, want the invitation dropped", got)
		}
	})
	t.Run("long ago", func(t *testing.T) {
		t.Parallel()
		f := newFixture(t)
		e := eventtest.Envelope(deliveredTo(adaID, "shp_1", true))
		e.Time = time.Now().Add(-8 * 24 * time.Hour)
		if err := f.Handle(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		f.wantStates(t, "ord_1", "ORDER_DELIVERED PENDING 0")
	})
	t.Run("switched off", func(t *testing.T) {
		t.Parallel()
		f := newFixtureOf(t, users{recipient: func(r *rpcv1.RecipientResponse) (*rpcv1.RecipientResponse, error) {
			r.Channels = []string{"IN_APP"}
			return r, nil
		}})
		f.mustHandle(t, deliveredTo(adaID, "shp_1", true))
		f.passed(t)
		f.mustSend(t)
		if got := f.states(t, "ord_1"); !slices.Contains(got, "REVIEW_INVITATION DROPPED 1") {
			t.Errorf("mails are %q, want the invitation dropped", got)
		}
	})
}
