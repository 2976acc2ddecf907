package gatewaysim

import (
	"net/http"
	"strings"
	"testing"

	"cartograph/internal/polltest"
)

// disputed is a captured payment with an open dispute.
func (s *shop) disputed() payment {
	s.t.Helper()
	p := s.authorized("tok_dispute")
	s.post("/v1/payments/"+p.ID+"/capture", amount(1000))
	return s.get("/v1/payments/" + p.ID).payment(s.t)
}

func TestEvidenceDecidesADispute(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for text, want := range map[string]string{"winning_evidence": "won", "this is losing_evidence": "lost", "a receipt": "under_review"} {
		p := s.disputed()
		path := "/v1/disputes/" + p.Dispute.ID
		r := s.post(path+"/evidence", `{"text":"`+text+`"}`)
		if got := r.payment(t); r.status != http.StatusOK || got.Dispute.Status != want || (got.Dispute.Closed != nil) != (want != "under_review") || got.Version != p.Version+1 {
			t.Errorf("%s: answer %d, dispute %+v of version %d after %d, want %s", text, r.status, got.Dispute, got.Version, p.Version, want)
		}
		for _, again := range []string{"/evidence", "/accept"} {
			body := map[string]string{"/evidence": `{"text":"x"}`}[again]
			if r := s.post(path+again, body); r.status != http.StatusUnprocessableEntity || r.code(t) != "dispute_closed" {
				t.Errorf("%s after %s answers %d %s, want dispute_closed", again, want, r.status, r.body)
			}
		}
		refund := s.post("/v1/payments/"+p.ID+"/refunds", amount(10))
		if ok := refund.status == http.StatusCreated; ok != (want == "won") {
			t.Errorf("a refund of a payment whose dispute is %s answers %d %s", want, refund.status, refund.body)
		}
	}
	for kind, want := range map[string]int{eventDisputeOpened: 3, eventDisputeUpdated: 1, eventDisputeClosed: 2} {
		if n := s.count(`SELECT count(*) FROM webhook_events WHERE type = $1`, kind); n != want {
			t.Errorf("there are %d events %s, want %d", n, kind, want)
		}
	}
}

func TestADisputeIsAcceptedOrDecidedOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	accepted, decided := s.disputed(), s.disputed()
	if r := s.post("/v1/disputes/"+accepted.Dispute.ID+"/accept", ""); r.payment(t).Dispute.Status != "lost" {
		t.Errorf("accept answers %d %s, want a lost dispute", r.status, r.body)
	}
	s.post("/v1/disputes/"+decided.Dispute.ID+"/evidence", `{"text":"a receipt"}`)
	if r := s.post("/v1/disputes/"+decided.Dispute.ID+"/decide", `{"outcome":"won"}`); r.payment(t).Dispute.Status != "won" {
		t.Errorf("decide answers %d %s, want a dispute that is won", r.status, r.body)
	}
	if r := s.post("/v1/disputes/"+decided.Dispute.ID+"/decide", `{"outcome":"lost"}`); r.code(t) != "dispute_closed" {
		t.Errorf("a second decision answers %d %s, want dispute_closed", r.status, r.body)
	}
	for path, body := range map[string]string{
		"/v1/disputes/gdp_none/accept": "", "/v1/disputes/%00/accept": "",
		"/v1/disputes/" + decided.Dispute.ID + "/decide":   `{"outcome":"maybe"}`,
		"/v1/disputes/" + decided.Dispute.ID + "/evidence": `{"text":"` + strings.Repeat("x", maxEvidence+1) + `"}`,
	} {
		if r := s.post(path, body); r.status != http.StatusNotFound && r.status != http.StatusBadRequest {
			t.Errorf("%s answers %d %s, want a refusal", path, r.status, r.body)
		}
	}
}

func TestADisputeWithoutEvidenceIsLostInTheEnd(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.run()
	p := s.disputed()
	if _, err := s.pool.Exec(t.Context(), `UPDATE disputes SET evidence_due_by = now() - interval '1 second'`); err != nil {
		t.Fatal(err)
	}
	if r := s.post("/v1/disputes/"+p.Dispute.ID+"/evidence", `{"text":"late"}`); r.status == http.StatusOK {
		t.Errorf("late evidence answers %d %s, want a refusal", r.status, r.body)
	}
	polltest.Eventually(t, "the dispute is lost", func() bool {
		return s.get("/v1/payments/"+p.ID).payment(t).Dispute.Status == "lost"
	})
}
