package searchindex_test

import (
	_ "embed"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/consumers/searchindex"
	"cartograph/consumers/searchindex/db"
	"cartograph/internal/id"
	"cartograph/internal/pgtest"
	"cartograph/internal/search"
	"cartograph/internal/search/elastic"
	"cartograph/internal/search/memory"
	"cartograph/internal/search/postgres"
)

//go:embed testdata/golden.tsv
var golden string

// goldenQuery is a query with what it must find.
type goldenQuery struct {
	kind     string
	query    search.Query
	slugs    []string // of which one is right as the first hit
	category string   // of which any product is
	top      []string // slugs that are among the first five hits
	facets   []string // "brand:kvarta=2"
}

// goldenQueries are all, and the number of them by kind and language.
func goldenQueries(t *testing.T) (all []goldenQuery, kinds map[string]int) {
	t.Helper()
	kinds = map[string]int{}
	var kind, language string
	for line := range strings.Lines(golden) {
		line = strings.TrimRight(line, "\n")
		if section, ok := strings.CutPrefix(line, "["); ok {
			section = strings.TrimSuffix(section, "]")
			at := strings.LastIndexByte(section, ' ')
			kind, language = section[:at], section[at+1:]
			continue
		}
		if strings.HasPrefix(line, "#") {
			continue
		}
		columns := append(strings.Split(line, "\t"), "", "", "")
		if len(columns) < 5 {
			t.Fatalf("line %q has no expectation", line)
		}
		q := goldenQuery{kind: kind + " " + language, top: strings.Fields(columns[2])}
		q.query = search.Query{Text: columns[0], Language: language, Typing: kind == "prefix", First: 5, Sort: search.Relevance, Currency: "USD"}
		if category, ok := strings.CutPrefix(columns[1], "category/"); ok {
			q.category = category
		} else {
			q.slugs = strings.Fields(columns[1])
		}
		q.query.Filter = goldenFilter(t, columns[3])
		q.facets = strings.Fields(columns[4])
		q.query.Facets = len(q.facets) > 0
		all = append(all, q)
		kinds[q.kind]++
	}
	return all, kinds
}

func goldenFilter(t *testing.T, text string) (f search.Filter) {
	t.Helper()
	for field := range strings.FieldsSeq(text) {
		at := strings.IndexAny(field, "<>=")
		if field == "sale" {
			f.OnSale = true
			continue
		}
		if at < 0 {
			t.Fatalf("%q is no filter", field)
		}
		key, value := field[:at], strings.TrimLeft(field[at:], "<>=")
		switch key {
		case "brand":
			f.Brands = []string{value}
		case "category":
			f.Category = value
		case "tag":
			f.Tags = []string{value}
		case "price":
			minor, err := strconv.ParseInt(value, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			if field[at] == '<' {
				f.PriceMax = &minor
			} else {
				f.PriceMin = &minor
			}
		default:
			f.Attributes = []search.AttributeFilter{{Key: key, AnyOf: []string{value}}}
		}
	}
	return f
}

// missed returns what is wrong with the first hit, and with the others and the facets.
func (q *goldenQuery) missed(result search.Result, categoryOf map[string]string) (first, rest string) {
	found := []string{}
	for _, hit := range result.Hits {
		found = append(found, hit.Slug)
	}
	name := fmt.Sprintf("%s: %q finds %v", q.kind, q.query.Text, found)
	if len(found) == 0 || !slices.Contains(q.slugs, found[0]) && categoryOf[found[0]] != q.category {
		first = fmt.Sprintf("%s, want one of %v%s first", name, q.slugs, q.category)
	}
	for _, slug := range q.top {
		if !slices.Contains(found, slug) {
			rest = fmt.Sprintf("%s, want %s among them", name, slug)
		}
	}
	counts := []string{}
	for _, f := range result.Facets {
		for _, v := range f.Values {
			counts = append(counts, fmt.Sprintf("%s:%s=%d", f.Key, v.Value, v.Count))
		}
	}
	for _, want := range q.facets {
		if !slices.Contains(counts, want) {
			rest = fmt.Sprintf("%s with the counts %v, want %s", name, counts, want)
		}
	}
	return first, rest
}

const (
	goldenTotal   = 120 // queries at least
	goldenPerKind = 10
)

// goldenFloors are the share of the queries whose first hit must be right, by adapter.
// All else that a query must find is required of every query.
var goldenFloors = map[string]float64{"memory": 0.97, "postgres": 0.97, "elasticsearch": 0.97}

func TestQueriesFindWhatAShopperExpects(t *testing.T) {
	t.Parallel()
	queries, kinds := goldenQueries(t)
	for kind, n := range kinds {
		if n < goldenPerKind {
			t.Errorf("there are %d golden queries of the kind %s, want %d at least", n, kind, goldenPerKind)
		}
	}
	if len(queries) < goldenTotal {
		t.Errorf("there are %d golden queries, want %d at least", len(queries), goldenTotal)
	}
	snapshots, categoryOf := demoSnapshots()
	for name, open := range map[string]func(*testing.T, *pgxpool.Pool) search.Searcher{
		"memory":        func(*testing.T, *pgxpool.Pool) search.Searcher { return memory.New() },
		"postgres":      func(_ *testing.T, pool *pgxpool.Pool) search.Searcher { return postgres.New(pool) },
		"elasticsearch": openElasticsearch,
	} {
		t.Run(name, func(t *testing.T) {
			pool := pgtest.New(t, postgres.Migrations(), db.Migrations())
			index := open(t, pool)
			w := indexer{Worker: searchindex.NewWorker(pool, index, slog.New(slog.DiscardHandler))}
			for _, s := range snapshots {
				w.handle(t, s)
			}
			w.indexAll(t)
			wrong := 0
			for _, q := range queries {
				result, err := index.Search(t.Context(), q.query)
				if err != nil {
					t.Fatal(err)
				}
				first, rest := q.missed(result, categoryOf)
				if first != "" {
					wrong++
					t.Log(first)
				}
				if rest != "" {
					t.Error(rest)
				}
			}
			if right := 1 - float64(wrong)/float64(len(queries)); right < goldenFloors[name] {
				t.Errorf("the first hit is right for %.3f of %d queries, want %.2f at least", right, len(queries), goldenFloors[name])
			} else {
				t.Logf("the first hit is right for %.3f of %d queries", right, len(queries))
			}
		})
	}
}

// openElasticsearch returns an empty index on the node of ELASTICSEARCH_URL.
func openElasticsearch(t *testing.T, _ *pgxpool.Pool) search.Searcher {
	t.Helper()
	url := os.Getenv("ELASTICSEARCH_URL")
	if url == "" {
		t.Skip("ELASTICSEARCH_URL is not set: start a node with make elasticsearch")
	}
	alias := strings.ToLower("test-" + id.New(id.Product))
	index, err := elastic.New(elastic.Config{URL: url, Alias: alias})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		request, err := http.NewRequest(http.MethodDelete, url+"/"+alias+"-1", http.NoBody) //nolint:noctx // the test's context has ended
		if err != nil {
			t.Fatal(err)
		}
		if response, err := http.DefaultClient.Do(request); err == nil {
			_ = response.Body.Close()
		}
	})
	return index
}

func TestAnUnknownCompoundIsFoundByItsParts(t *testing.T) {
	t.Parallel()
	w := open(t)
	snapshots, _ := demoSnapshots()
	for _, s := range snapshots {
		if slices.Contains([]string{"edge-chefs-knife", "creme-stoneware-mug", "little-band-kids-headphones", "aurora-anc-headphones", "tide-watch"}, s.Slug) {
			s.Translations = nil // which have the compounds
			w.handle(t, s)
		}
	}
	w.indexAll(t)
	for text, want := range map[string]struct{ slug, didYouMean string }{
		"Kaffeegeschenk":  {"creme-stoneware-mug", ""}, // a document has both words, apart from each other
		"Kinderkopfhörer": {"little-band-kids-headphones", ""},
		"Brotmesser":      {"edge-chefs-knife", "messer"}, // the thing is the last word
		"pocketwatch":     {"tide-watch", "watch"},
	} {
		result, err := w.index.Search(t.Context(), search.Query{Text: text, First: 1, Sort: search.Relevance, Currency: "USD"})
		if err != nil {
			t.Fatal(err)
		}
		if len(result.Hits) != 1 || result.Hits[0].Slug != want.slug || result.DidYouMean != want.didYouMean {
			t.Errorf("%q finds %+v for %q, want %s for %q", text, result.Hits, result.DidYouMean, want.slug, want.didYouMean)
		}
	}
}
