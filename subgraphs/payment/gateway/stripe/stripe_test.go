package stripe

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/money"
	"cartograph/subgraphs/payment/gateway"
)

const apiKey = "sk_test_adapter_secret"

// account answers as Stripe does: by method and path, with a status and a body.
type account struct {
	mu       sync.Mutex
	answers  map[string]answer
	requests []request
}

type answer struct {
	status int
	body   string
}

type request struct {
	route, key, authorization string
	form                      url.Values
}

func newAccount(t *testing.T, answers map[string]answer) (*account, *Stripe) {
	t.Helper()
	a := &account{answers: answers}
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	s := New(gateway.Config{URL: server.URL, APIKey: apiKey, WebhookSecrets: []string{"whsec_new", "whsec_old"}, Timeout: 5 * time.Second})
	t.Cleanup(s.Close)
	return a, s
}

func (a *account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	if r.Method == http.MethodGet {
		form = r.URL.Query()
	}
	route := r.Method + " " + r.URL.Path
	a.mu.Lock()
	a.requests = append(a.requests, request{route, r.Header.Get("Idempotency-Key"), r.Header.Get("Authorization"), form})
	found, ok := a.answers[route]
	a.mu.Unlock()
	if !ok {
		found = answer{http.StatusNotFound, `{"error":{"type":"invalid_request_error","message":"Unrecognized request URL"}}`}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(found.status)
	_, _ = io.WriteString(w, found.body)
}

// intent is a PaymentIntent of 10.00 USD with other fields.
func intent(fields string) string {
	return `{"id":"pi_1","object":"payment_intent","amount":1000,"currency":"usd","created":1700000000,
		"metadata":{"reference":"pay_1","order_id":"ord_1"},` + fields + `}`
}

const charge = `"id":"ch_1","object":"charge","amount":1000,"status":"succeeded","payment_method_details":{"type":"card","card":{"brand":"visa","last4":"4242","exp_month":8,"exp_year":2033}}`

func usd(minor int64) money.Money { return money.Money{Minor: minor, Currency: "USD"} }

func authorization() gateway.AuthorizeRequest {
	return gateway.AuthorizeRequest{Key: "pay_1:authorize:1", Reference: "pay_1", OrderID: "ord_1", Amount: usd(1000), Token: "pm_card_visa", ReturnURL: "https://shop.test/back"}
}

func TestAPaymentIntentIsAPayment(t *testing.T) {
	t.Parallel()
	visa := gateway.Card{Brand: "visa", Last4: "4242", ExpMonth: 8, ExpYear: 2033}
	at := time.Unix(1700000000, 0)
	of := func(status gateway.Status, authorized, captured, refunded int64) gateway.Payment {
		return gateway.Payment{
			GatewayID: "pi_1", Reference: "pay_1", OrderID: "ord_1", Status: status, Card: visa, CreatedAt: at, UpdatedAt: at,
			Amount: usd(1000), Authorized: usd(authorized), Captured: usd(captured), Refunded: usd(refunded),
		}
	}
	action := of(gateway.RequiresAction, 0, 0, 0)
	action.Card, action.Action = gateway.Card{}, &gateway.Action{RedirectURL: "https://hooks.stripe.test/3ds", ExpiresAt: at.Add(challengeLife)}
	declined := of(gateway.Declined, 0, 0, 0)
	declined.Card, declined.Decline = gateway.Card{}, &gateway.Decline{Code: "insufficient_funds", Message: "No.", Retryable: true}
	unapproved := of(gateway.Voided, 0, 0, 0)
	unapproved.Card = gateway.Card{}
	disputed := of(gateway.Captured, 1000, 1000, 0)
	disputed.Disputes = []gateway.Dispute{{
		ID: "dp_1", Status: gateway.DisputeOpen, Reason: "fraudulent", Amount: usd(1000), OpenedAt: time.Unix(1700000100, 0), EvidenceDueBy: time.Unix(1700600000, 0),
	}}
	for claim, c := range map[string]struct {
		fields string
		want   gateway.Payment
	}{
		"authorised":             {`"status":"requires_capture","amount_capturable":1000,"latest_charge":{` + charge + `}`, of(gateway.Authorized, 1000, 0, 0)},
		"captured":               {`"status":"succeeded","amount_received":1000,"latest_charge":{` + charge + `}`, of(gateway.Captured, 1000, 1000, 0)},
		"captured in part":       {`"status":"succeeded","amount_received":400,"latest_charge":{` + charge + `}`, of(gateway.Captured, 1000, 400, 0)},
		"refunded in part":       {`"status":"succeeded","amount_received":1000,"latest_charge":{"amount_refunded":300,` + charge + `}`, of(gateway.PartiallyRefunded, 1000, 1000, 300)},
		"refunded":               {`"status":"succeeded","amount_received":1000,"latest_charge":{"amount_refunded":1000,` + charge + `}`, of(gateway.Refunded, 1000, 1000, 1000)},
		"voided":                 {`"status":"canceled","latest_charge":{"amount_refunded":1000,` + charge + `}`, of(gateway.Voided, 1000, 0, 0)},
		"cancelled unauthorised": {`"status":"canceled"`, unapproved},
		"3-D Secure":             {`"status":"requires_action","next_action":{"type":"redirect_to_url","redirect_to_url":{"url":"https://hooks.stripe.test/3ds"}}`, action},
		"declined":               {`"status":"requires_payment_method","last_payment_error":{"type":"card_error","code":"card_declined","decline_code":"insufficient_funds","message":"No."}`, declined},
		"disputed":               {`"status":"succeeded","amount_received":1000,"latest_charge":{"disputed":true,` + charge + `}`, disputed},
	} {
		_, s := newAccount(t, map[string]answer{
			"GET /v1/payment_intents/pi_1": {http.StatusOK, intent(c.fields)},
			"GET /v1/disputes": {http.StatusOK, `{"object":"list","has_more":false,"data":[
				{"id":"dp_1","object":"dispute","amount":1000,"currency":"usd","created":1700000100,"reason":"fraudulent","status":"needs_response","evidence_details":{"due_by":1700600000}},
				{"id":"dp_2","object":"dispute","amount":1000,"currency":"usd","created":1700000000,"reason":"fraudulent","status":"warning_closed"}]}`},
		})
		got, found, err := s.Find(t.Context(), "pay_1", "pi_1")
		if err != nil || !found {
			t.Errorf("%s: %v, %v", claim, found, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", claim, diff)
		}
	}
}

func TestRequestsHaveTheirKeyAndStripesAmount(t *testing.T) {
	t.Parallel()
	held := answer{http.StatusOK, intent(`"status":"requires_capture","amount_capturable":1000`)}
	a, s := newAccount(t, map[string]answer{
		"POST /v1/payment_intents": held, "POST /v1/payment_intents/pi_1/capture": held, "POST /v1/payment_intents/pi_1/cancel": held, "GET /v1/payment_intents/pi_1": held,
		"POST /v1/refunds":             {http.StatusOK, `{"id":"re_1","object":"refund","amount":300,"currency":"usd","status":"pending","created":1700000000}`},
		"POST /v1/disputes/dp_1":       {http.StatusOK, `{"id":"dp_1","object":"dispute","payment_intent":"pi_1"}`},
		"POST /v1/disputes/dp_1/close": {http.StatusOK, `{"id":"dp_1","object":"dispute","payment_intent":"pi_1"}`},
	})
	ctx := t.Context()
	token := authorization()
	token.Token, token.Key = "ctoken_1", "k2"
	for name, call := range map[string]func() error{
		"authorise":         func() error { _, err := s.Authorize(ctx, authorization()); return err },
		"authorise a token": func() error { _, err := s.Authorize(ctx, token); return err },
		"capture":           func() error { _, err := s.Capture(ctx, "pi_1", usd(400), "c"); return err },
		"void":              func() error { _, err := s.Void(ctx, "pi_1", "v"); return err },
		"refund":            func() error { _, err := s.Refund(ctx, "pi_1", usd(300), "r"); return err },
		"evidence":          func() error { _, err := s.SubmitEvidence(ctx, "dp_1", "Delivered.", "e"); return err },
		"accept":            func() error { _, err := s.AcceptDispute(ctx, "dp_1", "a"); return err },
	} {
		if err := call(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for key, want := range map[string]struct{ route, fields string }{
		"pay_1:authorize:1": {"POST /v1/payment_intents", "amount=1000 currency=usd confirm=true capture_method=manual payment_method=pm_card_visa metadata[reference]=pay_1 return_url=https://shop.test/back"},
		"k2":                {"POST /v1/payment_intents", "confirmation_token=ctoken_1"},
		"c":                 {"POST /v1/payment_intents/pi_1/capture", "amount_to_capture=400"},
		"v":                 {"POST /v1/payment_intents/pi_1/cancel", ""},
		"r":                 {"POST /v1/refunds", "payment_intent=pi_1 amount=300"},
		"e":                 {"POST /v1/disputes/dp_1", "evidence[uncategorized_text]=Delivered. submit=true"},
		"a":                 {"POST /v1/disputes/dp_1/close", ""},
	} {
		found := false
		for _, r := range a.requests {
			if r.key != key {
				continue
			}
			found = true
			if r.route != want.route || r.authorization != "Bearer "+apiKey {
				t.Errorf("%s was sent to %s, want %s with the API key", key, r.route, want.route)
			}
			for field := range strings.FieldsSeq(want.fields) {
				if name, value, _ := strings.Cut(field, "="); r.form.Get(name) != value {
					t.Errorf("%s has %s %q, want %q", key, name, r.form.Get(name), value)
				}
			}
		}
		if !found {
			t.Errorf("no request had the key %s", key)
		}
	}
}

func TestAnErrorOfStripeIsARefusalOrUnknown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status           int
		kind, code, want string
	}{
		{400, "idempotency_error", "", gateway.RefusedKey},
		{409, "idempotency_error", "idempotency_key_in_use", ""},
		{402, "card_error", "card_declined", gateway.RefusedCapture},
		{404, "invalid_request_error", "resource_missing", gateway.RefusedPayment},
		{404, "invalid_request_error", "", ""},
		{400, "invalid_request_error", "payment_intent_unexpected_state", gateway.RefusedState},
		{400, "invalid_request_error", "charge_disputed", gateway.RefusedDisputed},
		{400, "invalid_request_error", "amount_too_large", gateway.RefusedAmount},
		{400, "invalid_request_error", "parameter_invalid_empty", "parameter_invalid_empty"},
		{400, "invalid_request_error", "", "request_invalid"},
		{400, "invalid_request_error", "lock_timeout", ""},
		{401, "invalid_request_error", "", ""},
		{403, "invalid_request_error", "", ""},
		{429, "invalid_request_error", "rate_limit", ""},
		{500, "api_error", "", ""},
		{503, "api_error", "", ""},
	} {
		_, s := newAccount(t, map[string]answer{"POST /v1/payment_intents/pi_1/capture": {c.status, fmt.Sprintf(`{"error":{"type":%q,"code":%q,"message":"No."}}`, c.kind, c.code)}})
		_, err := s.Capture(t.Context(), "pi_1", usd(1000), "c")
		got := ""
		if no, ok := errors.AsType[*gateway.RefusedError](err); ok {
			got = no.Code
		}
		if got != c.want || (c.want == "") != errors.Is(err, gateway.ErrUnknown) || strings.Contains(err.Error(), apiKey) {
			t.Errorf("%d %s %s ends with %v, want %q", c.status, c.kind, c.code, err, c.want)
		}
	}
}

func TestADeclinedCardIsAResult(t *testing.T) {
	t.Parallel()
	_, s := newAccount(t, map[string]answer{"POST /v1/payment_intents": {http.StatusPaymentRequired, `{"error":{"type":"card_error","code":"card_declined","decline_code":"generic_decline","message":"No.",
		"payment_intent":` + intent(`"status":"requires_payment_method","last_payment_error":{"type":"card_error","code":"card_declined","decline_code":"generic_decline","message":"No."}`) + `}}`}})
	p, err := s.Authorize(t.Context(), authorization())
	if err != nil || p.Status != gateway.Declined || p.Decline.Code != "card_declined" {
		t.Errorf("the payment is %+v, %v; want it declined", p, err)
	}
}

func TestAnAnswerAboutAnotherPaymentIsUnknown(t *testing.T) {
	t.Parallel()
	other := intent(`"status":"requires_capture","amount_capturable":1000`)
	for name, body := range map[string]string{
		"reference": strings.Replace(other, "pay_1", "pay_2", 1), "amount": strings.Replace(other, `"amount":1000`, `"amount":1`, 1),
		"currency": strings.Replace(other, "usd", "xxx", 1), "status": strings.Replace(other, "requires_capture", "processing", 1), "nothing": `{}`, "no JSON": `<html>`,
	} {
		_, s := newAccount(t, map[string]answer{"POST /v1/payment_intents": {http.StatusOK, body}})
		if _, err := s.Authorize(t.Context(), authorization()); !errors.Is(err, gateway.ErrUnknown) {
			t.Errorf("an answer with another %s ends with %v, want an unknown outcome", name, err)
		}
	}
	s := New(gateway.Config{URL: "http://127.0.0.1:1", APIKey: apiKey, Timeout: time.Second})
	if _, err := s.Authorize(context.Background(), authorization()); !errors.Is(err, gateway.ErrUnknown) || strings.Contains(err.Error(), apiKey) {
		t.Errorf("without an answer: %v, want an unknown outcome without the API key", err)
	}
}

func TestAnUnapprovedChallengeIsCancelledInTheEnd(t *testing.T) {
	t.Parallel()
	a, s := newAccount(t, map[string]answer{
		"GET /v1/payment_intents/pi_1":         {http.StatusOK, intent(`"status":"requires_action"`)},
		"POST /v1/payment_intents/pi_1/cancel": {http.StatusOK, intent(`"status":"canceled"`)},
	})
	s.now = func() time.Time { return time.Unix(1700000000, 0).Add(challengeLife - time.Second) }
	if p, err := s.Confirm(t.Context(), "pi_1", "k"); err != nil || p.Status != gateway.RequiresAction || len(a.requests) != 1 {
		t.Errorf("in time: %+v, %v", p, err)
	}
	s.now = func() time.Time { return time.Unix(1700000000, 0).Add(challengeLife) }
	if p, err := s.Confirm(t.Context(), "pi_1", "k"); err != nil || p.Status != gateway.Voided {
		t.Errorf("too late: %+v, %v", p, err)
	}
}

func TestATokenOfNoPaymentMethodIsRefusedUnsent(t *testing.T) {
	t.Parallel()
	a, s := newAccount(t, nil)
	r := authorization()
	r.Token = "tok_visa"
	if _, err := s.Authorize(t.Context(), r); len(a.requests) != 0 {
		t.Errorf("%d requests were sent, want none", len(a.requests))
	} else if no, ok := errors.AsType[*gateway.RefusedError](err); !ok || no.Code != gateway.RefusedToken {
		t.Errorf("it ends with %v, want %s", err, gateway.RefusedToken)
	}
}

func TestAPaymentIsFoundByItsReference(t *testing.T) {
	t.Parallel()
	held := intent(`"status":"requires_capture","amount_capturable":1000`)
	a, s := newAccount(t, map[string]answer{
		"GET /v1/payment_intents/search": {http.StatusOK, `{"object":"search_result","has_more":false,"data":[` + held + `]}`},
		"GET /v1/payment_intents/pi_1":   {http.StatusOK, held},
	})
	if p, found, err := s.Find(t.Context(), `pay_1' OR 'x`, ""); err != nil || !found || p.GatewayID != "pi_1" {
		t.Errorf("%+v, %t, %v", p, found, err)
	}
	if q := a.requests[0].form.Get("query"); q != `metadata['reference']:'pay_1\' OR \'x'` {
		t.Errorf("searched for %s", q)
	}
	_, empty := newAccount(t, map[string]answer{"GET /v1/payment_intents/search": {http.StatusOK, `{"object":"search_result","has_more":false,"data":[]}`}})
	if _, found, err := empty.Find(t.Context(), "pay_1", ""); found || err != nil {
		t.Errorf("found %t, %v; want nothing", found, err)
	}
}

func TestAmountsAreCountedAsStripeDoes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		minor    int64
		currency string
		want     int64 // -1: refused
	}{
		{1999, "USD", 1999}, {500, "JPY", 500}, {500, "ISK", 50000}, {5000, "UGX", 500000}, {12340, "KWD", 12340}, {12345, "KWD", -1}, {700, "KRW", 700},
	} {
		m := money.Money{Minor: c.minor, Currency: c.currency}
		if !money.Known(c.currency) {
			continue
		}
		got, currency, err := toStripe(m)
		if c.want < 0 {
			if no, ok := errors.AsType[*gateway.RefusedError](err); !ok || no.Code != gateway.RefusedAmount {
				t.Errorf("%s is %d, %v; want it refused", m, got, err)
			}
			continue
		}
		if err != nil || got != c.want {
			t.Errorf("%s is %d, %v; want %d", m, got, err, c.want)
		}
		if back, err := fromStripe(got, currency); err != nil || back != m {
			t.Errorf("%d %s is %s, %v; want %s", got, currency, back, err, m)
		}
	}
}

func TestWebhooksAreSignedByEitherSecretAndRecent(t *testing.T) {
	t.Parallel()
	_, s := newAccount(t, nil)
	now := time.Unix(1700000000, 0)
	sign := func(secret, body string, at time.Time) http.Header {
		stamp := strconv.FormatInt(at.Unix(), 10)
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(stamp + "." + body))
		return http.Header{"Stripe-Signature": {"t=" + stamp + ",v1=" + hex.EncodeToString(mac.Sum(nil))}}
	}
	const ofIntent = `{"id":"evt_1","type":"payment_intent.succeeded","created":1700000000,"data":{"object":{"id":"pi_1","object":"payment_intent","metadata":{"reference":"pay_1"}}}}`
	const ofDispute = `{"id":"evt_2","type":"charge.dispute.created","created":1700000000,"data":{"object":{"id":"dp_1","object":"dispute","payment_intent":"pi_1"}}}`
	for name, c := range map[string]struct {
		header           http.Header
		body             string
		gatewayID, refer string
		want             error
	}{
		"new secret":   {sign("whsec_new", ofIntent, now), ofIntent, "pi_1", "pay_1", nil},
		"old secret":   {sign("whsec_old", ofDispute, now), ofDispute, "pi_1", "", nil},
		"other secret": {sign("whsec_other", ofIntent, now), ofIntent, "", "", gateway.ErrSignature},
		"other body":   {sign("whsec_new", ofIntent, now), ofDispute, "", "", gateway.ErrSignature},
		"no signature": {http.Header{}, ofIntent, "", "", gateway.ErrSignature},
		"old":          {sign("whsec_new", ofIntent, now.Add(-5*time.Minute-time.Second)), ofIntent, "", "", gateway.ErrTooOld},
		"no JSON":      {sign("whsec_new", "x", now), "x", "", "", gateway.ErrMalformed},
		"no id":        {sign("whsec_new", "{}", now), "{}", "", "", gateway.ErrMalformed},
	} {
		e, err := s.ParseWebhook(c.header, []byte(c.body), now)
		if !errors.Is(err, c.want) || e.Payment.GatewayID != c.gatewayID || e.Payment.Reference != c.refer {
			t.Errorf("%s: %+v, %v; want %q, %q, %v", name, e, err, c.gatewayID, c.refer, c.want)
		}
	}
}
