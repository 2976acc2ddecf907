package review_test

import (
	"fmt"
	"slices"
	"testing"

	"cartograph/internal/fault"
	"cartograph/subgraphs/product/producttest"
	"cartograph/subgraphs/product/review"
)

func TestPagesHaveEveryPublishedReviewOnceInTheirOrder(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	for i, rating := range []int{5, 3, 5, 1, 4, 3, 5} {
		r := publish(t, s, fmt.Sprintf("usr_%d", i), "prd_a", rating)
		for voter := range i % 3 {
			if _, err := s.Reviews.Vote(as(t, fmt.Sprintf("usr_voter%d", voter)), r.ID, true); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Pool.Exec(t.Context(), "UPDATE reviews SET created_at = created_at - $2 * interval '1 day' WHERE id = $1", r.ID, (i*3)%7); err != nil {
			t.Fatal(err)
		}
	}
	submit(t, s, "usr_pending", "prd_a", 5)
	publish(t, s, "usr_0", "prd_b", 2)
	for sort, key := range map[review.Sort]func(*review.Review) int64{
		review.MostHelpful: func(r *review.Review) int64 { return -int64(r.HelpfulCount) },
		review.Newest:      func(r *review.Review) int64 { return -r.CreatedAt.UnixMicro() },
		review.RatingHigh:  func(r *review.Review) int64 { return -int64(r.Rating) },
		review.RatingLow:   func(r *review.Review) int64 { return int64(r.Rating) },
	} {
		for rating, want := range map[int]int{0: 7, 5: 3, 2: 0} {
			var filter *int
			if rating > 0 {
				filter = &rating
			}
			var keys []int64
			seen := map[string]bool{}
			listing := review.Listing{First: 2}
			for {
				pages, err := s.Reviews.OfProducts(t.Context(), []string{"prd_a"}, sort, filter, listing)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range pages[0].Nodes {
					keys, seen[r.ID] = append(keys, key(r)), true
				}
				if !pages[0].PageInfo.HasNextPage {
					break
				}
				listing.After = pages[0].PageInfo.EndCursor
			}
			if len(keys) != want || len(seen) != want || !slices.IsSorted(keys) {
				t.Errorf("%s of %d stars: keys %v of %d reviews, want %d in order", sort, rating, keys, len(seen), want)
			}
		}
	}
}

func TestPagesOfManyProductsTakeOneStatement(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	a, b := publish(t, s, "usr_ada", "prd_a", 5), publish(t, s, "usr_ada", "prd_b", 5)
	publish(t, s, "usr_bob", "prd_b", 4)
	s.Statements.Reset()
	pages, err := s.Reviews.OfProducts(t.Context(), []string{"prd_b", "prd_c", "prd_a"}, review.RatingHigh, nil, review.Listing{First: 1})
	if err != nil || s.Statements.N() != 1 {
		t.Fatalf("%v in %d statements", err, s.Statements.N())
	}
	if pages[0].Nodes[0].ID != b.ID || !pages[0].PageInfo.HasNextPage || len(pages[1].Nodes) != 0 || pages[2].Nodes[0].ID != a.ID || pages[2].PageInfo.HasNextPage {
		t.Errorf("pages are %+v", pages)
	}
}

func TestReviewsOfAUserAreForTheUserAndModerators(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	first, second := submit(t, s, "usr_ada", "prd_a", 5), submit(t, s, "usr_ada", "prd_b", 4)
	decide(t, s, first.ID, review.Published)
	if page, err := s.Reviews.OfAuthor(as(t, "usr_bob"), "usr_ada", review.Listing{First: 9}); page != nil || err != nil {
		t.Errorf("another user reads %+v, %v, want nothing", page, err)
	}
	for _, ctx := range []string{"usr_ada", "usr_kim"} {
		reader := as(t, ctx)
		if ctx == "usr_kim" {
			reader = kim(t)
		}
		page, err := s.Reviews.OfAuthor(reader, "usr_ada", review.Listing{First: 1})
		if err != nil || !page.PageInfo.HasNextPage {
			t.Fatal(page, err)
		}
		rest, err := s.Reviews.OfAuthor(reader, "usr_ada", review.Listing{First: 1, After: page.PageInfo.EndCursor})
		if err != nil || page.Nodes[0].ID != second.ID || len(rest.Nodes) != 1 || rest.Nodes[0].ID != first.ID {
			t.Errorf("%s reads %+v and %+v, %v", ctx, page.Nodes, rest.Nodes, err)
		}
	}
}

func TestTheQueueBeginsWithTheReviewThatWaitsLongest(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	var want, got []string
	for i := range 3 {
		want = append(want, submit(t, s, fmt.Sprintf("usr_%d", i), "prd_a", 5).ID)
	}
	publish(t, s, "usr_9", "prd_a", 5)
	listing := review.Listing{First: 2}
	for {
		page, err := s.Reviews.Pending(kim(t), listing)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Nodes {
			got = append(got, r.ID)
		}
		if !page.PageInfo.HasNextPage {
			break
		}
		listing.After = page.PageInfo.EndCursor
	}
	if n, err := s.Reviews.CountPending(kim(t)); err != nil || n != 3 || !slices.Equal(got, want) {
		t.Errorf("the queue is %v of %d, %v, want %v", got, n, err, want)
	}
	for _, bad := range []string{"x", "WyJyZXZpZXdzIHRvIG1vZGVyYXRlIiwxLCIiXQ"} {
		if _, err := s.Reviews.Pending(kim(t), review.Listing{First: 2, After: &bad}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("the cursor %s is answered with %v, want INVALID_INPUT", bad, err)
		}
	}
}
