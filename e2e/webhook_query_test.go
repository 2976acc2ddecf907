package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"cartograph/internal/polltest"
)

// queryReceiver is a partner's server that keeps the last delivery of each order.
type queryReceiver struct {
	*httptest.Server
	mu     sync.Mutex
	events map[string]object // by the text that a delivery contains
}

func startQueryReceiver(t *testing.T) *queryReceiver {
	t.Helper()
	r := &queryReceiver{events: map[string]object{}}
	r.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		var e object
		if err != nil || json.Unmarshal(body, &e) != nil {
			t.Errorf("received %s: %v", body, err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.events[string(body)] = e
	}))
	t.Cleanup(r.Close)
	return r
}

// about waits for the delivery that has a text.
func (r *queryReceiver) about(t *testing.T, text string) (found object) {
	t.Helper()
	polltest.Eventually(t, "the delivery about "+text, func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		for body, e := range r.events {
			if strings.Contains(body, text) {
				found = e
				return true
			}
		}
		return false
	})
	return found
}

const (
	createQueried = `mutation($url: URL!, $query: String!) { webhookEndpointCreate(input: {url: $url, events: ["com.cartograph.order.confirmed.v1"], payloadQuery: $query}) {
		webhookEndpoint { id } userErrors { code message path } } }`
	withPayments = `query($id: ID!) { order(id: $id) { id number lines { nodes { variant { product { title } } } } payments { gatewayReference } } }`
)

// TestAPartnersQueryRunsWithThePartnersScopes through the router and three subgraphs, when
// an endpoint is created and at each delivery.
func TestAPartnersQueryRunsWithThePartnersScopes(t *testing.T) {
	t.Parallel()
	s := start(t)
	receiver, variant := startQueryReceiver(t), s.buyable(t, 20)
	root := s.anyone()
	root.signIn(t, "root@demo.test", demoPassword("root@demo.test"))
	partner := func(name string, scopes ...string) (c *client, id string) {
		created := root.change(t, `mutation($name: String!, $scopes: [String!]!) { apiClientCreate(input: {name: $name, scopes: $scopes}) { apiClient { id } secret userErrors { message } } }`,
			vars{"name": name, "scopes": scopes})
		c = s.anyone()
		c.header = http.Header{"X-Api-Key": {created.str("apiClientCreate.secret")}}
		return c, created.str("apiClientCreate.apiClient.id")
	}
	narrow, _ := partner("Parcels", "orders:read", "webhooks:manage")
	for query, reason := range map[string]string{
		withPayments: "FORBIDDEN",
		`query($id: ID!) { order(id: $id) { colour } }`: "GRAPHQL_VALIDATION_FAILED",
	} {
		refused := narrow.do(t, createQueried, vars{"url": receiver.URL, "query": query})
		if message := refused.str("webhookEndpointCreate.userErrors.0.message"); !strings.Contains(message, reason) || refused.get("webhookEndpointCreate.webhookEndpoint") != nil {
			t.Errorf("%s: %v, want it refused with %s", query, refused, reason)
		}
	}

	wide, clientID := partner("Accounts", "orders:read", "payments:read", "webhooks:manage")
	endpointID := wide.change(t, createQueried, vars{"url": receiver.URL, "query": withPayments}).str("webhookEndpointCreate.webhookEndpoint.id")
	bought := func(name string) (orderID, number string) {
		customer := s.register(t, name)
		orderID = customer.buy(t, variant, 1, "tok_ok").str("order.id")
		customer.await(t, orderID, "CONFIRMED")
		return orderID, customer.do(t, `query($id: ID!) { order(id: $id) { number } }`, vars{"id": orderID}).str("order.number")
	}
	polltest.Eventually(t, "the endpoint is known to the webhook service", func() bool {
		return one[int](t, pool(t, s.cfg.Webhook.DatabaseURL), "SELECT count(*)::int FROM endpoints WHERE id = '"+endpointID+"'") == 1
	})
	orderID, number := bought("una")
	whole := receiver.about(t, orderID)
	if whole.get("payloadquery") != true || whole.str("data.order.number") != number || whole.str("data.order.lines.nodes.0.variant.product.title") == "" ||
		whole.str("data.order.payments.0.gatewayReference") == "" {
		t.Errorf("delivered %v, want what the query selects", whole)
	}

	users := pool(t, s.cfg.User.DatabaseURL)
	if _, err := users.Exec(t.Context(), "UPDATE api_clients SET scopes = '{orders:read, webhooks:manage}' WHERE id = $1", clientID); err != nil {
		t.Fatal(err)
	}
	orderID, _ = bought("duo")
	wide.wantDeliveredAsItIs(t, receiver.about(t, orderID), orderID, "FORBIDDEN")

	if _, err := users.Exec(t.Context(), "UPDATE webhook_endpoints SET payload_query = 'query($id: ID!) { order(id: $id) { colour } }' WHERE id = $1", endpointID); err != nil {
		t.Fatal(err)
	}
	orderID, _ = bought("tria")
	wide.wantDeliveredAsItIs(t, receiver.about(t, orderID), orderID, "GRAPHQL_VALIDATION_FAILED")
}

// wantDeliveredAsItIs checks that an event was delivered without the result of its query,
// and that the log of deliveries says why.
func (c *client) wantDeliveredAsItIs(t *testing.T, delivered object, orderID, reason string) {
	t.Helper()
	if delivered.get("payloadquery") != nil || delivered.str("data.orderId") != orderID || delivered.get("data.order") != nil {
		t.Errorf("delivered %v, want the event as it is", delivered)
	}
	polltest.Eventually(t, "the log has the reason "+reason, func() bool {
		log := c.do(t, `{ webhookEndpoints { deliveries(first: 1) { nodes { eventId log { payloadError } } } } }`, nil)
		return log.str("webhookEndpoints.0.deliveries.nodes.0.eventId") == delivered.str("id") &&
			strings.Contains(log.str("webhookEndpoints.0.deliveries.nodes.0.log.0.payloadError"), reason)
	})
}
