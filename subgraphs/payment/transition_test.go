package payment

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/decline"
	"cartograph/internal/event"
	"cartograph/internal/money"
	"cartograph/subgraphs/payment/gateway"
)

// at is a payment of 1000 in a status, with the amounts that belong to it.
func at(status Status, pending Operation) Payment {
	p := newPayment()
	p.Status, p.PendingOperation = status, pending
	switch status {
	case RequiresAction:
		p.NextAction = &NextAction{RedirectURL: "https://bank.test/3ds", ExpiresAt: time.Unix(1e9, 0)}
	case Declined:
		failure := failureOf("card_declined")
		p.Failure = &failure
	case Authorized:
		p.Authorized = usd(1000)
	case Captured, PartiallyRefunded, Refunded, Disputed, ChargedBack:
		p.Authorized, p.Captured = usd(1000), usd(1000)
	case Voided:
		p.Authorized, p.Voided = usd(1000), usd(1000)
	case Failed:
		failure := failureOf("capture_declined")
		p.Authorized, p.Voided, p.Failure = usd(1000), usd(1000), &failure
	case Created, Processing:
	}
	return p
}

// observed is the payment as the gateway shows it.
func observed(status gateway.Status, authorized, captured int64) gateway.Payment {
	o := gateway.Payment{GatewayID: "gw_1", Reference: "pay_1", Status: status, Amount: usd(1000), Authorized: usd(authorized), Captured: usd(captured)}
	switch status {
	case gateway.RequiresAction:
		o.Action = &gateway.Action{RedirectURL: "https://bank.test/3ds", ExpiresAt: time.Unix(1e9, 0)}
	case gateway.Declined:
		o.Decline = &gateway.Decline{Code: "insufficient_funds"}
	case gateway.Authorized, gateway.Captured, gateway.Voided, gateway.PartiallyRefunded, gateway.Refunded:
	}
	return o
}

func refused(p Payment) Payment { return p.captureRefused("capture_declined").After }

// row is a transition in one line: from > to, the operation and its outcome, the
// amount, what is pending after it, its journal and the events it publishes.
func row(t Transition) string {
	kind, _ := t.journal()
	var published []string
	for _, e := range t.events() {
		published = append(published, strings.TrimPrefix(fmt.Sprintf("%T", e), "event."))
	}
	return fmt.Sprintf("%s>%s %s:%s %d pending:%s %s %v", t.Before.Status, t.After.Status, t.Operation, t.Outcome, t.Amount.Minor, t.After.PendingOperation, kind, published)
}

// TestTheTransitionTable holds every row of the table in transition.go.
func TestTheTransitionTable(t *testing.T) {
	t.Parallel()
	capturedOf := func(p Payment, amount int64) gateway.Payment {
		return observed(gateway.Captured, p.Amount.Minor, amount)
	}
	authorized, voided := observed(gateway.Authorized, 1000, 0), observed(gateway.Voided, 1000, 0)
	action, declined := observed(gateway.RequiresAction, 0, 0), observed(gateway.Declined, 0, 0)
	for _, c := range []struct {
		claim    string
		from     Payment
		observed gateway.Payment
		closed   bool
		want     []string
	}{
		{"3-D Secure required", at(Processing, OpAuthorize), action, false, []string{"PROCESSING>REQUIRES_ACTION AUTHORIZE:PENDING 1000 pending:NONE  [PaymentActionRequired]"}},
		{"3-D Secure required, closed", at(Processing, OpAuthorize), action, true, []string{"PROCESSING>REQUIRES_ACTION AUTHORIZE:PENDING 1000 pending:VOID  [PaymentActionRequired]"}},
		{"3-D Secure is still required", at(RequiresAction, OpConfirm), action, false, nil},
		{"authorised", at(Processing, OpAuthorize), authorized, false, []string{"PROCESSING>AUTHORIZED AUTHORIZE:SUCCEEDED 1000 pending:NONE AUTHORIZED [PaymentAuthorized]"}},
		{"authorised, closed", at(Processing, OpAuthorize), authorized, true, []string{"PROCESSING>AUTHORIZED AUTHORIZE:SUCCEEDED 1000 pending:VOID AUTHORIZED []"}},
		{"authorised, a void is pending", at(Processing, OpVoid), authorized, false, []string{"PROCESSING>AUTHORIZED AUTHORIZE:SUCCEEDED 1000 pending:VOID AUTHORIZED []"}},
		{"approved", at(RequiresAction, OpConfirm), authorized, false, []string{"REQUIRES_ACTION>AUTHORIZED CONFIRM:SUCCEEDED 1000 pending:NONE AUTHORIZED [PaymentAuthorized]"}},
		{"declined", at(Processing, OpAuthorize), declined, false, []string{"PROCESSING>DECLINED AUTHORIZE:FAILED 1000 pending:NONE  [PaymentDeclined]"}},
		{"declined by the customer, closed", at(RequiresAction, OpVoid), declined, true, []string{"REQUIRES_ACTION>DECLINED CONFIRM:FAILED 1000 pending:NONE  [PaymentDeclined]"}},
		{"voided unauthorised", at(RequiresAction, OpVoid), observed(gateway.Voided, 0, 0), true, []string{"REQUIRES_ACTION>VOIDED VOID:SUCCEEDED 0 pending:NONE  [PaymentVoided]"}},
		{"captured", at(Authorized, OpCapture), capturedOf(newPayment(), 1000), false, []string{"AUTHORIZED>CAPTURED CAPTURE:SUCCEEDED 1000 pending:NONE CAPTURED [PaymentCaptured]"}},
		{"captured in part", at(Authorized, OpCapture), capturedOf(newPayment(), 1), false, []string{"AUTHORIZED>CAPTURED CAPTURE:SUCCEEDED 1 pending:NONE CAPTURED [PaymentCaptured]"}},
		{"captured, closed", at(Authorized, OpCapture), capturedOf(newPayment(), 1000), true, []string{"AUTHORIZED>CAPTURED CAPTURE:SUCCEEDED 1000 pending:NONE CAPTURED [PaymentCaptured]"}},
		{"captured after a refusal", refused(at(Authorized, OpCapture)), capturedOf(newPayment(), 1000), false, []string{"AUTHORIZED>CAPTURED CAPTURE:SUCCEEDED 1000 pending:NONE CAPTURED [PaymentCaptured]"}},
		{"authorised once more", at(Authorized, OpNone), authorized, false, nil},
		{"voided", at(Authorized, OpVoid), voided, false, []string{"AUTHORIZED>VOIDED VOID:SUCCEEDED 1000 pending:NONE VOIDED [PaymentVoided]"}},
		{"voided by the gateway", at(Authorized, OpNone), voided, false, []string{"AUTHORIZED>VOIDED VOID:SUCCEEDED 1000 pending:NONE VOIDED [PaymentVoided]"}},
		{"voided, capture pending", at(Authorized, OpCapture), voided, false, []string{"AUTHORIZED>FAILED VOID:SUCCEEDED 1000 pending:NONE VOIDED [PaymentCaptureFailed PaymentVoided]"}},
		{"voided after a refused capture", refused(at(Authorized, OpCapture)), voided, false, []string{"AUTHORIZED>FAILED VOID:SUCCEEDED 1000 pending:NONE VOIDED [PaymentVoided]"}},
		{"a refund by others", at(Captured, OpNone), observed(gateway.Refunded, 1000, 1000), false, nil},
		{
			"states that were not observed", at(Processing, OpAuthorize), capturedOf(newPayment(), 1000), false,
			[]string{
				"PROCESSING>AUTHORIZED AUTHORIZE:SUCCEEDED 1000 pending:NONE AUTHORIZED [PaymentAuthorized]",
				"AUTHORIZED>CAPTURED CAPTURE:SUCCEEDED 1000 pending:NONE CAPTURED [PaymentCaptured]",
			},
		},
		{"a payment that was not sent", at(Created, OpAuthorize), authorized, false, nil},
		{"a declined payment", at(Declined, OpNone), authorized, false, nil},
		{"a voided payment", at(Voided, OpNone), capturedOf(newPayment(), 1000), false, nil},
		{"a failed payment", at(Failed, OpNone), capturedOf(newPayment(), 1000), false, nil},
		{"a disputed payment", at(Disputed, OpNone), capturedOf(newPayment(), 1000), false, nil},
		{"a payment that was charged back", at(ChargedBack, OpNone), capturedOf(newPayment(), 1000), false, nil},
		{"a refunded payment", at(Refunded, OpNone), capturedOf(newPayment(), 1000), false, nil},
	} {
		transitions, err := c.from.transitions(c.observed, c.closed)
		if err != nil {
			t.Errorf("%s: %v", c.claim, err)
		}
		var got []string
		for _, transition := range transitions {
			got = append(got, row(transition))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.claim, diff)
		}
	}
	for claim, c := range map[string]struct {
		got  Transition
		want string
	}{
		"refused without a payment at the gateway": {at(Processing, OpAuthorize).declined("card_declined"), "PROCESSING>DECLINED AUTHORIZE:FAILED 1000 pending:NONE  [PaymentDeclined]"},
		"capture refused":                          {at(Authorized, OpCapture).captureRefused("capture_declined"), "AUTHORIZED>AUTHORIZED CAPTURE:FAILED 1000 pending:VOID  [PaymentCaptureFailed]"},
		"closed before it was sent":                {at(Created, OpAuthorize).voidedUnsent(), "CREATED>VOIDED VOID:SUCCEEDED 0 pending:NONE  [PaymentVoided]"},
	} {
		if diff := cmp.Diff(c.want, row(c.got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", claim, diff)
		}
	}
}

func TestATransitionKeepsWhatTheGatewayShows(t *testing.T) {
	t.Parallel()
	required := observed(gateway.RequiresAction, 0, 0)
	required.Card = gateway.Card{Brand: "visa", Last4: "4242", ExpMonth: 8, ExpYear: 2033}
	first, err := at(Processing, OpAuthorize).transitions(required, false)
	if err != nil || len(first) != 1 {
		t.Fatalf("%v, %v", first, err)
	}
	p := first[0].After
	if *p.GatewayReference != "gw_1" || *p.Method.Brand != "visa" || *p.Method.Last4 != "4242" || *p.Method.Expiry != "08/2033" {
		t.Errorf("the payment has the reference %q and the card %+v, want what the gateway shows", *p.GatewayReference, p.Method)
	}
	if p.NextAction == nil || p.NextAction.RedirectURL != "https://bank.test/3ds" || !p.NextAction.ExpiresAt.Equal(time.Unix(1e9, 0)) {
		t.Errorf("the next action is %+v, want the bank's page", p.NextAction)
	}
	second, err := p.transitions(observed(gateway.Authorized, 1000, 0), false) // without a card
	if err != nil || len(second) != 1 {
		t.Fatalf("%v, %v", second, err)
	}
	if p = second[0].After; p.NextAction != nil || *p.Method.Last4 != "4242" || p.Authorized != usd(1000) {
		t.Errorf("the authorised payment is %+v, want no action, and the card that was shown before", p)
	}
	third, err := p.transitions(observed(gateway.Captured, 1000, 400), false)
	if err != nil || len(third) != 1 {
		t.Fatalf("%v, %v", third, err)
	}
	if p = third[0].After; p.Captured != usd(400) || p.Voided != usd(600) || p.Authorized != usd(1000) {
		t.Errorf("captured %s and voided %s of %s, want 400, 600 and 1000", p.Captured, p.Voided, p.Authorized)
	}
}

// What is published must be answered again from the stored payment.
func TestTheEventOfAPaymentFollowsFromItsState(t *testing.T) {
	t.Parallel()
	facts := event.PaymentFacts{PaymentID: "pay_1", OrderID: "ord_1", CheckoutID: "chk_1", AmountMinor: 1000, Currency: "USD"}
	declined, refusal := failureOf("card_declined"), failureOf("capture_declined")
	failedWithoutReason := at(Failed, OpNone)
	failedWithoutReason.Failure = nil
	for _, c := range []struct {
		claim string
		of    Payment
		want  event.Payload
	}{
		{"created", at(Created, OpAuthorize), nil},
		{"processing", at(Processing, OpAuthorize), nil},
		{"action required", at(RequiresAction, OpNone), event.PaymentActionRequired{PaymentFacts: facts, RedirectURL: "https://bank.test/3ds"}},
		{"authorised", at(Authorized, OpNone), event.PaymentAuthorized{PaymentFacts: facts}},
		{"authorised, capture pending", at(Authorized, OpCapture), event.PaymentAuthorized{PaymentFacts: facts}},
		{"authorised, void pending", at(Authorized, OpVoid), nil},
		{"capture refused", refused(at(Authorized, OpCapture)), event.PaymentCaptureFailed{PaymentFacts: facts, Code: refusal.Code, Message: decline.Source(refusal.Code)}},
		{"declined", at(Declined, OpNone), event.PaymentDeclined{PaymentFacts: facts, Code: declined.Code, Message: decline.Source(declined.Code), Retryable: true}},
		{"captured", at(Captured, OpNone), event.PaymentCaptured{PaymentFacts: facts}},
		{"refunded in part", at(PartiallyRefunded, OpNone), event.PaymentCaptured{PaymentFacts: facts}},
		{"refunded", at(Refunded, OpNone), event.PaymentCaptured{PaymentFacts: facts}},
		{"disputed", at(Disputed, OpNone), event.PaymentCaptured{PaymentFacts: facts}},
		{"charged back", at(ChargedBack, OpNone), event.PaymentCaptured{PaymentFacts: facts}},
		{"failed", at(Failed, OpNone), event.PaymentCaptureFailed{PaymentFacts: facts, Code: refusal.Code, Message: decline.Source(refusal.Code)}},
		{"failed, of an old row", failedWithoutReason, event.PaymentCaptureFailed{PaymentFacts: facts, Code: decline.Voided, Message: decline.Source(decline.Voided)}},
		{"voided", at(Voided, OpNone), event.PaymentVoided{PaymentFacts: facts}},
	} {
		if diff := cmp.Diff(c.want, c.of.outcomeEvent()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.claim, diff)
		}
	}
}

func TestAJournalMovesWhatTheTransitionMoves(t *testing.T) {
	t.Parallel()
	part := at(Authorized, OpCapture).captured(usd(400))
	for _, c := range []struct {
		claim string
		of    Transition
		kind  string
		want  map[string]int64
	}{
		{"an authorisation", Transition{After: at(Authorized, OpNone), Outcome: Succeeded, Amount: usd(1000)}, "AUTHORIZED", map[string]int64{receivable: 1000, unearned: -1000}},
		{"a void", at(Authorized, OpVoid).voided(), "VOIDED", map[string]int64{receivable: -1000, unearned: 1000}},
		{"a void of a failed payment", refused(at(Authorized, OpCapture)).voided(), "VOIDED", map[string]int64{receivable: -1000, unearned: 1000}},
		{"a capture of a part clears the whole authorisation", part, "CAPTURED", map[string]int64{clearing: 400, sales: -400, unearned: 1000, receivable: -1000}},
		{"a decline", at(Processing, OpAuthorize).declined("card_declined"), "", nil},
		{"a refused capture", at(Authorized, OpCapture).captureRefused("capture_declined"), "", nil},
		{"a void of nothing", at(Created, OpAuthorize).voidedUnsent(), "", nil},
		{"a dispute", Transition{Operation: OpDispute, Outcome: Pending, Amount: usd(700)}, "DISPUTED", map[string]int64{disputedFunds: 700, clearing: -700}},
		{"a dispute that is won", Transition{Operation: OpDisputeWon, Outcome: Succeeded, Amount: usd(700)}, "DISPUTE_WON", map[string]int64{clearing: 700, disputedFunds: -700}},
		{"a dispute that is lost", Transition{Operation: OpDisputeLost, Outcome: Succeeded, Amount: usd(700)}, "DISPUTE_LOST", map[string]int64{chargebacks: 700, disputedFunds: -700}},
	} {
		kind, postings := c.of.journal()
		var got map[string]int64
		for _, p := range postings {
			if got == nil {
				got = map[string]int64{}
			}
			got[p.account] += p.minor
		}
		if diff := cmp.Diff(c.want, got); diff != "" || kind != c.kind {
			t.Errorf("%s is booked as %q, want %q (-want +got):\n%s", c.claim, kind, c.kind, diff)
		}
	}
}

func TestAPaymentHoldsMoneyOrMayComeToHoldSome(t *testing.T) {
	t.Parallel()
	for status, want := range map[Status]struct{ live, holds, undecided bool }{
		Created: {true, false, true}, Processing: {true, false, true}, RequiresAction: {true, false, false}, Authorized: {true, false, false},
		Captured: {true, true, false}, PartiallyRefunded: {true, true, false}, Disputed: {true, true, false}, ChargedBack: {true, false, false},
		Declined: {}, Voided: {}, Failed: {}, Refunded: {},
	} {
		if got := [3]bool{status.Live(), status.HoldsCapture(), (Payment{Status: status}).undecided()}; got != [3]bool{want.live, want.holds, want.undecided} {
			t.Errorf("%s is live, holds a capture, is undecided: %v, want %+v", status, got, want)
		}
	}
}

func TestAKeyIsTheSameForEachRepetition(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, payment := range []string{"pay_1", "pay_2"} {
		for _, op := range []Operation{OpAuthorize, OpConfirm, OpCapture, OpVoid, OpRefund} {
			for n := 1; n < 4; n++ {
				k := key(payment, op, n)
				if seen[k] || k != key(payment, op, n) {
					t.Errorf("the key of request %d of %s of %s is %s, want one of its own", n, op, payment, k)
				}
				seen[k] = true
			}
		}
	}
}

func TestWhatIsRefundableIsNeverPaidTwice(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status                      Status
		captured, refunded, pending int64
		want                        int64
	}{
		{Captured, 1000, 0, 0, 1000},
		{PartiallyRefunded, 1000, 300, 0, 700},
		{PartiallyRefunded, 1000, 300, 700, 0},
		{Captured, 1000, 0, 1, 999},
		{Disputed, 1000, 0, 0, 0},
		{ChargedBack, 1000, 0, 0, 0},
		{Refunded, 1000, 1000, 0, 0},
		{Authorized, 0, 0, 0, 0},
	} {
		p := at(c.status, OpNone)
		p.Captured, p.Refunded, p.RefundPending = usd(c.captured), usd(c.refunded), usd(c.pending)
		if got := p.Refundable(); got != usd(c.want) {
			t.Errorf("of %s with %d captured, %d refunded and %d under way %s is refundable, want %s", c.status, c.captured, c.refunded, c.pending, got, money.Money{Minor: c.want, Currency: "USD"})
		}
	}
}
