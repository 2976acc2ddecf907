package payloadquery_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cartograph/internal/payloadquery"
)

func TestAQueryHasTheIDAsItsOnlyVariable(t *testing.T) {
	t.Parallel()
	if err := payloadquery.Check(`query Payload($id: ID!) { order(id: $id) { number ...F } } fragment F on Order { status }`); err != nil {
		t.Errorf("a query with a fragment: %v", err)
	}
	for name, query := range map[string]string{
		"no GraphQL":         "hello",
		"empty":              "",
		"a mutation":         `mutation($id: ID!) { orderCancel(id: $id) { userErrors { code } } }`,
		"a subscription":     `subscription($id: ID!) { orderUpdated(id: $id) { id } }`,
		"two operations":     `query A($id: ID!) { node(id: $id) { id } } query B($id: ID!) { node(id: $id) { id } }`,
		"no variable":        `{ me { id } }`,
		"another variable":   `query($order: ID!) { node(id: $order) { id } }`,
		"another type":       `query($id: String!) { node(id: $id) { id } }`,
		"a variable more":    `query($id: ID!, $n: Int) { node(id: $id) { id } }`,
		"a long one":         `query($id: ID!) { node(id: $id) { id } } #` + strings.Repeat("x", payloadquery.MaxLength),
		"one of many tokens": `query($id: ID!) { ` + strings.Repeat("a ", 3000) + `}`,
	} {
		if failure, ok := errors.AsType[*payloadquery.Failure](payloadquery.Check(query)); !ok || failure.Reason == "" {
			t.Errorf("%s: %v, want a reason", name, failure)
		}
	}
}

func TestAPayloadIsWholeOrNone(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status int
		body   string
		data   string
		reason string // of a Failure; empty: of no answer
	}{
		"data":              {200, `{"data": {"order": null}}`, `{"order": null}`, ""},
		"an error":          {200, `{"data": null, "errors": [{"message": "No.", "path": ["order", 0], "extensions": {"code": "FORBIDDEN"}}]}`, "", `FORBIDDEN: No. at ["order",0]`},
		"data and an error": {200, `{"data": {"order": {}}, "errors": [{"message": "No.", "extensions": {"code": "FORBIDDEN"}}]}`, "", "FORBIDDEN: No."},
		"an invalid query":  {400, `{"errors": [{"message": "Unknown field.", "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"}}]}`, "", "GRAPHQL_VALIDATION_FAILED: Unknown field."},
		"a large result":    {200, `{"data": {"a": "` + strings.Repeat("x", 256<<10) + `"}}`, "", "The result of the query is larger than 262144 bytes."},
		"overload":          {503, `{"errors": [{"message": "Busy.", "extensions": {"code": "UNAVAILABLE"}}]}`, "", ""},
		"no JSON":           {200, `<html>`, "", ""},
		"nothing":           {200, `{"data": null}`, "", ""},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if r.Header.Get("Authorization") != "Bearer tok" || r.URL.Path != "/graphql" || string(body) != `{"query":"q","variables":{"id":"ord_1"}}` {
				t.Errorf("%s %v: %s", r.URL, r.Header, body)
			}
			w.WriteHeader(tt.status)
			_, _ = fmt.Fprint(w, tt.body)
		}))
		data, err := payloadquery.New(server.URL).Run(t.Context(), "tok", "q", "ord_1")
		server.Close()
		failure, _ := errors.AsType[*payloadquery.Failure](err)
		switch {
		case tt.data != "" && (err != nil || string(data) != tt.data):
			t.Errorf("%s: %s, %v", name, data, err)
		case tt.data == "" && (err == nil || data != nil || (failure != nil) != (tt.reason != "")):
			t.Errorf("%s: %s, %v", name, data, err)
		case failure != nil && failure.Reason != tt.reason:
			t.Errorf("%s: reason %q, want %q", name, failure.Reason, tt.reason)
		}
	}
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	_, err := payloadquery.New(server.URL).Run(t.Context(), "tok", "q", "ord_1")
	if failure, ok := errors.AsType[*payloadquery.Failure](err); err == nil || ok {
		t.Errorf("a router that is away: %v, %v", failure, err)
	}
}
