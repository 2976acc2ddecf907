package elastic_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cartograph/internal/search"
	"cartograph/internal/search/elastic"
)

// stopped is an index on an address that nothing listens on.
func stopped(t *testing.T) *elastic.Index {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return at(t, "http://"+address)
}

func at(t *testing.T, url string) *elastic.Index {
	t.Helper()
	index, err := elastic.New(elastic.Config{URL: url, Alias: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return index
}

func TestAStoppedNodeIsReportedAsUnavailable(t *testing.T) {
	t.Parallel()
	index := stopped(t)
	_, searched := index.Search(t.Context(), search.Query{First: 1})
	_, completed := index.Complete(t.Context(), "lamp", 1)
	written := index.Upsert(t.Context(), search.Document{Card: search.Card{ID: "p1", Prices: map[string]search.Price{"USD": {Min: 1}}}})
	for what, err := range map[string]error{"search": searched, "completion": completed, "write": written} {
		if !errors.Is(err, search.ErrUnavailable) {
			t.Errorf("%s = %v, want it unavailable", what, err)
		}
	}
}

// Each request of unknown words may look through all words of the index.
func TestTenUnknownWordsCostAFewRequests(t *testing.T) {
	t.Parallel()
	var requests, suffixes int
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		requests++
		suffixes += strings.Count(string(body), `"include":"[^0-9]+`)
		w.Header().Set("X-Elastic-Product", "Elasticsearch")
		_, _ = w.Write([]byte(`{}`))
	}))
	defer server.Close()
	text := "qualmstrick brontefell xylograph zephyrlund vintoskar wolkenpfad drumlintal fjordklang grimsholt hexenrauch"
	if _, err := at(t, server.URL).Search(t.Context(), search.Query{First: 1, Text: text}); err != nil {
		t.Fatal(err)
	}
	if requests > 9 {
		t.Errorf("ten unknown words cost %d requests, want 9 at most", requests)
	}
	if suffixes == 0 || suffixes > 30 {
		t.Errorf("all words of the index are looked through %d times, want some times and 30 at most", suffixes)
	}
}

func TestAnOverloadedNodeIsUnavailableAndAnotherServerIsRefused(t *testing.T) {
	t.Parallel()
	for status, unavailable := range map[int]bool{429: true, 503: true, 400: false, 200: false} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(`{}`))
		}))
		_, err := at(t, server.URL).Search(t.Context(), search.Query{First: 1})
		server.Close()
		if err == nil || errors.Is(err, search.ErrUnavailable) != unavailable {
			t.Errorf("status %d without the product's header = %v, want an error, unavailable %t", status, err, unavailable)
		}
	}
}
