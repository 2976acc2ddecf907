package inventory

import (
	"context"
	"testing"

	"cartograph/internal/auth"
)

// An event of a shared batch would otherwise be attributed to whoever leads it.
func TestABatchOfSeveralHasNoActor(t *testing.T) {
	t.Parallel()
	caller := auth.Caller{RequestID: "req-1", OnBehalfOf: auth.Actor{Kind: auth.User, ID: "usr_ada"}}
	leader, leave := context.WithCancel(auth.With(t.Context(), caller))
	alone, end := sharedContext(leader, 1)
	defer end()
	shared, done := sharedContext(leader, 2)
	defer done()
	if got := auth.From(alone); got.RequestID != "req-1" || got.OnBehalfOf.ID != "usr_ada" {
		t.Errorf("alone the batch is of %+v, want its leader", got)
	}
	if got := auth.From(shared); got.RequestID != "" || got.OnBehalfOf.ID != "" {
		t.Errorf("a shared batch is of %+v, want no actor", got)
	}
	leave()
	if shared.Err() != nil {
		t.Error("a shared batch ends with its leader's request")
	}
	if _, ok := shared.Deadline(); !ok {
		t.Error("a batch has no deadline")
	}
}
