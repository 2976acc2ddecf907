package gateway_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"cartograph/gatewaysim"
	"cartograph/internal/money"
	"cartograph/internal/pgtest"
	"cartograph/subgraphs/payment/gateway"
)

const apiKey, secret = "sk_test_adapter", "whsec_adapter"

// newSimulator is a client of a real simulator with a store of its own, whose
// slow answers take longer than the client waits.
func newSimulator(t *testing.T) *gateway.Simulator {
	t.Helper()
	sim, _ := newSimulatorAt(t)
	return sim
}

func newSimulatorAt(t *testing.T) (sim *gateway.Simulator, url string) {
	t.Helper()
	g := gatewaysim.New(pgtest.New(t, gatewaysim.Migrations()), gatewaysim.Config{
		APIKey: apiKey, WebhookSecret: secret, Chaos: gatewaysim.ChaosOff, Slow: time.Minute,
	}, slog.New(slog.DiscardHandler))
	server := httptest.NewServer(g.Handler())
	t.Cleanup(server.Close)
	return clientOf(t, server.URL, 2*time.Second), server.URL
}

func clientOf(t *testing.T, url string, timeout time.Duration) *gateway.Simulator {
	t.Helper()
	sim := gateway.NewSimulator(gateway.Config{
		URL: url, APIKey: apiKey, WebhookSecrets: []string{secret}, Timeout: timeout,
	})
	t.Cleanup(sim.Close)
	return sim
}

func usd(minor int64) money.Money { return money.Money{Minor: minor, Currency: "USD"} }

func authorizeRequest(token string) gateway.AuthorizeRequest {
	return gateway.AuthorizeRequest{Key: "pay_1:authorize:1", Reference: "pay_1", OrderID: "ord_1", Amount: usd(1000), Token: token}
}

func TestPaymentFromAuthorisationToRefund(t *testing.T) {
	t.Parallel()
	sim, ctx := newSimulator(t), t.Context()
	p, err := sim.Authorize(ctx, authorizeRequest("tok_ok"))
	if err != nil {
		t.Fatal(err)
	}
	if p.Status != gateway.Authorized || p.Authorized != usd(1000) || p.Captured != usd(0) || p.Reference != "pay_1" || p.OrderID != "ord_1" {
		t.Fatalf("authorised: %+v", p)
	}
	if want := (gateway.Card{Brand: "visa", Last4: "4242", ExpMonth: 12, ExpYear: 2034}); p.Card != want {
		t.Errorf("card = %+v, want %+v", p.Card, want)
	}
	captured, err := sim.Capture(ctx, p.GatewayID, usd(900), "c")
	if err != nil || captured.Status != gateway.Captured || captured.Captured != usd(900) || captured.Version <= p.Version {
		t.Fatalf("captured: %+v, %v", captured, err)
	}
	r, err := sim.Refund(ctx, p.GatewayID, usd(300), "r1")
	if err != nil || r.Amount != usd(300) || r.GatewayID == "" || r.Payment.Status != gateway.PartiallyRefunded {
		t.Fatalf("refunded: %+v, %v", r, err)
	}
	again, err := sim.Refund(ctx, p.GatewayID, usd(300), "r1")
	if err != nil || again.GatewayID != r.GatewayID || again.Payment.Refunded != usd(300) {
		t.Fatalf("the same key refunds again: %+v, %v", again, err)
	}
	r, err = sim.Refund(ctx, p.GatewayID, usd(600), "r2")
	if err != nil || r.Payment.Status != gateway.Refunded || len(r.Payment.Refunds) != 2 {
		t.Fatalf("refunded the rest: %+v, %v", r, err)
	}
}

func TestDeclineIsAResult(t *testing.T) {
	t.Parallel()
	for token, want := range map[string]gateway.Decline{
		"tok_decline":      {Code: "card_declined", Message: "The bank declined the card."},
		"tok_insufficient": {Code: "insufficient_funds", Message: "The card has insufficient funds.", Retryable: true},
	} {
		t.Run(token, func(t *testing.T) {
			t.Parallel()
			p, err := newSimulator(t).Authorize(t.Context(), authorizeRequest(token))
			if err != nil || p.Status != gateway.Declined || p.Decline == nil || *p.Decline != want || p.Authorized != usd(0) {
				t.Errorf("%+v, %v; want declined with %+v", p, err, want)
			}
		})
	}
}

func TestChallengeIsConfirmed(t *testing.T) {
	t.Parallel()
	sim, ctx := newSimulator(t), t.Context()
	p, err := sim.Authorize(ctx, authorizeRequest("tok_3ds"))
	if err != nil || p.Status != gateway.RequiresAction || p.Action == nil || p.Action.ExpiresAt.Before(time.Now()) {
		t.Fatalf("%+v, %v; want an action that has not expired", p, err)
	}
	if still, err := sim.Confirm(ctx, p.GatewayID, "c"); err != nil || still.Status != gateway.RequiresAction {
		t.Fatalf("confirmed too early: %+v, %v", still, err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.Action.RedirectURL, strings.NewReader(`{"outcome":"approve"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if done, err := sim.Confirm(ctx, p.GatewayID, "c"); err != nil || done.Status != gateway.Authorized || done.Action != nil {
		t.Errorf("confirmed: %+v, %v; want authorised", done, err)
	}
}

func TestUnknownOutcomeIsSettledByTheSameKey(t *testing.T) {
	t.Parallel()
	for _, token := range []string{"tok_timeout_after", "tok_timeout_before", "tok_500_then_ok"} {
		t.Run(token, func(t *testing.T) {
			t.Parallel()
			sim := newSimulator(t)
			if _, err := sim.Authorize(t.Context(), authorizeRequest(token)); !errors.Is(err, gateway.ErrUnknown) {
				t.Fatalf("first try ends with %v, want an unknown outcome", err)
			}
			_, done, err := sim.Find(t.Context(), "pay_1", "")
			if err != nil || done != (token == "tok_timeout_after") {
				t.Errorf("after the first try the payment exists: %t, %v", done, err)
			}
			p, err := sim.Authorize(t.Context(), authorizeRequest(token))
			if err != nil || p.Status != gateway.Authorized {
				t.Fatalf("second try: %+v, %v; want authorised", p, err)
			}
			page, err := sim.List(t.Context(), time.Time{}, "")
			if err != nil || len(page.Payments) != 1 {
				t.Errorf("the gateway has %d payments, %v; want 1", len(page.Payments), err)
			}
		})
	}
}

func TestConcurrentCallersWithOneKeyMakeOnePayment(t *testing.T) {
	t.Parallel()
	sim := newSimulator(t)
	var calling sync.WaitGroup
	for range 12 {
		calling.Go(func() {
			if _, err := sim.Authorize(t.Context(), authorizeRequest("tok_ok")); err != nil && !errors.Is(err, gateway.ErrUnknown) {
				t.Errorf("a caller receives %v, want the payment or an unknown outcome", err)
			}
		})
	}
	calling.Wait()
	page, err := sim.List(t.Context(), time.Time{}, "")
	if err != nil || len(page.Payments) != 1 {
		t.Errorf("the gateway has %d payments, %v; want 1", len(page.Payments), err)
	}
}

func TestRefusalsAreFinal(t *testing.T) {
	t.Parallel()
	sim, ctx := newSimulator(t), t.Context()
	p, err := sim.Authorize(ctx, authorizeRequest("tok_capture_fails"))
	if err != nil {
		t.Fatal(err)
	}
	id := p.GatewayID
	other := authorizeRequest("tok_ok")
	card := authorizeRequest("4242424242424242")
	card.Key = "card"
	none := authorizeRequest("tok_none")
	none.Key = "none"
	for code, call := range map[string]func() error{
		gateway.RefusedCapture:    func() error { _, err := sim.Capture(ctx, id, usd(1000), "a"); return err },
		gateway.RefusedAmount:     func() error { _, err := sim.Capture(ctx, id, usd(1001), "b"); return err },
		gateway.RefusedState:      func() error { _, err := sim.Refund(ctx, id, usd(1), "c"); return err },
		gateway.RefusedPayment:    func() error { _, err := sim.Void(ctx, "gpy_none", "d"); return err },
		gateway.RefusedKey:        func() error { _, err := sim.Authorize(ctx, other); return err },
		gateway.RefusedCardNumber: func() error { _, err := sim.Authorize(ctx, card); return err },
		gateway.RefusedToken:      func() error { _, err := sim.Authorize(ctx, none); return err },
	} {
		err := call()
		no, ok := errors.AsType[*gateway.RefusedError](err)
		if !ok || no.Code != code || no.Message == "" || errors.Is(err, gateway.ErrUnknown) {
			t.Errorf("refused with %v, want %s", err, code)
		}
	}
	if voided, err := sim.Void(ctx, id, "v"); err != nil || voided.Status != gateway.Voided {
		t.Errorf("void after all: %+v, %v", voided, err)
	}
}

func TestDisputeIsShown(t *testing.T) {
	t.Parallel()
	sim, ctx := newSimulator(t), t.Context()
	p, err := sim.Authorize(ctx, authorizeRequest("tok_dispute"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sim.Capture(ctx, p.GatewayID, usd(1000), "c"); err != nil {
		t.Fatal(err)
	}
	p, found, err := sim.Find(ctx, "pay_1", "")
	if err != nil || !found || len(p.Disputes) != 1 || p.Disputes[0].Amount != usd(1000) || p.Disputes[0].Status != gateway.DisputeOpen || !p.Disputes[0].EvidenceDueBy.After(p.Disputes[0].OpenedAt) {
		t.Fatalf("%+v, %t, %v; want a dispute of the whole amount", p, found, err)
	}
	if _, err := sim.Refund(ctx, p.GatewayID, usd(1), "r"); refusalCode(err) != gateway.RefusedDisputed {
		t.Errorf("refund ends with %v, want %s", err, gateway.RefusedDisputed)
	}
}

func refusalCode(err error) string {
	if no, ok := errors.AsType[*gateway.RefusedError](err); ok {
		return no.Code
	}
	return ""
}

func TestFindPrefersThePaymentThatHoldsMoney(t *testing.T) {
	t.Parallel()
	sim, ctx := newSimulator(t), t.Context()
	if _, found, err := sim.Find(ctx, "pay_1", ""); found || err != nil {
		t.Fatalf("found %t, %v before there is one", found, err)
	}
	var want string
	for i, token := range []string{"tok_decline", "tok_ok", "tok_insufficient"} {
		r := authorizeRequest(token)
		r.Key = string(rune('a' + i))
		p, err := sim.Authorize(ctx, r)
		if err != nil {
			t.Fatal(err)
		}
		if token == "tok_ok" {
			want = p.GatewayID
		}
	}
	if p, found, err := sim.Find(ctx, "pay_1", ""); !found || err != nil || p.GatewayID != want {
		t.Errorf("found %s (%s), %v; want the authorised %s", p.GatewayID, p.Status, err, want)
	}
}

func TestListReturnsAllPages(t *testing.T) {
	t.Parallel()
	sim, ctx := newSimulator(t), t.Context()
	for i := range 103 { // a page is a hundred
		r := authorizeRequest("tok_decline")
		r.Key = strings.Repeat("k", i+1)
		if _, err := sim.Authorize(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]bool{}
	for cursor, pages := "", 1; ; pages++ {
		page, err := sim.List(ctx, time.Time{}, cursor)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range page.Payments {
			seen[p.GatewayID] = true
		}
		if cursor = page.Next; cursor == "" {
			if len(seen) != 103 || pages != 2 {
				t.Errorf("saw %d payments on %d pages, want 103 on 2", len(seen), pages)
			}
			return
		}
	}
}

// TestMalformedAnswerIsAnUnknownOutcome replaces the answer on its way.
func TestMalformedAnswerIsAnUnknownOutcome(t *testing.T) {
	t.Parallel()
	const good = `{"id":"gpy_1","reference":"pay_1","status":"authorized","currency":"USD","amount":1000,"amount_authorized":1000}`
	for name, answer := range map[string]http.HandlerFunc{
		"502 of a proxy":      answers(502, `<html>Bad gateway</html>`),
		"503":                 answers(503, `{"error":{"code":"server_error"}}`),
		"409":                 answers(409, `{"error":{"code":"request_in_flight"}}`),
		"429":                 answers(429, `{"error":{"code":"too_many"}}`),
		"401":                 answers(401, `{"error":{"code":"api_key_invalid"}}`),
		"400 without a code":  answers(400, `bad request`),
		"404 of another site": answers(404, `{"error":{"code":"route_unknown"}}`),
		"redirect":            answers(302, ``),
		"not JSON":            answers(201, `<html>`),
		"half":                answers(201, good[:40]),
		"empty":               answers(201, `{}`),
		"other payment":       answers(201, strings.Replace(good, "pay_1", "pay_2", 1)),
		"other amount":        answers(201, strings.Replace(good, `"amount":1000`, `"amount":2000`, 1)),
		"other currency":      answers(201, strings.Replace(good, "USD", "EUR", 1)),
		"unknown status":      answers(201, strings.Replace(good, `"authorized"`, `"splendid"`, 1)),
		"for nothing":         answers(201, strings.Replace(good, `"amount_authorized":1000`, `"amount_authorized":0`, 1)),
		"too much":            answers(201, strings.Replace(good, `"amount_authorized":1000`, `"amount_authorized":1001`, 1)),
		"no reason":           answers(201, strings.Replace(good, `"authorized"`, `"declined"`, 1)),
		"endless":             answers(201, strings.Repeat(" ", 5<<20)+good),
		"cut":                 cuts,
		"silent":              silent,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(answer)
			t.Cleanup(server.Close)
			sim := clientOf(t, server.URL, 500*time.Millisecond)
			if p, err := sim.Authorize(t.Context(), authorizeRequest("tok_ok")); !errors.Is(err, gateway.ErrUnknown) {
				t.Errorf("%+v, %v; want an unknown outcome", p, err)
			}
		})
	}
	server := httptest.NewServer(answers(201, good))
	t.Cleanup(server.Close)
	if _, err := clientOf(t, server.URL, 5*time.Second).Authorize(t.Context(), authorizeRequest("tok_ok")); err != nil {
		t.Errorf("the answer that the others spoil is itself refused: %v", err)
	}
}

func answers(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func cuts(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func silent(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

func TestUnreachableGatewayIsAnUnknownOutcome(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	sim := clientOf(t, server.URL, time.Second)
	if _, err := sim.Capture(t.Context(), "gpy_1", usd(1), "c"); !errors.Is(err, gateway.ErrUnknown) {
		t.Errorf("capture ends with %v, want an unknown outcome", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := sim.Void(ctx, "gpy_1", "v"); !errors.Is(err, gateway.ErrUnknown) || !errors.Is(err, context.Canceled) {
		t.Errorf("void ends with %v, want an unknown outcome of a cancelled call", err)
	}
}
