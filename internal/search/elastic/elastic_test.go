package elastic_test

import (
	"context"
	"net/http"
	"os"
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
