package transport_test

import (
	"net/http"
	"strings"
	"testing"

	"cartograph/router/transport"
)

// What clients send, and what they can read of it.
const (
	apolloIOS    = "multipart/mixed;deferSpec=20220824,application/graphql-response+json,application/json"
	apolloClient = "application/graphql-response+json,application/json;q=0.9"
	apolloKotlin = "multipart/mixed;subscriptionSpec=1.0, application/graphql-response+json, application/json"
	apolloSub    = `multipart/mixed;boundary="graphql";subscriptionSpec=1.0,application/graphql-response+json,application/json;q=0.9`
	urql         = "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed"
	sse          = "text/event-stream"
)

func TestTheOperationChoosesAmongWhatTheClientTakes(t *testing.T) {
	t.Parallel()
	const (
		json    = "application/json; charset=utf-8"
		graphql = "application/graphql-response+json; charset=utf-8"
		events  = "text/event-stream; charset=utf-8"
		parts   = `multipart/mixed;boundary="-";deferSpec=20220824`
		payload = `multipart/mixed;boundary="graphql";subscriptionSpec=1.0`
	)
	closed := make(chan string)
	close(closed)
	s := serve(t, &graph{events: closed}, nil)
	for _, c := range []struct {
		accept, operation string
		status            int
		want              string
	}{
		{"", "small", 200, json},
		{"*/*", "small", 200, json},
		{"application/*;q=0.5", "small", 200, json},
		{"application/json;q=0, */*", "small", 200, graphql},
		{"application/json;q=0.5, application/graphql-response+json;q=0.4", "small", 200, json},
		{"application/json;q=0.5, application/graphql-response+json;q=0.5", "small", 200, graphql},
		{"application/json; charset=utf-16, application/graphql-response+json; charset=UTF-8", "small", 200, graphql},
		{"text/html, */*;q=0.1", "small", 200, json},
		{"text/html", "small", 406, json},
		{"application/json;q=0", "small", 406, json},
		{"application/json;q=x", "small", 406, json},
		{"application/json; charset=latin1", "small", 406, json},
		{apolloIOS, "small", 200, graphql},
		{apolloClient, "small", 200, graphql},
		{urql, "small", 200, graphql},
		{sse, "small", 200, events},
		{"multipart/mixed", "small", 406, json},
		{apolloIOS, "write", 200, graphql},

		{"", "watch", 406, json},
		{"*/*", "watch", 406, json},
		{apolloClient, "watch", 406, json},
		{apolloIOS, "watch", 406, json},
		{"multipart/mixed;subscriptionSpec=2.0", "watch", 406, json},
		{apolloKotlin, "watch", 200, payload},
		{apolloSub, "watch", 200, payload},
		{urql, "watch", 200, events},
		{sse, "watch", 200, events},
		{"application/json, text/event-stream", "watch", 200, events},
		{"multipart/mixed;subscriptionSpec=1.0, text/event-stream", "watch", 200, payload},
		{"multipart/mixed;subscriptionSpec=1.0;q=0.5, text/event-stream", "watch", 200, events},
		{"text/event-stream, multipart/mixed;subscriptionSpec=1.0", "watch", 200, events},

		{apolloIOS, "deferred", 200, parts},
		{"multipart/mixed", "deferred", 200, parts},
		{urql, "deferred", 200, parts},
		{sse, "deferred", 200, events},
		{apolloClient, "deferred", 200, graphql},
		{"", "deferred", 200, json},
		{"multipart/mixed;incrementalSpec=v0.2,application/json", "deferred", 200, json},
		{apolloKotlin, "deferred", 200, graphql},
	} {
		got := s.post(t, c.operation, "Accept", c.accept)
		if media := got.Header.Get("Content-Type"); got.StatusCode != c.status || media != c.want {
			t.Errorf("%s with Accept %q: %d %s, want %d %s", c.operation, c.accept, got.StatusCode, media, c.status, c.want)
		}
		if !strings.Contains(strings.Join(got.Header.Values("Vary"), ","), "Accept") {
			t.Errorf("%s with Accept %q: Vary is %q", c.operation, c.accept, got.Header.Values("Vary"))
		}
	}
}

func TestMethodsAreKeptApart(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, nil)
	for _, c := range []struct {
		method, search, body, accept string
		status                       int
		allow                        string
	}{
		{http.MethodGet, "?query=write", "", "", 405, "POST"},
		{http.MethodHead, "?query=write", "", "", 405, "POST"},
		{http.MethodGet, "?query=write", "", sse, 405, "POST"},
		{http.MethodHead, "?query=watch", "", sse, 405, "GET, POST"},
		{http.MethodHead, "?query=small", "", "", 200, ""},
		{http.MethodPatch, "", "{}", "", 405, "GET, HEAD, POST, PUT, DELETE, OPTIONS"},
		{http.MethodOptions, "", "", "", 204, "GET, HEAD, POST, PUT, DELETE, OPTIONS"},
		{http.MethodGet, "?query=" + strings.Repeat("x", 8<<10), "", "", 414, ""},
		{http.MethodGet, "?query=small&extensions={", "", "", 400, ""},
	} {
		got := s.send(t, c.method, c.search, c.body, "Accept", c.accept)
		if got.StatusCode != c.status || got.Header.Get("Allow") != c.allow {
			t.Errorf("%s %.40s: %d, Allow %q, want %d and %q", c.method, c.search, got.StatusCode, got.Header.Get("Allow"), c.status, c.allow)
		}
	}
	if ran := s.graph.ran(); len(ran) != 1 || ran[0] != "small" {
		t.Errorf("%v ran, want only the query of HEAD", ran)
	}
}

// A page of another site can make a browser send these without a preflight.
func TestWhatNeedsNoPreflightIsNotRead(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, nil)
	for _, contentType := range []string{
		"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/graphql", "application/json; charset=latin1", "nonsense/",
	} {
		s.post(t, "write", "Content-Type", contentType).want(t, http.StatusUnsupportedMediaType, "BAD_USER_INPUT")
	}
	if ran := s.graph.ran(); len(ran) != 0 {
		t.Errorf("%v ran", ran)
	}
	s.post(t, "write", "Content-Type", "Application/JSON; Charset=UTF-8").want(t, http.StatusOK, "")
}

func TestPagesOfAllowedOriginsMaySendAnyHeader(t *testing.T) {
	t.Parallel()
	const headers = "authorization,content-type,apollographql-client-name,x-graphql-event-stream-token"
	for _, c := range []struct {
		origins      []string
		origin, want string
	}{
		{[]string{"*"}, "https://a.example", "*"},
		{[]string{"https://a.example"}, "https://a.example", "https://a.example"},
		{[]string{"https://a.example"}, "https://b.example", ""},
		{[]string{"https://a.example"}, "", ""},
	} {
		s := serve(t, nil, func(o *transport.Options) { o.Origins = c.origins })
		preflight := s.send(t, http.MethodOptions, "", "", "Origin", c.origin, "Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", headers)
		header := preflight.Header
		if preflight.StatusCode != http.StatusNoContent || header.Get("Access-Control-Allow-Origin") != c.want {
			t.Errorf("preflight from %q: %d %q, want 204 %q", c.origin, preflight.StatusCode, header.Get("Access-Control-Allow-Origin"), c.want)
		}
		if allowed := header.Get("Access-Control-Allow-Headers"); c.want != "" && allowed != headers || c.want == "" && allowed != "" {
			t.Errorf("preflight from %q allows headers %q", c.origin, allowed)
		}
		if c.want != "" && !strings.Contains(header.Get("Access-Control-Allow-Methods"), "PUT") {
			t.Errorf("preflight from %q allows methods %q", c.origin, header.Get("Access-Control-Allow-Methods"))
		}
		if header.Get("Access-Control-Allow-Credentials") != "" {
			t.Error("cookies are allowed across sites")
		}
		vary := strings.Join(s.post(t, "small", "Origin", c.origin).Header.Values("Vary"), ", ")
		if restricted := c.origins[0] != "*"; strings.Contains(vary, "Origin") != restricted {
			t.Errorf("with origins %v an answer varies by %q", c.origins, vary)
		}
	}
}
