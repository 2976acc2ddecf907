package payment

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"cartograph/internal/money"
	"cartograph/subgraphs/payment/gateway"
)

func usd(minor int64) money.Money { return money.Money{Minor: minor, Currency: "USD"} }

// fresh is a payment that was just read from the gateway.
func newPayment() Payment {
	zero := usd(0)
	return Payment{
		ID: "pay_1", OrderID: "ord_1", CheckoutID: "chk_1", Status: Processing, PendingOperation: OpAuthorize, Amount: usd(1000),
		Gift: zero, GiftRefunded: zero, Authorized: zero, Captured: zero, Voided: zero, Refunded: zero, RefundPending: zero, Disputed: zero,
	}
}

// lives are all ways in which a payment can go at the gateway.
func lifecycles() map[string][]gateway.Payment {
	at := func(status gateway.Status, authorized, captured int64) gateway.Payment {
		p := gateway.Payment{
			GatewayID: "gw_1", Reference: "pay_1", Status: status, Card: gateway.Card{Brand: "visa", Last4: "4242", ExpMonth: 8, ExpYear: 2033},
			Amount: usd(1000), Authorized: usd(authorized), Captured: usd(captured), Refunded: usd(0),
		}
		switch status {
		case gateway.RequiresAction:
			p.Action = &gateway.Action{RedirectURL: "https://bank.test/3ds", ExpiresAt: time.Unix(1e9, 0)}
		case gateway.Declined:
			p.Decline = &gateway.Decline{Code: "card_declined"}
		default:
		}
		return p
	}
	disputed := at(gateway.Captured, 1000, 1000)
	disputed.Disputes = []gateway.Dispute{{ID: "dp_1", Status: gateway.DisputeOpen, Amount: usd(1000)}}
	action, authorized := at(gateway.RequiresAction, 0, 0), at(gateway.Authorized, 1000, 0)
	returned := at(gateway.PartiallyRefunded, 1000, 1000) // by others: what we did not request is not booked
	captured, voided := at(gateway.Captured, 1000, 1000), at(gateway.Voided, 1000, 0)
	return map[string][]gateway.Payment{
		"declined":             {at(gateway.Declined, 0, 0)},
		"captured":             {authorized, captured},
		"captured in part":     {authorized, at(gateway.Captured, 1000, 400)},
		"disputed":             {authorized, captured, disputed},
		"given back by others": {authorized, captured, returned},
		"voided":               {authorized, voided},
		"3ds captured":         {action, authorized, captured},
		"3ds declined":         {action, at(gateway.Declined, 0, 0)},
		"3ds voided":           {action, at(gateway.Voided, 0, 0)},
		"3ds approved, voided": {action, authorized, voided},
	}
}

// TestLateAndRepeatedObservationsChangeNothing looks at a payment's life in order,
// and in any order with repetitions, the end among them: both end alike.
func TestLateAndRepeatedObservationsChangeNothing(t *testing.T) {
	t.Parallel()
	for name, life := range lifecycles() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				ended := rapid.Bool().Draw(t, "ended")
				want := applyAll(t, life, ended)
				seen := rapid.SliceOfN(rapid.SampledFrom(life), 0, 8).Draw(t, "seen")
				last := rapid.IntRange(0, len(seen)).Draw(t, "last")
				seen = slices.Insert(seen, last, life[len(life)-1])
				got := applyAll(t, seen, ended)
				got.PendingOperation, want.PendingOperation = "", "" // the pending operation depends on when it was seen
				if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Payment{})); diff != "" {
					t.Fatalf("the payment's end depends on the order (-in order +shuffled):\n%s", diff)
				}
			})
		})
	}
}

// walk applies facts to a payment, and checks every step: it is legal, it leads on
// from the one before, and its journal balances.
func applyAll(t *rapid.T, seen []gateway.Payment, ended bool) Payment {
	p := newPayment()
	for _, s := range seen {
		steps, err := p.transitions(s, ended)
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range steps {
			if step.Before.Status != p.Status || !p.Status.MayBecome(step.After.Status) {
				t.Fatalf("a step leads from %s (%s) to %s", step.Before.Status, p.Status, step.After.Status)
			}
			var sum int64
			_, postings := step.journal()
			for _, side := range postings {
				sum += side.minor
			}
			if sum != 0 {
				t.Fatalf("the journal of %s to %s adds up to %d", step.Before.Status, step.After.Status, sum)
			}
			p = step.After
			if p.Captured.Minor+p.Voided.Minor > p.Authorized.Minor || p.Authorized.Minor > p.Amount.Minor {
				t.Fatalf("authorised %s, captured %s, voided %s of %s", p.Authorized, p.Captured, p.Voided, p.Amount)
			}
		}
	}
	return p
}

func TestAuthorisationOfAClosedOrderIsVoidedAndNotPublished(t *testing.T) {
	t.Parallel()
	steps, err := newPayment().transitions(lifecycles()["voided"][0], true)
	if err != nil {
		t.Fatal(err)
	}
	if len(steps) != 1 || steps[0].After.PendingOperation != OpVoid || len(steps[0].events()) != 0 {
		t.Errorf("steps = %+v, want one with a pending VOID and no event", steps)
	}
}

func TestExternalVoidFailsAPendingCapture(t *testing.T) {
	t.Parallel()
	p := newPayment()
	life := lifecycles()["voided"]
	steps, _ := p.transitions(life[0], false)
	p = steps[0].After
	p.PendingOperation = OpCapture
	steps, err := p.transitions(life[1], false)
	if err != nil || len(steps) != 1 {
		t.Fatalf("steps = %v, %v", steps, err)
	}
	if got := steps[0]; got.After.Status != Failed || len(got.events()) != 2 {
		t.Errorf("payment is %s and publishes %v, want FAILED, captureFailed and voided", got.After.Status, got.events())
	}
}

func TestObservationOfAnotherPaymentIsRejected(t *testing.T) {
	t.Parallel()
	other, poorer := lifecycles()["captured"][0], lifecycles()["captured"][0]
	other.Reference, poorer.Amount = "pay_2", usd(1)
	for _, seen := range []gateway.Payment{other, poorer} {
		if steps, err := newPayment().transitions(seen, false); err == nil {
			t.Errorf("%s of %s was accepted: %v", seen.Amount, seen.Reference, steps)
		}
	}
}

func TestTransitionsEndInFinalStatuses(t *testing.T) {
	t.Parallel()
	final := []Status{Declined, Voided, Failed, ChargedBack}
	for status, next := range legal {
		if got, want := status.Final(), slices.Contains(final, status); got != want {
			t.Errorf("%s.Final() = %v, want %v", status, got, want)
		}
		for _, to := range next {
			if _, known := legal[to]; !known {
				t.Errorf("%s leads to %s, which is no status", status, to)
			}
		}
	}
}

func TestOrderAcceptsAPaymentOnlyIfPayable(t *testing.T) {
	t.Parallel()
	with := func(statuses ...Status) (payments []Payment) {
		for _, s := range statuses {
			payments = append(payments, Payment{Status: s})
		}
		return payments
	}
	for name, tt := range map[string]struct {
		order   string
		earlier []Payment
		want    string
	}{
		"first":             {orderOpen, nil, ""},
		"after a decline":   {orderOpen, with(Declined), ""},
		"after two":         {orderOpen, with(Declined, Voided), ""},
		"after three":       {orderOpen, with(Declined, Declined, Failed), "ORDER_NOT_PAYABLE"},
		"waiting":           {orderOpen, with(Processing), "OPERATION_IN_PROGRESS"},
		"at the bank":       {orderOpen, with(Declined, RequiresAction), "OPERATION_IN_PROGRESS"},
		"authorised":        {orderOpen, with(Authorized), "OPERATION_IN_PROGRESS"},
		"captured":          {orderOpen, with(Captured), "ORDER_ALREADY_PAID"},
		"partly given back": {orderPaid, with(PartiallyRefunded), "ORDER_ALREADY_PAID"},
		"disputed":          {orderPaid, with(Disputed), "ORDER_ALREADY_PAID"},
		"charged back":      {orderPaid, with(ChargedBack), "ORDER_ALREADY_PAID"},
		"given back":        {orderPaid, with(Refunded), "ORDER_ALREADY_PAID"},
		"ended":             {orderClosed, nil, "ORDER_NOT_PAYABLE"},
		"ended, voiding":    {orderClosed, with(Authorized), "ORDER_NOT_PAYABLE"},
	} {
		got := ""
		if refusal := checkPayable(tt.order, tt.earlier); refusal != nil {
			got = refusal.Code
		}
		if got != tt.want {
			t.Errorf("%s: refused with %q, want %q", name, got, tt.want)
		}
	}
}

func TestFailureCodesAreRetryableOrNot(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{
		"card_declined": true, "insufficient_funds": true, "authentication_failed": true, "unknown": true,
		"stolen_card": false, "fraudulent": false, "ORDER_ALREADY_PAID": false,
	} {
		if f := failureOf(code); f.Retryable != want || f.Message(t.Context()) == "" || f.Code != code {
			t.Errorf("failure of %s = %+v, want retryable %v", code, f, want)
		}
	}
}

func TestBackoffDoublesUpToAMaximum(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		tries int32
		want  time.Duration
	}{{0, minRetryDelay}, {1, minRetryDelay}, {2, 2 * minRetryDelay}, {100, maxRetryDelay}} {
		if got := backoff(tt.tries); got != tt.want {
			t.Errorf("backoff(%d) = %s, want %s", tt.tries, got, tt.want)
		}
	}
}
