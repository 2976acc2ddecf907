package payment_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/event"
	"cartograph/internal/eventtest"
	"cartograph/internal/id"
	"cartograph/internal/limits"
	"cartograph/internal/polltest"
	"cartograph/subgraphs/payment"
)

// TestEveryTokensScenario walks each token through "authorise", then what the
// steps define, and checks the published events and the ledger.
func TestEveryTokensScenario(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		token, steps string
		want         payment.Status
		published    string
		transactions string
		books        map[string]int64
	}{
		{"tok_ok", "", payment.Authorized, "created authorized", "AUTHORIZATION:SUCCEEDED", map[string]int64{"customer_receivable": 5000, "unearned": -5000}},
		{"tok_ok", "capture", payment.Captured, "created authorized captured", "AUTHORIZATION:SUCCEEDED CAPTURE:SUCCEEDED", map[string]int64{"gateway_clearing": 5000, "sales": -5000}},
		{"tok_ok", "cancel", payment.Voided, "created authorized voided", "AUTHORIZATION:SUCCEEDED VOID:SUCCEEDED", map[string]int64{}},
		{"tok_ok", "expire", payment.Voided, "created authorized voided", "AUTHORIZATION:SUCCEEDED VOID:SUCCEEDED", map[string]int64{}},
		{"tok_ok", "capture cancel", payment.Refunded, "created authorized captured refundSucceeded", "AUTHORIZATION:SUCCEEDED CAPTURE:SUCCEEDED REFUND:SUCCEEDED", map[string]int64{"refunds": 5000, "sales": -5000}},
		{"tok_decline", "", payment.Declined, "created declined", "AUTHORIZATION:FAILED", map[string]int64{}},
		{"tok_insufficient", "cancel", payment.Declined, "created declined", "AUTHORIZATION:FAILED", map[string]int64{}},
		{"tok_unknown", "", payment.Declined, "created declined", "AUTHORIZATION:FAILED", map[string]int64{}},
		{"tok_3ds", "", payment.RequiresAction, "created actionRequired", "AUTHORIZATION:PENDING", map[string]int64{}},
		{"tok_3ds", "approve", payment.Authorized, "created actionRequired authorized", "AUTHORIZATION:PENDING AUTHORIZATION:SUCCEEDED", map[string]int64{"customer_receivable": 5000, "unearned": -5000}},
		{"tok_3ds", "approve capture", payment.Captured, "created actionRequired authorized captured", "AUTHORIZATION:PENDING AUTHORIZATION:SUCCEEDED CAPTURE:SUCCEEDED", map[string]int64{"gateway_clearing": 5000, "sales": -5000}},
		{"tok_3ds", "decline", payment.Declined, "created actionRequired declined", "AUTHORIZATION:PENDING AUTHORIZATION:FAILED", map[string]int64{}},
		{"tok_3ds", "cancel", payment.Voided, "created actionRequired voided", "AUTHORIZATION:PENDING VOID:SUCCEEDED", map[string]int64{}},
		{"tok_3ds", "abandon", payment.Declined, "created actionRequired declined", "AUTHORIZATION:PENDING AUTHORIZATION:FAILED", map[string]int64{}},
		{"tok_timeout_after", "capture", payment.Captured, "created authorized captured", "AUTHORIZATION:SUCCEEDED CAPTURE:SUCCEEDED", map[string]int64{"gateway_clearing": 5000, "sales": -5000}},
		{"tok_timeout_before", "capture", payment.Captured, "created authorized captured", "AUTHORIZATION:SUCCEEDED CAPTURE:SUCCEEDED", map[string]int64{"gateway_clearing": 5000, "sales": -5000}},
		{"tok_500_then_ok", "capture", payment.Captured, "created authorized captured", "AUTHORIZATION:SUCCEEDED CAPTURE:SUCCEEDED", map[string]int64{"gateway_clearing": 5000, "sales": -5000}},
		{"tok_capture_fails", "capture-refused", payment.Failed, "created authorized captureFailed voided", "AUTHORIZATION:SUCCEEDED CAPTURE:FAILED VOID:SUCCEEDED", map[string]int64{}},
		{"tok_dispute", "dispute", payment.Disputed, "created authorized captured disputeOpened", "AUTHORIZATION:SUCCEEDED CAPTURE:SUCCEEDED CHARGEBACK:PENDING", map[string]int64{"disputed_funds": 5000, "sales": -5000}},
		{"tok_dispute", "dispute cancel-disputed", payment.Disputed, "created authorized captured disputeOpened refundFailed", "AUTHORIZATION:SUCCEEDED CAPTURE:SUCCEEDED CHARGEBACK:PENDING REFUND:FAILED", map[string]int64{"disputed_funds": 5000, "sales": -5000}},
		{"tok_dispute", "dispute winning_evidence", payment.Captured, "created authorized captured disputeOpened disputeWon", "AUTHORIZATION:SUCCEEDED CAPTURE:SUCCEEDED CHARGEBACK:PENDING CHARGEBACK_REVERSAL:SUCCEEDED", map[string]int64{"gateway_clearing": 5000, "sales": -5000}},
		{"tok_dispute", "dispute losing_evidence", payment.ChargedBack, "created authorized captured disputeOpened disputeLost", "AUTHORIZATION:SUCCEEDED CAPTURE:SUCCEEDED CHARGEBACK:PENDING CHARGEBACK:SUCCEEDED", map[string]int64{"chargebacks": 5000, "sales": -5000}},
		{"tok_dispute", "dispute evidence decide-won", payment.Captured, "created authorized captured disputeOpened disputeEvidenceSubmitted disputeWon", "AUTHORIZATION:SUCCEEDED CAPTURE:SUCCEEDED CHARGEBACK:PENDING CHARGEBACK_REVERSAL:SUCCEEDED", map[string]int64{"gateway_clearing": 5000, "sales": -5000}},
		{"tok_dispute", "dispute evidence decide-lost", payment.ChargedBack, "created authorized captured disputeOpened disputeEvidenceSubmitted disputeLost", "AUTHORIZATION:SUCCEEDED CAPTURE:SUCCEEDED CHARGEBACK:PENDING CHARGEBACK:SUCCEEDED", map[string]int64{"chargebacks": 5000, "sales": -5000}},
		{"tok_dispute", "dispute accept", payment.ChargedBack, "created authorized captured disputeOpened disputeLost", "AUTHORIZATION:SUCCEEDED CAPTURE:SUCCEEDED CHARGEBACK:PENDING CHARGEBACK:SUCCEEDED", map[string]int64{"chargebacks": 5000, "sales": -5000}},
		{"tok_dispute", "dispute overdue", payment.ChargedBack, "created authorized captured disputeOpened disputeLost", "AUTHORIZATION:SUCCEEDED CAPTURE:SUCCEEDED CHARGEBACK:PENDING CHARGEBACK:SUCCEEDED", map[string]int64{"chargebacks": 5000, "sales": -5000}},
		{"tok_dispute", "dispute cancel-disputed win-refunded", payment.Refunded, "created authorized captured disputeOpened refundFailed disputeWon refundSucceeded", "AUTHORIZATION:SUCCEEDED CAPTURE:SUCCEEDED CHARGEBACK:PENDING REFUND:FAILED CHARGEBACK_REVERSAL:SUCCEEDED REFUND:SUCCEEDED", map[string]int64{"refunds": 5000, "sales": -5000}},
	} {
		t.Run(tt.token+" "+tt.steps, func(t *testing.T) {
			t.Parallel()
			s := open(t, option{})
			o := s.placed(5000)
			p := s.authorise(o, tt.token)
			for step := range strings.FieldsSeq(tt.steps) {
				s.step(o, p, step)
				s.checkLedger()
			}
			s.waitForStatus(p.ID, tt.want)
			if got := s.published(o.CheckoutID); got != tt.published {
				t.Errorf("published %q, want %q", got, tt.published)
			}
			if got := s.transactions(p.ID); got != tt.transactions {
				t.Errorf("transactions are %q, want %q", got, tt.transactions)
			}
			if diff := cmp.Diff(tt.books, s.balances()); diff != "" {
				t.Errorf("the books (-want +got):\n%s", diff)
			}
			s.checkLedger()
		})
	}
}

func (s *shop) step(o event.OrderFacts, p payment.Payment, step string) {
	s.Helper()
	switch step {
	case "capture":
		s.handle(event.CaptureDue{OrderID: o.OrderID, CheckoutID: o.CheckoutID, PaymentID: p.ID})
		s.waitForStatus(p.ID, payment.Captured)
	case "capture-refused":
		if got := s.capture(p); got.Failure == nil || got.Failure.Code != "capture_declined" {
			s.Errorf("failure = %+v, want capture_declined", got.Failure)
		}
	case "dispute":
		s.capture(p)
		s.waitForStatus(p.ID, payment.Disputed)
	case "cancel":
		s.handle(event.OrderCancelled{OrderFacts: o})
		polltest.EventuallyNoProblem(s, func() string {
			if now := s.payment(p.ID); now.Status.Live() {
				return fmt.Sprintf("payment is %s after its order was cancelled", now.Status)
			}
			return ""
		})
	case "cancel-disputed":
		s.handle(event.OrderCancelled{OrderFacts: o})
		polltest.EventuallyNoProblem(s, func() string {
			if s.payment(p.ID).RefundPending.Minor > 0 {
				return "the refund is still pending"
			}
			return ""
		})
	case "expire":
		s.handle(event.OrderExpired{OrderFacts: o})
	case "approve", "decline":
		s.decideChallenge(s.payment(p.ID), step)
		polltest.EventuallyNoProblem(s, func() string {
			if s.payment(p.ID).Status == payment.RequiresAction {
				return "the customer's decision was not published"
			}
			return ""
		})
	case "abandon":
		s.exec(s.pool, `UPDATE payments SET action_expires_at = now() - interval '1 minute'`)
		s.exec(s.bank, `UPDATE payments SET challenge_expires_at = now() - interval '1 minute'`)
		if err := s.payments.Reconcile(s.Context()); err != nil {
			s.Fatal(err)
		}
	case "winning_evidence", "losing_evidence", "evidence":
		if _, _, err := s.payments.SubmitEvidence(s.as(kim), payment.EvidenceRequest{DisputeID: s.dispute(p).ID, Text: "Signed: " + step, IdempotencyKey: step}); err != nil {
			s.Fatal(err)
		}
	case "win-refunded":
		s.step(o, p, "winning_evidence")
		s.waitForStatus(p.ID, payment.Refunded)
	case "accept":
		if d, _, err := s.payments.AcceptDispute(s.as(kim), s.dispute(p).ID, step); err != nil || d.Status != payment.DisputeAccepted {
			s.Fatalf("the accepted dispute is %+v, %v", d, err)
		}
	case "decide-won", "decide-lost":
		s.decideDispute(p, strings.TrimPrefix(step, "decide-"))
	case "overdue":
		s.exec(s.bank, `UPDATE disputes SET evidence_due_by = now() - interval '1 minute'`)
	default:
		s.Fatalf("unknown step %q", step)
	}
}

func (s *shop) transactions(paymentID string) string {
	s.Helper()
	found, err := s.payments.TransactionsByPayment(s.Context(), []string{paymentID})
	if err != nil {
		s.Fatal(err)
	}
	var words []string
	for _, t := range found[paymentID] {
		words = append(words, string(t.Kind())+":"+string(t.Outcome))
	}
	return strings.Join(words, " ")
}

func TestEventAndCallAreTheSameRequest(t *testing.T) {
	t.Parallel()
	s := open(t, option{})
	o := s.placed(5000)
	p := s.authorise(o, "tok_ok")
	s.handle(due(o, p.ID), due(o, p.ID))
	if got := s.published(o.CheckoutID); got != "created authorized" {
		t.Errorf("published %q, want each once", got)
	}
	if n := s.number(s.bank, `SELECT count(*) FROM payments`); n != 1 {
		t.Errorf("the gateway has %d payments, want 1", n)
	}
}

func TestRepeatedRequestRepublishesTheOutcome(t *testing.T) {
	t.Parallel()
	s := open(t, option{})
	o := order(5000)
	paymentID := id.New(id.Payment)
	s.handle(due(o, paymentID)) // before the news of the order
	s.handle(event.OrderPlaced{OrderFacts: o})
	s.waitForStatus(paymentID, payment.Authorized)
	s.long()
	s.handle(due(o, paymentID))
	captureDue := event.CaptureDue{OrderID: o.OrderID, CheckoutID: o.CheckoutID, PaymentID: paymentID}
	s.handle(captureDue)
	s.waitForStatus(paymentID, payment.Captured)
	s.long()
	s.handle(captureDue)
	s.handle(event.OrderConfirmed{OrderFacts: o, PaymentID: paymentID})
	if got, want := s.published(o.CheckoutID), "created authorized authorized captured captured"; got != want {
		t.Errorf("published %q, want %q", got, want)
	}
}

// long makes everything look as if it had happened long ago.
func (s *shop) long() {
	s.Helper()
	s.exec(s.pool, `UPDATE payments SET updated_at = updated_at - interval '1 minute'`)
}

func TestCaptureOfAVoidedPaymentPublishesFailure(t *testing.T) {
	t.Parallel()
	s := open(t, option{})
	o := s.placed(5000)
	p := s.authorise(o, "tok_ok")
	if _, _, err := s.payments.Void(s.as(kim), p.ID, "void-1"); err != nil {
		t.Fatal(err)
	}
	s.waitForStatus(p.ID, payment.Voided)
	s.long()
	s.handle(event.CaptureDue{OrderID: o.OrderID, CheckoutID: o.CheckoutID, PaymentID: p.ID})
	if got, want := s.published(o.CheckoutID), "created authorized voided captureFailed"; got != want {
		t.Errorf("published %q, want %q", got, want)
	}
}

func TestPaymentOfAClosedOrderIsDeclinedWithoutACall(t *testing.T) {
	t.Parallel()
	s := open(t, option{})
	o := order(5000)
	s.handle(event.OrderCancelled{OrderFacts: o}) // nothing was known of it
	p := s.authorise(o, "tok_ok")
	if p.Status != payment.Declined || p.Failure.Code != "ORDER_NOT_PAYABLE" || p.Failure.Retryable {
		t.Errorf("payment is %s for %+v, want DECLINED for ORDER_NOT_PAYABLE", p.Status, p.Failure)
	}
	if n := s.number(s.bank, `SELECT count(*) FROM requests`); n != 0 {
		t.Errorf("the gateway was called %d times, want never", n)
	}
}

func TestPaymentAttemptsAreLimited(t *testing.T) {
	t.Parallel()
	s := open(t, option{})
	o := s.placed(5000)
	for range limits.MaxPaymentAttempts {
		if p := s.authorise(o, "tok_decline"); p.Failure.Code != "card_declined" {
			t.Fatalf("declined with %s, want card_declined", p.Failure.Code)
		}
	}
	if p := s.authorise(o, "tok_ok"); p.Status != payment.Declined || p.Failure.Code != "ORDER_NOT_PAYABLE" {
		t.Errorf("the fourth is %s for %+v, want DECLINED", p.Status, p.Failure)
	}
	if n := s.number(s.bank, `SELECT count(*) FROM payments`); n != limits.MaxPaymentAttempts {
		t.Errorf("the gateway has %d payments, want %d", n, limits.MaxPaymentAttempts)
	}
}

func TestCardNumberIsNeverStored(t *testing.T) {
	t.Parallel()
	s := open(t, option{})
	o := s.placed(5000)
	p := s.authorise(o, "4242 4242 4242 4242")
	if p.Status != payment.Declined || p.Failure.Code != "card_number_refused" {
		t.Errorf("payment is %s for %+v, want DECLINED for card_number_refused", p.Status, p.Failure)
	}
	if n := s.number(s.pool, `SELECT count(*) FROM payments WHERE token LIKE '%4242%'`); n != 0 {
		t.Error("the number was stored")
	}
}

func TestAmountThatDiffersFromTheOrderIsRefused(t *testing.T) {
	t.Parallel()
	s := open(t, option{})
	o := s.placed(5000)
	o.TotalMinor = 1
	if err := s.payments.Handle(t.Context(), eventtest.Envelope(due(o, id.New(id.Payment)))); err == nil {
		t.Error("an order of $50.00 may be paid with one cent")
	}
	if n := s.number(s.pool, `SELECT count(*) FROM payments`); n != 0 {
		t.Errorf("%d payments were stored, want none", n)
	}
}

func TestUnclaimedAuthorisationsAreVoided(t *testing.T) {
	t.Parallel()
	s := open(t, option{})
	p := s.authorise(s.placed(5000), "tok_ok")
	if err := s.payments.Reconcile(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := s.payment(p.ID); got.Status != payment.Authorized || got.PendingOperation != payment.OpNone {
		t.Fatalf("a fresh authorisation is %s and has the operation %s, want none", got.Status, got.PendingOperation)
	}
	s.exec(s.pool, `UPDATE payments SET updated_at = now() - $1::interval`, 7*24*time.Hour)
	if err := s.payments.Reconcile(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.waitForStatus(p.ID, payment.Voided)
	s.checkLedger()
}
