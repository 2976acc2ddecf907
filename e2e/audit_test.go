package e2e

import (
	"slices"
	"testing"

	"cartograph/internal/id"
	"cartograph/internal/polltest"
)

func TestTheAuditLogHasWhatStaffDidInEveryService(t *testing.T) {
	t.Parallel()
	s := start(t)
	customer, staff := s.anyone(), s.anyone()
	customer.signIn(t, "ada@demo.test", demoPassword("ada@demo.test"))
	staff.signIn(t, "root@demo.test", demoPassword("root@demo.test"))
	staffID := staff.do(t, `{ me { id } }`, nil).str("me.id")

	variantID := s.buyable(t, 20)
	order := customer.buy(t, variantID, 1, "tok_ok")
	orderID := order.str("order.id")
	paymentID := customer.await(t, orderID, "CONFIRMED").str("payments.0.id")
	did := []struct {
		document  string
		input     vars
		subjectID string
		action    string
	}{
		{
			`mutation($input: StockAdjustInput!) { stockAdjust(input: $input) { userErrors { message } } }`,
			vars{"variantId": variantID, "delta": 3, "reason": "RECEIVED", "idempotencyKey": id.New("key")},
			variantID, "stock.adjusted",
		},
		{
			`mutation($input: RefundCreateInput!) { refundCreate(input: $input) { userErrors { message } } }`,
			vars{"orderId": orderID, "amount": vars{"amount": "1.00", "currencyCode": "USD"}, "reason": "CUSTOMER_REQUEST", "idempotencyKey": id.New("key")},
			paymentID, "payment.refundRequested",
		},
		{
			orderCancel, vars{"orderId": orderID, "reason": "OUT_OF_STOCK", "idempotencyKey": id.New("key")}, orderID, "order.cancelled",
		},
	}
	for _, d := range did {
		got := staff.do(t, d.document, vars{"input": d.input})
		for _, payload := range got {
			if errs := object(payload.(map[string]any)).list("userErrors"); len(errs) > 0 {
				t.Fatalf("%s: %v", d.action, errs)
			}
		}
		var actions []string
		polltest.Eventually(t, d.action+" in the audit log", func() bool {
			log := staff.do(t, `query($id: ID!) { auditLog(subject: $id) { nodes { action actorId } } }`, vars{"id": d.subjectID})
			actions = nil
			for _, n := range log.list("auditLog.nodes") {
				if n := object(n.(map[string]any)); n.str("actorId") == staffID {
					actions = append(actions, n.str("action"))
				}
			}
			return slices.Contains(actions, d.action)
		})
		if len(actions) != 1 {
			t.Errorf("audit log of %s: %v, want %s once", d.subjectID, actions, d.action)
		}
	}
}
