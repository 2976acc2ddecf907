package graph_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/event"
)

// ranks publishes what has changed, and returns the ranks in the outbox by product, the
// last of each.
func (c client) ranks(t testing.TB, want int) map[string]event.ProductRankChanged {
	t.Helper()
	if n, err := c.Recommend.PublishRanks(t.Context()); err != nil || n != want {
		t.Fatalf("%d ranks were published, %v, want %d", n, err, want)
	}
	last := map[string]event.ProductRankChanged{}
	for _, e := range c.Published(t) {
		if e.Type != event.Type[event.ProductRankChanged]() {
			continue
		}
		rank, err := event.Decode[event.ProductRankChanged](e)
		if err != nil {
			t.Fatal(err)
		}
		last[rank.ProductID] = rank
	}
	return last
}

func TestARankIsPublishedWhenSalesMoveIt(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.ranks(t, 0)
	c.HandleEvent(t, sale("ord_1", 0, map[string]int{"var_a1": 40, "var_b1": 10}))
	first := c.ranks(t, 2)
	if a, b := first["prd_a"], first["prd_b"]; a.Version != 1 || b.Version != 1 || a.Rank-b.Rank != 2000 {
		t.Errorf("the ranks are %+v and %+v, want the first versions, with 2000 between four times the sales", a, b)
	}
	c.HandleEvent(t, sale("ord_2", 0, map[string]int{"var_a1": 1, "var_b1": 10})) // 3.6 hundredths of a doubling, and a doubling
	second := c.ranks(t, 1)
	if diff := cmp.Diff(first["prd_a"], second["prd_a"]); diff != "" {
		t.Errorf("a rank that hardly moves is published (-before +after):\n%s", diff)
	}
	if b := second["prd_b"]; b.Version != 2 || b.Rank-first["prd_b"].Rank != 1000 {
		t.Errorf("after twice the sales the rank is %+v, want version 2, and 1000 above %+v", b, first["prd_b"])
	}
	c.ranks(t, 0)
}
