package gatewaysim

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/pg"
)

func TestSameKeyGetsTheSameAnswer(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	done := s.captured()
	fails := s.authorized("tok_capture_fails")
	for name, tt := range map[string]struct{ path, body string }{
		"authorise":        {"/v1/payments", authorizeBody("tok_ok")},
		"decline":          {"/v1/payments", authorizeBody("tok_decline")},
		"capture":          {"/v1/payments/" + s.authorized("tok_ok").ID + "/capture", amount(1000)},
		"capture declined": {"/v1/payments/" + fails.ID + "/capture", amount(1000)},
		"void":             {"/v1/payments/" + s.authorized("tok_ok").ID + "/void", ""},
		"refund":           {"/v1/payments/" + done.ID + "/refunds", amount(100)},
		"refused refund":   {"/v1/payments/" + done.ID + "/refunds", amount(5000)},
		"unknown payment":  {"/v1/payments/gpy_none/void", ""},
	} {
		first := s.postWith(name, tt.path, tt.body)
		events := s.count(`SELECT count(*) FROM webhook_events`)
		spaced := strings.ReplaceAll(tt.body, ",", " ,\n ")
		again := s.postWith(name, tt.path, spaced)
		if first.replayed || !again.replayed {
			t.Errorf("%s: replayed is %t, then %t; want false, then true", name, first.replayed, again.replayed)
		}
		if again.status != first.status || string(again.body) != string(first.body) {
			t.Errorf("%s: answers %d %s, then %d %s", name, first.status, first.body, again.status, again.body)
		}
		if n := s.count(`SELECT count(*) FROM webhook_events`); n != events {
			t.Errorf("%s: the repetition caused %d events", name, n-events)
		}
	}
}

func TestSameKeyWithOtherParametersIsRefused(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.postWith("k", "/v1/payments", authorizeBody("tok_ok"))
	s.postWith("open", "/v1/payments", authorizeBody("tok_500_then_ok"))
	p := s.authorized("tok_ok")
	for name, tt := range map[string]struct{ key, path, body string }{
		"other amount":     {"k", "/v1/payments", strings.Replace(authorizeBody("tok_ok"), "1000", "1001", 1)},
		"other token":      {"k", "/v1/payments", authorizeBody("tok_decline")},
		"other operation":  {"k", "/v1/payments/" + p.ID + "/void", ""},
		"before an answer": {"open", "/v1/payments", strings.Replace(authorizeBody("tok_500_then_ok"), "1000", "1001", 1)},
	} {
		if r := s.postWith(tt.key, tt.path, tt.body); r.status != http.StatusBadRequest || r.code(t) != "idempotency_key_reused" {
			t.Errorf("%s: answers %d %s, want idempotency_key_reused", name, r.status, r.body)
		}
	}
	if r := s.postWith("k", "/v1/payments", authorizeBody("tok_ok")); r.status != http.StatusCreated || !r.replayed {
		t.Errorf("the key's own request answers %d afterwards, want its 201", r.status)
	}
}

func TestKeyIsRequired(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for key, code := range map[string]string{
		"":                       "idempotency_key_missing",
		strings.Repeat("k", 256): "idempotency_key_too_long",
		"k\xff":                  "idempotency_key_invalid",
	} {
		if r := s.postWith(key, "/v1/payments", authorizeBody("tok_ok")); r.status != http.StatusBadRequest || r.code(t) != code {
			t.Errorf("key %.20q answers %d %s, want %s", key, r.status, r.body, code)
		}
	}
}

func TestKeyInFlightIsRefused(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	// A request that is stopped in the middle of its transaction.
	err := pgx.BeginFunc(t.Context(), s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `SELECT pg_advisory_xact_lock(hashtextextended('k', 0))`); err != nil {
			return err
		}
		if r := s.postWith("k", "/v1/payments", authorizeBody("tok_ok")); r.status != http.StatusConflict || r.code(t) != "request_in_flight" {
			t.Errorf("a key in flight answers %d %s, want 409", r.status, r.body)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if r := s.postWith("k", "/v1/payments", authorizeBody("tok_ok")); r.status != http.StatusCreated {
		t.Errorf("afterwards the key answers %d %s, want 201", r.status, r.body)
	}
}

func TestConcurrentRequestsWithOneKeyHaveOneEffect(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	replies := make([]reply, 24)
	var requests sync.WaitGroup
	for i := range replies {
		requests.Go(func() { replies[i] = s.postWith("k", "/v1/payments", authorizeBody("tok_ok")) })
	}
	requests.Wait()
	ids := map[string]bool{}
	for _, r := range replies {
		switch r.status {
		case http.StatusCreated:
			ids[r.payment(t).ID] = true
		case http.StatusConflict:
		default:
			t.Errorf("answers %d %s, want 201 or 409", r.status, r.body)
		}
	}
	if n := s.count(`SELECT count(*) FROM payments`); n != 1 || len(ids) != 1 {
		t.Errorf("there are %d payments and responses with %d ids, want 1", n, len(ids))
	}
}

func TestConcurrentRefundsNeverExceedTheCapture(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	p := s.captured() // 1000
	statuses := make([]int, 8)
	var requests sync.WaitGroup
	for i := range statuses {
		requests.Go(func() { statuses[i] = s.post("/v1/payments/"+p.ID+"/refunds", amount(300)).status })
	}
	requests.Wait()
	made := 0
	for _, status := range statuses {
		switch status {
		case http.StatusCreated:
			made++
		case http.StatusUnprocessableEntity:
		default:
			t.Errorf("a refund answers %d, want 201 or 422", status)
		}
	}
	now := s.get("/v1/payments/" + p.ID).payment(t)
	if made != 3 || now.AmountRefunded != 900 || len(now.Refunds) != 3 {
		t.Errorf("%d refunds were made, %d refunded by %d; want 3, 900 by 3", made, now.AmountRefunded, len(now.Refunds))
	}
}

func TestConcurrentCaptureAndVoidExcludeEachOther(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for range 10 {
		p := s.authorized("tok_ok")
		var captured, voided reply
		var requests sync.WaitGroup
		requests.Go(func() { captured = s.post("/v1/payments/"+p.ID+"/capture", amount(1000)) })
		requests.Go(func() { voided = s.post("/v1/payments/"+p.ID+"/void", "") })
		requests.Wait()
		if (captured.status == http.StatusOK) == (voided.status == http.StatusOK) {
			t.Fatalf("capture answers %d and void %d, want one of them refused", captured.status, voided.status)
		}
	}
}

func TestConstraintsRejectInvalidStates(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	captured, declined := s.captured(), s.authorized("tok_decline")
	for _, tt := range []struct {
		p                  payment
		change, constraint string
	}{
		{captured, "captured_minor = 1001", "payments_captured_within_authorized"},
		{captured, "refunded_minor = 1001", "payments_refunded_within_captured"},
		{captured, "authorized_minor = 1001", "payments_authorized_within_amount"},
		{captured, "status = 'voided'", "payments_void_before_capture"},
		{captured, "status = 'declined', failure_code = 'x'", "payments_declined_holds_no_money"},
		{captured, "status = 'gone'", "payments_status_known"},
		{captured, "currency = 'usd'", "payments_currency_is_three_letters"},
		{declined, "failure_code = NULL", "payments_declined_says_why"},
		{declined, "amount_minor = 0", "payments_amount_is_positive"},
	} {
		_, err := s.pool.Exec(t.Context(), `UPDATE payments SET `+tt.change+` WHERE id = $1`, tt.p.ID)
		if !pg.IsCheck(err, tt.constraint) {
			t.Errorf("%s: %v, want a violation of %s", tt.change, err, tt.constraint)
		}
	}
	if _, err := s.pool.Exec(t.Context(), `INSERT INTO disputes (id, payment_id, amount_minor, reason, evidence_due_by) VALUES ('dp_1', $1, 1, 'fraudulent', now())`, captured.ID); err != nil {
		t.Fatal(err)
	}
	for change, constraint := range map[string]string{
		"amount_minor = 0":  "disputes_amount_is_positive",
		"status = 'gone'":   "disputes_status_known",
		"status = 'won'":    "disputes_closed_at_their_end",
		"closed_at = now()": "disputes_closed_at_their_end",
	} {
		if _, err := s.pool.Exec(t.Context(), `UPDATE disputes SET `+change); !pg.IsCheck(err, constraint) {
			t.Errorf("%s: %v, want a violation of %s", change, err, constraint)
		}
	}
}
