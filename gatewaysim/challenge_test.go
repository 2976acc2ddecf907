package gatewaysim

import (
	"net/http"
	"strings"
	"testing"
)

var (
	asForm = map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	asJSON = map[string]string{"Content-Type": "application/json"}
)

func TestCustomerDecidesTheChallenge(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		outcome, status, event string
		authorized             int64
	}{
		{"approve", statusAuthorized, eventAuthorized, 1000},
		{"decline", statusDeclined, eventDeclined, 0},
	} {
		for how, header := range map[string]map[string]string{"form": asForm, "json": asJSON} {
			t.Run(tt.outcome+" by "+how, func(t *testing.T) {
				t.Parallel()
				s := newShop(t)
				p := s.authorized("tok_3ds")
				if want := s.url + "/3ds/" + p.ID; p.NextAction.URL != want {
					t.Fatalf("next action leads to %s, want %s", p.NextAction.URL, want)
				}
				// The same key is used before and after: only the end is kept.
				if r := s.postWith("k", "/v1/payments/"+p.ID+"/confirm", ""); r.payment(t).Status != statusRequiresAction {
					t.Fatalf("confirmed before the customer decides: %s", r.body)
				}
				body := "outcome=" + tt.outcome
				if how == "json" {
					body = `{"outcome":"` + tt.outcome + `"}`
				}
				r := s.send(http.MethodPost, "/3ds/"+p.ID, body, header)
				if how == "form" && r.status != http.StatusSeeOther || how == "json" && r.status != http.StatusOK {
					t.Fatalf("the decision answers %d %s", r.status, r.body)
				}
				r = s.postWith("k", "/v1/payments/"+p.ID+"/confirm", "")
				if got := r.payment(t); got.Status != tt.status || got.AmountAuthorized != tt.authorized || got.NextAction != nil {
					t.Errorf("after the decision: %s, want %s for %d", r.body, tt.status, tt.authorized)
				}
				if n := s.count(`SELECT count(*) FROM webhook_events WHERE type = $1`, tt.event); n != 1 {
					t.Errorf("there are %d events %s, want 1", n, tt.event)
				}
			})
		}
	}
}

func TestSecondDecisionChangesNothing(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	p := s.authorized("tok_3ds")
	s.send(http.MethodPost, "/3ds/"+p.ID, `{"outcome":"decline"}`, asJSON)
	r := s.send(http.MethodPost, "/3ds/"+p.ID, `{"outcome":"approve"}`, asJSON)
	if r.status != http.StatusOK || !strings.Contains(string(r.body), `"status":"declined"`) {
		t.Errorf("approving what was declined answers %d %s, want it to stay declined", r.status, r.body)
	}
	voided := s.authorized("tok_3ds")
	s.post("/v1/payments/"+voided.ID+"/void", "")
	s.send(http.MethodPost, "/3ds/"+voided.ID, `{"outcome":"approve"}`, asJSON)
	if now := s.get("/v1/payments/" + voided.ID).payment(t); now.Status != statusVoided {
		t.Errorf("approving what was voided makes it %s, want voided", now.Status)
	}
}

func TestChallengeExpires(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	p := s.authorized("tok_3ds")
	if _, err := s.pool.Exec(t.Context(), `UPDATE payments SET challenge_expires_at = now() - interval '1 second'`); err != nil {
		t.Fatal(err)
	}
	s.send(http.MethodPost, "/3ds/"+p.ID, `{"outcome":"approve"}`, asJSON)
	if r := s.send(http.MethodGet, "/3ds/"+p.ID, "", nil); !strings.Contains(string(r.body), "This took too long") {
		t.Errorf("the page has no notice that it is too late:\n%s", r.body)
	}
	r := s.post("/v1/payments/"+p.ID+"/confirm", "")
	if got := r.payment(t); got.Status != statusDeclined || got.Failure.Code != "authentication_expired" {
		t.Errorf("confirming answers %s, want declined for authentication_expired", r.body)
	}
}

func TestDecisionSendsTheCustomerBackToTheShop(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	body := strings.Replace(authorizeBody("tok_3ds"), "}", `,"return_url":"https://shop.example/done?order=7"}`, 1)
	p := s.post("/v1/payments", body).payment(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/3ds/"+p.ID, strings.NewReader("outcome=approve"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", asForm["Content-Type"])
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if got, want := resp.Header.Get("Location"), "https://shop.example/done?order=7&payment=pay_1&status=authorized"; got != want {
		t.Errorf("the customer is sent to %q, want %q", got, want)
	}
}

func TestBadDecisionsChangeNothing(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	p := s.authorized("tok_3ds")
	for name, tt := range map[string]struct {
		path, body string
		header     map[string]string
		status     int
	}{
		"no outcome":      {p.ID, "", asForm, 400},
		"other outcome":   {p.ID, "outcome=maybe", asForm, 400},
		"bad JSON":        {p.ID, `{"outcome":`, asJSON, 400},
		"large":           {p.ID, "outcome=approve&x=" + strings.Repeat("x", 5<<20), asForm, 400},
		"unknown":         {"gpy_none", "outcome=approve", asForm, 404},
		"unknown as JSON": {"gpy_none", `{"outcome":"approve"}`, asJSON, 404},
		"zero character":  {"%00", "outcome=approve", asForm, 404},
	} {
		if r := s.send(http.MethodPost, "/3ds/"+tt.path, tt.body, tt.header); r.status != tt.status {
			t.Errorf("%s: answers %d %.200s, want %d", name, r.status, r.body, tt.status)
		}
	}
	if now := s.get("/v1/payments/" + p.ID).payment(t); now.Status != statusRequiresAction {
		t.Errorf("the payment is %s, want it to wait still", now.Status)
	}
}

func TestPageShowsThePaymentAndEscapes(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(c *Config) { c.PublicURL = "https://pay.example/" })
	body := strings.Replace(authorizeBody("tok_3ds"), "ord_1", "<script>alert(1)</script>", 1)
	p := s.post("/v1/payments", strings.Replace(body, "1000", "123456", 1)).payment(t)
	if want := "https://pay.example/3ds/" + p.ID; p.NextAction.URL != want {
		t.Errorf("next action leads to %s, want %s", p.NextAction.URL, want)
	}
	r := s.send(http.MethodGet, "/3ds/"+p.ID, "", nil)
	for _, want := range []string{"$1,234.56", "3155", "pay_1", `value="approve"`, `value="decline"`, "&lt;script&gt;"} {
		if !strings.Contains(string(r.body), want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(string(r.body), "<script>") {
		t.Error("the page runs what a merchant wrote")
	}
	s.send(http.MethodPost, "/3ds/"+p.ID, "outcome=approve", asForm)
	if r = s.send(http.MethodGet, "/3ds/"+p.ID, "", nil); !strings.Contains(string(r.body), "Payment approved") {
		t.Errorf("the page after approval:\n%s", r.body)
	}
	if r = s.send(http.MethodGet, "/3ds/gpy_none", "", nil); r.status != http.StatusNotFound || !strings.Contains(string(r.body), "No such payment") {
		t.Errorf("the page of an unknown payment answers %d", r.status)
	}
}
