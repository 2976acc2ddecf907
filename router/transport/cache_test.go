package transport_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestOnlyPublicAnswersAreCached(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, nil)
	const public, private = "public, max-age=60, stale-while-revalidate=60", "private, no-store"
	for _, c := range []struct {
		operation string
		headers   []string
		want      string
	}{
		{"public", nil, public},
		{"public", []string{"Authorization", "usr_1"}, private},
		{"small", nil, private},
		{"partial", nil, private},
		{"nope", nil, private},
	} {
		got := s.get(t, c.operation, c.headers...)
		if cached := got.Header.Get("Cache-Control"); cached != c.want {
			t.Errorf("%s %v: Cache-Control %q, want %q", c.operation, c.headers, cached, c.want)
		}
		vary := strings.Join(got.Header.Values("Vary"), ", ")
		if c.want == public && !strings.Contains(vary, "Authorization") {
			t.Errorf("%s varies by %q", c.operation, vary)
		}
	}
	if got := s.post(t, "write").Header.Get("Cache-Control"); got != private {
		t.Errorf("a mutation's Cache-Control is %q", got)
	}
}

func TestAKnownAnswerIsNotSentAgain(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, nil)
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		for _, operation := range []string{"public", "small", "large"} {
			first := s.send(t, method, "?query="+operation, "")
			tag := first.Header.Get("ETag")
			if first.StatusCode != http.StatusOK || !strings.HasPrefix(tag, `W/"`) {
				t.Fatalf("%s %s: %d with ETag %q", method, operation, first.StatusCode, tag)
			}
			for known, status := range map[string]int{
				tag: 304, strings.TrimPrefix(tag, "W/"): 304, `"a", ` + tag: 304, "*": 304, `"a"`: 200, "": 200,
			} {
				got := s.send(t, method, "?query="+operation, "", "If-None-Match", known, "Accept-Encoding", "gzip")
				if got.StatusCode != status || status == 304 && (got.text != "" || got.Header.Get("ETag") != tag) {
					t.Errorf("%s %s, If-None-Match %q: %d %.40q, ETag %q; want %d", method, operation, known, got.StatusCode, got.text, got.Header.Get("ETag"), status)
				}
			}
		}
	}
	if tag := s.post(t, "small").Header.Get("ETag"); tag != "" {
		t.Errorf("a POST has the ETag %s", tag)
	}
	if got := s.get(t, "partial"); got.Header.Get("ETag") != "" {
		t.Error("an answer with errors has an ETag")
	}
}
