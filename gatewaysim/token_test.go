package gatewaysim

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"cartograph/internal/polltest"
)

func TestTokenSelectsTheOutcome(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		token, status, failure string
		retryable              bool
		authorized             int64
	}{
		{"tok_ok", "authorized", "", false, 1000},
		{"tok_decline", "declined", "card_declined", false, 0},
		{"tok_insufficient", "declined", "insufficient_funds", true, 0},
		{"tok_3ds", "requires_action", "", false, 0},
		{"tok_timeout_after", "authorized", "", false, 1000},
		{"tok_capture_fails", "authorized", "", false, 1000},
		{"tok_dispute", "authorized", "", false, 1000},
	} {
		t.Run(tt.token, func(t *testing.T) {
			t.Parallel()
			p := newShop(t).authorized(tt.token)
			if p.Status != tt.status || p.AmountAuthorized != tt.authorized {
				t.Errorf("payment is %s for %d, want %s for %d", p.Status, p.AmountAuthorized, tt.status, tt.authorized)
			}
			if tt.failure == "" && p.Failure != nil {
				t.Errorf("failure = %+v, want none", p.Failure)
			}
			if tt.failure != "" && (p.Failure == nil || p.Failure.Code != tt.failure || p.Failure.Retryable != tt.retryable) {
				t.Errorf("failure = %+v, want %s, retryable %t", p.Failure, tt.failure, tt.retryable)
			}
			if (p.NextAction != nil) != (tt.status == "requires_action") {
				t.Errorf("next action = %+v of a payment that is %s", p.NextAction, p.Status)
			}
			if len(p.Card.Last4) != 4 || p.Card.Brand == "" || p.Card.ExpYear == 0 {
				t.Errorf("card = %+v, want brand, last four digits and expiry", p.Card)
			}
		})
	}
}

func TestFirstTryFailsWithoutEffectAndTheSameKeyThenWorks(t *testing.T) {
	t.Parallel()
	for token, status := range map[string]int{
		"tok_500_then_ok":    http.StatusInternalServerError,
		"tok_timeout_before": http.StatusGatewayTimeout,
	} {
		t.Run(token, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			if r := s.postWith("k", "/v1/payments", authorizeBody(token)); r.status != status {
				t.Fatalf("first try answers %d, want %d", r.status, status)
			}
			if n := s.count(`SELECT count(*) FROM payments`); n != 0 {
				t.Fatalf("first try left %d payments, want none", n)
			}
			// Another gateway on the same store: the try is stored there.
			again := openShop(t, s.pool)
			r := again.postWith("k", "/v1/payments", authorizeBody(token))
			if r.status != http.StatusCreated || r.payment(t).Status != statusAuthorized {
				t.Fatalf("second try answers %d %s, want an authorised payment", r.status, r.body)
			}
		})
	}
}

func TestTimeoutAfterHasItsEffect(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(c *Config) { c.Slow = time.Minute })
	ctx, hangUp := context.WithCancel(t.Context())
	defer hangUp()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/v1/payments", strings.NewReader(authorizeBody("tok_timeout_after")))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+apiKey)
	r.Header.Set("Idempotency-Key", "k")
	ended := make(chan error, 1)
	go func() {
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err == nil {
			_ = resp.Body.Close()
		}
		ended <- err
	}()
	// The client leaves only after the effect, which takes longer on a busy machine.
	polltest.Eventually(t, "the payment is stored", func() bool { return s.count(`SELECT count(*) FROM payments`) == 1 })
	hangUp()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Fatalf("first try ends with %v, want a response that does not come", err)
	}
	again := s.postWith("k", "/v1/payments", authorizeBody("tok_timeout_after"))
	if again.status != http.StatusCreated || !again.replayed {
		t.Fatalf("second try answers %d, replayed %t; want the stored 201", again.status, again.replayed)
	}
	if n := s.count(`SELECT count(*) FROM payments`); n != 1 {
		t.Errorf("there are %d payments, want 1", n)
	}
}

func TestCaptureFailsLeavesTheAuthorisation(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	p := s.authorized("tok_capture_fails")
	if r := s.post("/v1/payments/"+p.ID+"/capture", amount(1000)); r.status != http.StatusPaymentRequired || r.code(t) != "capture_declined" {
		t.Fatalf("capture answers %d %s, want 402 capture_declined", r.status, r.body)
	}
	if r := s.post("/v1/payments/"+p.ID+"/void", ""); r.status != http.StatusOK || r.payment(t).Status != statusVoided {
		t.Fatalf("void answers %d %s, want a voided payment", r.status, r.body)
	}
}

func TestDisputeOpensAfterCaptureAndForbidsRefunds(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	p := s.authorized("tok_dispute")
	if r := s.post("/v1/payments/"+p.ID+"/capture", amount(1000)); r.status != http.StatusOK || r.payment(t).Dispute != nil {
		t.Fatalf("capture answers %d %s, want a capture and no dispute yet", r.status, r.body)
	}
	if p = s.get("/v1/payments/" + p.ID).payment(t); p.Dispute == nil || p.Dispute.Amount != 1000 || p.Status != statusCaptured {
		t.Fatalf("after capture the payment is %s with dispute %+v, want captured with a dispute of 1000", p.Status, p.Dispute)
	}
	if r := s.post("/v1/payments/"+p.ID+"/refunds", amount(10)); r.code(t) != "payment_disputed" {
		t.Errorf("refund answers %d %s, want payment_disputed", r.status, r.body)
	}
	if n := s.count(`SELECT count(*) FROM webhook_events WHERE type = 'dispute.opened'`); n != 1 {
		t.Errorf("there are %d events of the dispute, want 1", n)
	}
}
