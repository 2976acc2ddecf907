package e2e

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/demo"
)

const whoAmI = `{ requestContext { actor actorId scopes } }`

// TestAnAPIClientCallsWithItsKey: an administrator creates an API client, whose
// key grants its scopes and nothing else.
func TestAnAPIClientCallsWithItsKey(t *testing.T) {
	s := start(t)
	root := s.anyone()
	root.signIn(t, "root@demo.test", "root-keeps-the-keys")
	created := root.do(t, `mutation { apiClientCreate(input: {name: "Stock", scopes: ["inventory:read"]}) { apiClient { id } secret userErrors { message } } }`, nil)
	program := s.anyone()
	program.header = http.Header{"X-Api-Key": {created.str("apiClientCreate.secret")}}
	context := program.do(t, whoAmI, nil)
	got := []any{context.get("requestContext.actor"), context.get("requestContext.actorId"), context.get("requestContext.scopes")}
	want := []any{"API_CLIENT", created.get("apiClientCreate.apiClient.id"), []any{"inventory:read"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the API client is (-want +got):\n%s", diff)
	}
	bearer := s.anyone()
	bearer.token = demo.Partner().Key
	if id := bearer.do(t, whoAmI, nil).str("requestContext.actorId"); id != demo.Partner().ID {
		t.Errorf("the demo shop's API client is %q, want %s", id, demo.Partner().ID)
	}
	for name, key := range map[string]string{"made up": "ck_live_x", "a token": root.token} {
		anonymous := s.anyone()
		anonymous.header = http.Header{"X-Api-Key": {key}}
		if a, err := anonymous.send(t.Context(), whoAmI, nil); err != nil || a.status != http.StatusUnauthorized {
			t.Errorf("%s key: %v, %v, want 401", name, a, err)
		}
	}
	a, err := program.send(t.Context(), `{ users: apiClients { id } }`, nil)
	if err != nil || len(a.Errors) != 1 || a.Errors[0].Extensions["code"] != "FORBIDDEN" {
		t.Errorf("an API client lists API clients: %v, %v", a, err)
	}
}
