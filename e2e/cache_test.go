package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestOnlyCatalogueQueriesMayBeCachedPublicly(t *testing.T) {
	t.Parallel()
	s := start(t)
	for name, tt := range map[string]struct {
		query, token string
		public       bool
	}{
		"the catalogue":              {`{ categories { name } }`, "", true},
		"a search":                   {`{ search(query: "lamp") { nodes { slug } } }`, "", true},
		"a private view":             {`{ categories { name } }`, s.register(t, "cy").token, false},
		"what lies in a cart":        {`{ search(query: "lamp") { nodes { variants(first: 2) { nodes { quantityInMyCart } } } } }`, "", false},
		"what is no catalogue":       {`{ activeCart { id } }`, "", false},
		"catalogue and what is none": {`{ categories { name } activeCart { id } }`, "", false},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.GraphQL+"?query="+url.QueryEscape(tt.query), http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if tt.token != "" {
			req.Header.Set("Authorization", "Bearer "+tt.token)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if got := res.Header.Get("Cache-Control"); strings.HasPrefix(got, "public, max-age=30") != tt.public {
			t.Errorf("%s: status %d, Cache-Control: %s; public is %v", name, res.StatusCode, got, tt.public)
		}
	}
}
