package execute

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"

	"cartograph/internal/logtest"
	"cartograph/router/gqlerr"
	"cartograph/router/upstream"
)

// newMasker is a masker of a response with the root fields a, of the subgraph one,
// and b, of two.
func newMasker(logs *logtest.Buffer) *errorMasker {
	e := newExecutor(nil)
	e.Log, e.engineErrors = slog.New(slog.NewTextHandler(logs, nil)), newEngineErrorPatterns()
	field := func(name, subgraph string) *resolve.Field {
		return &resolve.Field{Name: []byte(name), Info: &resolve.FieldInfo{Source: resolve.TypeFieldSource{Names: []string{subgraph}}}}
	}
	rec := &fetchRecord{}
	rec.fetched(upstream.Fetch{Subgraph: "one", Failure: gqlerr.Timeout})
	rec.fetched(upstream.Fetch{Subgraph: "two"})
	return &errorMasker{
		executor: e, rec: rec, requestID: "req",
		response: &resolve.GraphQLResponse{Data: &resolve.Object{Fields: []*resolve.Field{field("a", "one"), field("b", "two"), {Name: []byte("c")}}}},
	}
}

// lines are errors as code, path and subgraph.
func lines(list gqlerr.List) (out []string) {
	for _, e := range list {
		var path []string
		for _, step := range e.Path {
			path = append(path, fmt.Sprint(step))
		}
		line := string(e.Code()) + " " + strings.Join(path, ".")
		if service, ok := e.Extensions["service"]; ok {
			line += fmt.Sprintf(" of %v", service)
		}
		out = append(out, line)
	}
	return out
}

func TestMessagesOfSubgraphsReachClientsOnlyWithACodeForThem(t *testing.T) {
	t.Parallel()
	const secret = "pq: password of db-7 refused"
	for code, passes := range map[gqlerr.Code]bool{
		gqlerr.Unauthenticated: true, gqlerr.Forbidden: true, gqlerr.RateLimited: true, gqlerr.BadUserInput: true,
		gqlerr.SubgraphUnavailable: true, gqlerr.Timeout: true,
		gqlerr.Internal: false, gqlerr.ValidationFailed: false, gqlerr.ParseFailed: false, gqlerr.CostExceeded: false,
		"": false, "SECRET": false, "forbidden": false,
	} {
		var logs logtest.Buffer
		m := newMasker(&logs)
		var in engineError
		in.Message, in.Path = secret, []any{"a", float64(0)}
		in.Extensions.Code, in.Extensions.Service, in.Extensions.RetryAfter = string(code), "one", 7
		m.subgraphError(in)
		want := gqlerr.Error{Message: secret, Path: []any{"a", float64(0)}, Extensions: map[string]any{"code": string(code), "service": "one", "retryAfter": 7, "requestId": "req"}}
		if !passes {
			want.Message, want.Extensions["code"] = gqlerr.InternalMessage, string(gqlerr.Internal)
		}
		if diff := cmp.Diff(gqlerr.List{&want}, m.out); diff != "" {
			t.Errorf("error with the code %q (-want +got):\n%s", code, diff)
		}
		if logged := strings.Contains(logs.String(), secret); logged == passes {
			t.Errorf("the message with the code %q is logged: %v; it is what a client does not get", code, logged)
		}
	}
}

func TestAnErrorNamesItsSubgraph(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ service, ours, source, want string }{
		{"engine", "own", "stream", "engine"}, {"", "own", "stream", "own"}, {"", "", "stream", "stream"},
	} {
		m := newMasker(&logtest.Buffer{})
		m.source = c.source
		var in engineError
		in.Extensions.Service, in.Extensions.Ours = c.service, c.ours
		m.subgraphError(in)
		if got := m.out[0].Extensions["service"]; got != c.want {
			t.Errorf("of %+v the subgraph is %v", c, got)
		}
		if _, ok := m.out[0].Extensions["retryAfter"]; ok {
			t.Error("an error without retryAfter has one")
		}
	}
	m := newMasker(&logtest.Buffer{})
	m.subgraphError(engineError{})
	if service, ok := m.out[0].Extensions["service"]; ok {
		t.Errorf("an error of no subgraph has the service %v", service)
	}
}

func TestAnErrorIsReportedOnce(t *testing.T) {
	t.Parallel()
	m := newMasker(&logtest.Buffer{})
	one := func(code gqlerr.Code, service string, path ...any) {
		m.keep(gqlerr.New(code, "x").With("service", service), path)
	}
	one(gqlerr.Timeout, "one", "a", 0)
	one(gqlerr.Timeout, "one", "a", 0)
	one(gqlerr.Timeout, "two", "a", 0)
	one(gqlerr.Internal, "one", "a", 0)
	one(gqlerr.Timeout, "one", "a", 1)
	want := []string{"TIMEOUT a.0 of one", "TIMEOUT a.0 of two", "INTERNAL a.0 of one", "TIMEOUT a.1 of one"}
	if diff := cmp.Diff(want, lines(m.out)); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	for i := range 2 * maxErrors {
		one(gqlerr.Timeout, "one", "b", i)
	}
	if len(m.out) != maxErrors {
		t.Errorf("a response has %d errors, want at most %d", len(m.out), maxErrors)
	}
}

func TestPathsHaveNamesAndIndexesOfTheClient(t *testing.T) {
	t.Parallel()
	path := []any{"a", "@", float64(2), 3, nil, true, map[string]any{}, "b"}
	before := fmt.Sprint(path)
	if diff := cmp.Diff([]any{"a", float64(2), 3, "b"}, cleanPath(path)); diff != "" {
		t.Errorf("path (-want +got):\n%s", diff)
	}
	if fmt.Sprint(path) != before {
		t.Errorf("the subgraph's path was changed to %v", path)
	}
}

func TestNullsAreErrorsUnlessAnotherErrorExplainsThem(t *testing.T) {
	t.Parallel()
	null := func(path ...any) engineError { return engineError{Path: path} }
	for _, c := range []struct {
		claim  string
		errors [][]any
		nulls  []engineError
		want   []string
	}{
		{"nothing explains it", nil, []engineError{null("a", 1)}, []string{"INTERNAL a.1"}},
		{"an error of another root field does not", [][]any{{"b"}}, []engineError{null("a", 1)}, []string{"TIMEOUT b", "INTERNAL a.1"}},
		{"an error below the same root field does", [][]any{{"a", "x", "y"}}, []engineError{null("a", 1)}, []string{"TIMEOUT a.x.y"}},
		{"an error without a path explains all", [][]any{nil}, []engineError{null("a", 1), null("b")}, []string{"TIMEOUT "}},
		{"a null without a path is explained by any", [][]any{{"b"}}, []engineError{null()}, []string{"TIMEOUT b"}},
		{"two nulls do not explain each other", nil, []engineError{null("a", 1), null("a", 2)}, []string{"INTERNAL a.1", "INTERNAL a.2"}},
	} {
		m := newMasker(&logtest.Buffer{})
		for _, path := range c.errors {
			m.keep(gqlerr.New(gqlerr.Timeout, "x"), path)
		}
		m.nulls = c.nulls
		m.addNulls()
		if diff := cmp.Diff(c.want, lines(m.out)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.claim, diff)
		}
	}
}

// The engine writes its own errors as texts. A subgraph may write the same text,
// but its errors have its name.
func TestErrorsOfTheEngineAreRecognized(t *testing.T) {
	t.Parallel()
	const data = `"data":{"a":1}}`
	for _, c := range []struct {
		claim, errors string
		want          []string
		data          string
	}{
		{"a fetch at a path", `{"message":"Failed to fetch from Subgraph 'one' at Path 'a.@.x'."}`, []string{"TIMEOUT a.x of one"}, ""},
		{"a root fetch", `{"message":"Failed to fetch from Subgraph 'one'."}`, []string{"TIMEOUT a of one"}, ""},
		{"a fetch that depends on another", `{"message":"Failed to obtain field dependencies from Subgraph 'one' at Path 'a'."}`, []string{"TIMEOUT a of one"}, ""},
		{"a fetch that did not fail", `{"message":"Failed to fetch from Subgraph 'two'."}`, []string{"INTERNAL b of two"}, ""},
		{"a fetch of no root field", `{"message":"Failed to fetch from Subgraph 'three'."}`, []string{"INTERNAL  of three"}, ""},
		{"a denied field", `{"message":"Unauthorized to load field 'T.x', Reason: FORBIDDEN.","path":["a","x"]}`, []string{"FORBIDDEN a.x"}, ""},
		{"a caller without a name", `{"message":"Unauthorized to load field 'T.x', Reason: UNAUTHENTICATED.","path":["a","x"]}`, []string{"UNAUTHENTICATED a.x"}, ""},
		{"a null", `{"message":"Cannot return null for non-nullable field 'T.x'.","path":["a","x"]}`, []string{"INTERNAL a.x"}, ""},
		{
			"a null that a failed fetch explains", `{"message":"Cannot return null for non-nullable field 'T.x'.","path":["a","x"]},{"message":"Failed to fetch from Subgraph 'one'."}`,
			[]string{"TIMEOUT a of one"},
			"",
		},
		{"a subgraph that writes of a denial", `{"message":"Unauthorized to load field 'T.x', Reason: FORBIDDEN.","path":["a"],"extensions":{"serviceName":"one"}}`, []string{"INTERNAL a of one"}, ""},
		{"a subgraph that writes of a fetch", `{"message":"Failed to fetch from Subgraph 'two'.","path":["a"],"extensions":{"serviceName":"one"}}`, []string{"INTERNAL a of one"}, ""},
		{"a subgraph that writes of a null", `{"message":"Cannot return null for non-nullable field 'T.x'.","path":["a"],"extensions":{"serviceName":"one"}}`, []string{"INTERNAL a of one"}, ""},
		{"any other text", `{"message":"Unauthorized to load"}`, []string{"INTERNAL "}, ""},
	} {
		m := newMasker(&logtest.Buffer{})
		body, list := m.executor.maskResponse([]byte(`{"errors":[`+c.errors+`],`+data), *m)
		code := list.Code()
		got := readResult(t, Response{Body: body})
		if diff := cmp.Diff(result{Data: `{"a":1}`, Errors: c.want}, result{Data: got.Data, Errors: got.Errors}, cmp.AllowUnexported(result{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.claim, diff)
		}
		if first, _, _ := strings.Cut(c.want[0], " "); string(code) != first {
			t.Errorf("%s: the response's code is %s, want %s", c.claim, code, first)
		}
	}
}

func TestADenialOfTheOnlyRootFieldHasItsPath(t *testing.T) {
	t.Parallel()
	m := newMasker(&logtest.Buffer{})
	denied := engineError{Message: "Unauthorized to load field 'Query.a', Reason: FORBIDDEN."}
	m.add(denied)
	m.response.Data.Fields = m.response.Data.Fields[:1]
	m.add(denied)
	if diff := cmp.Diff([]string{"FORBIDDEN ", "FORBIDDEN a"}, lines(m.out)); diff != "" {
		t.Errorf("denials with three root fields and with one (-want +got):\n%s", diff)
	}
	for code, message := range map[gqlerr.Code]string{gqlerr.Forbidden: "You are not allowed to use this field.", gqlerr.Unauthenticated: "Sign in to use this field."} {
		if got := accessError(code); got.Message != message || got.Code() != code {
			t.Errorf("a denial with %s is %q with %s, want %q", code, got.Message, got.Code(), message)
		}
	}
}

func TestResponsesOfTheEngineAreMaskedOrPassed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{`{"data":{"errors":[1]}}`, `{"data":{"errors":[1]}}`},
		{`{"errors":[{"message":"secret"}]}`, `{"errors":[{"message":"Something went wrong on our side.","extensions":{"code":"INTERNAL","requestId":"req"}}],"data":null}`},
		{`{"errors":[{"message":"secret"}],"data":{"a":12345678901234567890}}`, `{"errors":[{"message":"Something went wrong on our side.","extensions":{"code":"INTERNAL","requestId":"req"}}],"data":{"a":12345678901234567890}}`},
		{`{"errors":[],"data":{"a":1}}`, `{"errors":[{"message":"Something went wrong on our side.","extensions":{"code":"INTERNAL","requestId":"req"}}]}`},
		{`{"errors":[{"message":"secret"}],"data":`, `{"errors":[{"message":"Something went wrong on our side.","extensions":{"code":"INTERNAL","requestId":"req"}}]}`},
	} {
		var logs logtest.Buffer
		m := newMasker(&logs)
		body, list := m.executor.maskResponse([]byte(c.in), *m)
		code := list.Code()
		if string(body) != c.want {
			t.Errorf("%s is sent as %s, want %s", c.in, body, c.want)
		}
		if masked := c.in != c.want; masked != (code == gqlerr.Internal) || masked != (logs.String() != "") {
			t.Errorf("%s has the code %q and the log %q", c.in, code, logs.String())
		}
	}
}

func TestAFetchRecordHasTheLastFailure(t *testing.T) {
	t.Parallel()
	ctx, rec := withFetchRecord(t.Context())
	for _, failure := range []gqlerr.Code{gqlerr.Timeout, "", gqlerr.SubgraphUnavailable, ""} {
		fetchRecordOf(ctx).fetched(upstream.Fetch{Subgraph: "one", Failure: failure})
	}
	fetchRecordOf(t.Context()).fetched(upstream.Fetch{Subgraph: "one"}) // of no operation
	if n := rec.count(); n != 4 {
		t.Errorf("%d fetches are recorded, want 4", n)
	}
	if one, two := rec.unavailable("one").Code(), rec.unavailable("two").Code(); one != gqlerr.SubgraphUnavailable || two != gqlerr.Internal {
		t.Errorf("the failures are %s and %s, want the last one, and INTERNAL without any", one, two)
	}
}
