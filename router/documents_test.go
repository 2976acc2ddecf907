package router_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/router"
	"cartograph/router/persisted"
)

// document posts a request that names a document, and maybe sends it.
func (s *shop) document(t *testing.T, members map[string]any) response {
	t.Helper()
	body, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return s.send(t, http.MethodPost, "", string(body), "Content-Type", "application/json", "Accept", "application/json")
}

func byHash(hash string) map[string]any {
	return map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": hash}}
}

func manifestOf(t *testing.T, documents map[string]string) string {
	t.Helper()
	content, err := json.Marshal(documents)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "documents.json")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestADocumentIsSentOnceAndThenNamed(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	const text = `query One($id: ID!) { product(id: $id) { title } }`
	hash, variables := sha256Of(text), map[string]any{"id": "p1"}
	miss := s.document(t, map[string]any{"extensions": byHash(hash), "variables": variables})
	if miss.Status != http.StatusOK || !cmp.Equal(miss.codes(), []string{"PERSISTED_QUERY_NOT_FOUND"}) || miss.Errors[0].Message != "PersistedQueryNotFound" {
		t.Errorf("an unknown hash: %d %s", miss.Status, miss.Body)
	}
	s.document(t, map[string]any{"extensions": byHash(sha256Of("x")), "query": text, "variables": variables}).
		wantRefused(t, "a wrong hash", "BAD_USER_INPUT", nil)
	wrong := `{ nonsense }`
	s.document(t, map[string]any{"extensions": byHash(sha256Of(wrong)), "query": wrong}).
		wantRefused(t, "a wrong document", "GRAPHQL_VALIDATION_FAILED", nil)
	s.document(t, map[string]any{"extensions": byHash(sha256Of(wrong))}).
		wantRefused(t, "a wrong document is not kept", "PERSISTED_QUERY_NOT_FOUND", nil)
	s.document(t, map[string]any{"extensions": byHash(hash), "query": text, "variables": variables}).wantData(t, `{"product":{"title":"Mug"}}`)
	s.document(t, map[string]any{"extensions": byHash(hash), "variables": map[string]any{"id": "p2"}}).wantData(t, `{"product":{"title":"Hat"}}`)
	extensions, err := json.Marshal(byHash(hash))
	if err != nil {
		t.Fatal(err)
	}
	got := s.send(t, http.MethodGet, "?"+url.Values{"extensions": {string(extensions)}, "variables": {`{"id":"p1"}`}}.Encode(), "")
	got.wantData(t, `{"product":{"title":"Mug"}}`)
}

func TestRegisteredDocumentsAreServed(t *testing.T) {
	t.Parallel()
	const (
		needsVariables = `query One($id: ID!, $with: Boolean!) { product(id: $id) { title id @include(if: $with) } }`
		two            = `query A { __typename } query B { products { ...P } } fragment P on Product { sku }`
	)
	file := manifestOf(t, map[string]string{"one": needsVariables, "two": two})
	s := newShop(t, func(c *router.Config) {
		c.Documents = persisted.Options{Mode: persisted.Only, Manifests: []string{file}}
	})
	for _, name := range []string{"documentId", "doc_id", "id"} {
		s.document(t, map[string]any{name: "one", "variables": map[string]any{"id": "p1", "with": false}}).wantData(t, `{"product":{"title":"Mug"}}`)
	}
	s.document(t, map[string]any{"id": "two", "operationName": "B"}).wantData(t, `{"products":[{"sku":"mug"},{"sku":"hat"}]}`)
	s.document(t, map[string]any{"query": two, "operationName": "A"}).wantData(t, `{"__typename":"Query"}`)
	s.document(t, map[string]any{"query": `{ __typename }`}).wantRefused(t, "another text", "PERSISTED_QUERY_REQUIRED", nil)
	s.document(t, map[string]any{"id": "three"}).wantRefused(t, "an unknown id", "PERSISTED_QUERY_NOT_FOUND", nil)
}

func TestARouterRefusesDocumentsThatItsSchemaBreaks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, message string }{
		"a field":        {`query One { products { titel } }`, "titel"},
		"an argument":    {`query One { product(sku: "x") { id } }`, "required"},
		"a variable":     {`query One($id: Nothing!) { product(id: $id) { id } }`, "Nothing"},
		"a later one":    {`query Good { __typename } query Bad { nonsense }`, "nonsense"},
		"no GraphQL":     {`query {`, "Expected Name"},
		"no operation":   {`fragment F on Product { id }`, "no operation"},
		"too much of it": {`{ products { ` + strings.Repeat("id ", 3000) + `} }`, "at most"},
	} {
		file := manifestOf(t, map[string]string{"good": `{ __typename }`, "broken-one": c.text})
		config := router.Config{
			SDL: shopSDL(t), URLs: map[string]string{"accounts": "http://a.example", "catalog": "http://c.example", "reviews": "http://r.example"},
			Documents: persisted.Options{Manifests: []string{file}},
		}
		r, err := router.New(context.Background(), config, slog.New(slog.DiscardHandler))
		if err == nil {
			r.Close()
			t.Errorf("%s: the router starts", name)
			continue
		}
		for _, word := range []string{file, `"broken-one"`, c.message} {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%s: %q does not contain %q", name, err, word)
			}
		}
	}
}
