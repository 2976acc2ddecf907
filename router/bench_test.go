package router_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cartograph/internal/auth"
	"cartograph/router"
)

// cannedShop answers every subgraph request with bytes made before, so that
// what is measured is the router.
func cannedShop(b *testing.B, answers map[string]string) *router.Router {
	b.Helper()
	urls := map[string]string{}
	for name, answer := range answers {
		body := []byte(answer)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(body)
		}))
		b.Cleanup(server.Close)
		urls[name] = server.URL
	}
	internal, err := auth.NewInternal(strings.Repeat("k", 32))
	if err != nil {
		b.Fatal(err)
	}
	s := newShop(b, func(c *router.Config) {
		c.Identify, c.Internal, c.URLs, c.OnFetch = as, internal, urls, nil
	})
	return s.router
}

func benchmark(b *testing.B, r http.Handler, body string) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		request := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(body))
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Authorization", "USER usr_1 profile:read")
		answer := httptest.NewRecorder()
		r.ServeHTTP(answer, request)
		if answer.Code != http.StatusOK || strings.Contains(answer.Body.String(), `"errors"`) {
			b.Fatalf("%d %s", answer.Code, answer.Body)
		}
	}
}

// BenchmarkRouterNoFetch is an operation without a request to a subgraph.
func BenchmarkRouterNoFetch(b *testing.B) {
	benchmark(b, cannedShop(b, map[string]string{"accounts": `{}`, "catalog": `{}`, "reviews": `{}`}), `{"query":"{ __typename }"}`)
}

// BenchmarkRouterOneFetch includes one request over loopback.
func BenchmarkRouterOneFetch(b *testing.B) {
	benchmark(b, cannedShop(b, map[string]string{
		"accounts": `{"data":{"me":{"__typename":"User","id":"1","name":"Ada"}}}`, "catalog": `{}`, "reviews": `{}`,
	}), `{"query":"{ me { id name } }"}`)
}

// BenchmarkRouterTwoStages is a list of fifty, each completed from another
// subgraph, with a variable that keeps the text cache in use.
func BenchmarkRouterTwoStages(b *testing.B) {
	const n = 50
	products, entities := make([]string, n), make([]string, n)
	for i := range n {
		id := string(rune('a'+i%26)) + string(rune('a'+i/26))
		products[i] = `{"__typename":"Product","id":"` + id + `","title":"A mug of good size","weight":300}`
		entities[i] = `{"__typename":"Product","freight":600,"reviews":[{"id":"r1","body":"Good."},{"id":"r2","body":"Better."}]}`
	}
	r := cannedShop(b, map[string]string{
		"accounts": `{}`,
		"catalog":  `{"data":{"products":[` + strings.Join(products, ",") + `]}}`,
		"reviews":  `{"data":{"_entities":[` + strings.Join(entities, ",") + `]}}`,
	})
	benchmark(b, r, `{"query":"query($n: Int) { products(first: $n) { id title freight reviews { id body } } }","variables":{"n":50}}`)
}

// BenchmarkRouterNewOperation plans every operation anew: each has a name that
// was not seen before.
func BenchmarkRouterNewOperation(b *testing.B) {
	r := cannedShop(b, map[string]string{
		"accounts": `{"data":{"me":{"__typename":"User","id":"1","name":"Ada"}}}`, "catalog": `{}`,
		"reviews": `{"data":{"_entities":[{"__typename":"User","reviews":[]}]}}`,
	})
	b.ReportAllocs()
	name := []byte("Qaaaaaaaa")
	for b.Loop() {
		for i := len(name) - 1; ; i-- {
			if name[i]++; name[i] <= 'z' {
				break
			}
			name[i] = 'a'
		}
		request := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(`{"query":"query `+string(name)+` { me { id name reviews { id body } } }"}`))
		request.Header.Set("Content-Type", "application/json")
		answer := httptest.NewRecorder()
		r.ServeHTTP(answer, request)
		if answer.Code != http.StatusOK {
			b.Fatal(answer.Code)
		}
	}
}
