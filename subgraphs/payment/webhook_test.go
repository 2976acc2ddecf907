package payment_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"cartograph/gatewaysim"
	"cartograph/internal/event"
	"cartograph/internal/polltest"
	"cartograph/subgraphs/payment"
	"cartograph/subgraphs/payment/gateway"
)

// TestWebhooksInAnyOrderLeadToTheSameState lets half of the answers get lost, and
// delivers all webhooks of the gateway again and again, shuffled.
func TestWebhooksInAnyOrderLeadToTheSameState(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 1))
			var lost atomic.Uint64
			s := open(t, option{
				bank: func(c *gatewaysim.Config) { c.Chaos, c.Seed = gatewaysim.ChaosNormal, seed },
				gateway: func(g gateway.Gateway) gateway.Gateway {
					return &line{Gateway: g, loses: func() bool { return (lost.Add(1)+seed)%2 == 0 }}
				},
			})
			taken, dropped := s.placed(5000), s.placed(7000)
			p, q := s.authorise(taken, "tok_3ds"), s.authorise(dropped, "tok_ok")
			s.shuffleWebhooks(random)
			s.decideChallenge(s.waitForStatus(p.ID, payment.RequiresAction), "approve")
			s.shuffleWebhooks(random)
			s.waitForStatus(p.ID, payment.Authorized)
			s.handle(event.CaptureDue{OrderID: taken.OrderID, CheckoutID: taken.CheckoutID, PaymentID: p.ID})
			s.shuffleWebhooks(random)
			s.waitForStatus(p.ID, payment.Captured)
			s.handle(event.OrderExpired{OrderFacts: dropped})
			s.shuffleWebhooks(random)
			s.waitForStatus(q.ID, payment.Voided)
			s.shuffleWebhooks(random)
			s.webhooksHandled()
			if got, want := s.published(taken.CheckoutID), "created actionRequired authorized captured"; got != want {
				t.Errorf("published %q, want %q", got, want)
			}
			if got, want := s.published(dropped.CheckoutID), "created authorized voided"; got != want {
				t.Errorf("published %q, want %q", got, want)
			}
			s.checkLedger()
		})
	}
}

func (s *shop) webhooksHandled() {
	s.Helper()
	polltest.EventuallyNoProblem(s, func() string {
		if n := s.number(s.pool, `SELECT count(*) FROM webhook_events WHERE handled_at IS NULL`); n > 0 {
			return fmt.Sprintf("%d webhooks are still to be looked into", n)
		}
		return ""
	})
}

// shuffleWebhooks sends all webhooks of the gateway so far, twice each.
func (s *shop) shuffleWebhooks(random *rand.Rand) {
	s.Helper()
	bodies := s.webhookBodies()
	bodies = append(bodies, bodies...)
	random.Shuffle(len(bodies), func(i, j int) { bodies[i], bodies[j] = bodies[j], bodies[i] })
	for _, body := range bodies {
		if status := s.post(body); status != http.StatusOK {
			s.Errorf("a webhook is answered %d, want 200", status)
		}
	}
}

func (s *shop) webhook(body []byte, signature string) int {
	r := httptest.NewRequestWithContext(s.Context(), http.MethodPost, "/webhooks/gateway", bytes.NewReader(body))
	r.Header.Set("Gateway-Signature", signature)
	w := httptest.NewRecorder()
	s.payments.Webhooks().ServeHTTP(w, r)
	return w.Code
}

func sign(secret string, body []byte, at time.Time) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(mac, "%d.%s", at.Unix(), body)
	return fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(mac.Sum(nil)))
}

func TestWebhooksWithoutAValidSignatureAreRejected(t *testing.T) {
	t.Parallel()
	s := open(t, option{idle: true, mute: true})
	unknown := []byte(`{"id":"evt_1","type":"payment.captured","created":"2026-01-01T00:00:00Z","data":{"object":
		{"id":"gw_1","reference":"pay_of_another_shop","status":"authorized","currency":"USD","amount":5,"amount_authorized":5}}}`)
	now := time.Now()
	for name, tt := range map[string]struct {
		body      []byte
		signature string
		want      int
	}{
		"no signature":    {unknown, "", 401},
		"wrong secret":    {unknown, sign("whsec_guess", unknown, now), 401},
		"signed for else": {unknown, sign("whsec_test", []byte("{}"), now), 401},
		"too old":         {unknown, sign("whsec_test", unknown, now.Add(-6*time.Minute)), 401},
		"not JSON":        {[]byte("{"), sign("whsec_test", []byte("{"), now), 400},
		"too long":        {bytes.Repeat([]byte(" "), 256<<10+1), "", 413},
		"good":            {unknown, sign("whsec_test", unknown, now), 200},
		"again":           {unknown, sign("whsec_test", unknown, now.Add(time.Second)), 200},
	} {
		if got := s.webhook(tt.body, tt.signature); got != tt.want {
			t.Errorf("%s: answered %d, want %d", name, got, tt.want)
		}
	}
	if n := s.number(s.pool, `SELECT count(*) FROM webhook_events`); n != 1 {
		t.Errorf("%d webhooks are stored, want 1", n)
	}
	s.stop = background(t, s.payments.RunWorker)
	s.webhooksHandled()
}
