package graph_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"cartograph/internal/auth"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/user"
)

// partnerRouter knows the field order, which needs orders:read.
func partnerRouter(t *testing.T) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var claims auth.AccessClaims
		if _, _, err := jwt.NewParser().ParseUnverified(auth.Bearer(r.Header.Get("Authorization")), &claims); err != nil {
			t.Error(err)
		}
		var body struct{ Query string }
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		actor := claims.Actor()
		switch {
		case actor.Kind != auth.APIClient || actor.SessionID != "" || time.Until(claims.ExpiresAt.Time) > time.Minute:
			t.Errorf("the query runs as %+v until %s", actor, claims.ExpiresAt)
		case strings.Contains(body.Query, "orders"):
			_, _ = fmt.Fprint(w, `{"errors": [{"message": "There is no field orders.", "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"}}]}`)
		case !actor.Has("orders:read"):
			_, _ = fmt.Fprint(w, `{"data": {"order": null}, "errors": [{"message": "You need orders:read.", "path": ["order"], "extensions": {"code": "FORBIDDEN"}}]}`)
		default:
			_, _ = fmt.Fprint(w, `{"data": {"order": null}}`)
		}
	}))
	t.Cleanup(server.Close)
	return server
}

func TestAPayloadQueryIsCheckedAsItsOwner(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	by := partner('A', "orders:read")
	const create = `mutation($query: String) { webhookEndpointCreate(input: {url: "https://partner.example/events", events: ["` + confirmed + `"], payloadQuery: $query}) {
		webhookEndpoint { id payloadQuery } userErrors { code message path } } }`
	const good = `query($id: ID!) { order(id: $id) { number } }`
	created := s.Must(t, by, create, map[string]any{"query": "  " + good + "\n"})
	endpointID, _ := created.At("webhookEndpointCreate", "webhookEndpoint", "id").(string)
	if created.At("webhookEndpointCreate", "webhookEndpoint", "payloadQuery") != good {
		t.Errorf("created %v", created)
	}
	s.Want(t, by, `{ webhookEndpoints { payloadQuery consecutiveFailures } }`, nil,
		`{"webhookEndpoints": [{"payloadQuery": "query($id: ID!) { order(id: $id) { number } }", "consecutiveFailures": 2}]}`)
	for query, reason := range map[string]string{
		`query($id: ID!) { orders(id: $id) { number } }`: "There is no field orders.",
		`{ order }`:         "variable",
		`mutation { a }`:    "one query",
		`query($id: ID!) {`: "Expected",
	} {
		refused := s.Must(t, by, create, map[string]any{"query": query})
		text, err := json.Marshal(refused.At("webhookEndpointCreate", "userErrors"))
		if err != nil || !strings.Contains(string(text), reason) || !strings.Contains(string(text), `["input","payloadQuery"]`) || refused.At("webhookEndpointCreate", "webhookEndpoint") != nil {
			t.Errorf("%s: %s, want a reason that has %q", query, text, reason)
		}
	}
	refused := s.Must(t, partner('B', "orders:read:own"), create, map[string]any{"query": good})
	if text, _ := json.Marshal(refused.At("webhookEndpointCreate", "userErrors")); !strings.Contains(string(text), "FORBIDDEN: You need orders:read.") {
		t.Errorf("without the scope: %s", text)
	}
	s.Want(t, by, `mutation($id: ID!) { webhookEndpointUpdate(id: $id, input: {url: "https://partner.example/events", events: ["`+confirmed+`"]}) {
		webhookEndpoint { payloadQuery } userErrors { code } } }`, map[string]any{"id": endpointID},
		`{"webhookEndpointUpdate": {"webhookEndpoint": {"payloadQuery": null}, "userErrors": []}}`)
}

func TestARotatedSecretSignsAsLongAsItsOwnerChose(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	administrator := auth.Actor{Kind: auth.User, ID: kimID, Scopes: []string{"apiclients:manage", "orders:read", "webhooks:manage"}}
	client := s.Must(t, administrator, `mutation { apiClientCreate(input: {name: "P", scopes: ["webhooks:manage", "orders:read"]}) { apiClient { id } userErrors { message } } }`, nil)
	clientID, _ := client.At("apiClientCreate", "apiClient", "id").(string)
	by := auth.Actor{Kind: auth.APIClient, ID: clientID, Scopes: []string{"webhooks:manage", "orders:read"}}
	endpointID := s.endpoint(t, by)
	read := func() *rpcv1.ReadWebhookEndpointResponse {
		t.Helper()
		ctx := auth.With(t.Context(), auth.Caller{Actor: auth.Actor{Kind: auth.Service, ID: "webhook"}})
		found, err := user.NewServer(s.users).ReadWebhookEndpoint(ctx, &rpcv1.ReadWebhookEndpointRequest{EndpointId: endpointID})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	first := read()
	if first.GetPreviousSecret() != "" || first.GetAccessToken() != "" {
		t.Errorf("a new endpoint without a query: %v", first)
	}
	const rotate = `mutation($id: ID!, $hours: Int) { webhookEndpointRotateSecret(id: $id, overlapHours: $hours) {
		webhookEndpoint { previousSecretUntil } signingSecret userErrors { code path } } }`
	rotated := s.Must(t, by, rotate, map[string]any{"id": endpointID, "hours": 1})
	second := read()
	if second.GetSecret() != rotated.At("webhookEndpointRotateSecret", "signingSecret") || second.GetPreviousSecret() != first.GetSecret() || second.GetSecret() == first.GetSecret() {
		t.Errorf("rotated %v: %v, then %v", rotated, first, second)
	}
	if rotated.At("webhookEndpointRotateSecret", "webhookEndpoint", "previousSecretUntil") == nil {
		t.Error("the owner does not see until when both sign")
	}
	s.Must(t, by, rotate, map[string]any{"id": endpointID, "hours": 0})
	if third := read(); third.GetPreviousSecret() != "" || third.GetSecret() == second.GetSecret() {
		t.Errorf("without an overlap: %v", third)
	}
	s.Want(t, by, rotate, map[string]any{"id": endpointID, "hours": 169},
		`{"webhookEndpointRotateSecret": {"webhookEndpoint": null, "signingSecret": null, "userErrors": [{"code": "INVALID_INPUT", "path": ["overlapHours"]}]}}`)
	s.Want(t, partner('B'), rotate, map[string]any{"id": endpointID, "hours": 1},
		`{"webhookEndpointRotateSecret": {"webhookEndpoint": null, "signingSecret": null, "userErrors": [{"code": "NOT_FOUND", "path": ["id"]}]}}`)
}
