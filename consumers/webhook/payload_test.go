package webhook_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"cartograph/internal/event"
	rpcv1 "cartograph/internal/rpc/v1"
)

// partnerRouter answers each query with a text.
type partnerRouter struct {
	*httptest.Server
	mu     sync.Mutex
	answer string
	ids    []string // that were queried
}

func startRouter(t *testing.T) *partnerRouter {
	t.Helper()
	r := &partnerRouter{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		var body struct{ Variables struct{ ID string } }
		if err := json.NewDecoder(req.Body).Decode(&body); err != nil || req.Header.Get("Authorization") != "Bearer token" {
			t.Errorf("request with %v: %v", req.Header, err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.ids = append(r.ids, body.Variables.ID)
		_, _ = fmt.Fprint(w, r.answer)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *partnerRouter) answers(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = text
}

func (f fixture) change(change func(*rpcv1.ReadWebhookEndpointResponse)) {
	f.definitions.set(func() { change(f.definitions.of[endpoint]) })
}

func TestAnEventHasTheResultOfItsEndpointsQuery(t *testing.T) {
	t.Parallel()
	f, r := newFixture(t), startReceiver(t)
	f.standard(t, r.URL)
	f.change(func(d *rpcv1.ReadWebhookEndpointResponse) {
		d.PayloadQuery, d.AccessToken = "query($id: ID!) { order(id: $id) { number } }", "token"
	})
	f.router.answers(`{"data": {"order": {"number": "C-7"}}}`)
	f.confirm(t, "chk_1")
	f.send(t, 1)
	f.router.answers(`{"data": {"order": null}, "errors": [{"message": "No.", "extensions": {"code": "FORBIDDEN"}}]}`)
	f.confirm(t, "chk_2")
	f.send(t, 1)
	f.router.Close()
	f.confirm(t, "chk_3")
	f.send(t, 1)
	f.wantStates(t, "SUCCEEDED 1 200", "SUCCEEDED 1 200", "SUCCEEDED 1 200")
	if order, _ := r.data[0]["order"].(map[string]any); order["number"] != "C-7" || len(r.data[0]) != 1 {
		t.Errorf("the payload is %v, want the result of the query", r.data[0])
	}
	for _, plain := range r.data[1:] {
		if plain["orderId"] != "ord_1" || plain["order"] != nil {
			t.Errorf("the payload is %v, want the event as it is", plain)
		}
	}
	if got := fmt.Sprint(f.router.ids); got != "[ord_1 ord_1]" {
		t.Errorf("queried %s, want the order of each event", got)
	}
	reasons := map[int]string{0: "the query was not answered in time", 1: "FORBIDDEN: No.", 2: ""}
	for i, d := range f.log(t, partnerID) { // the latest first
		if got := d.GetLog()[0].GetPayloadError(); got != reasons[i] {
			t.Errorf("the log of delivery %d says %q, want %q", i, got, reasons[i])
		}
	}
}

func TestTheSecretBeforeSignsAsWell(t *testing.T) {
	t.Parallel()
	const previous = "whsec_OTg3NjU0MzIxMDk4NzY1NDMyMTA5ODc2NTQzMjEwOTg="
	f, r := newFixture(t), startReceiver(t) // which verifies by the present secret
	f.standard(t, r.URL)
	f.change(func(d *rpcv1.ReadWebhookEndpointResponse) { d.PreviousSecret = previous })
	var header http.Header
	r.replies(func(_ event.Envelope, _ http.ResponseWriter, req *http.Request) { header = req.Header.Clone() })
	f.confirm(t, "chk_1")
	f.send(t, 1)
	signatures := strings.Fields(header.Get(standardwebhooks.HeaderWebhookSignature))
	if len(signatures) != 2 || !strings.HasPrefix(signatures[1], "v1,") || signatures[0] == signatures[1] {
		t.Fatalf("signatures %q, want two", signatures)
	}
	f.change(func(d *rpcv1.ReadWebhookEndpointResponse) { d.Secret, d.PreviousSecret = previous, secret }) // a receiver that did not change over
	f.confirm(t, "chk_2")
	f.send(t, 1)
	f.wantStates(t, "SUCCEEDED 1 200", "SUCCEEDED 1 200")
}
