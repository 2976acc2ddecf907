package inventory_test

import (
	"strings"
	"testing"

	"cartograph/internal/event"
	"cartograph/internal/fault"
)

func TestLengthsOfIDsCountCharacters(t *testing.T) {
	t.Parallel()
	s := stocked(t, 10, "var_mug")
	longest := strings.Repeat("ä", 100) // 200 bytes
	if a := s.mustAdjust(t, adjustment(longest, 5)); a.Level.OnHand != 5 {
		t.Errorf("adjusting a variant with an id of 100 characters = %+v, want 5 on hand", a)
	}
	if err := s.Receive(t.Context(), "delivery", []event.Line{{VariantID: longest, Quantity: 1}}); err != nil {
		t.Errorf("receiving a variant with an id of 100 characters: %v", err)
	}
	s.mustHold(t, longest, of(longest, 2))
	if _, err := s.Adjust(t.Context(), adjustment(longest+"ä", 5)); fault.KindOf(err) != fault.Invalid {
		t.Errorf("adjusting a variant with an id of 101 characters: %v, want it refused", err)
	}
}
