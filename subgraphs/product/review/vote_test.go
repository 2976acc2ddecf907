package review_test

import (
	"fmt"
	"sync"
	"testing"

	"cartograph/internal/fault"
	"cartograph/subgraphs/product/producttest"
)

func TestAUserHasOneVoteThatCanBeChanged(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	r := publish(t, s, "usr_ada", "prd_a", 4)
	for _, tt := range []struct {
		voter   string
		helpful bool
		count   int
	}{{"usr_bob", true, 1}, {"usr_bob", true, 1}, {"usr_cem", true, 2}, {"usr_bob", false, 1}, {"usr_bob", false, 1}, {"usr_bob", true, 2}} {
		voted, err := s.Reviews.Vote(as(t, tt.voter), r.ID, tt.helpful)
		if err != nil || voted.HelpfulCount != tt.count || voted.Vote == nil || *voted.Vote != tt.helpful {
			t.Fatalf("after %+v the review is %+v, %v", tt, voted, err)
		}
	}
	if seen, err := s.Reviews.Review(as(t, "usr_dee"), r.ID); err != nil || seen.Vote != nil {
		t.Errorf("another user sees the vote %v, %v", seen.Vote, err)
	}
}

func TestConcurrentVotesAreAllCounted(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	r := publish(t, s, "usr_ada", "prd_a", 4)
	var all sync.WaitGroup
	for i := range 24 {
		all.Go(func() { // each of 12 users votes twice at the same time
			if _, err := s.Reviews.Vote(as(t, fmt.Sprintf("usr_%d", i%12)), r.ID, true); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got, err := s.Reviews.Review(t.Context(), r.ID); err != nil || got.HelpfulCount != 12 {
		t.Errorf("%d votes are counted, %v, want 12", got.HelpfulCount, err)
	}
}

func TestVotesThatAreRefused(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	published, pending := publish(t, s, "usr_ada", "prd_a", 4), submit(t, s, "usr_bob", "prd_a", 4)
	for _, tt := range []struct{ voter, review, code string }{
		{"usr_ada", published.ID, "REVIEW_NOT_ELIGIBLE"},
		{"usr_ada", pending.ID, "NOT_FOUND"},
		{"usr_bob", pending.ID, "NOT_FOUND"},
		{"usr_ada", "rev_\x00", "NOT_FOUND"},
	} {
		if _, err := s.Reviews.Vote(as(t, tt.voter), tt.review, true); fault.CodeOf(err) != tt.code {
			t.Errorf("%s on %s ended with %v, want %s", tt.voter, tt.review, err, tt.code)
		}
	}
}
