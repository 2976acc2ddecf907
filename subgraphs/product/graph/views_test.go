package graph_test

import (
	"fmt"
	"testing"

	"cartograph/internal/auth"
	"cartograph/internal/subgraph/subgraphtest"
)

// view opens the page of a product, by its slug.
func (c client) view(t testing.TB, caller auth.Caller, slugs ...string) {
	t.Helper()
	for _, slug := range slugs {
		if a := c.QueryAs(t, caller, fmt.Sprintf(`{ product(slug: %q) { title } }`, slug), nil); len(a.Errors) > 0 {
			t.Fatal(a.Errors)
		}
	}
}

func (c client) countViews(t testing.TB) {
	t.Helper()
	if err := c.Recommend.CountViews(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func shopper(n int) auth.Caller {
	caller := subgraphtest.CallerOf(auth.Actor{Kind: auth.Guest, ID: fmt.Sprintf("gst_%d", n)})
	caller.Address = fmt.Sprintf("192.0.2.%d", n)
	return caller
}

func TestViewsMakeProductsTrendAndRelateThem(t *testing.T) {
	t.Parallel()
	c := open(t)
	for n := range 3 {
		c.view(t, shopper(n), "slug-e", "slug-c", "slug-e", "slug-e")
		c.countViews(t) // in the midst of the visit
		c.view(t, shopper(n), "slug-c", "slug-d")
		c.countViews(t)
	}
	c.view(t, shopper(7), "slug-a", "slug-e")
	c.countViews(t)
	c.HandleEvent(t, sale("ord_1", 0, map[string]int{"var_b1": 1})) // as fifty views
	c.Want(t, anyone(), `{ trending { slug } kitchen: trending(categoryId: "cat_kitchen", first: 2) { slug } product(slug: "slug-e") { related(first: 4) { slug } } }`, nil,
		`{"trending": [{"slug": "slug-b"}, {"slug": "slug-e"}, {"slug": "slug-c"}, {"slug": "slug-d"}, {"slug": "slug-a"}], "kitchen": [{"slug": "slug-e"}, {"slug": "slug-c"}],
		"product": {"related": [{"slug": "slug-c"}, {"slug": "slug-d"}, {"slug": "slug-a"}]}}`)
	if once := c.count(t, "SELECT views FROM product_popularity WHERE product_id = 'prd_e'", 3.99, 4.01); !once {
		t.Error("a customer's views of a product count more than once")
	}
}

// count reports whether a weight is within bounds, in units of now.
func (c client) count(t testing.TB, sql string, low, high float64) bool {
	t.Helper()
	var is bool
	if err := c.Pool.QueryRow(t.Context(), "SELECT coalesce(("+sql+"), 0) / sale_weight(1, '2026-03-10 09:00:00+00') BETWEEN $1 AND $2", low, high).Scan(&is); err != nil {
		t.Fatal(err)
	}
	return is
}

func TestViewsOfProgramsAndStaffDoNotCount(t *testing.T) {
	t.Parallel()
	c := open(t)
	crawler, partner, greedy := shopper(1), subgraphtest.CallerOf(auth.Actor{Kind: auth.APIClient, ID: "api_1"}), shopper(2)
	crawler.Bot = true
	staff := subgraphtest.CallerOf(seller())
	c.view(t, crawler, "slug-a")
	c.view(t, partner, "slug-a")
	c.view(t, staff, "slug-a", "slug-b")
	c.view(t, shopper(3), "slug-f", "slug-g", "slug-none") // archived, a draft, and nothing
	for range 400 {
		c.view(t, greedy, "slug-c")
	}
	c.countViews(t)
	c.Want(t, anyone(), `{ trending { slug } }`, nil, `{"trending": [{"slug": "slug-c"}]}`)
}

func TestNoTraceOfAViewerStaysAfterItsWindow(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.view(t, shopper(1), "slug-a", "slug-b")
	c.countViews(t)
	var traces int
	traced := func() int {
		if err := c.Pool.QueryRow(t.Context(), "SELECT (SELECT count(*) FROM viewers) + (SELECT count(*) FROM view_windows)").Scan(&traces); err != nil {
			t.Fatal(err)
		}
		return traces
	}
	if traced() != 3 {
		t.Errorf("%d traces of views, want two and their window", traces)
	}
	for _, sql := range []string{ // the window passes
		"INSERT INTO view_windows (began, key) SELECT began - interval '30 minutes', key FROM view_windows",
		"UPDATE viewers SET began = began - interval '30 minutes'",
		"DELETE FROM view_windows w WHERE NOT EXISTS (SELECT FROM viewers v WHERE v.began = w.began)",
	} {
		if _, err := c.Pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	if traced() != 3 {
		t.Fatalf("%d traces of views are in the earlier window, want 3", traces)
	}
	c.countViews(t)
	if traced() != 0 {
		t.Errorf("%d traces of views are left after their window", traces)
	}
}
