package e2e

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"cartograph/internal/polltest"
)

// TestAPartnerReceivesTheEventsOfOrders from the key of an API client to a signed request
// at the partner's server.
func TestAPartnerReceivesTheEventsOfOrders(t *testing.T) {
	t.Parallel()
	s := start(t)
	root, partner, customer := s.anyone(), s.anyone(), s.anyone()
	root.signIn(t, "root@demo.test", demoPassword("root@demo.test"))
	created := root.do(t, `mutation { apiClientCreate(input: {name: "Reports", scopes: ["orders:read", "webhooks:manage"]}) { apiClient { id } secret userErrors { message } } }`, nil)
	partner.header = http.Header{"X-Api-Key": {created.str("apiClientCreate.secret")}}

	var mu sync.Mutex
	var bodies []string
	var secret string
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		verifier, invalid := standardwebhooks.NewWebhook(secret)
		if err != nil || invalid != nil || verifier.Verify(body, r.Header) != nil {
			t.Errorf("received %s with %v: %v, %v", body, r.Header, err, invalid)
		}
		bodies = append(bodies, string(body))
	}))
	defer receiver.Close()
	received := func(text string) bool {
		mu.Lock()
		defer mu.Unlock()
		for _, body := range bodies {
			if strings.Contains(body, text) {
				return true
			}
		}
		return false
	}
	mu.Lock()
	endpoint := partner.do(t, `mutation($url: URL!) { webhookEndpointCreate(input: {url: $url, events: ["com.cartograph.order.confirmed.v1"]}) {
		webhookEndpoint { id } signingSecret userErrors { message } } }`, vars{"url": receiver.URL})
	secret = endpoint.str("webhookEndpointCreate.signingSecret")
	mu.Unlock()
	test := vars{"id": endpoint.str("webhookEndpointCreate.webhookEndpoint.id")}
	polltest.Eventually(t, "the endpoint is known to the webhook service", func() bool {
		a, err := partner.send(t.Context(), `mutation($id: ID!) { webhookTest(endpointId: $id, eventType: "com.cartograph.order.confirmed.v1") { userErrors { code } } }`, test)
		return err == nil && len(a.Errors) == 0
	})
	polltest.Eventually(t, "the sample arrives", func() bool { return received("C-10042") })

	customer.signIn(t, "ada@demo.test", demoPassword("ada@demo.test"))
	orderID := customer.buy(t, s.buyable(t, 20), 1, "tok_ok").str("order.id")
	customer.await(t, orderID, "CONFIRMED")
	polltest.Eventually(t, "the order arrives", func() bool { return received(orderID) })
	if mu.Lock(); strings.Contains(bodies[len(bodies)-1], "ada@demo.test") {
		t.Errorf("the partner got the customer's address: %s", bodies[len(bodies)-1])
	}
	mu.Unlock()
	polltest.Eventually(t, "the log has the delivery", func() bool {
		log := partner.do(t, `{ webhookEndpoints { health { consecutiveFailures } deliveries(status: SUCCEEDED) { nodes { eventType } } } }`, nil)
		nodes, _ := log.get("webhookEndpoints.0.deliveries.nodes").([]any)
		return len(nodes) >= 2
	})
}
