package optional_test

import (
	"testing"

	"cartograph/internal/optional"
)

func TestTheZeroValueIsAbsent(t *testing.T) {
	t.Parallel()
	if got := optional.Of(""); got != nil {
		t.Errorf("Of(\"\") = %q, want nil", *got)
	}
	if got := optional.Of("mug"); got == nil || *got != "mug" {
		t.Errorf("Of(mug) = %v, want a pointer to mug", got)
	}
	if got := optional.Value[int](nil); got != 0 {
		t.Errorf("Value(nil) = %d, want 0", got)
	}
	if got := optional.Value(new(7)); got != 7 {
		t.Errorf("Value = %d, want 7", got)
	}
}

func TestPointersAreOfTheElements(t *testing.T) {
	t.Parallel()
	list := []int{1, 2, 3}
	for i, p := range optional.Pointers(list) {
		if p != &list[i] {
			t.Errorf("pointer %d is not of element %d", i, i)
		}
	}
	if got := optional.Pointers[int](nil); got == nil || len(got) != 0 {
		t.Errorf("Pointers(nil) = %v, want an empty list that is not nil", got)
	}
}
