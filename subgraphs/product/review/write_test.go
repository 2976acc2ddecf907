package review_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/subgraphs/product/producttest"
	"cartograph/subgraphs/product/review"
)

func TestAReviewIsShownToOthersAfterItIsPublished(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	r := submit(t, s, "usr_ada", "prd_a", 4)
	sees := func(ctx string, scopes ...string) bool {
		t.Helper()
		found, err := s.Reviews.Review(as(t, ctx, scopes...), r.ID)
		if err != nil {
			t.Fatal(err)
		}
		return found != nil
	}
	if r.Status != review.Pending || !sees("usr_ada") || sees("usr_bob") || !sees("usr_kim", "reviews:moderate") {
		t.Fatalf("a new review is %s, or is seen by others than its author and moderators", r.Status)
	}
	decide(t, s, r.ID, review.Published)
	if !sees("usr_bob") || counts(t, s, "prd_a") != [5]int{0, 0, 0, 1, 0} {
		t.Errorf("a published review is not shown, or not counted: %v", counts(t, s, "prd_a"))
	}
	edited, err := s.Reviews.Update(as(t, "usr_ada"), r.ID, review.Changes{Rating: new(2)})
	if err != nil || edited.Status != review.Pending || edited.Version != 2 || sees("usr_bob") {
		t.Errorf("an edited review is %+v, %v, want it in the queue", edited, err)
	}
	if got := counts(t, s, "prd_a"); got != [5]int{} {
		t.Errorf("an edited review is still counted: %v", got)
	}
	decide(t, s, r.ID, review.Published)
	if got := counts(t, s, "prd_a"); got != [5]int{0, 1, 0, 0, 0} {
		t.Errorf("the edited review counts as %v, want 2 stars", got)
	}
	if err := s.Reviews.Delete(as(t, "usr_ada"), r.ID); err != nil {
		t.Fatal(err)
	}
	if got := counts(t, s, "prd_a"); got != [5]int{} || sees("usr_ada") {
		t.Errorf("a deleted review is still counted or seen: %v", got)
	}
	submit(t, s, "usr_ada", "prd_a", 5)
}

func TestAnEditWithoutAChangeKeepsTheReviewPublished(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	r := publish(t, s, "usr_ada", "prd_a", 4)
	same, err := s.Reviews.Update(as(t, "usr_ada"), r.ID, review.Changes{Rating: new(4), Body: new(" " + r.Body + "\r\n")})
	if err != nil || same.Status != review.Published || same.Version != 1 {
		t.Errorf("%+v, %v, want it unchanged", same, err)
	}
}

func TestWhoMayReview(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	s.HandleEvent(t, confirmed("ord_1", "usr_buyer", "var_f1"))
	publish(t, s, "usr_ada", "prd_a", 4)
	for _, tt := range []struct{ claim, user, product, code string }{
		{"a product once", "usr_ada", "prd_a", "REVIEW_ALREADY_EXISTS"},
		{"nobody the own product", "usr_sam", "prd_a", "REVIEW_NOT_ELIGIBLE"},
		{"no draft", "usr_ada", "prd_g", "NOT_FOUND"},
		{"nothing that does not exist", "usr_ada", "prd_nosuch", "NOT_FOUND"},
		{"nothing that cannot exist", "usr_ada", "prd_\x00", "NOT_FOUND"},
		{"no longer sold, not bought", "usr_ada", "prd_f", "REVIEW_NOT_ELIGIBLE"},
		{"no longer sold, bought", "usr_buyer", "prd_f", ""},
		{"without having bought", "usr_bob", "prd_a", ""},
	} {
		_, err := s.Reviews.Submit(as(t, tt.user), tt.product, text(3))
		if fault.CodeOf(err) != tt.code || err != nil && tt.code == "" {
			t.Errorf("%s: %v, want %q", tt.claim, err, tt.code)
		}
	}
	for _, kind := range []auth.Kind{auth.Anonymous, auth.Guest, auth.APIClient} {
		ctx := auth.With(t.Context(), auth.Caller{Actor: auth.Actor{Kind: kind, ID: "x"}})
		if _, err := s.Reviews.Submit(ctx, "prd_a", text(3)); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s: %v, want it forbidden", kind, err)
		}
	}
}

func TestOnlyTheAuthorChangesAReview(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	r := publish(t, s, "usr_ada", "prd_a", 4)
	other := as(t, "usr_bob", "reviews:moderate")
	if _, err := s.Reviews.Update(other, r.ID, review.Changes{Rating: new(1)}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("another user's update ended with %v, want NOT_FOUND", err)
	}
	if err := s.Reviews.Delete(other, r.ID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("another user's deletion ended with %v, want NOT_FOUND", err)
	}
	if got := counts(t, s, "prd_a"); got != [5]int{0, 0, 0, 1, 0} {
		t.Errorf("counts are %v after refused changes", got)
	}
}

func TestTextIsBoundedAndPlain(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	const good = "It does what it is made for."
	for claim, bad := range map[string]review.Text{
		"no stars": {0, "", good}, "six stars": {6, "", good}, "short": {3, "", "  Good  \n"}, "long": {3, "", strings.Repeat("ä", 5001)},
		"long title": {3, strings.Repeat("ä", 121), good}, "two lines of title": {3, "a\nb", good},
		"markup": {3, "", good + "<script>alert(1)</script>"}, "markup in the title": {3, "<b>", good}, "a comment": {3, "", good + "<!-- -->"},
		"a zero": {3, "", good + "\x00"}, "reordered": {3, "", good + "\u202e"}, "not UTF-8": {3, "", good + "\xff"},
	} {
		if _, err := s.Reviews.Submit(as(t, "usr_ada"), "prd_a", bad); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v, want INVALID_INPUT", claim, err)
		}
	}
	r, err := s.Reviews.Submit(as(t, "usr_ada"), "prd_a", review.Text{Rating: 3, Body: " I <3 it: 2 < 3,\r\nand 👩‍🚀 too. "})
	if err != nil || r.Body != "I <3 it: 2 < 3,\nand 👩‍🚀 too." || r.Title != nil {
		t.Errorf("stored %+v, %v", r, err)
	}
}

func TestAnAuthorHasABoundedNumberOfPendingReviews(t *testing.T) {
	t.Parallel()
	s := producttest.Open(t)
	a := producttest.Assortment()
	a.Products = producttest.Volume(30)
	s.Take(t, a)
	var all sync.WaitGroup
	errs := make([]error, len(a.Products))
	for i, p := range a.Products {
		all.Go(func() { _, errs[i] = s.Reviews.Submit(as(t, "usr_ada"), p.ID, text(3)) })
	}
	all.Wait()
	accepted := 0
	for _, err := range errs {
		switch {
		case err == nil:
			accepted++
		case fault.CodeOf(err) != "RATE_LIMITED":
			t.Errorf("refused with %v, want RATE_LIMITED", err)
		}
	}
	if accepted != 20 {
		t.Errorf("%d of 30 concurrent submissions were accepted, want 20", accepted)
	}
}

func TestConcurrentSubmissionsOfOneAuthorCreateOneReview(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	var all sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		all.Go(func() { _, errs[i] = s.Reviews.Submit(as(t, "usr_ada"), "prd_a", text(3)) })
	}
	all.Wait()
	accepted := 0
	for _, err := range errs {
		switch {
		case err == nil:
			accepted++
		case fault.CodeOf(err) != "REVIEW_ALREADY_EXISTS":
			t.Errorf("refused with %v, want REVIEW_ALREADY_EXISTS", err)
		}
	}
	if accepted != 1 {
		t.Errorf("%d submissions were accepted, want 1", accepted)
	}
}

func TestPublicationAndWithdrawalAreEvents(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	before := len(s.Published(t))
	r := publish(t, s, "usr_ada", "prd_a", 4)
	if _, err := s.Reviews.Update(as(t, "usr_ada"), r.ID, review.Changes{Rating: new(1)}); err != nil {
		t.Fatal(err)
	}
	var types []string
	for _, e := range s.Published(t)[before:] {
		if strings.Contains(e.Type, "review") {
			types = append(types, e.Type)
			p, err := event.Decode[event.ReviewPublished](e)
			if err != nil || p.ReviewID != r.ID || p.ProductID != "prd_a" || p.AuthorID != "usr_ada" || p.Rating != 4 {
				t.Errorf("%s has %+v, %v", e.Type, p, err)
			}
		}
	}
	var snapshots []*event.Rating
	for _, e := range s.Published(t)[before:] {
		if e.Type == event.Type[event.ProductChanged]() {
			p, err := event.Decode[event.ProductChanged](e)
			if err != nil {
				t.Fatal(err)
			}
			snapshots = append(snapshots, p.Rating)
		}
	}
	if want := []*event.Rating{{Average: 4, Count: 1}, nil}; !cmp.Equal(snapshots, want) {
		t.Errorf("snapshots have the ratings %+v, want %+v", snapshots, want)
	}
	if want := event.Type[event.ReviewPublished]() + " " + event.Type[event.ReviewWithdrawn](); strings.Join(types, " ") != want {
		t.Errorf("events are %v, want %s", types, want)
	}
}
