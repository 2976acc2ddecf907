package router_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/router"
)

func TestBadRequestsAreAnsweredWithACode(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(c *router.Config) { c.Identify = as })
	const (
		asJSON    = "application/json"
		asGraphQL = "application/graphql-response+json"
	)
	get := func(pairs ...string) string {
		q := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			q.Set(pairs[i], pairs[i+1])
		}
		return "?" + q.Encode()
	}
	for _, c := range []struct {
		name, method, search, body string
		headers                    []string
		status                     int
		code                       string
	}{
		{"no JSON", "POST", "", `{"query":`, nil, 400, "BAD_USER_INPUT"},
		{"an empty body", "POST", "", ``, nil, 400, "BAD_USER_INPUT"},
		{"a number", "POST", "", `5`, nil, 400, "BAD_USER_INPUT"},
		{"null", "POST", "", `null`, nil, 400, "BAD_USER_INPUT"},
		{"an empty batch", "POST", "", `[]`, nil, 400, "BAD_USER_INPUT"},
		{"no query", "POST", "", `{}`, nil, 400, "BAD_USER_INPUT"},
		{"a query that is no text", "POST", "", `{"query":5}`, nil, 400, "BAD_USER_INPUT"},
		{"variables that are a list", "POST", "", `{"query":"{__typename}","variables":[]}`, nil, 400, "BAD_USER_INPUT"},
		{"extensions that are a list", "POST", "", `{"query":"{__typename}","extensions":[]}`, nil, 400, "BAD_USER_INPUT"},
		{"two values", "POST", "", `{"query":"{__typename}"} {}`, nil, 400, "BAD_USER_INPUT"},
		{"a hash alone", "POST", "", `{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"x"}}}`, nil, 200, "PERSISTED_QUERY_NOT_FOUND"},
		{"too large", "POST", "", `{"query":"` + strings.Repeat(" ", 5<<20) + `"}`, nil, 413, "BAD_USER_INPUT"},
		{"a form", "POST", "", `query=x`, []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "BAD_USER_INPUT"},
		{"text, as a foreign page may send", "POST", "", `{"query":"{__typename}"}`, []string{"Content-Type", "text/plain"}, 415, "BAD_USER_INPUT"},
		{"another charset", "POST", "", `{"query":"{__typename}"}`, []string{"Content-Type", "application/json; charset=utf-16"}, 415, "BAD_USER_INPUT"},
		{"packed as we cannot unpack", "POST", "", `x`, []string{"Content-Encoding", "br"}, 415, "BAD_USER_INPUT"},
		{"packed wrongly", "POST", "", `x`, []string{"Content-Encoding", "gzip"}, 400, "BAD_USER_INPUT"},
		{"PATCH", "PATCH", "", `{}`, nil, 405, "BAD_USER_INPUT"},
		{"Accept that we cannot meet", "POST", "", `{"query":"{__typename}"}`, []string{"Accept", "text/html"}, 406, "BAD_USER_INPUT"},
		{"GET without query", "GET", "", ``, nil, 400, "BAD_USER_INPUT"},
		{"GET with broken variables", "GET", get("query", "{__typename}", "variables", "{"), ``, nil, 400, "BAD_USER_INPUT"},
		{"GET of a mutation", "GET", get("query", "mutation { wave }"), ``, nil, 405, "BAD_USER_INPUT"},
		{"a subscription", "POST", "", `{"query":"subscription { reviewAdded(productId: 1) { id } }"}`, nil, 406, "BAD_USER_INPUT"},
		{"a bad token", "POST", "", `{"query":"{__typename}"}`, []string{"Authorization", "bad"}, 401, "UNAUTHENTICATED"},
		{"cannot be decided", "POST", "", `{"query":"{__typename}"}`, []string{"Authorization", "broken"}, 503, "SUBGRAPH_UNAVAILABLE"},
		{"no GraphQL", "POST", "", `{"query":"{"}`, []string{"Accept", asGraphQL}, 400, "GRAPHQL_PARSE_FAILED"},
		{"no GraphQL, for old clients", "POST", "", `{"query":"{"}`, []string{"Accept", asJSON}, 200, "GRAPHQL_PARSE_FAILED"},
		{"an unknown field", "POST", "", `{"query":"{ nope }"}`, []string{"Accept", asGraphQL}, 400, "GRAPHQL_VALIDATION_FAILED"},
		{"an unknown field, for old clients", "POST", "", `{"query":"{ nope }"}`, nil, 200, "GRAPHQL_VALIDATION_FAILED"},
		{"a schema", "POST", "", `{"query":"type A { b: Int }"}`, nil, 200, "GRAPHQL_VALIDATION_FAILED"},
		{"only a fragment", "POST", "", `{"query":"fragment F on Query { __typename }"}`, nil, 200, "GRAPHQL_VALIDATION_FAILED"},
		{"two operations", "POST", "", `{"query":"query A { __typename } query B { __typename }"}`, nil, 200, "GRAPHQL_VALIDATION_FAILED"},
		{"the wrong name", "POST", "", `{"query":"query A { __typename }","operationName":"B"}`, nil, 200, "GRAPHQL_VALIDATION_FAILED"},
		{"a missing variable", "POST", "", `{"query":"query($id: ID!) { product(id: $id) { id } }"}`, nil, 200, "GRAPHQL_VALIDATION_FAILED"},
		{"a wrong variable", "POST", "", `{"query":"query($x: Int) { echo(x: $x) }","variables":{"x":"five"}}`, nil, 200, "GRAPHQL_VALIDATION_FAILED"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.fetched()
			headers := append([]string{"Content-Type", asJSON}, c.headers...)
			got := s.send(t, c.method, c.search, c.body, headers...)
			if got.Status != c.status || !cmp.Equal(got.codes(), []string{c.code}) {
				t.Errorf("answer %d %v, want %d %s: %.300s", got.Status, got.codes(), c.status, c.code, got.Body)
			}
			if strings.Contains(got.Body, `"data"`) {
				t.Errorf("a request that was not run has data: %s", got.Body)
			}
			if id := got.Header.Get("X-Request-Id"); id == "" || len(got.Errors) == 0 || got.Errors[0].Extensions["requestId"] != id {
				t.Errorf("X-Request-Id %q and the error's requestId differ: %s", id, got.Body)
			}
			if got.Status == http.StatusMethodNotAllowed && got.Header.Get("Allow") == "" {
				t.Error("405 without Allow")
			}
			if got.Status == http.StatusUnauthorized && got.Header.Get("WWW-Authenticate") == "" {
				t.Error("401 without WWW-Authenticate")
			}
			if fetched := s.fetched(); len(fetched) > 0 {
				t.Errorf("subgraphs were called: %v", fetched)
			}
		})
	}
}

func TestMediaTypeIsNegotiated(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	for accept, want := range map[string]string{
		"":                                  "application/json",
		"*/*":                               "application/json",
		"application/*":                     "application/json",
		"application/json":                  "application/json",
		"application/graphql-response+json": "application/graphql-response+json",
		"application/graphql-response+json, application/json;q=0.9":                               "application/graphql-response+json",
		"application/json, application/graphql-response+json;q=0.5":                               "application/json",
		"multipart/mixed;deferSpec=20220824,application/graphql-response+json,application/json":   "application/graphql-response+json",
		"application/graphql-response+json, application/json, text/event-stream, multipart/mixed": "application/graphql-response+json",
	} {
		got := s.post(t, `{ __typename }`, "Accept", accept)
		if media := got.Header.Get("Content-Type"); got.Status != 200 || media != want+"; charset=utf-8" {
			t.Errorf("Accept %q: %d %s, want 200 %s", accept, got.Status, media, want)
		}
	}
}

func TestQueriesMayComeByGet(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	search := "?" + url.Values{
		"query": {`query A($x: Int) { echo(x: $x) } mutation B { wave }`}, "operationName": {"A"}, "variables": {`{"x": 3}`},
	}.Encode()
	got := s.send(t, http.MethodGet, search, "")
	got.wantData(t, `{"echo":"{\"x\":3}"}`)
	if n := got.Header.Get("X-Subgraph-Requests"); n != "1" {
		t.Errorf("X-Subgraph-Requests = %q, want 1", n)
	}
	if got := s.send(t, http.MethodHead, search, ""); got.Status != 200 || got.Body != "" {
		t.Errorf("HEAD answers %d %q, want 200 and nothing", got.Status, got.Body)
	}
}

func TestBrowsersOfAllowedOriginsMaySendRequests(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		allowed []string
		origin  string
		want    string
	}{
		{nil, "https://a.example", "*"},
		{[]string{"https://a.example"}, "https://a.example", "https://a.example"},
		{[]string{"https://a.example"}, "https://b.example", ""},
	} {
		s := newShop(t, func(r *router.Config) { r.Origins = c.allowed })
		got := s.send(t, http.MethodOptions, "", "", "Origin", c.origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type,authorization")
		if got.Status != http.StatusNoContent || got.Header.Get("Access-Control-Allow-Origin") != c.want {
			t.Errorf("preflight from %s, %v allowed: %d %q, want 204 %q", c.origin, c.allowed, got.Status, got.Header.Get("Access-Control-Allow-Origin"), c.want)
		}
		if c.want != "" && !strings.Contains(got.Header.Get("Access-Control-Allow-Headers"), "authorization") {
			t.Errorf("preflight does not allow Authorization: %v", got.Header)
		}
		if got.Header.Get("Access-Control-Allow-Credentials") != "" {
			t.Error("cookies are allowed across sites")
		}
	}
}

func TestRequestIDsOfStrangersAreNotTrusted(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	for _, id := range []string{strings.Repeat("x", 65), `a"b`, "a b"} {
		if got := s.post(t, `{ __typename }`, "X-Request-Id", id).Header.Get("X-Request-Id"); got == id || got == "" {
			t.Errorf("X-Request-Id %q is answered with %q, want a new one", id, got)
		}
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	t.Parallel()
	sdl := shopSDL(t)
	for name, c := range map[string]router.Config{
		"no supergraph":            {SDL: `type Query { a: Int }`},
		"no SDL":                   {SDL: `type {`},
		"a URL of no subgraph":     {SDL: sdl, URLs: map[string]string{"carts": "http://127.0.0.1:1"}},
		"a newer join spec":        {SDL: strings.Replace(sdl, "join/v0.3", "join/v0.9", 1)},
		"an unknown security rule": {SDL: strings.Replace(sdl, "/authenticated/", "/moat/", 1)},
	} {
		if _, err := router.New(t.Context(), c, nil); err == nil {
			t.Errorf("%s: the router starts, want an error", name)
		}
	}
}
