package gateway_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"cartograph/gatewaysim"
	"cartograph/internal/pgtest"
	"cartograph/subgraphs/payment/gateway"
)

const eventBody = `{"id":"evt_1","type":"payment.captured","created":"2026-05-01T12:00:00Z","data":{"object":
	{"id":"gpy_1","reference":"pay_1","status":"captured","currency":"USD","amount":1000,"amount_authorized":1000,"amount_captured":900}}}`

var sentAt = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func sign(secret, body string, at time.Time) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprintf(mac, "%d.%s", at.Unix(), body)
	return fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(mac.Sum(nil)))
}

func TestWebhookRequiresAValidSignature(t *testing.T) {
	t.Parallel()
	sim := gateway.NewSimulator(gateway.Config{WebhookSecrets: []string{"present", "next", ""}})
	good := sign("present", eventBody, sentAt)
	stamp, _, _ := strings.Cut(good, ",")
	for name, tt := range map[string]struct {
		header, body string
		now          time.Time
		want         error
	}{
		"present secret":     {good, eventBody, sentAt, nil},
		"next secret":        {sign("next", eventBody, sentAt), eventBody, sentAt, nil},
		"one of two":         {good + ",v1=" + strings.Repeat("00", 32), eventBody, sentAt, nil},
		"almost too old":     {good, eventBody, sentAt.Add(5 * time.Minute), nil},
		"clock behind":       {good, eventBody, sentAt.Add(-4 * time.Minute), nil},
		"too old":            {good, eventBody, sentAt.Add(5*time.Minute + time.Second), gateway.ErrTooOld},
		"from the future":    {good, eventBody, sentAt.Add(-6 * time.Minute), gateway.ErrTooOld},
		"wrong secret":       {sign("past", eventBody, sentAt), eventBody, sentAt, gateway.ErrSignature},
		"empty secret":       {sign("", eventBody, sentAt), eventBody, sentAt, gateway.ErrSignature},
		"tampered body":      {good, strings.Replace(eventBody, "900", "901", 1), sentAt, gateway.ErrSignature},
		"tampered time":      {strings.Replace(good, "t=1", "t=2", 1), eventBody, sentAt, gateway.ErrSignature},
		"no header":          {"", eventBody, sentAt, gateway.ErrSignature},
		"no signature":       {stamp, eventBody, sentAt, gateway.ErrSignature},
		"half a signature":   {good[:len(good)-2], eventBody, sentAt, gateway.ErrSignature},
		"not hexadecimal":    {good[:len(good)-2] + "zz", eventBody, sentAt, gateway.ErrSignature},
		"signed, not JSON":   {sign("present", "{", sentAt), "{", sentAt, gateway.ErrMalformed},
		"signed, no event":   {sign("present", "{}", sentAt), "{}", sentAt, gateway.ErrMalformed},
		"signed, no payment": {sign("present", `{"id":"evt_1","type":"x"}`, sentAt), `{"id":"evt_1","type":"x"}`, sentAt, gateway.ErrMalformed},
	} {
		e, err := sim.ParseWebhook(http.Header{"Gateway-Signature": {tt.header}}, []byte(tt.body), tt.now)
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
		if tt.want == nil && (e.ID != "evt_1" || e.Type != gateway.PaymentCaptured || e.Payment.Captured != usd(900) || !e.CreatedAt.Equal(sentAt)) {
			t.Errorf("%s: event = %+v", name, e)
		}
		if tt.want != nil && e.ID != "" {
			t.Errorf("%s: event = %+v of a webhook that is rejected", name, e)
		}
	}
}

// TestWebhooksOfTheSimulatorAreAccepted lets the real sender and the reader meet.
func TestWebhooksOfTheSimulatorAreAccepted(t *testing.T) {
	t.Parallel()
	received := make(chan gateway.Event, 16)
	var sim *gateway.Simulator
	merchant := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		e, err := sim.ParseWebhook(r.Header, body, time.Now())
		if err != nil {
			t.Errorf("a webhook of the simulator is rejected: %v", err)
		}
		received <- e
		w.WriteHeader(http.StatusOK)
	}))
	t.Cleanup(merchant.Close)
	g := gatewaysim.New(pgtest.New(t, gatewaysim.Migrations()), gatewaysim.Config{
		APIKey: apiKey, WebhookURL: merchant.URL, WebhookSecret: secret, Chaos: gatewaysim.ChaosOff,
	}, slog.New(slog.DiscardHandler))
	server := httptest.NewServer(g.Handler())
	t.Cleanup(server.Close)
	sim = clientOf(t, server.URL, 5*time.Second)

	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var running sync.WaitGroup
	running.Go(func() {
		if err := g.Run(ctx); err != nil {
			t.Errorf("Run ends with %v", err)
		}
	})
	t.Cleanup(func() { stop(); running.Wait() })

	p, err := sim.Authorize(t.Context(), authorizeRequest("tok_ok"))
	if err != nil {
		t.Fatal(err)
	}
	select {
	case e := <-received:
		if e.Type != gateway.PaymentAuthorized || e.Payment.GatewayID != p.GatewayID || e.Payment.Authorized != usd(1000) {
			t.Errorf("received %+v, want the authorisation of %s", e, p.GatewayID)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("no webhook came within 20 s")
	}
}
