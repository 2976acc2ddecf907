package subgraph_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/subgraph"
)

// router calls a subgraph as the router does, in raw bytes.
type router struct {
	url, token string
	log        *bytes.Buffer // of the subgraph; read it when it has answered
}

func listen(t *testing.T) router {
	t.Helper()
	return listenIn(t, "en")
}

// listenIn listens for a router whose callers read a language.
func listenIn(t *testing.T, language string) router {
	t.Helper()
	internal, err := auth.NewInternal(strings.Repeat("s", 32))
	if err != nil {
		t.Fatal(err)
	}
	token := internal.Sign(auth.Caller{Actor: anonymous, RequestID: "req-1", Locale: language}, "test")
	log := new(bytes.Buffer)
	server := httptest.NewServer(subgraph.Handler(sample(), internal, slog.New(slog.NewTextHandler(log, nil))))
	t.Cleanup(server.Close)
	return router{url: server.URL, token: token, log: log}
}

func (r router) post(t *testing.T, body string) (status int, answer string) {
	t.Helper()
	return r.send(t, strings.NewReader(body), "application/json")
}

func (r router) send(t *testing.T, body io.Reader, accept string) (status int, answer string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", accept)
	req.Header.Set("Authorization", "Bearer "+r.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	read, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(read)
}

func TestFaultsHaveTheirCodesAndTheRestIsMasked(t *testing.T) {
	t.Parallel()
	const problem, masked = "The cart is closed.", "Something went wrong on our side."
	for how, want := range map[string]struct {
		code, message string
		retryAfter    int
	}{
		string(fault.Invalid):         {"BAD_USER_INPUT", problem, 0},
		string(fault.NotFound):        {"BAD_USER_INPUT", problem, 0},
		string(fault.Conflict):        {"BAD_USER_INPUT", problem, 0},
		string(fault.Unauthenticated): {"UNAUTHENTICATED", problem, 0},
		string(fault.Forbidden):       {"FORBIDDEN", problem, 0},
		string(fault.RateLimited):     {"RATE_LIMITED", problem, 1},
		string(fault.Unavailable):     {"SUBGRAPH_UNAVAILABLE", problem, 1},
		string(fault.Unclassified):    {"INTERNAL", problem, 0},
		"unknown":                     {"INTERNAL", masked, 0},
		"a peer's error":              {"INTERNAL", masked, 0},
		"panic":                       {"INTERNAL", masked, 0},
		"another statement":           {"INTERNAL", masked, 0},
		"read-only":                   {"SUBGRAPH_UNAVAILABLE", "This is not available right now. Please try again.", 1},
		"disk full":                   {"SUBGRAPH_UNAVAILABLE", "This is not available right now. Please try again.", 1},
		"busy":                        {"RATE_LIMITED", problem, 3},
		"cancelled":                   {"INTERNAL", "The request was cancelled.", 0},
		"NUL":                         {"BAD_USER_INPUT", "The request contains a character that no text may contain.", 0},
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			router := listen(t)
			_, got := router.post(t, fmt.Sprintf(`{"query": "{ fail(how: \"%s\") }"}`, how))
			extensions := fmt.Sprintf(`"code":%q`, want.code)
			if want.retryAfter > 0 {
				extensions += fmt.Sprintf(`,"retryAfter":%d`, want.retryAfter)
			}
			wantBody := fmt.Sprintf(`{"errors":[{"message":"%s","path":["fail"],"extensions":{%s}}],"data":{"fail":null}}`, want.message, extensions)
			if got != wantBody {
				t.Errorf("answer = %s\nwant     %s", got, wantBody)
			}
			logged := router.log.String()
			if want.message == masked && (!strings.Contains(logged, "carts") || !strings.Contains(logged, "request_id=req-1")) {
				t.Errorf("the log has %q, want the cause and the request's id", logged)
			}
			if want.message == problem && logged != "" {
				t.Errorf("the log has %q for a problem that the customer received", logged)
			}
		})
	}
}

func TestRequestsThatDoNotFitTheSchemaAreRefusedWithACode(t *testing.T) {
	t.Parallel()
	router := listen(t)
	for name, tt := range map[string]struct{ body, want string }{
		"unknown field":    {`{"query": "{ nosuch }"}`, "GRAPHQL_VALIDATION_FAILED"},
		"no GraphQL":       {`{"query": "{ note("}`, "GRAPHQL_PARSE_FAILED"},
		"missing variable": {`{"query": "query($v: Int!) { int(value: $v) }"}`, "GRAPHQL_VALIDATION_FAILED"},
		"two operations":   {`{"query": "query a { note { id } } query b { note { id } }"}`, "GRAPHQL_VALIDATION_FAILED"},
		"not JSON":         {`{"query"`, "GRAPHQL_VALIDATION_FAILED"},
		"too many tokens":  {`{"query": "{ note {` + strings.Repeat(" id", 20_000) + ` } }"}`, "GRAPHQL_PARSE_FAILED"},
	} {
		if _, got := router.post(t, tt.body); !strings.Contains(got, `"code":"`+tt.want+`"`) {
			t.Errorf("%s: %.300s, want %s", name, got, tt.want)
		}
	}
}

func TestBodiesUpToTwoMebibytesAreRead(t *testing.T) {
	t.Parallel()
	router := listen(t)
	body := func(size int) string {
		const start, end = `{"query": "{ note { id } }", "variables": {"x": "`, `"}}`
		return start + strings.Repeat("x", size-len(start)-len(end)) + end
	}
	if status, got := router.post(t, body(2<<20)); status != http.StatusOK || !strings.Contains(got, `"id":"note_1"`) {
		t.Errorf("2 MiB: %d %.200s, want the note", status, got)
	}
	if status, got := router.post(t, body(2<<20+1)); status != http.StatusRequestEntityTooLarge || !strings.Contains(got, `"code":"BAD_USER_INPUT"`) {
		t.Errorf("a byte more: %d %.200s, want 413", status, got)
	}
	unannounced := io.MultiReader(strings.NewReader(body(2<<20 + 1))) // sent in chunks
	if _, got := router.send(t, unannounced, "application/json"); strings.Contains(got, "note_1") || !strings.Contains(got, "too large") {
		t.Errorf("a byte more, in chunks: %.200s, want it refused", got)
	}
}

func TestOnlyTheRouterMayCall(t *testing.T) {
	t.Parallel()
	a := serve(t).QueryWithoutToken(t, `{ note { id } }`)
	if a.Status != http.StatusUnauthorized || fmt.Sprint(a.Codes()) != "[UNAUTHENTICATED]" || a.Data != nil {
		t.Errorf("without a token: %+v, want 401", a)
	}
}

func TestSubscriptionsAreDeliveredAsEvents(t *testing.T) {
	t.Parallel()
	router := listen(t)
	subscribe := func(to int) (int, string) {
		return router.send(t, strings.NewReader(fmt.Sprintf(`{"query": "subscription { count(to: %d) }"}`, to)), "text/event-stream")
	}
	const want = ":\n\n" +
		"event: next\ndata: {\"data\":{\"count\":1}}\n\n" +
		"event: next\ndata: {\"data\":{\"count\":2}}\n\n" +
		"event: complete\n\n"
	if status, got := subscribe(2); status != http.StatusOK || got != want {
		t.Errorf("count to 2: %d\n%s\nwant\n%s", status, got, want)
	}
	if _, got := subscribe(-1); !strings.Contains(got, `"code":"INTERNAL"`) || strings.Contains(got, "cannot count") {
		t.Errorf("a panic reached the caller as\n%s\nwant it masked", got)
	}
}
