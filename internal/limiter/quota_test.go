package limiter_test

import (
	"testing"

	"cartograph/internal/limiter"
)

func TestAQuotaIsDividedIntoShares(t *testing.T) {
	t.Parallel()
	q := limiter.NewQuota(3, 5)
	take := func(key string, n int, want bool) {
		t.Helper()
		if got := q.Take(key, n); got != want {
			t.Errorf("%s takes %d: %v, want %v", key, n, got, want)
		}
	}
	take("a", 4, false)
	take("a", 3, true)
	take("a", 1, false)
	take("b", 3, false) // six together
	take("b", 2, true)
	take("c", 1, false)
	q.Give("a", 1)
	take("c", 1, true)
	q.Give("c", 1)
	q.Add("b", 4)
	take("c", 1, false)
	q.Give("b", 4)
	take("c", 1, true)
	if q.Share() != 3 {
		t.Errorf("the share is %d, want 3", q.Share())
	}
}

func TestAQuotaWithoutATotalHasOnlyShares(t *testing.T) {
	t.Parallel()
	q := limiter.NewQuota(1, 0)
	for _, key := range []string{"a", "b", "c"} {
		if !q.Take(key, 1) || q.Take(key, 1) {
			t.Errorf("%s does not have a share of 1", key)
		}
	}
	unbounded := limiter.NewQuota(limiter.Unbounded, 2)
	if !unbounded.Take("a", 2) || unbounded.Take("a", 1) {
		t.Error("a key with an unbounded share does not have the total of 2")
	}
}
