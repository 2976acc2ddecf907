package order

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// carrierHistory draws what happens to a parcel: a legal path from PENDING to an end,
// with a time for each step. Steps may be left out, and attempts to deliver may fail.
func carrierHistory() *rapid.Generator[[]TrackingEvent] {
	return rapid.Custom(func(t *rapid.T) []TrackingEvent {
		var history []TrackingEvent
		status, at := ParcelPending, time.Unix(1000, 0)
		for len(history) < 12 && !status.Ended() {
			status = rapid.SampledFrom(shipmentMoves[status]).Draw(t, "status")
			at = at.Add(time.Duration(rapid.IntRange(1, 3600).Draw(t, "seconds")) * time.Second)
			history = append(history, TrackingEvent{At: at, Status: status})
		}
		return history
	})
}

func TestAParcelEndsWhereTheCarrierTookItWhateverTheOrderOfReports(t *testing.T) {
	t.Parallel()
	checkMany(t, 200, func(t *rapid.T) {
		history := carrierHistory().Draw(t, "history")
		last := history[len(history)-1].Status
		reports := rapid.Permutation(append(slices.Clone(history), history...)).Draw(t, "reports") // each twice
		parcel := Shipment{Status: ParcelPending, MovedAt: time.Unix(1000, 0)}
		rank := map[ShipmentStatus]int{ParcelPending: 0, LabelCreated: 1, PickedUp: 2, InTransit: 3, OutForDelivery: 4, DeliveryFailed: 4, ParcelDelivered: 5, ReturnedToUs: 5, ParcelCancelled: 5}
		for _, report := range reports {
			before := parcel.Status
			moved := parcel.move(report.Status, report.At)
			if moved != (before != parcel.Status) {
				t.Fatalf("%s to %s reports %v", before, parcel.Status, moved)
			}
			if !legal(shipmentMoves, before, parcel.Status) {
				t.Fatalf("the parcel went from %s to %s", before, parcel.Status)
			}
			if rank[parcel.Status] < rank[before] {
				t.Fatalf("the parcel went back from %s to %s", before, parcel.Status)
			}
		}
		// A parcel that the carrier took cannot be cancelled, so that a cancellation that
		// was overtaken is lost; no history has both.
		if parcel.Status != last {
			t.Fatalf("the parcel is %s after %v, want %s", parcel.Status, reports, last)
		}
	})
}

func TestOfAnAttemptAndItsFailureTheLaterCounts(t *testing.T) {
	t.Parallel()
	at := func(s int64) time.Time { return time.Unix(s, 0) }
	for _, tt := range []struct {
		claim   string
		reports []TrackingEvent
		want    ShipmentStatus
	}{
		{"in order", []TrackingEvent{{At: at(1), Status: OutForDelivery}, {At: at(2), Status: DeliveryFailed}}, DeliveryFailed},
		{"out of order", []TrackingEvent{{At: at(2), Status: DeliveryFailed}, {At: at(1), Status: OutForDelivery}}, DeliveryFailed},
		{"a second attempt", []TrackingEvent{{At: at(2), Status: DeliveryFailed}, {At: at(3), Status: OutForDelivery}}, OutForDelivery},
		{"a second attempt that overtakes the failure", []TrackingEvent{{At: at(1), Status: OutForDelivery}, {At: at(3), Status: OutForDelivery}, {At: at(2), Status: DeliveryFailed}}, OutForDelivery},
		{"at the same moment", []TrackingEvent{{At: at(2), Status: DeliveryFailed}, {At: at(2), Status: OutForDelivery}}, DeliveryFailed},
		{"after the end", []TrackingEvent{{At: at(2), Status: ReturnedToUs}, {At: at(3), Status: OutForDelivery}}, ReturnedToUs},
		{"delivered and then returned", []TrackingEvent{{At: at(2), Status: ParcelDelivered}, {At: at(3), Status: ReturnedToUs}}, ParcelDelivered},
		{"cancelled too late", []TrackingEvent{{At: at(2), Status: PickedUp}, {At: at(3), Status: ParcelCancelled}}, PickedUp},
	} {
		parcel := Shipment{Status: ParcelPending, MovedAt: at(0)}
		for _, r := range tt.reports {
			parcel.move(r.Status, r.At)
		}
		if parcel.Status != tt.want {
			t.Errorf("%s: %s, want %s", tt.claim, parcel.Status, tt.want)
		}
	}
}

// The statuses of an order follow from its parcels, whatever happens to them: the model
// counts the units of the parcels that are in each state.
func TestAnOrdersStatusesFollowFromItsParcels(t *testing.T) {
	t.Parallel()
	checkMany(t, 200, func(t *rapid.T) {
		p := purchaseAtConfirmed()
		lines := []Line{{ID: "a", Quantity: rapid.IntRange(1, 3).Draw(t, "a")}, {ID: "b", Quantity: rapid.IntRange(1, 3).Draw(t, "b")}}
		var parcels []*Parcel
		for step := range rapid.IntRange(1, 25).Draw(t, "steps") {
			at := time.Unix(int64(1000+step), 0)
			var change Change
			if len(parcels) == 0 || rapid.Bool().Draw(t, "pack") {
				contents := []ShipmentLine{{rapid.SampledFrom([]string{"a", "b"}).Draw(t, "line"), rapid.IntRange(1, 3).Draw(t, "units")}}
				if err := pack(lines, contents); err != nil {
					continue
				}
				parcel := &Parcel{Shipment: Shipment{Status: ParcelPending, MovedAt: at}, Contents: contents}
				parcels = append(parcels, parcel)
				change = p.Apply(Fact{Kind: FactParcelMoved, Parcel: parcel, Progress: progressOf(lines).moved(contents, "", ParcelPending)}, at)
				count(lines, contents, "", ParcelPending)
			} else {
				parcel := rapid.SampledFrom(parcels).Draw(t, "parcel")
				from := parcel.Status
				parcel.move(rapid.SampledFrom([]ShipmentStatus{
					LabelCreated, PickedUp, InTransit, OutForDelivery, DeliveryFailed, ParcelDelivered, ReturnedToUs, ParcelCancelled,
				}).Draw(t, "status"), at)
				change = p.Apply(Fact{Kind: FactParcelMoved, Parcel: parcel, From: from, Progress: progressOf(lines).moved(parcel.Contents, from, parcel.Status)}, at)
				count(lines, parcel.Contents, from, parcel.Status)
			}
			if change.Anomaly != "" {
				t.Fatalf("anomaly: %s", change.Anomaly)
			}
			checkProgress(t, p.Order, lines, parcels)
			if p.Order.checkCancel() == nil && p.Order.Status != Confirmed {
				t.Fatalf("an order that is %s can be cancelled", p.Order.Status)
			}
		}
	})
}

// count adds a move of a parcel to the counts of the lines, as MoveShipment does.
func count(lines []Line, contents []ShipmentLine, from, to ShipmentStatus) {
	packed, shipped, delivered := added(from, to)
	for _, c := range contents {
		for i := range lines {
			if lines[i].ID == c.OrderLineID {
				lines[i].Packed += c.Quantity * packed
				lines[i].Shipped += c.Quantity * shipped
				lines[i].Delivered += c.Quantity * delivered
			}
		}
	}
}

func checkProgress(t *rapid.T, o *Order, lines []Line, parcels []*Parcel) {
	ordered, in := 0, map[ShipmentStatus]int{}
	for _, l := range lines {
		ordered += l.Quantity
		if l.Delivered < 0 || l.Delivered > l.Shipped || l.Shipped > l.Packed || l.Packed > l.Quantity {
			t.Fatalf("line %s: %d ordered, %d packed, %d shipped, %d delivered", l.ID, l.Quantity, l.Packed, l.Shipped, l.Delivered)
		}
	}
	for _, p := range parcels {
		in[p.Status] += p.Contents[0].Quantity
	}
	shipped := in[PickedUp] + in[InTransit] + in[OutForDelivery] + in[DeliveryFailed] + in[ParcelDelivered]
	wantStatus, wantFulfillment := Confirmed, Unfulfilled
	switch {
	case in[ParcelDelivered] == ordered:
		wantStatus, wantFulfillment = Delivered, AllDelivered
	case shipped == ordered:
		wantStatus, wantFulfillment = Shipped, Fulfilled
	case shipped > 0:
		wantStatus, wantFulfillment = PartiallyShipped, PartiallyFulfilled
	case in[ParcelPending]+in[LabelCreated] > 0:
		wantStatus = InProcess
	}
	if o.Status != wantStatus || o.FulfillmentStatus != wantFulfillment {
		t.Fatalf("the order is %s, %s, want %s, %s", o.Status, o.FulfillmentStatus, wantStatus, wantFulfillment)
	}
	if (in[ParcelDelivered] > 0) != (o.DeliveredAt != nil) {
		t.Fatalf("%d units are delivered, at %v", in[ParcelDelivered], o.DeliveredAt)
	}
}

// purchaseAtConfirmed is a purchase whose order is confirmed.
func purchaseAtConfirmed() *Purchase {
	return &Purchase{
		Checkout: Checkout{Status: CheckoutCompleted, Hold: Hold{Status: HoldCommitted}},
		Order:    &Order{Status: Confirmed, Stage: Captured, PaymentStatus: Paid, FulfillmentStatus: Unfulfilled},
	}
}
