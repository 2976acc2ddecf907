package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/user"
)

// deliveryLog is a webhook service with one delivery of each endpoint, "whd_" and the end
// of the endpoint's ID.
type deliveryLog struct{ away bool }

func (d *deliveryLog) ListWebhookStates(_ context.Context, req *rpcv1.ListWebhookStatesRequest) (*rpcv1.ListWebhookStatesResponse, error) {
	if d.away {
		return nil, fault.New(fault.Unavailable, "Away.")
	}
	res := &rpcv1.ListWebhookStatesResponse{}
	for _, endpointID := range req.GetEndpointIds() {
		res.States = append(res.States, &rpcv1.WebhookState{EndpointId: endpointID, ConsecutiveFailures: 2, LastError: "the server answered 500"})
	}
	return res, nil
}

func (d *deliveryLog) ListWebhookDeliveries(_ context.Context, req *rpcv1.ListWebhookDeliveriesRequest) (*rpcv1.ListWebhookDeliveriesResponse, error) {
	all := make([]*rpcv1.WebhookDelivery, 0, 3)
	for position := int64(3); position > 0; position-- {
		if (req.GetBefore() == 0 || position < req.GetBefore()) && len(all) < int(req.GetLimit()) {
			all = append(all, &rpcv1.WebhookDelivery{
				Id: fmt.Sprint("whd_", position), Position: position, Status: "RETRYING", Attempts: 2, ResponseStatus: 500, CreatedAt: timestamppb.Now(),
				Log: []*rpcv1.WebhookAttempt{{At: timestamppb.Now(), ResponseStatus: 500, Error: "the server answered 500", DurationMs: 7}},
			})
		}
	}
	return &rpcv1.ListWebhookDeliveriesResponse{Deliveries: all}, nil
}

func (d *deliveryLog) ReplayWebhookDelivery(_ context.Context, req *rpcv1.ReplayWebhookDeliveryRequest) (*rpcv1.ReplayWebhookDeliveryResponse, error) {
	return &rpcv1.ReplayWebhookDeliveryResponse{EndpointId: strings.Replace(req.GetDeliveryId(), "whd_", "whe_", 1)}, nil
}

func (d *deliveryLog) TestWebhookEndpoint(context.Context, *rpcv1.TestWebhookEndpointRequest) (*rpcv1.TestWebhookEndpointResponse, error) {
	return &rpcv1.TestWebhookEndpointResponse{}, nil
}

func partner(n byte, scopes ...string) auth.Actor {
	return auth.Actor{Kind: auth.APIClient, ID: "api_01J0000000000000000000000" + string(n), Scopes: append(scopes, "webhooks:manage")}
}

const confirmed = "com.cartograph.order.confirmed.v1"

func (s *shop) endpoint(t *testing.T, by auth.Actor) string {
	t.Helper()
	created := s.Must(t, by, `mutation { webhookEndpointCreate(input: {url: "https://partner.example/events", events: ["`+confirmed+`"]}) {
		webhookEndpoint { id url events active } signingSecret userErrors { code message } } }`, nil)
	endpointID, _ := created.At("webhookEndpointCreate", "webhookEndpoint", "id").(string)
	secret, _ := created.At("webhookEndpointCreate", "signingSecret").(string)
	if !strings.HasPrefix(endpointID, "whe_") || !strings.HasPrefix(secret, "whsec_") {
		t.Fatalf("created %v", created)
	}
	return endpointID
}

func TestWebhookEndpointLifecycle(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	by := partner('A', "orders:read")
	endpointID := s.endpoint(t, by)
	s.Want(t, by, `{ webhookEndpoints { id url events active health { consecutiveFailures gone lastError } } }`, nil, `{"webhookEndpoints": [
		{"id": "`+endpointID+`", "url": "https://partner.example/events", "events": ["`+confirmed+`"], "active": true,
		 "health": {"consecutiveFailures": 2, "gone": false, "lastError": "the server answered 500"}}]}`)
	s.Want(t, by, `mutation { webhookEndpointUpdate(id: "`+endpointID+`", input: {url: "https://partner.example/v2", events: ["com.cartograph.product.archived.v1"], active: false}) {
		webhookEndpoint { url events active } signingSecret userErrors { code } } }`, nil,
		`{"webhookEndpointUpdate": {"webhookEndpoint": {"url": "https://partner.example/v2", "events": ["com.cartograph.product.archived.v1"], "active": false}, "signingSecret": null, "userErrors": []}}`)
	s.Want(t, by, `{ webhookEndpoints { deliveries(first: 2) { nodes { id status attempts responseStatus log { error durationMs } } pageInfo { hasNextPage } } } }`, nil,
		`{"webhookEndpoints": [{"deliveries": {"nodes": [
			{"id": "whd_3", "status": "RETRYING", "attempts": 2, "responseStatus": 500, "log": [{"error": "the server answered 500", "durationMs": 7}]},
			{"id": "whd_2", "status": "RETRYING", "attempts": 2, "responseStatus": 500, "log": [{"error": "the server answered 500", "durationMs": 7}]}],
			"pageInfo": {"hasNextPage": true}}}]}`)
	replay := `mutation { webhookDeliveryReplay(deliveryId: "` + strings.Replace(endpointID, "whe_", "whd_", 1) + `") { webhookEndpoint { id } userErrors { code } } }`
	s.Want(t, by, replay, nil, `{"webhookDeliveryReplay": {"webhookEndpoint": {"id": "`+endpointID+`"}, "userErrors": []}}`)
	s.Want(t, by, `mutation { webhookTest(endpointId: "`+endpointID+`", eventType: "`+confirmed+`") { webhookEndpoint { id } userErrors { code } } }`, nil,
		`{"webhookTest": {"webhookEndpoint": {"id": "`+endpointID+`"}, "userErrors": []}}`)
	s.Want(t, by, `mutation { webhookTest(endpointId: "`+endpointID+`", eventType: "com.cartograph.user.registered.v1") { webhookEndpoint { id } userErrors { code path } } }`, nil,
		`{"webhookTest": {"webhookEndpoint": null, "userErrors": [{"code": "INVALID_INPUT", "path": ["eventType"]}]}}`)
	s.Want(t, by, `mutation { webhookEndpointDelete(id: "`+endpointID+`") { ok userErrors { code } } }`, nil, `{"webhookEndpointDelete": {"ok": true, "userErrors": []}}`)
	s.Want(t, by, `{ webhookEndpoints { id } }`, nil, `{"webhookEndpoints": []}`)
}

func TestAnotherPartnersEndpointDoesNotExist(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	endpointID := s.endpoint(t, partner('A', "orders:read"))
	eve := partner('B', "orders:read")
	s.Want(t, eve, `{ webhookEndpoints { id } }`, nil, `{"webhookEndpoints": []}`)
	const missing = `"userErrors": [{"code": "NOT_FOUND"}]`
	for _, id := range []string{endpointID, "whe_01J0000000000000000000000Z", "x"} {
		s.Want(t, eve, `mutation { webhookEndpointUpdate(id: "`+id+`", input: {url: "https://eve.example/", events: ["`+confirmed+`"]}) { webhookEndpoint { id } userErrors { code } } }`, nil,
			`{"webhookEndpointUpdate": {"webhookEndpoint": null, `+missing+`}}`)
		s.Want(t, eve, `mutation { webhookEndpointDelete(id: "`+id+`") { ok userErrors { code } } }`, nil, `{"webhookEndpointDelete": {"ok": false, `+missing+`}}`)
		s.Want(t, eve, `mutation { webhookTest(endpointId: "`+id+`", eventType: "`+confirmed+`") { webhookEndpoint { id } userErrors { code } } }`, nil,
			`{"webhookTest": {"webhookEndpoint": null, `+missing+`}}`)
	}
	s.Want(t, partner('A'), `{ webhookEndpoints { url } }`, nil, `{"webhookEndpoints": [{"url": "https://partner.example/events"}]}`)
}

func TestWebhookInputIsChecked(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	create := func(by auth.Actor, url string, events ...string) any {
		names, err := json.Marshal(events)
		if err != nil {
			t.Fatal(err)
		}
		a := s.Must(t, by, `mutation($u: URL!) { webhookEndpointCreate(input: {url: $u, events: `+string(names)+`}) { webhookEndpoint { url } userErrors { code path } } }`, map[string]any{"u": url})
		return a.At("webhookEndpointCreate", "userErrors")
	}
	by := partner('A', "orders:read:own")
	bad := func(path ...any) any {
		return []any{map[string]any{"code": "INVALID_INPUT", "path": append([]any{"input"}, path...)}}
	}
	for _, url := range []string{
		"http://partner.example/", "https://127.0.0.1/", "https://10.0.0.8/", "https://169.254.169.254/latest", "https://[::1]/", "https://[fd00::1]/",
		"https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://224.0.0.1/", "https://localhost/", "https://api.localhost./", "https://partner.example:8443/",
		"https://user:secret@partner.example/", "https://partner.example/#x",
	} {
		if diff := cmp.Diff(bad("url"), create(by, url, confirmed)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", url, diff)
		}
	}
	for name, tt := range map[string]struct {
		events []string
		want   any
	}{
		"none":                 {[]string{}, bad("events")},
		"of accounts":          {[]string{"com.cartograph.user.registered.v1"}, bad("events", "0")},
		"beyond the scopes":    {[]string{confirmed, "com.cartograph.payment.captured.v1"}, bad("events", "1")},
		"no event":             {[]string{"order.*"}, bad("events", "0")},
		"of the own orders":    {[]string{confirmed}, []any{}},
		"open to all, repeats": {[]string{"com.cartograph.product.changed.v1", "com.cartograph.product.changed.v1"}, []any{}},
	} {
		if diff := cmp.Diff(tt.want, create(by, "https://partner.example/", tt.events...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	for range 8 {
		create(by, "https://partner.example/", confirmed)
	}
	if got := create(by, "https://partner.example/", confirmed); len(got.([]any)) != 1 {
		t.Errorf("an eleventh endpoint: %v", got)
	}
}

func TestEventTypesHaveSamplesOfWhatIsDelivered(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	a := s.Must(t, anonymous(), `{ webhookEventTypes { name description scopes sample } }`, nil)
	types, _ := a.At("webhookEventTypes").([]any)
	if len(types) != len(event.PartnerEvents()) {
		t.Fatalf("%d types, want %d", len(types), len(event.PartnerEvents()))
	}
	for _, one := range types {
		of := one.(map[string]any)
		sample := of["sample"].(map[string]any)
		if sample["type"] != of["name"] || sample["actor"] != nil || sample["correlationid"] != nil || sample["data"] == nil {
			t.Errorf("%s has the sample %v", of["name"], sample)
		}
	}
}

func TestWebhooksRequireTheirScope(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for _, operation := range []string{
		`{ it: webhookEndpoints { id } }`,
		`mutation { it: webhookEndpointCreate(input: {url: "https://a.example/", events: []}) { signingSecret } }`,
		`mutation { it: webhookEndpointUpdate(id: "x", input: {url: "https://a.example/", events: []}) { signingSecret } }`,
		`mutation { it: webhookEndpointDelete(id: "x") { ok } }`,
		`mutation { it: webhookDeliveryReplay(deliveryId: "x") { signingSecret } }`,
		`mutation { it: webhookTest(endpointId: "x", eventType: "y") { signingSecret } }`,
	} {
		for code, by := range map[string]auth.Actor{"UNAUTHENTICATED": anonymous(), "FORBIDDEN": support()} {
			a := s.Query(t, by, operation, nil)
			if diff := cmp.Diff([]string{`["it"] ` + code}, refusals(a)); diff != "" || a.At("it") != nil {
				t.Errorf("%s by %s: %v", operation, by.Kind, a)
			}
		}
	}
}

func TestEndpointsAreShownWhileTheWebhookServiceIsAway(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.endpoint(t, partner('A', "orders:read"))
	s.deliveries.away = true
	s.Want(t, partner('A'), `{ webhookEndpoints { active health { gone } } }`, nil, `{"webhookEndpoints": [{"active": true, "health": null}]}`)
}

// The webhook service gets the secret and the owner's present scopes; nobody else does,
// and no service does once the owner has lost the right.
func TestOnlyTheWebhookServiceReadsSecrets(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	administrators := auth.Actor{Kind: auth.User, ID: kimID, Scopes: []string{"apiclients:manage", "orders:read", "webhooks:manage"}}
	created := s.Must(t, administrators, `mutation { apiClientCreate(input: {name: "P", scopes: ["orders:read", "webhooks:manage"]}) { apiClient { id } } }`, nil)
	clientID, _ := created.At("apiClientCreate", "apiClient", "id").(string)
	endpointID := s.endpoint(t, auth.Actor{Kind: auth.APIClient, ID: clientID, Scopes: []string{"orders:read", "webhooks:manage"}})
	read := func(kind auth.Kind, by string) (*rpcv1.ReadWebhookEndpointResponse, error) {
		ctx := auth.With(t.Context(), auth.Caller{Actor: auth.Actor{Kind: kind, ID: by}})
		return user.NewServer(s.users).ReadWebhookEndpoint(ctx, &rpcv1.ReadWebhookEndpointRequest{EndpointId: endpointID})
	}
	found, err := read(auth.Service, "webhook")
	if err != nil || found.GetOwnerId() != clientID || !strings.HasPrefix(found.GetSecret(), "whsec_") || len(found.GetScopes()) != 2 {
		t.Errorf("the webhook service reads %v, %v", found, err)
	}
	for _, by := range []string{"order", "notification"} {
		if found, err := read(auth.Service, by); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s reads %v, %v", by, found, err)
		}
	}
	s.Must(t, administrators, `mutation { apiClientRevoke(id: "`+clientID+`") { userErrors { code } } }`, nil)
	if found, err := read(auth.Service, "webhook"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("after the revocation the webhook service reads %v, %v", found, err)
	}
}
