package review_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"cartograph/internal/fault"
	"cartograph/subgraphs/product/producttest"
	"cartograph/subgraphs/product/review"
)

// TestRatingsAreThoseOfThePublishedReviews has authors and moderators do anything
// at the same time, and compares the counts with the reviews at the end.
func TestRatingsAreThoseOfThePublishedReviews(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	products := []string{"prd_a", "prd_b"}
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			random := rand.New(rand.NewPCG(7, uint64(worker)))
			for range 60 {
				if err := anything(t, s, random, products[random.IntN(2)]); err != nil && fault.Of(err) == nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	published := 0
	for _, productID := range products {
		var want [5]int
		rows, err := s.Pool.Query(t.Context(), "SELECT rating, count(*) FROM reviews WHERE product_id = $1 AND status = 'PUBLISHED' GROUP BY rating", productID)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var rating, n int
			if err := rows.Scan(&rating, &n); err != nil {
				t.Fatal(err)
			}
			want[rating-1], published = n, published+n
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		if got := counts(t, s, productID); got != want {
			t.Errorf("%s has counts %v, want %v", productID, got, want)
		}
	}
	if published == 0 {
		t.Error("no review is published at the end; the test shows nothing")
	}
}

// anything is one step of one of a few authors or of the moderator.
func anything(t *testing.T, s *producttest.Shop, random *rand.Rand, productID string) error {
	author := as(t, fmt.Sprintf("usr_%d", random.IntN(6)))
	own, err := s.Reviews.Own(author, []string{productID})
	if err != nil {
		return err
	}
	r := own[productID]
	switch step := random.IntN(10); {
	case r == nil:
		_, err = s.Reviews.Submit(author, productID, text(1+random.IntN(5)))
	case step < 2:
		_, err = s.Reviews.Update(author, r.ID, review.Changes{Rating: new(1 + random.IntN(5))})
	case step < 3:
		err = s.Reviews.Delete(author, r.ID)
	case step < 5:
		_, err = s.Reviews.Vote(as(t, "usr_voter"), r.ID, step == 3)
	case step < 9:
		_, err = s.Reviews.Moderate(kim(t), review.Decision{ReviewID: r.ID, Status: review.Published})
	default:
		_, err = s.Reviews.Moderate(kim(t), review.Decision{ReviewID: r.ID, Status: review.Rejected, Reason: "Off topic."})
	}
	return err
}
