package router_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/router"
)

func TestGuardedFieldsAreNullAndNotFetched(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(c *router.Config) { c.Identify = as })
	const (
		anonymous = ""
		guest     = "GUEST gst_1"
		user      = "USER usr_1"
		reader    = "USER usr_1 profile:read secrets:read users:read"
		lister    = "API_CLIENT key_1 users:read users:list"
		admin     = "USER usr_2 admin"
	)
	for _, c := range []struct {
		name, as, query, want string
		codes                 []string
		fetches               map[string]int
	}{
		{"signed out", anonymous, `{ account(id: "9") { balance } }`, `{"account":null}`, []string{"UNAUTHENTICATED"}, map[string]int{}},
		{"a guest is not signed in", guest, `{ account(id: "9") { balance } }`, `{"account":null}`, []string{"UNAUTHENTICATED"}, map[string]int{}},
		{"signed in", user, `{ account(id: "9") { balance } }`, `{"account":{"balance":5}}`, nil, map[string]int{"accounts": 1}},
		{"one scope of two", reader, `{ staff { name } }`, `{"staff":null}`, []string{"FORBIDDEN"}, map[string]int{}},
		{"both scopes", lister, `{ staff { name } }`, `{"staff":[{"name":"Ada"},{"name":"Ben"}]}`, nil, map[string]int{"accounts": 1}},
		{"the other choice", admin, `{ staff { name } }`, `{"staff":[{"name":"Ada"},{"name":"Ben"}]}`, nil, map[string]int{"accounts": 1}},
		{"not null where it must be", user, `{ secret }`, `null`, []string{"FORBIDDEN"}, map[string]int{}},
		{
			"the rest is served", user, `{ account(id: "9") { id } staff { name } products { title } }`,
			`{"account":{"id":"9"},"staff":null,"products":[{"title":"Mug"},{"title":"Hat"}]}`,
			[]string{"FORBIDDEN"},
			map[string]int{"accounts": 1, "catalog": 1},
		},
		{
			"an entity's field", user, `{ latestReviews { author { name email } } }`, `{"latestReviews":[{"author":{"name":"Ben","email":null}}]}`,
			[]string{"FORBIDDEN"},
			map[string]int{"reviews": 1},
		},
		{
			"an entity's field, allowed", reader, `{ latestReviews { author { name email } } }`, `{"latestReviews":[{"author":{"name":"Ben","email":"ben@example.com"}}]}`,
			nil,
			map[string]int{"reviews": 1, "accounts": 1},
		},
		{
			"under an alias", user, `{ latestReviews { author { mail: email } } }`, `{"latestReviews":[{"author":{"mail":null}}]}`,
			[]string{"FORBIDDEN"},
			map[string]int{"reviews": 1},
		},
		{"a mutation", anonymous, `mutation { rename(name: "x") { id } }`, `{"rename":null}`, []string{"UNAUTHENTICATED"}, map[string]int{}},
		{
			"a mutation beside an open one", anonymous, `mutation { restock(id: "p1", quantity: 1) { id } rename(name: "x") { id } }`,
			`{"restock":{"id":"p1"},"rename":null}`,
			[]string{"UNAUTHENTICATED"},
			map[string]int{"catalog": 1},
		},
		{
			"a mutation beside an open one of the same subgraph", anonymous, `mutation { wave rename(name: "x") { id } }`,
			`{"wave":"o/","rename":null}`,
			[]string{"UNAUTHENTICATED"},
			map[string]int{"accounts": 1},
		},
		{
			"beside what the same fetch may request", "USER 1", `{ me { name email } }`, `{"me":{"name":"Ada","email":null}}`,
			[]string{"FORBIDDEN"},
			map[string]int{"accounts": 1},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.fetched()
			got := s.post(t, c.query, "Authorization", c.as)
			got.wantPartial(t, c.want, c.codes...)
			if len(c.codes) == 0 && len(got.Errors) > 0 {
				t.Errorf("errors: %s", got.Body)
			}
			if diff := cmp.Diff(c.fetches, s.fetched()); diff != "" {
				t.Errorf("fetches (-want +got):\n%s", diff)
			}
			for _, e := range got.Errors {
				if len(e.Path) == 0 {
					t.Errorf("error has no path: %s", got.Body)
				}
			}
		})
	}
}

func TestCallersTokenGoesNoFurther(t *testing.T) {
	t.Parallel()
	internal, err := auth.NewInternal(strings.Repeat("k", 32))
	if err != nil {
		t.Fatal(err)
	}
	s := newShop(t, func(c *router.Config) { c.Identify, c.Internal = as, internal })
	got := s.post(t, `{ products { title reviews { author { email } } } }`,
		"Authorization", "USER usr_7 profile:read", "X-Request-Id", "req-77", "Cookie", "a=b", "X-Internal-Actor", "root",
		"Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	if got.Header.Get("X-Request-Id") != "req-77" {
		t.Errorf("X-Request-Id = %q, want the client's", got.Header.Get("X-Request-Id"))
	}
	var tokens []string
	for _, request := range append(append(s.accounts.Requests(), s.catalog.Requests()...), s.reviews.Requests()...) {
		token := auth.Bearer(request.Header.Get("Authorization"))
		caller, err := internal.Verify(token)
		if err != nil {
			t.Fatalf("subgraph got token %q: %v", token, err)
		}
		if caller.ID != "usr_7" || !caller.Has("profile:read") || caller.RequestID != "req-77" {
			t.Errorf("token names %+v, want usr_7 with profile:read for req-77", caller)
		}
		for name, want := range map[string]string{"X-Request-Id": "req-77", "Cookie": "", "X-Internal-Actor": "", "Traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"} {
			if got := request.Header.Get(name); got != want {
				t.Errorf("subgraph got %s %q, want %q", name, got, want)
			}
		}
		tokens = append(tokens, token)
	}
	if len(tokens) != 3 || tokens[0] != tokens[1] || tokens[1] != tokens[2] {
		t.Errorf("tokens = %v, want one signature for three fetches", tokens)
	}
}
