package inventory_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/event"
)

func TestAnAdjustmentIsAuditedOnceWithItsActor(t *testing.T) {
	t.Parallel()
	s := stocked(t, 10, "var_mug")
	once := adjustment("var_mug", 5)
	s.mustAdjust(t, once)
	s.mustAdjust(t, once)                         // replayed
	s.mustAdjust(t, adjustment("var_mug", -1000)) // not enough
	type row struct{ ActorID, Action, SubjectID, Before, After string }
	var got []row
	for _, envelope := range s.published(t, "var_mug") {
		if envelope.Type != (event.StaffActed{}).Type() {
			continue
		}
		e, err := event.Decode[event.StaffActed](envelope)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, row{e.ActorID, e.Action, e.SubjectID, string(e.Before), string(e.After)})
	}
	want := []row{{"usr_1", "stock.adjusted", "var_mug", `{"onHand": 10}`, `{"onHand": 15, "reason": "RECOUNT"}`}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("audit entries (-want +got):\n%s", diff)
	}
}
