package elastic_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cartograph/internal/id"
	"cartograph/internal/search"
	"cartograph/internal/search/elastic"
	"cartograph/internal/search/searchtest"
)

// open returns an empty index on the node of ELASTICSEARCH_URL.
func open(t *testing.T) *elastic.Index {
	t.Helper()
	url := os.Getenv("ELASTICSEARCH_URL")
	if url == "" {
		t.Skip("ELASTICSEARCH_URL is not set: start a node with make elasticsearch")
	}
	alias := strings.ToLower("test-" + id.New(id.Product))
	index, err := elastic.New(elastic.Config{URL: url, Alias: alias, Currencies: []string{"EUR"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, generation := range []string{"-1", "-2"} {
			remove(t, url+"/"+alias+generation)
		}
	})
	return index
}

func remove(t *testing.T, url string) {
	t.Helper()
	request, err := http.NewRequestWithContext(context.Background(), http.MethodDelete, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Error(err)
		return
	}
	_ = response.Body.Close()
}

func TestElasticsearchConforms(t *testing.T) {
	t.Parallel()
	searchtest.Run(t, func(t *testing.T) search.Searcher { return open(t) })
}

func TestAnIndexIsRebuiltWhileItIsWritten(t *testing.T) {
	t.Parallel()
	searchtest.Rebuild(t, open(t))
}

func TestARefusedDocumentHoldsBackNoOther(t *testing.T) {
	t.Parallel()
	index := open(t)
	document := func(id, title string) search.Document {
		return search.Document{Card: search.Card{ID: id, Title: title, Prices: map[string]search.Price{"USD": {Min: 100, Max: 100}}}, Version: 1}
	}
	long := document("prd_b", "Mug")
	long.Brand = search.Brand{ID: "brd_2", Slug: strings.Repeat("kvarta", 10_000), Name: "Kvarta"}
	labelled := document("prd_c", "Kettle")
	labelled.Brand = search.Brand{ID: "brd_1", Slug: "kvarta", Name: "Kvarta"}
	labelled.Categories = []search.Category{{Slug: "kettles", Name: "Kettles", Names: map[string]string{}}}
	for i := range 20 {
		labelled.Categories[0].Names["l"+strconv.Itoa(i)] = strings.Repeat("ü", 1000)
	}
	err := index.Upsert(t.Context(), document("prd_a", "Lamp"), long, labelled)
	refused, ok := errors.AsType[*search.RefusedError](err)
	if !ok || !slices.Equal(refused.IDs, []string{"prd_b"}) {
		t.Fatalf("Upsert = %v, want prd_b refused", err)
	}
	result, err := index.Search(t.Context(), search.Query{First: 10, Currency: "EUR", Facets: true})
	if err != nil || result.Total != 2 {
		t.Errorf("%d documents are found, %v, want the two others", result.Total, err)
	}
}
