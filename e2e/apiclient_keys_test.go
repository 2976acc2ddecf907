package e2e

import (
	"net/http"
	"testing"

	"cartograph/internal/polltest"
)

// TestARevokedKeyIsRefusedWithinSeconds by its router, which has it cached, and its use
// is counted.
func TestARevokedKeyIsRefusedWithinSeconds(t *testing.T) {
	t.Parallel()
	s := start(t)
	root, program := s.anyone(), s.anyone()
	root.signIn(t, "root@demo.test", demoPassword("root@demo.test"))
	created := root.do(t, `mutation { apiClientCreate(input: {name: "Stock", scopes: ["inventory:read"]}) { apiClient { id } secret } }`, nil)
	program.header = http.Header{"X-Api-Key": {created.str("apiClientCreate.secret")}}
	for range 3 {
		program.do(t, `query WhoAmI { requestContext { actorId } }`, nil)
	}
	polltest.Eventually(t, "the use of the key is counted", func() bool {
		used := program.do(t, `{ currentApiClient { usage(days: 1) { operation requests failures } } }`, nil)
		entries, _ := used.get("currentApiClient.usage").([]any)
		for _, e := range entries {
			if of := e.(map[string]any); of["operation"] == "WhoAmI" {
				return of["requests"].(float64) == 3 && of["failures"].(float64) == 0
			}
		}
		return false
	})
	root.do(t, `mutation($id: ID!) { apiClientRevoke(id: $id) { userErrors { code } } }`, vars{"id": created.get("apiClientCreate.apiClient.id")})
	polltest.Eventually(t, "the key is refused", func() bool {
		a, err := program.send(t.Context(), whoAmI, nil)
		return err == nil && a.status == http.StatusUnauthorized
	})
}
