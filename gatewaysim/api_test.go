package gatewaysim

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestInvalidRequestsAreRefusedAndChangeNothing(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	replace := func(old, with string) string { return strings.Replace(authorizeBody("tok_ok"), old, with, 1) }
	for name, tt := range map[string]struct {
		body   string
		status int
		code   string
	}{
		"unknown token":      {authorizeBody("tok_gold"), 400, "token_invalid"},
		"no token":           {authorizeBody(""), 400, "token_invalid"},
		"card number":        {authorizeBody("4242424242424242"), 400, "card_number_refused"},
		"card in groups":     {replace(`"ord_1"`, `"4242 4242 4242 4242"`), 400, "card_number_refused"},
		"card as number":     {replace(`1000`, `4242424242424242`), 400, "card_number_refused"},
		"card in escapes":    {replace(`"ord_1"`, `"\u0034242424242424242"`), 400, "card_number_refused"},
		"card in extras":     {replace(`}`, `,"metadata":{"note":"4242-4242-4242-4242"}}`), 400, "card_number_refused"},
		"card unknown field": {replace(`}`, `,"number":"4242424242424242"}`), 400, "card_number_refused"},
		"zero":               {replace(`1000`, `0`), 400, "parameter_invalid"},
		"negative":           {replace(`1000`, `-5`), 400, "parameter_invalid"},
		"fraction":           {replace(`1000`, `10.5`), 400, "parameter_invalid"},
		"too much":           {replace(`1000`, `100000000001`), 400, "parameter_invalid"},
		"overflow":           {replace(`1000`, `1e30`), 400, "parameter_invalid"},
		"small currency":     {replace(`USD`, `usd`), 400, "parameter_invalid"},
		"no currency":        {replace(`USD`, ``), 400, "parameter_invalid"},
		"no reference":       {replace(`pay_1`, ``), 400, "parameter_invalid"},
		"long reference":     {replace(`pay_1`, strings.Repeat("x", 256)), 400, "parameter_invalid"},
		"zero character":     {replace(`pay_1`, `a\u0000b`), 400, "parameter_invalid"},
		"script as return":   {replace(`}`, `,"return_url":"javascript:alert(1)"}`), 400, "parameter_invalid"},
		"relative return":    {replace(`}`, `,"return_url":"/done"}`), 400, "parameter_invalid"},
		"unknown field":      {replace(`}`, `,"tip":1}`), 400, "parameter_invalid"},
		"not JSON":           {`{"amount":`, 400, "parameter_invalid"},
		"two values":         {authorizeBody("tok_ok") + `{}`, 400, "parameter_invalid"},
		"empty":              {``, 400, "parameter_invalid"},
		"5 MB":               {strings.Repeat(" ", 5<<20) + authorizeBody("tok_ok"), 413, "body_too_large"},
	} {
		if r := s.post("/v1/payments", tt.body); r.status != tt.status || r.code(t) != tt.code {
			t.Errorf("%s: answers %d %s, want %d %s", name, r.status, r.body, tt.status, tt.code)
		}
	}
	if n := s.count(`SELECT count(*) FROM payments`) + s.count(`SELECT count(*) FROM requests`); n != 0 {
		t.Errorf("refused requests left %d rows, want none", n)
	}
}

func TestAPIKeyIsRequired(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for _, authorization := range []string{"", "Bearer ", "Bearer sk_test_shopX", "Basic sk_test_shop", "bearer"} {
		r := s.send(http.MethodGet, "/v1/payments", "", map[string]string{"Authorization": authorization})
		if r.status != http.StatusUnauthorized || r.code(t) != "api_key_invalid" {
			t.Errorf("%q answers %d %s, want 401", authorization, r.status, r.body)
		}
	}
	open := newShop(t, func(c *Config) { c.APIKey = "" })
	if r := open.send(http.MethodGet, "/v1/payments", "", map[string]string{"Authorization": "Bearer "}); r.status != http.StatusUnauthorized {
		t.Errorf("a gateway without a key admits every caller: %d", r.status)
	}
}

// TestStatesAndAmounts walks each payment through steps "verb amount" and
// looks at the last answer.
func TestStatesAndAmounts(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for _, tt := range []struct {
		token, steps, want string
	}{
		{"tok_ok", "capture 1000", "200 captured"},
		{"tok_ok", "capture 400", "200 captured"},
		{"tok_ok", "capture 1001", "422 amount_too_large"},
		{"tok_ok", "capture 0", "400 parameter_invalid"},
		{"tok_ok", "capture -1", "400 parameter_invalid"},
		{"tok_ok", "capture 400, capture 400", "422 state_invalid"},
		{"tok_ok", "void, capture 1000", "422 state_invalid"},
		{"tok_ok", "void, void", "422 state_invalid"},
		{"tok_ok", "capture 400, void", "422 state_invalid"},
		{"tok_ok", "refunds 10", "422 state_invalid"},
		{"tok_ok", "void, refunds 10", "422 state_invalid"},
		{"tok_ok", "void, confirm", "422 state_invalid"},
		{"tok_ok", "confirm", "200 authorized"},
		{"tok_ok", "capture 400, refunds 401", "422 amount_too_large"},
		{"tok_ok", "capture 400, refunds 100", "201 partially_refunded"},
		{"tok_ok", "capture 400, refunds 100, refunds 301", "422 amount_too_large"},
		{"tok_ok", "capture 400, refunds 100, refunds 300", "201 refunded"},
		{"tok_ok", "capture 400, refunds 400, refunds 1", "422 amount_too_large"},
		{"tok_ok", "capture 400, refunds -1", "400 parameter_invalid"},
		{"tok_decline", "capture 1000", "422 state_invalid"},
		{"tok_decline", "void", "422 state_invalid"},
		{"tok_decline", "confirm", "200 declined"},
		{"tok_3ds", "confirm", "200 requires_action"},
		{"tok_3ds", "capture 1000", "422 state_invalid"},
		{"tok_3ds", "void", "200 voided"},
	} {
		p := s.authorized(tt.token)
		var last reply
		for step := range strings.SplitSeq(tt.steps, ", ") {
			verb, sum, _ := strings.Cut(step, " ")
			body := ""
			if sum != "" {
				body = fmt.Sprintf(`{"amount":%s,"currency":"USD"}`, sum)
			}
			last = s.post("/v1/payments/"+p.ID+"/"+verb, body)
		}
		word := last.code(t)
		if word == "" {
			word = s.get("/v1/payments/" + p.ID).payment(t).Status
		}
		if got := fmt.Sprintf("%d %s", last.status, word); got != tt.want {
			t.Errorf("%s: %s: answers %s, want %s", tt.token, tt.steps, got, tt.want)
		}
	}
}

func TestOtherCurrencyIsRefused(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	p := s.captured()
	if r := s.post("/v1/payments/"+p.ID+"/refunds", `{"amount":10,"currency":"EUR"}`); r.code(t) != "currency_mismatch" {
		t.Errorf("refunding euros of dollars answers %d %s, want currency_mismatch", r.status, r.body)
	}
}

func TestUnknownPaymentIsNotFound(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for _, id := range []string{"gpy_unknown", "%00", "%ff", "..%2f"} {
		for _, r := range []reply{s.get("/v1/payments/" + id), s.post("/v1/payments/"+id+"/void", "")} {
			if r.status != http.StatusNotFound || r.code(t) != "payment_unknown" {
				t.Errorf("%s answers %d %s, want payment_unknown", id, r.status, r.body)
			}
		}
	}
	if r := s.get("/v1/other"); r.status != http.StatusNotFound || r.code(t) != "route_unknown" {
		t.Errorf("an unknown route answers %d %s", r.status, r.body)
	}
}

func TestRefundResponseContainsThePayment(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	p := s.captured()
	first := decode[refundResponse](t, s.post("/v1/payments/"+p.ID+"/refunds", amount(300)).body)
	second := decode[refundResponse](t, s.post("/v1/payments/"+p.ID+"/refunds", amount(200)).body)
	if second.ID == first.ID || second.Amount != 200 || second.Payment.AmountRefunded != 500 {
		t.Errorf("second refund = %+v, want 200 of 500 in all, and another id than %s", second, first.ID)
	}
	now := s.get("/v1/payments/" + p.ID).payment(t)
	if diff := cmp.Diff([]refund{first.refund, second.refund}, now.Refunds); diff != "" {
		t.Errorf("the payment's refunds (-response +stored):\n%s", diff)
	}
	if now.Version <= p.Version {
		t.Errorf("version = %d after two refunds, want more than %d", now.Version, p.Version)
	}
}

func TestListingShowsEveryPaymentOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	start := s.authorized("tok_ok").Created
	want := map[string]int{}
	for range 7 {
		want[s.authorized("tok_decline").ID]++
	}
	got := map[string]int{}
	query := url.Values{"created_after": {start.Add(time.Microsecond).Format(time.RFC3339Nano)}, "limit": {"3"}}
	for {
		p := decode[page](t, s.get("/v1/payments?"+query.Encode()).body)
		if len(p.Data) > 3 || p.HasMore != (p.NextCursor != "") {
			t.Fatalf("a page of %d, more %t, cursor %q; want at most 3", len(p.Data), p.HasMore, p.NextCursor)
		}
		for _, one := range p.Data {
			got[one.ID]++
		}
		if !p.HasMore {
			break
		}
		query.Set("cursor", p.NextCursor)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("listed payments (-want +got):\n%s", diff)
	}
}

func TestListingByReference(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	first := s.authorized("tok_decline")
	s.post("/v1/payments", strings.Replace(authorizeBody("tok_ok"), "pay_1", "pay_2", 1))
	second := s.authorized("tok_ok")
	p := decode[page](t, s.get("/v1/payments?reference=pay_1").body)
	if len(p.Data) != 2 || p.Data[0].ID != first.ID || p.Data[1].ID != second.ID {
		t.Errorf("payments of pay_1 = %+v, want %s and %s", p.Data, first.ID, second.ID)
	}
	for _, query := range []string{"reference=pay_none", "reference=%00"} {
		if r := s.get("/v1/payments?" + query); r.status != http.StatusOK || len(decode[page](t, r.body).Data) != 0 {
			t.Errorf("%s answers %d %s, want nothing", query, r.status, r.body)
		}
	}
	for _, query := range []string{"limit=0", "limit=101", "limit=x", "created_after=yesterday", "cursor=gpy_none", "cursor=%00"} {
		if r := s.get("/v1/payments?" + query); r.status != http.StatusBadRequest || r.code(t) != "parameter_invalid" {
			t.Errorf("%s answers %d %s, want parameter_invalid", query, r.status, r.body)
		}
	}
}

func TestLimitsCountCharacters(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	long := func(n int) string { return strings.Repeat("ä", n) }
	for name, tt := range map[string]struct {
		body   string
		status int
	}{
		"reference of 255":      {strings.Replace(authorizeBody("tok_ok"), "pay_1", long(255), 1), http.StatusCreated},
		"reference of 256":      {strings.Replace(authorizeBody("tok_ok"), "pay_1", long(256), 1), http.StatusBadRequest},
		"metadata of 40 by 500": {strings.Replace(authorizeBody("tok_ok"), "}", `,"metadata":{"`+long(40)+`":"`+long(500)+`"}}`, 1), http.StatusCreated},
		"metadata of 41":        {strings.Replace(authorizeBody("tok_ok"), "}", `,"metadata":{"`+long(41)+`":"a"}}`, 1), http.StatusBadRequest},
		"metadata by 501":       {strings.Replace(authorizeBody("tok_ok"), "}", `,"metadata":{"a":"`+long(501)+`"}}`, 1), http.StatusBadRequest},
	} {
		if r := s.post("/v1/payments", tt.body); r.status != tt.status {
			t.Errorf("%s: answers %d %.200s, want %d", name, r.status, r.body, tt.status)
		}
	}
	for n, status := range map[int]int{255: http.StatusCreated, 256: http.StatusBadRequest} {
		if r := s.postWith(long(n), "/v1/payments", authorizeBody("tok_ok")); r.status != status {
			t.Errorf("a key of %d: answers %d %.200s, want %d", n, r.status, r.body, status)
		}
	}
}
