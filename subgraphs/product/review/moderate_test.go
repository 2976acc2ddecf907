package review_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/subgraphs/product/producttest"
	"cartograph/subgraphs/product/review"
)

func TestDecisionsAreKeptWithTheirModerator(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	r := submit(t, s, "usr_ada", "prd_a", 4)
	rejected := decide(t, s, r.ID, review.Rejected)
	if rejected.Status != review.Rejected || rejected.Reason == nil || *rejected.Reason != "Because." {
		t.Errorf("the review is %+v, want it rejected with a reason", rejected)
	}
	if _, err := s.Reviews.Update(as(t, "usr_ada"), r.ID, review.Changes{Body: new("Now without any swearing.")}); err != nil {
		t.Fatal(err)
	}
	decide(t, s, r.ID, review.Published)
	decide(t, s, r.ID, review.Published) // has no effect
	if err := s.Reviews.Delete(as(t, "usr_ada"), r.ID); err != nil {
		t.Fatal(err)
	}
	var kept []event.StaffActed
	for _, e := range s.Published(t) {
		if e.Type == event.Type[event.StaffActed]() {
			entry, err := event.Decode[event.StaffActed](e)
			if err != nil {
				t.Fatal(err)
			}
			kept = append(kept, entry)
		}
	}
	if len(kept) != 2 {
		t.Fatalf("the audit log has %+v, want two entries", kept)
	}
	for i, want := range []string{
		`{"status":"PENDING","reason":""} {"status":"REJECTED","reason":"Because.","version":1,"productId":"prd_a"}`,
		`{"status":"PENDING","reason":""} {"status":"PUBLISHED","reason":"Because.","version":2,"productId":"prd_a"}`,
	} {
		var before, after map[string]any
		if err := errors.Join(json.Unmarshal(kept[i].Before, &before), json.Unmarshal(kept[i].After, &after)); err != nil {
			t.Fatal(err)
		}
		wantBefore, wantAfter, _ := strings.Cut(want, " ")
		if got := kept[i]; got.ActorID != "usr_kim" || got.SubjectID != r.ID || got.Action != "review.moderated" ||
			!cmp.Equal(before, tree(t, wantBefore)) || !cmp.Equal(after, tree(t, wantAfter)) {
			t.Errorf("entry %d is by %s, from %s to %s, want %s", i, got.ActorID, got.Before, got.After, want)
		}
	}
}

func tree(t *testing.T, text string) (object map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		t.Fatal(err)
	}
	return object
}

func TestDecisionsThatAreRefused(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	r, own := submit(t, s, "usr_ada", "prd_a", 4), submit(t, s, "usr_kim", "prd_a", 5)
	if _, err := s.Reviews.Update(as(t, "usr_ada"), r.ID, review.Changes{Rating: new(1)}); err != nil {
		t.Fatal(err)
	}
	for claim, tt := range map[string]struct {
		review.Decision
		code string
	}{
		"of a text that was not read": {review.Decision{ReviewID: r.ID, Status: review.Published, ExpectedVersion: new(1)}, "CONFLICT"},
		"on the own review":           {review.Decision{ReviewID: own.ID, Status: review.Published}, "REVIEW_NOT_ELIGIBLE"},
		"without a reason":            {review.Decision{ReviewID: r.ID, Status: review.Rejected, Reason: " "}, "INVALID_INPUT"},
		"to pending":                  {review.Decision{ReviewID: r.ID, Status: review.Pending}, "INVALID_INPUT"},
		"on nothing":                  {review.Decision{ReviewID: "rev_nosuch", Status: review.Published}, "NOT_FOUND"},
	} {
		if _, err := s.Reviews.Moderate(kim(t), tt.Decision); fault.CodeOf(err) != tt.code {
			t.Errorf("a decision %s ended with %v, want %s", claim, err, tt.code)
		}
	}
	if _, err := s.Reviews.Moderate(kim(t), review.Decision{ReviewID: r.ID, Status: review.Published, ExpectedVersion: new(2)}); err != nil {
		t.Errorf("a decision on the text that was read ended with %v", err)
	}
}

func TestAPublishedReviewCanBeTakenDown(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	r := publish(t, s, "usr_ada", "prd_a", 4)
	decide(t, s, r.ID, review.Rejected)
	if got := counts(t, s, "prd_a"); got != [5]int{} {
		t.Errorf("a rejected review is counted: %v", got)
	}
	decide(t, s, r.ID, review.Published)
	if got := counts(t, s, "prd_a"); got != [5]int{0, 0, 0, 1, 0} {
		t.Errorf("a review that is published again counts as %v", got)
	}
}
