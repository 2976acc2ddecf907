package review_test

import (
	"testing"

	"cartograph/subgraphs/product/producttest"
	"cartograph/subgraphs/product/review"
)

func TestImportedReviewsAreCountedOnce(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	publish(t, s, "usr_ada", "prd_a", 5)
	draft := func(id, author, productID string, rating int) review.Draft {
		return review.Draft{
			ID: id, ProductID: productID, AuthorID: author, AuthorName: "Someone", Text: text(rating), Locale: "de-DE",
			OrderID: "ord_" + id, HelpfulTo: []string{"usr_x", "usr_y"}, CreatedAt: producttest.Now(),
		}
	}
	drafts := []review.Draft{draft("rev_1", "usr_1", "prd_a", 5), draft("rev_2", "usr_2", "prd_a", 2), draft("rev_3", "usr_2", "prd_b", 1)}
	for range 2 {
		if err := s.Reviews.ImportOnce(t.Context(), "demo reviews", drafts); err != nil {
			t.Fatal(err)
		}
	}
	if a, b := counts(t, s, "prd_a"), counts(t, s, "prd_b"); a != [5]int{0, 1, 0, 0, 2} || b != [5]int{1, 0, 0, 0, 0} {
		t.Errorf("counts are %v and %v", a, b)
	}
	r, err := s.Reviews.Review(t.Context(), "rev_1")
	if err != nil || r == nil || !r.VerifiedPurchase || r.HelpfulCount != 2 || r.AuthorName != "Someone" || r.Status != review.Published {
		t.Errorf("imported %+v, %v", r, err)
	}
	if voted, err := s.Reviews.Vote(as(t, "usr_x"), "rev_1", false); err != nil || voted.HelpfulCount != 1 {
		t.Errorf("a changed vote of an import leaves %+v, %v", voted, err)
	}
}
