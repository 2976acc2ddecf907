package e2e

import (
	"testing"
	"time"

	"cartograph/app"
	"cartograph/internal/id"
	"cartograph/internal/polltest"
)

const orderToReturn = `query($id: ID!) { order(id: $id) {
	status paymentStatus fulfillmentStatus actions { canReturn returnBlockedBecause }
	cost { total { minorUnits } } paymentSummary { captured { minorUnits } refunded { minorUnits } }
	lines { nodes { id quantity returnedQuantity returnableQuantity refundedAmount { minorUnits } } }
	returns { id status labelUrl refundAmount { minorUnits } }
	refunds { status reason amount { minorUnits } lines { orderLineId quantity amount { minorUnits } } }
	timeline(first: 100) { nodes { kind title actor } } } }`

// deliver has an order carried to the door. A few of the simulated carrier's parcels come
// back: what was in them is packed again.
func (s *system) deliver(t *testing.T, staff *client, orderID string) {
	t.Helper()
	polltest.Eventually(t, "the order is delivered", func() bool {
		o := object(staff.do(t, `query($id: ID!) { order(id: $id) { status lines { nodes { id quantity } } } }`, vars{"id": orderID}).get("order").(map[string]any))
		if o.str("status") == "CONFIRMED" {
			line := o.get("lines.nodes.0").(map[string]any)
			staff.do(t, `mutation($input: ShipmentCreateInput!) { shipmentCreate(input: $input) { userErrors { message } } }`, vars{"input": vars{
				"orderId": orderID, "carrier": "Northline", "idempotencyKey": id.New("key"),
				"lines": []vars{{"orderLineId": line["id"], "quantity": line["quantity"]}},
			}})
		}
		return o.str("status") == "DELIVERED"
	})
}

// TestWhatIsReturnedIsRefundedAndSoldAgain goes from a cart to an order of which
// everything came back in two returns. The carrier reports late, twice and out of order.
func TestWhatIsReturnedIsRefundedAndSoldAgain(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *app.Config) {
		c.Shipping.Transit, c.Shipping.PollEvery = 2*time.Second, 100*time.Millisecond
	})
	staff := s.anyone()
	staff.signIn(t, "root@demo.test", demoPassword("root@demo.test"))
	c := s.register(t, "rae")
	mug := s.buyable(t, 20)
	stock := pool(t, s.cfg.Inventory.DatabaseURL)
	onHand := func() int {
		return one[int](t, stock, "SELECT (available + reserved)::int FROM stock WHERE variant_id = $1", mug)
	}
	before := onHand()
	orderID := c.buy(t, mug, 3, "tok_ok").str("order.id")
	c.await(t, orderID, "CONFIRMED")
	s.deliver(t, staff, orderID)
	read := func() object {
		return object(c.do(t, orderToReturn, vars{"id": orderID}).get("order").(map[string]any))
	}
	o := read()
	if o.get("actions.canReturn") != true {
		t.Fatalf("a delivered order cannot be returned: %v", o)
	}
	line, total := o.str("lines.nodes.0.id"), o.num("cost.total.minorUnits")

	change := func(as *client, mutation, input string, v vars) object {
		t.Helper()
		v["idempotencyKey"] = id.New("key")
		data := as.do(t, `mutation($input: `+input+`!) { `+mutation+`(input: $input) { return { id status } userErrors { code message } } }`, vars{"input": v})
		got := object(data.get(mutation).(map[string]any))
		if len(got.list("userErrors")) > 0 {
			t.Fatalf("%s: %v", mutation, got)
		}
		return got
	}
	sendBack := func(units int, received ...vars) object {
		t.Helper()
		r := change(c, "returnRequest", "ReturnRequestInput", vars{
			"orderId": orderID, "lines": []vars{{"orderLineId": line, "quantity": units, "reason": "NO_LONGER_NEEDED"}},
		}).str("return.id")
		change(staff, "returnDecide", "ReturnDecideInput", vars{"returnId": r, "decision": "APPROVE"})
		var back object
		status := func(want string) func() bool {
			return func() bool {
				back = object(c.do(t, `query($id: ID!) { return(id: $id) { status labelUrl trackingNumber refundAmount { minorUnits } } }`, vars{"id": r}).get("return").(map[string]any))
				return back.str("status") == want
			}
		}
		polltest.Eventually(t, "the return is on its way", status("IN_TRANSIT"))
		if back.str("labelUrl") == "" {
			polltest.Eventually(t, "the return has a label", func() bool { return status("IN_TRANSIT")() && back.str("labelUrl") != "" })
		}
		change(staff, "returnReceive", "ReturnReceiveInput", vars{"returnId": r, "lines": received})
		polltest.Eventually(t, "the return is refunded", status("REFUNDED"))
		return back
	}
	first := sendBack(1, vars{"orderLineId": line, "quantity": 1, "condition": "USED"})
	o = read()
	if o.str("fulfillmentStatus") != "PARTIALLY_RETURNED" || o.str("paymentStatus") != "PARTIALLY_REFUNDED" || o.num("lines.nodes.0.returnableQuantity") != 2 ||
		o.num("lines.nodes.0.refundedAmount.minorUnits") != first.num("refundAmount.minorUnits") || o.num("refunds.0.lines.0.quantity") != 1 {
		t.Errorf("after the first return: %v", o)
	}
	second := sendBack(2)
	o = read()
	if o.str("fulfillmentStatus") != "RETURNED" || o.str("paymentStatus") != "REFUNDED" || o.get("actions.canReturn") != false ||
		o.num("paymentSummary.refunded.minorUnits") != total || first.num("refundAmount.minorUnits")+second.num("refundAmount.minorUnits") != total {
		t.Errorf("after the last return: %v, want %v refunded", o, total)
	}
	polltest.Eventually(t, "the units as new are on hand again", func() bool { return onHand() == before-1 })
	mails := pool(t, s.cfg.Notification.DatabaseURL)
	polltest.Eventually(t, "mails are sent", func() bool {
		return one[int](t, mails, `SELECT count(*)::int FROM mails WHERE subject_id = $1 AND status = 'SENT' AND kind IN ('RETURN_REQUESTED', 'RETURN_APPROVED', 'RETURN_REFUNDED')`, orderID) == 6
	})
	for name, r := range checked(t, s, 20*time.Second) {
		if len(r.Violations) > 0 || r.Group == "returns" && r.Checked == 0 && r.Name != "a return does not wait for its refund for ever" {
			t.Errorf("%s: %+v", name, r)
		}
	}
}
