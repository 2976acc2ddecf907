package payment_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"cartograph/gatewaysim"
	"cartograph/internal/id"
	"cartograph/internal/polltest"
	"cartograph/subgraphs/payment"
	"cartograph/subgraphs/payment/gateway"
)

// dispute is the only dispute of a payment.
func (s *shop) dispute(p payment.Payment) payment.Dispute {
	s.Helper()
	found, err := s.payments.DisputesByPayment(s.Context(), []string{p.ID})
	if err != nil || len(found[p.ID]) != 1 {
		s.Fatalf("disputes of %s: %v, %v; want one", p.ID, found[p.ID], err)
	}
	return *found[p.ID][0]
}

// disputed is a captured payment that the customer disputes.
func (s *shop) disputed(minor int64) payment.Payment {
	s.Helper()
	p := s.authorise(s.placed(minor), "tok_dispute")
	s.capture(p)
	return s.waitForStatus(p.ID, payment.Disputed)
}

// decideDispute is the decision of the bank.
func (s *shop) decideDispute(p payment.Payment, outcome string) {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), http.MethodPost, s.bankURL+"/v1/disputes/"+s.dispute(p).GatewayID+"/decide",
		bytes.NewBufferString(`{"outcome":"`+outcome+`"}`))
	if err != nil {
		s.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer sk_test")
	r.Header.Set("Idempotency-Key", id.New("key"))
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		s.Fatalf("the bank answers %s", resp.Status)
	}
}

func TestADisputeIsAnsweredOnceAndInTime(t *testing.T) {
	t.Parallel()
	s := open(t, option{})
	const submit = `mutation($id: ID!, $text: String!, $key: ID!) {
		disputeSubmitEvidence(input: {disputeId: $id, text: $text, idempotencyKey: $key}) { dispute { status reason amount { amount } payment { status disputed { amount } } } replayed userErrors { code path } }
	}`
	const accept = `mutation($id: ID!, $key: ID!) { disputeAccept(disputeId: $id, idempotencyKey: $key) { dispute { status payment { status } } replayed userErrors { code path } } }`
	p := s.disputed(5000)
	d := s.dispute(p)
	vars := map[string]any{"id": d.ID, "text": "Delivered on Monday.", "key": "e1"}
	s.expect(ada, submit, vars, `{"errors":[{"message":"You may not see or do this.","path":["disputeSubmitEvidence"],"extensions":{"code":"FORBIDDEN"}}],"data":{"disputeSubmitEvidence":null}}`)
	for name, tt := range map[string]struct{ id, text, want string }{
		"nothing":       {d.ID, "  ", `{"code":"INVALID_INPUT","path":["input","text"]}`},
		"too much":      {d.ID, strings.Repeat("x", 10_001), `{"code":"INVALID_INPUT","path":["input","text"]}`},
		"a card":        {d.ID, "card 4242 4242 4242 4242", `{"code":"INVALID_INPUT","path":null}`},
		"of no dispute": {"dsp_none", "x", `{"code":"NOT_FOUND","path":["input","disputeId"]}`},
	} {
		if got := s.query(kim, submit, map[string]any{"id": tt.id, "text": tt.text, "key": name}); !strings.Contains(got, `"userErrors":[`+tt.want+`]`) {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
	const reviewed = `{"data":{"disputeSubmitEvidence":{"dispute":{"status":"UNDER_REVIEW","reason":"product_not_received","amount":{"amount":"50.00"},"payment":{"status":"DISPUTED","disputed":{"amount":"50.00"}}},"replayed":%t,"userErrors":[]}}}`
	s.expect(kim, submit, vars, fmt.Sprintf(reviewed, false))
	s.expect(kim, submit, vars, fmt.Sprintf(reviewed, true))
	s.expect(kim, submit, map[string]any{"id": d.ID, "text": "More.", "key": "e2"}, `{"data":{"disputeSubmitEvidence":{"dispute":null,"replayed":false,"userErrors":[{"code":"CONFLICT","path":["input","disputeId"]}]}}}`)
	s.expect(kim, accept, map[string]any{"id": d.ID, "key": "a1"}, `{"data":{"disputeAccept":{"dispute":null,"replayed":false,"userErrors":[{"code":"CONFLICT","path":["disputeId"]}]}}}`)
	s.decideDispute(p, "lost")
	s.waitForStatus(p.ID, payment.ChargedBack)
	s.expect(kim, accept, map[string]any{"id": d.ID, "key": "a2"}, `{"data":{"disputeAccept":{"dispute":null,"replayed":false,"userErrors":[{"code":"DISPUTE_CLOSED","path":["disputeId"]}]}}}`)

	late := s.dispute(s.disputed(700))
	s.exec(s.pool, `UPDATE disputes SET evidence_due_by = now() - interval '1 second' WHERE id = $1`, late.ID)
	s.expect(kim, submit, map[string]any{"id": late.ID, "text": "x", "key": "e3"}, `{"data":{"disputeSubmitEvidence":{"dispute":null,"replayed":false,"userErrors":[{"code":"DISPUTE_CLOSED","path":["input","disputeId"]}]}}}`)
	s.expect(kim, accept, map[string]any{"id": late.ID, "key": "a3"}, `{"data":{"disputeAccept":{"dispute":{"status":"ACCEPTED","payment":{"status":"CHARGED_BACK"}},"replayed":false,"userErrors":[]}}}`)

	const list = `query($status: [DisputeStatus!]) { disputes(first: 1, status: $status) { nodes { id } totalCount pageInfo { hasNextPage } } }`
	s.expect(kim, list, nil, `{"data":{"disputes":{"nodes":[{"id":"`+late.ID+`"}],"totalCount":2,"pageInfo":{"hasNextPage":true}}}}`)
	s.expect(kim, list, map[string]any{"status": []string{"LOST"}}, `{"data":{"disputes":{"nodes":[{"id":"`+d.ID+`"}],"totalCount":1,"pageInfo":{"hasNextPage":false}}}}`)
	s.expect(bob, `query($id: ID!) { payment(id: $id) { disputes { id } } }`, map[string]any{"id": p.ID}, `{"data":{"payment":null}}`)
	s.expect(ada, `query($id: ID!) { payment(id: $id) { disputes { id status closedAt } } }`, map[string]any{"id": late.PaymentID},
		`{"data":{"payment":{"disputes":[{"id":"`+late.ID+`","status":"ACCEPTED","closedAt":"`+s.dispute(payment.Payment{ID: late.PaymentID}).ClosedAt.UTC().Format("2006-01-02T15:04:05.000Z")+`"}]}}}`)
	s.checkLedger()
}

// An answer that the gateway refuses is given up: staff may answer again.
func TestARefusedAnswerLeavesTheDisputeOpen(t *testing.T) {
	t.Parallel()
	s := open(t, option{})
	d := s.dispute(s.disputed(5000))
	s.exec(s.bank, `UPDATE disputes SET evidence_due_by = now() + interval '1 hour' WHERE id = $1`, d.GatewayID)
	s.exec(s.bank, `INSERT INTO requests (key, fingerprint) VALUES ($1, 'another')`, d.ID+":evidence:1")
	evidence := payment.EvidenceRequest{DisputeID: d.ID, Text: "Delivered.", IdempotencyKey: "e1"}
	got, _, err := s.payments.SubmitEvidence(s.as(kim), evidence)
	if err != nil || got.Status != payment.DisputeOpen || got.PendingOperation != payment.DisputeNothing {
		t.Fatalf("the dispute is %+v, %v; want it open without a pending operation", got, err)
	}
	evidence.IdempotencyKey = "e2"
	if got, _, err = s.payments.SubmitEvidence(s.as(kim), evidence); err != nil || got.Status != payment.DisputeUnderReview {
		t.Errorf("answered again, the dispute is %+v, %v; want it under review", got, err)
	}
}

// Webhooks about a dispute come twice, late and before each other, and the answer to
// the first request is lost: what is stored is what the gateway decided.
func TestDisputesSurviveAnUnreliableGateway(t *testing.T) {
	t.Parallel()
	var answers atomic.Int64
	s := open(t, option{bank: func(c *gatewaysim.Config) { c.Chaos = gatewaysim.ChaosNormal }, gateway: func(g gateway.Gateway) gateway.Gateway {
		return &line{Gateway: g, loses: func() bool { return answers.Add(1)%2 == 1 }}
	}})
	for i, text := range []string{"winning_evidence", "losing_evidence", "plain"} {
		p := s.disputed(int64(1000 + i))
		if _, _, err := s.payments.SubmitEvidence(s.as(kim), payment.EvidenceRequest{DisputeID: s.dispute(p).ID, Text: text, IdempotencyKey: text}); err != nil {
			t.Fatal(err)
		}
		want := map[string]payment.DisputeStatus{"winning_evidence": payment.DisputeWon, "losing_evidence": payment.DisputeLost, "plain": payment.DisputeUnderReview}[text]
		polltest.EventuallyNoProblem(t, func() string {
			if d := s.dispute(p); d.Status != want || d.PendingOperation != payment.DisputeNothing {
				return fmt.Sprintf("dispute is %s, want %s", d.Status, want)
			}
			return ""
		})
	}
	polltest.Eventually(t, "all webhooks are handled", func() bool {
		return s.number(s.bank, `SELECT count(*) FROM webhook_deliveries WHERE delivered_at IS NULL`) == 0 &&
			s.number(s.pool, `SELECT count(*) FROM webhook_events WHERE handled_at IS NULL`) == 0
	})
	if n := s.number(s.pool, `SELECT count(*) FROM disputes`); n != 3 {
		t.Errorf("there are %d disputes, want 3", n)
	}
	for kind, want := range map[string]int{"Opened": 3, "EvidenceSubmitted": 1, "Won": 1, "Lost": 1} {
		if n := s.number(s.pool, `SELECT count(*) FROM outbox WHERE type = 'com.cartograph.payment.dispute`+kind+`.v1'`); n != want {
			t.Errorf("dispute%s was published %d times, want %d", kind, n, want)
		}
	}
	s.checkLedger()
}

func TestADisputeNamesItsOrder(t *testing.T) {
	t.Parallel()
	s := open(t, option{})
	s.disputed(5000)
	if n := s.number(s.pool, `SELECT count(*) FROM outbox WHERE type = 'com.cartograph.payment.disputeOpened.v1'
		AND data->>'orderNumber' = '1001' AND data->>'paymentStatus' = 'DISPUTED'`); n != 1 {
		t.Errorf("%d events name the order and the status, want 1", n)
	}
}
