package router_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/internal/logtest"
	"cartograph/router"
	"cartograph/router/gqlerr"
	"cartograph/router/internal/fakesubgraph"
)

// shop is a router over three running subgraphs.
type shop struct {
	*httptest.Server
	router                     *router.Router
	accounts, catalog, reviews *fakesubgraph.Server
	reviewed                   chan any // feeds Subscription.reviewAdded
	logs                       *logtest.Buffer

	mu      sync.Mutex
	fetches map[string]int
}

func shopSDL(t testing.TB) string {
	t.Helper()
	sdl, err := os.ReadFile("testdata/shop/supergraph.graphql")
	if err != nil {
		t.Fatal(err)
	}
	return string(sdl)
}

// newShop starts the shop; edit changes the router's configuration.
func newShop(t testing.TB, edit func(*router.Config)) *shop {
	t.Helper()
	s := &shop{reviewed: make(chan any), logs: &logtest.Buffer{}, fetches: map[string]int{}}
	s.accounts = fakesubgraph.Start(t, accountsData())
	s.catalog = fakesubgraph.Start(t, catalogData())
	s.reviews = fakesubgraph.Start(t, reviewsData(s.reviewed))
	config := router.Config{
		SDL: shopSDL(t), Introspection: true, ShowFetches: true,
		URLs: map[string]string{"ACCOUNTS": s.accounts.URL, "Catalog": s.catalog.URL, "reviews": s.reviews.URL},
		OnFetch: func(subgraph string) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.fetches[subgraph]++
		},
	}
	if strings.HasPrefix(t.Name(), engineTests) {
		config.Executor = router.EngineExecutor
	}
	if edit != nil {
		edit(&config)
	}
	r, err := router.New(context.Background(), config, slog.New(slog.NewTextHandler(s.logs, nil)))
	if err != nil {
		t.Fatal(err)
	}
	s.router = r
	s.Server = httptest.NewServer(r)
	t.Cleanup(func() {
		r.Close()
		s.Close()
	})
	return s
}

func accountsData() fakesubgraph.Graph {
	users := map[string]fakesubgraph.Object{
		"1": {"__typename": "User", "id": "1", "name": "Ada", "email": "ada@example.com"},
		"2": {"__typename": "User", "id": "2", "name": "Ben", "email": "ben@example.com"},
	}
	return fakesubgraph.Graph{
		Query: fakesubgraph.Object{
			"me": fakesubgraph.Resolver(func(c fakesubgraph.Call) (any, error) {
				id := c.Header.Get("Authorization")
				if id == "" {
					return users["1"], nil
				}
				return fakesubgraph.Object{"__typename": "User", "id": id, "name": id}, nil
			}),
			"greeting": fakesubgraph.Resolver(func(c fakesubgraph.Call) (any, error) { return "hello " + c.Header.Get("X-Request-Id"), nil }),
			"secret":   "s3cret",
			"staff":    []fakesubgraph.Object{users["1"], users["2"]},
			"account":  fakesubgraph.Object{"__typename": "Account", "id": "9", "balance": 5},
			"plan":     "OLD",
		},
		Mutation: fakesubgraph.Object{"rename": users["1"], "wave": "o/"},
		Entities: map[string]func(fakesubgraph.Object) any{
			"User": func(r fakesubgraph.Object) any { return users[r["id"].(string)] },
		},
	}
}

func catalogData() fakesubgraph.Graph {
	mug := fakesubgraph.Object{"__typename": "Product", "__implements": []string{"Item"}, "id": "p1", "sku": "mug", "title": "Mug", "weight": 300}
	hat := fakesubgraph.Object{"__typename": "Product", "__implements": []string{"Item"}, "id": "p2", "sku": "hat", "title": "Hat", "weight": 100}
	mug["bundle"] = []fakesubgraph.Object{hat}
	products := map[string]fakesubgraph.Object{"p1": mug, "p2": hat}
	return fakesubgraph.Graph{
		Query: fakesubgraph.Object{
			"product":  fakesubgraph.Resolver(func(c fakesubgraph.Call) (any, error) { return products[c.Args["id"].(string)], nil }),
			"products": []fakesubgraph.Object{mug, hat},
			"echo": fakesubgraph.Resolver(func(c fakesubgraph.Call) (any, error) {
				if c.Args["x"] == json.Number("13") {
					return nil, fakesubgraph.Error{Message: "pq: password=hunter2 refused"}
				}
				if c.Args["x"] == json.Number("14") {
					return nil, fakesubgraph.Error{Message: "13 would be unlucky.", Code: "BAD_USER_INPUT"}
				}
				text, err := json.Marshal(c.Args)
				return string(text), err
			}),
			"search": []fakesubgraph.Object{mug, {"__typename": "Voucher", "__implements": []string{"Item"}, "id": "v1", "title": "Ten off", "value": 10}},
		},
		Mutation: fakesubgraph.Object{
			"restock": fakesubgraph.Resolver(func(c fakesubgraph.Call) (any, error) { return products[c.Args["id"].(string)], nil }),
		},
		Entities: map[string]func(fakesubgraph.Object) any{
			"Product": func(r fakesubgraph.Object) any { return products[r["id"].(string)] },
		},
	}
}

func reviewsData(added <-chan any) fakesubgraph.Graph {
	author := fakesubgraph.Object{"__typename": "User", "id": "2", "name": "Ben"}
	product := fakesubgraph.Object{"__typename": "Product", "id": "p1"}
	review := fakesubgraph.Object{"__typename": "Review", "id": "r1", "body": "Good.", "author": author, "product": product}
	return fakesubgraph.Graph{
		Query:    fakesubgraph.Object{"latestReviews": []fakesubgraph.Object{review}},
		Mutation: fakesubgraph.Object{"reviewAdd": review},
		Subscription: map[string]func(fakesubgraph.Call) <-chan any{
			"reviewAdded": func(fakesubgraph.Call) <-chan any { return added },
			"myReviews":   func(fakesubgraph.Call) <-chan any { return added },
		},
		Entities: map[string]func(fakesubgraph.Object) any{
			"User": func(r fakesubgraph.Object) any {
				return fakesubgraph.Object{"__typename": "User", "id": r["id"], "reviews": []fakesubgraph.Object{review}}
			},
			"Product": func(r fakesubgraph.Object) any {
				p := fakesubgraph.Object{"__typename": "Product", "id": r["id"], "reviews": []fakesubgraph.Object{review}}
				if w, ok := r["weight"].(json.Number); ok {
					grams, _ := w.Int64()
					p["freight"] = grams * 2
				}
				return p
			},
		},
	}
}

// fetched is how many requests each subgraph received since the last call.
func (s *shop) fetched() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.fetches
	s.fetches = map[string]int{}
	return out
}

// response is what came back for one request.
type response struct {
	Status int
	Header http.Header
	Body   string
	Data   any
	Errors []struct {
		Message    string
		Path       []any
		Extensions map[string]any
	}
}

func (r response) codes() []string {
	codes := []string{}
	for _, e := range r.Errors {
		code, _ := e.Extensions["code"].(string)
		codes = append(codes, code)
	}
	slices.Sort(codes)
	return codes
}

// post sends a query and optional variables.
func (s *shop) post(t testing.TB, query string, headers ...string) response {
	t.Helper()
	return s.postVariables(t, query, nil, headers...)
}

func (s *shop) postVariables(t testing.TB, query string, variables map[string]any, headers ...string) response {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	return s.send(t, http.MethodPost, "", string(body), append([]string{"Content-Type", "application/json"}, headers...)...)
}

// send makes a request; headers are pairs, and the later of a name wins.
func (s *shop) send(t testing.TB, method, search, body string, headers ...string) response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, s.URL+search, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	out := response{Status: answer.StatusCode, Header: answer.Header, Body: string(text)}
	if len(text) > 0 {
		if err := json.Unmarshal(text, &out); err != nil {
			t.Fatalf("answer is not JSON: %v: %s", err, text)
		}
	}
	return out
}

// wantData fails unless the answer is this data, given as JSON, and no errors.
func (r response) wantData(t testing.TB, want string) {
	t.Helper()
	r.wantPartial(t, want)
	if len(r.Errors) > 0 {
		t.Errorf("errors = %s, want none", r.Body)
	}
}

// wantPartial fails unless the answer has this data and errors of these codes.
func (r response) wantPartial(t testing.TB, want string, codes ...string) {
	t.Helper()
	var data any
	if err := json.Unmarshal([]byte(want), &data); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(data, r.Data); diff != "" {
		t.Errorf("data (-want +got):\n%s\nwhole answer: %s", diff, r.Body)
	}
	if len(codes) > 0 {
		if diff := cmp.Diff(codes, r.codes()); diff != "" {
			t.Errorf("codes (-want +got):\n%s\nwhole answer: %s", diff, r.Body)
		}
	}
}

// as names callers by a header, in the place of tokens: "kind id scope…".
func as(_ context.Context, r *http.Request) (auth.Caller, error) {
	words := strings.Fields(r.Header.Get("Authorization"))
	caller := auth.Caller{Actor: auth.Actor{Kind: auth.Anonymous}}
	switch {
	case len(words) == 1 && words[0] == "bad":
		return caller, gqlerr.New(gqlerr.Unauthenticated, "The access token is not valid, or no longer.")
	case len(words) == 1 && words[0] == "broken":
		return caller, errors.New("no answer")
	case len(words) >= 2:
		caller.Actor = auth.Actor{Kind: auth.Kind(words[0]), ID: words[1], Scopes: words[2:]}
	}
	return caller, nil
}
