package router_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/router"
	"cartograph/router/ratelimit"
	"cartograph/router/redis"
)

const (
	anonymous = ""
	aGuest    = "GUEST gst_1"
	aUser     = "USER usr_1"
	aClient   = "API_CLIENT api_1"
)

// wantRefused fails unless the answer is one error of the code with these
// extensions.
func (r response) wantRefused(t *testing.T, what, code string, extensions map[string]any) {
	t.Helper()
	if !cmp.Equal(r.codes(), []string{code}) || r.Data != nil {
		t.Errorf("%s: %s, want %s and no data", what, r.Body, code)
		return
	}
	for name, want := range extensions {
		if got := r.Errors[0].Extensions[name]; !cmp.Equal(got, want) {
			t.Errorf("%s: %s is %v, want %v", what, name, got, want)
		}
	}
}

func TestARequestMayNotCostMoreThanItsCallerMaySpend(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(c *router.Config) {
		c.Identify, c.Cost = as, router.CostLimits{Anonymous: 20, SignedIn: 30}
	})
	products := func(n int) string { return fmt.Sprintf(`{ products(first: %d) { id } }`, n) }
	for name, c := range map[string]struct {
		as            string
		n             int
		limit, actual float64 // 0: accepted
	}{
		"nobody at the limit":    {anonymous, 20, 0, 0},
		"nobody over":            {anonymous, 21, 20, 21},
		"a guest over":           {aGuest, 21, 20, 21},
		"a user at the limit":    {aUser, 30, 0, 0},
		"a user over":            {aUser, 31, 30, 31},
		"a partner at the limit": {aClient, 30, 0, 0},
		"a partner over":         {aClient, 31, 30, 31},
	} {
		s.fetched()
		got := s.post(t, products(c.n), "Authorization", c.as)
		if c.limit == 0 {
			if len(got.Errors) > 0 {
				t.Errorf("%s: %s", name, got.Body)
			}
			continue
		}
		got.wantRefused(t, name, "COST_EXCEEDED", map[string]any{"limit": c.limit, "actual": c.actual, "cost": map[string]any{
			"estimate": c.actual, "limit": c.limit,
			"paths": []any{map[string]any{"path": "products", "cost": c.actual, "change": fmt.Sprintf("Lower first of products, which is %d, or leave the field out.", c.n)}},
		}})
		if fetched := s.fetched(); len(fetched) > 0 {
			t.Errorf("%s: subgraphs were called: %v", name, fetched)
		}
	}
	batch := func(n int) string {
		one, err := json.Marshal(map[string]string{"query": products(n)})
		if err != nil {
			t.Fatal(err)
		}
		return "[" + string(one) + "," + string(one) + "]"
	}
	if status, body := s.raw(t, batch(10)); status != http.StatusOK || strings.Contains(body, "COST_EXCEEDED") {
		t.Errorf("a batch at the limit: %d %s", status, body)
	}
	if status, body := s.raw(t, batch(11)); status != http.StatusBadRequest || !strings.Contains(body, "COST_EXCEEDED") || !strings.Contains(body, `"actual":22`) {
		t.Errorf("a batch over the limit together: %d %s", status, body)
	}
}

// raw posts a body and returns the answer as it came.
func (s *shop) raw(t *testing.T, body string, headers ...string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var text strings.Builder
	if err := answer.Write(&text); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, text.String()
}

func slow(burst int) ratelimit.Rate { return ratelimit.Rate{PerMinute: 0.5, Burst: burst} }

func strict() *ratelimit.Policy {
	return &ratelimit.Policy{
		Anonymous: slow(100), Guest: slow(100), User: slow(100), APIClient: slow(100),
		Fields: map[string]ratelimit.Field{"greeting": {Rate: slow(3), PerAddress: slow(5)}},
	}
}

func TestAnActorsCostPerMinuteIsLimited(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(c *router.Config) { c.Identify, c.Rate = as, strict() })
	const thirty = `{ products(first: 30) { id } }`
	for who, other := range map[string]string{anonymous: "USER usr_8", aGuest: "GUEST gst_9", aUser: "USER usr_9", aClient: "API_CLIENT api_9"} {
		for step := range 3 {
			got := s.post(t, thirty, "Authorization", who)
			if len(got.Errors) > 0 {
				t.Fatalf("%q, request %d: %s", who, step, got.Body)
			}
			if remaining := got.Header.Get("RateLimit-Remaining"); remaining != fmt.Sprint(70-30*step) {
				t.Errorf("%q, request %d: %s remain, want %d", who, step, remaining, 70-30*step)
			}
		}
		s.fetched()
		got := s.post(t, thirty, "Authorization", who)
		got.wantRefused(t, who, "RATE_LIMITED", map[string]any{"retryAfter": 2400.0, "limit": 100.0})
		if got.Status != http.StatusTooManyRequests || got.Header.Get("Retry-After") != "2400" {
			t.Errorf("%q: status %d, Retry-After %s", who, got.Status, got.Header.Get("Retry-After"))
		}
		if fetched := s.fetched(); len(fetched) > 0 {
			t.Errorf("%q: subgraphs were called: %v", who, fetched)
		}
		if got := s.post(t, thirty, "Authorization", other); len(got.Errors) > 0 {
			t.Errorf("%q pays for %q: %s", other, who, got.Body)
		}
	}
}

func TestAttackedFieldsAreCountedNotRequests(t *testing.T) {
	t.Parallel()
	aliases := `{ a: greeting b: greeting ...F } fragment F on Query { c: greeting ... @include(if: true) { d: greeting } }`
	one := `{"query":"{ greeting }"}`
	for name, send := range map[string]func(s *shop) (int, string){
		"aliases and fragments": func(s *shop) (int, string) {
			return s.raw(t, fmt.Sprintf(`{"query":%q}`, aliases), "Authorization", aUser)
		},
		"a batch": func(s *shop) (int, string) {
			return s.raw(t, "["+strings.Repeat(one+",", 3)+one+"]", "Authorization", aUser)
		},
		"one by one": func(s *shop) (int, string) {
			for range 3 {
				if status, body := s.raw(t, one, "Authorization", aUser); status != http.StatusOK {
					t.Errorf("one of three: %d %s", status, body)
				}
			}
			return s.raw(t, one, "Authorization", aUser)
		},
		"from one address": func(s *shop) (int, string) {
			for i := range 5 {
				if status, body := s.raw(t, one, "Authorization", fmt.Sprint("GUEST gst_", i)); status != http.StatusOK {
					t.Errorf("one of five guests: %d %s", status, body)
				}
			}
			return s.raw(t, one, "Authorization", "GUEST gst_5")
		},
	} {
		s := newShop(t, func(c *router.Config) { c.Identify, c.Rate = as, strict() })
		status, body := send(s)
		if status != http.StatusTooManyRequests && status != http.StatusBadRequest || !strings.Contains(body, "RATE_LIMITED") || !strings.Contains(body, `"field":"greeting"`) {
			t.Errorf("%s: %d %s, want the fourth of three or the sixth of an address refused", name, status, body)
		}
		if got := s.post(t, `{ products { id } }`, "Authorization", aUser); len(got.Errors) > 0 {
			t.Errorf("%s: other fields are refused too: %s", name, got.Body)
		}
	}
	s := newShop(t, func(c *router.Config) { c.Identify, c.Rate = as, strict() })
	for range 5 {
		if got := s.post(t, `query($no: Boolean! = false) { __typename greeting @include(if: $no) }`, "Authorization", aUser); len(got.Errors) > 0 {
			t.Errorf("what is skipped is counted: %s", got.Body)
		}
	}
}

func TestRoutersCountTogetherByRedis(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	shops := make([]*shop, 2)
	for i := range shops {
		client, err := redis.OpenTimeout("redis://"+server.Addr(), 5*time.Second, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = client.Close() })
		shops[i] = newShop(t, func(c *router.Config) { c.Identify, c.Rate, c.Redis = as, strict(), client })
	}
	const forty = `{ products(first: 40) { id } }`
	for i := range 2 {
		if got := shops[i].post(t, forty, "Authorization", aUser); len(got.Errors) > 0 {
			t.Fatalf("router %d: %s", i, got.Body)
		}
	}
	shops[0].post(t, forty, "Authorization", aUser).wantRefused(t, "the third of two", "RATE_LIMITED", nil)
	server.Close()
	for i := range shops {
		shops[i].post(t, forty, "Authorization", aUser).wantRefused(t, "without Redis", "RATE_LIMITED", nil)
	}
	if got := shops[1].post(t, forty, "Authorization", aClient); len(got.Errors) > 0 {
		t.Errorf("another actor without Redis: %s", got.Body)
	}
}

func TestTheSchemaIsForThoseWhoMaySeeIt(t *testing.T) {
	t.Parallel()
	questions := []string{
		`{ __schema { queryType { name } } }`, `{ __type(name: "Product") { name } }`,
		`{ products { id } a: __schema { queryType { name } } }`,
		`query($yes: Boolean! = true) { ... @include(if: $yes) { ...F } } fragment F on Query { __schema { queryType { name } } }`,
	}
	signedIn := newShop(t, func(c *router.Config) { c.Identify, c.IntrospectionSignedIn = as, true })
	off := newShop(t, func(c *router.Config) { c.Identify, c.Introspection = as, false })
	for _, question := range questions {
		for who, allowed := range map[string]bool{anonymous: false, aGuest: false, aUser: true, aClient: true} {
			got := signedIn.post(t, question, "Authorization", who)
			if allowed && len(got.Errors) > 0 {
				t.Errorf("%q sends %s: %s", who, question, got.Body)
			}
			if !allowed {
				got.wantRefused(t, who+" sends "+question, "GRAPHQL_VALIDATION_FAILED", nil)
			}
			off.post(t, question, "Authorization", who).wantRefused(t, "switched off, "+question, "GRAPHQL_VALIDATION_FAILED", nil)
		}
	}
	if got := off.post(t, `{ __typename products { __typename } }`); len(got.Errors) > 0 {
		t.Errorf("__typename is no question about the schema: %s", got.Body)
	}
	// Where there is no schema to read, errors must not reveal it piece by piece.
	for _, wrong := range []string{`{ produkts { id } }`, `{ products { titel } }`, `mutation { restok { id } }`, `{ echo(lisst: 1) }`, `query($x: Produkt) { me { id } }`} {
		if got := off.post(t, wrong); strings.Contains(got.Body, "id you mean") || strings.Contains(got.Body, "title") || strings.Contains(got.Body, "restock") {
			t.Errorf("%s: %s reveals the schema", wrong, got.Body)
		}
	}
}

func TestQuestionsAboutTheSchemaAreShallow(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	for question, refused := range map[string]bool{
		`{ __schema { types { fields { type { fields { name } } } } } }`:                        false,
		`{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }`:    true,
		`{ __type(name: "Product") { interfaces { possibleTypes { inputFields { name } } } } }`: true,
		`{ a: __type(name: "Product") { ...F } } fragment F on __Type { b: fields { type { ...G } } }
			fragment G on __Type { ... on __Type { fields { type { ...H } } } } fragment H on __Type { fields { name } }`: true,
		`{ products { id } }`: false,
	} {
		if got := s.post(t, question); refused != (len(got.Errors) > 0) {
			t.Errorf("%s: refused is %t: %.300s", question, len(got.Errors) > 0, got.Body)
		} else if refused {
			got.wantRefused(t, question, "GRAPHQL_VALIDATION_FAILED", map[string]any{"limit": 2.0, "actual": 3.0})
		}
	}
}

func TestTheGraphsInsidesAreNotReachable(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	for _, query := range []string{
		`{ _service { sdl } }`,
		`{ _entities(representations: [{__typename: "User", id: "1"}]) { __typename } }`,
		`query($r: [_Any!]!) { _entities(representations: $r) { ... on User { email } } }`,
		`{ x: _entities(representations: []) { __typename } }`,
		`{ ...F } fragment F on Query { _service { sdl } }`,
	} {
		got := s.post(t, query)
		if len(got.Errors) == 0 || got.Data != nil || got.codes()[0] != "GRAPHQL_VALIDATION_FAILED" {
			t.Errorf("%s: %s", query, got.Body)
		}
	}
	got := s.post(t, `{ __schema { types { name } queryType { fields { name } } } __type(name: "_Any") { name } }`)
	for _, inside := range []string{`"_Any"`, `"_Entity"`, `"_Service"`, `"_entities"`, `"_service"`, "join__"} {
		if strings.Contains(got.Body, inside) {
			t.Errorf("the schema shows %s: %s", inside, got.Body)
		}
	}
	if fetched := s.fetched(); len(fetched) > 0 {
		t.Errorf("subgraphs were called: %v", fetched)
	}
}

// TestNothingElseOfTheClientsReachesASubgraph sends what clients and proxies
// send, and what an attacker would.
func TestNothingElseOfTheClientsReachesASubgraph(t *testing.T) {
	t.Parallel()
	internal, err := auth.NewInternal(strings.Repeat("k", 32))
	if err != nil {
		t.Fatal(err)
	}
	s := newShop(t, func(c *router.Config) { c.Identify, c.Internal = as, internal })
	s.post(t, `{ products { title reviews { author { name } } } }`,
		"Authorization", aUser, "X-API-Key", "ck_live_secret", "Cookie", "session=secret", "X-Internal-Actor", "root",
		"X-Internal-Token", "secret", "Forwarded", "for=192.0.2.1", "X-Forwarded-For", "192.0.2.1", "X-Forwarded-Host", "evil.example",
		"X-Real-Ip", "192.0.2.1", "Proxy-Authorization", "Basic secret", "Baggage", "user=root", "X-Currency", "EUR",
		"Accept-Language", "de", "User-Agent", "secret/1.0", "Origin", "https://shop.example", "Referer", "https://shop.example/secret",
		"Apollographql-Client-Name", "web", "X-Anything", "secret")
	allowed := map[string]bool{
		"Accept": true, "Accept-Encoding": true, "Authorization": true, "Content-Length": true, "Content-Type": true,
		"User-Agent": true, "X-Request-Id": true, "Request-Timeout-Ms": true, "Traceparent": true, "Tracestate": true,
	}
	requests := append(s.catalog.Requests(), s.reviews.Requests()...)
	if len(requests) < 2 {
		t.Fatalf("%d requests reached the subgraphs, want two at least", len(requests))
	}
	for _, request := range requests {
		for name, values := range request.Header {
			if !allowed[name] {
				t.Errorf("a subgraph got %s: %v", name, values)
			}
			if strings.Contains(strings.Join(values, ""), "secret") {
				t.Errorf("a subgraph got the client's %s: %v", name, values)
			}
		}
		if token := auth.Bearer(request.Header.Get("Authorization")); token == "" || strings.Contains(token, "usr_1 ") {
			t.Errorf("a subgraph got the token %q, want one of ours", token)
		}
	}
}
