package order

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cartograph/internal/fault"
	"cartograph/internal/pricing"
)

// checkMany checks a property with runs × 100 histories.
func checkMany(t *testing.T, runs int, property func(*rapid.T)) {
	for range runs {
		rapid.Check(t, property)
		if t.Failed() {
			return
		}
	}
}

// returnHistory is a delivered order whose customer returns units, with what a payment
// service has of it.
type returnHistory struct {
	lines   []Line
	paid    map[string]*pricing.PaidUnits
	returns []*Return
	at      time.Time
	refunds int
	pending map[string]*Return // refunds under way
}

// Whatever customers, staff, the carrier and the gateway do, in any order: a return only
// makes legal moves, no more units are returned than were delivered, and no more is
// refunded than was paid.
func TestReturnsMakeLegalMovesOnly(t *testing.T) {
	t.Parallel()
	checkMany(t, 200, func(t *rapid.T) {
		h := &returnHistory{paid: map[string]*pricing.PaidUnits{}, pending: map[string]*Return{}, at: time.Unix(1000, 0)}
		for _, id := range []string{"a", "b"} {
			quantity := rapid.IntRange(1, 4).Draw(t, id)
			h.lines = append(h.lines, Line{ID: id, Quantity: quantity, Packed: quantity, Shipped: quantity, Delivered: rapid.IntRange(0, quantity).Draw(t, "delivered")})
			h.paid[id] = &pricing.PaidUnits{Quantity: quantity, PaidMinor: rapid.Int64Range(0, 1000).Draw(t, "paid")}
		}
		for range rapid.IntRange(1, 14).Draw(t, "steps") {
			h.at = h.at.Add(time.Duration(rapid.IntRange(0, 20).Draw(t, "seconds")) * time.Second)
			before := make([]ReturnStatus, len(h.returns))
			counts := make([]Return, len(h.returns))
			for i, r := range h.returns {
				before[i], counts[i] = r.Status, *r.before()
			}
			h.step(t)
			for i := range before {
				h.checkMove(t, before[i], h.returns[i])
				h.count(&counts[i], h.returns[i])
			}
			h.check(t)
		}
	})
}

func (h *returnHistory) step(t *rapid.T) {
	command := rapid.SampledFrom([]string{
		"request", "request", "approve", "reject", "cancel", "label", "carried", "carried", "receive", "receive", "expire", "succeed", "fail", "not due",
	}).Draw(t, "command")
	if command == "request" || len(h.returns) == 0 {
		h.request(t)
		return
	}
	r := h.returns[rapid.IntRange(0, len(h.returns)-1).Draw(t, "return")]
	from, due := r.Status, h.at.Add(60*time.Second)
	var err error
	allowed := true
	switch command {
	case "approve", "reject":
		_, err = r.decide(command == "approve", "Because.", h.at, due)
		allowed = from == ReturnRequested
	case "cancel":
		_, err = r.cancel(h.at)
		allowed = from == ReturnRequested || from == ReturnApproved
	case "label":
		r.labelled("Northline", "NL-1", "https://labels.test/1", h.at)
	case "carried":
		r.carried(rapid.SampledFrom([]ShipmentStatus{LabelCreated, PickedUp, InTransit, ParcelDelivered, ReturnedToUs}).Draw(t, "report"), h.at, due)
	case "expire":
		if _, expired := r.expire(h.at); expired != (from.onItsWay() && r.Status == ReturnExpired) {
			t.Fatalf("expired: %v, from %s to %s", expired, from, r.Status)
		}
	case "receive":
		failed := r.RefundFailed
		h.refunds++
		id := fmt.Sprint("ref ", h.refunds)
		_, err = r.receive(h.arrived(t, r), "", id, h.at)
		allowed = from.onItsWay() || from == ReturnReceived && failed
		if err == nil && r.Status == ReturnReceived {
			h.pending[id] = r
		}
	default:
		h.settle(t, r, command)
	}
	if (err == nil) != allowed {
		t.Fatalf("%s from %s: %v, want it allowed: %v", command, from, err, allowed)
	}
	if err != nil && (fault.KindOf(err) != fault.Conflict || r.Status != from) {
		t.Fatalf("%s from %s is refused with %v and leaves %s", command, from, err, r.Status)
	}
}

func (h *returnHistory) request(t *rapid.T) {
	id := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "line")
	n := rapid.IntRange(1, 4).Draw(t, "units")
	err := checkReturned(h.lines, []ReturnedUnits{{OrderLineID: id, Quantity: n}})
	l := &h.lines[slices.IndexFunc(h.lines, func(l Line) bool { return l.ID == id })]
	if (err == nil) != (n <= l.Delivered-l.Returning-l.Returned) {
		t.Fatalf("%d of %+v: %v", n, *l, err)
	}
	if err == nil {
		h.returns = append(h.returns, &Return{Status: ReturnRequested, Lines: []ReturnLine{{OrderLineID: id, Quantity: n}}})
		l.Returning += n
	}
}

// arrived is what staff find in the parcel; nothing if they do not say.
func (h *returnHistory) arrived(t *rapid.T, r *Return) []ReceivedLine {
	if rapid.Bool().Draw(t, "everything") {
		return nil
	}
	return []ReceivedLine{{
		OrderLineID: r.Lines[0].OrderLineID, Quantity: rapid.IntRange(0, r.Lines[0].Quantity).Draw(t, "arrived"), Condition: ConditionUsed,
		Refund: rapid.Bool().Draw(t, "refund"),
	}}
}

// settle ends a refund, perhaps for the second time.
func (h *returnHistory) settle(t *rapid.T, r *Return, command string) {
	id := "ref none"
	if r.RefundID != nil {
		id = *r.RefundID
	}
	kind := map[string]FactKind{"succeed": FactRefundSucceeded, "fail": FactRefundFailed, "not due": FactRefundNotDue}[command]
	line := r.Lines[0]
	units, minor := h.paid[line.OrderLineID].Refund(line.Received)
	from, waits := r.Status, h.pending[id] == r
	if settled := r.refundSettled(kind, id, map[string]int64{line.OrderLineID: minor}, h.at); settled != waits {
		t.Fatalf("%s of %s, which is %s: settled %v, want %v", command, id, from, settled, waits)
	}
	if !waits {
		return
	}
	delete(h.pending, id)
	if kind == FactRefundSucceeded {
		p := h.paid[line.OrderLineID]
		p.Refunded, p.RefundedMinor = p.Refunded+units, p.RefundedMinor+minor
	}
}

// checkMove holds the table of states.
func (h *returnHistory) checkMove(t *rapid.T, from ReturnStatus, r *Return) {
	if !legal(returnMoves, from, r.Status) {
		t.Fatalf("a return went from %s to %s", from, r.Status)
	}
	if (r.DueAt != nil) != r.Status.onItsWay() {
		t.Fatalf("a return that is %s is due at %v", r.Status, r.DueAt)
	}
	received := r.Status == ReturnReceived || r.Status == ReturnRefunded || r.Status == ReturnClosed
	if received != (r.ReceivedAt != nil) {
		t.Fatalf("a return that is %s was received at %v", r.Status, r.ReceivedAt)
	}
	if (r.Status == ReturnReceived || r.Status == ReturnRefunded) && r.RefundID == nil {
		t.Fatalf("a return that is %s has no refund", r.Status)
	}
}

// count adds a change of a return to the counts of its lines, as MoveReturn does.
func (h *returnHistory) count(from, to *Return) {
	for i, l := range to.Lines {
		returning0, returned0 := from.counts(from.Lines[i])
		returning, returned := to.counts(l)
		at := slices.IndexFunc(h.lines, func(own Line) bool { return own.ID == l.OrderLineID })
		h.lines[at].Returning += returning - returning0
		h.lines[at].Returned += returned - returned0
	}
}

func (h *returnHistory) check(t *rapid.T) {
	returning, returned, ordered := 0, 0, 0
	for _, l := range h.lines {
		if l.Returning < 0 || l.Returned < 0 || l.Returning+l.Returned > l.Delivered {
			t.Fatalf("%d returning and %d returned of %d", l.Returning, l.Returned, l.Delivered)
		}
		p := h.paid[l.ID]
		if p.Refunded > l.Returned || p.RefundedMinor > p.PaidMinor || p.Refunded == p.Quantity && p.RefundedMinor != p.PaidMinor {
			t.Fatalf("refunded: %+v of %+v", *p, l)
		}
		returning, returned, ordered = returning+l.Returning, returned+l.Returned, ordered+l.Quantity
	}
	want := BeingReturned
	switch {
	case returned == ordered:
		want = AllReturned
	case returned > 0:
		want = PartiallyReturned
	case returning == 0:
		return
	}
	if got := progressOf(h.lines).fulfillment(); got != want {
		t.Fatalf("%d returning and %d returned of %d: %s, want %s", returning, returned, ordered, got, want)
	}
}
