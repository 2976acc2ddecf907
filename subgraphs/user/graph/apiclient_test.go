package graph_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
)

func administrator() auth.Actor {
	return auth.Actor{Kind: auth.User, ID: kimID, Scopes: []string{"apiclients:manage", "orders:read", "inventory:read"}}
}

func TestAPIClientLifecycle(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	created := s.Must(t, administrator(), `mutation { apiClientCreate(input: {name: "Warehouse", scopes: ["orders:read", "inventory:read"], rateLimitPerMinute: 600}) {
		apiClient { id name scopes rateLimitPerMinute lastUsedAt } secret userErrors { code } } }`, nil)
	clientID, _ := created.At("apiClientCreate", "apiClient", "id").(string)
	key, _ := created.At("apiClientCreate", "secret").(string)
	if !strings.HasPrefix(clientID, "api_") || !strings.HasPrefix(key, "ck_live_") {
		t.Fatalf("created %v", created)
	}
	s.Want(t, administrator(), `{ apiClients { id name scopes rateLimitPerMinute lastUsedAt } }`, nil, `{"apiClients": [
		{"id": "`+clientID+`", "name": "Warehouse", "scopes": ["inventory:read", "orders:read"], "rateLimitPerMinute": 600, "lastUsedAt": null}]}`)
	rotated := s.Must(t, administrator(), `mutation { apiClientRotateSecret(id: "`+clientID+`") { apiClient { id } secret userErrors { code } } }`, nil)
	if next, _ := rotated.At("apiClientRotateSecret", "secret").(string); next == "" || next == key {
		t.Errorf("rotated %v", rotated)
	}
	s.Want(t, administrator(), `mutation { apiClientRevoke(id: "`+clientID+`") { apiClient { id } secret userErrors { code } } }`, nil,
		`{"apiClientRevoke": {"apiClient": {"id": "`+clientID+`"}, "secret": null, "userErrors": []}}`)
	s.Want(t, administrator(), `mutation { apiClientRotateSecret(id: "`+clientID+`") { apiClient { id } secret userErrors { code path } } }`, nil,
		`{"apiClientRotateSecret": {"apiClient": null, "secret": null, "userErrors": [{"code": "NOT_FOUND", "path": ["id"]}]}}`)
	s.Want(t, administrator(), `mutation { apiClientCreate(input: {name: "", scopes: ["users:write"]}) { apiClient { id } secret userErrors { code path } } }`, nil,
		`{"apiClientCreate": {"apiClient": null, "secret": null, "userErrors": [
			{"code": "INVALID_INPUT", "path": ["input", "name"]}, {"code": "INVALID_INPUT", "path": ["input", "scopes", "0"]}]}}`)
	s.Want(t, administrator(), `{ apiClients { id } }`, nil, `{"apiClients": []}`)
}

func TestAPIClientsAreForAdministrators(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for _, operation := range []string{
		`{ it: apiClients { id } }`,
		`mutation { it: apiClientCreate(input: {name: "x", scopes: []}) { secret } }`,
		`mutation { it: apiClientRotateSecret(id: "x") { secret } }`,
		`mutation { it: apiClientRevoke(id: "x") { secret } }`,
	} {
		for code, by := range map[string]auth.Actor{"UNAUTHENTICATED": anonymous(), "FORBIDDEN": support()} {
			a := s.Query(t, by, operation, nil)
			if diff := cmp.Diff([]string{`["it"] ` + code}, refusals(a)); diff != "" || a.At("it") != nil {
				t.Errorf("%s by %s: %v", operation, by.Kind, a)
			}
		}
	}
}
