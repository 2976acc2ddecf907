package notification_test

import (
	"testing"

	"cartograph/internal/event"
)

func TestEachParcelIsMailedOnceWhenItLeavesAndWhenItArrives(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, parcel := range []string{"shp_1", "shp_2", "shp_1"} {
		p := event.Parcel{ShipmentID: parcel, Carrier: "Overland Post", TrackingNumber: "OP-17", TrackingURL: "https://tracking.example.com/OP-17"}
		f.mustHandle(t, event.OrderShipped{OrderFacts: factsOf("ord_1"), Parcel: p})
		f.mustHandle(t, event.OrderDelivered{OrderFacts: factsOf("ord_1"), Parcel: p})
	}
	f.mustSend(t)
	f.wantStates(t, "ord_1", "ORDER_SHIPPED SENT 1", "ORDER_DELIVERED SENT 1", "ORDER_SHIPPED SENT 1", "ORDER_DELIVERED SENT 1")
}
