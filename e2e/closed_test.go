package e2e

import (
	"net/http"
	"strings"
	"testing"

	"cartograph/app"
)

func TestIntrospectionTurnedOffHidesTheSchemaEverywhere(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *app.Config) { c.Router.Introspection, c.Router.Playground = "off", false })
	a, err := s.register(t, "mo").send(t.Context(), `{ __schema { types { name } } }`, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := codeOf(t, a, ""); got != "GRAPHQL_VALIDATION_FAILED" {
		t.Errorf("introspection: code %q, want GRAPHQL_VALIDATION_FAILED", got)
	}
	base := strings.TrimSuffix(s.GraphQL, "/graphql")
	for _, path := range []string{"/", "/docs", "/schema.graphql"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", path, res.StatusCode)
		}
	}
}
