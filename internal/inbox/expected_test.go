package inbox_test

import (
	"strconv"
	"testing"

	"cartograph/internal/inbox"
)

func TestAnEventIsExpectedAsOftenAsItWasAdded(t *testing.T) {
	t.Parallel()
	var x inbox.Expected
	if x.Met("placed") {
		t.Error("an event that is not expected was met")
	}
	x.Expect("placed", "paid", "placed")
	for i, want := range []bool{true, true, false} {
		if got := x.Met("placed"); got != want {
			t.Errorf("met %d times before, Met = %t, want %t", i, got, want)
		}
	}
	if !x.Met("paid") {
		t.Error("paid was expected and not met")
	}
}

func TestExpectedEvictsTheOldestOnly(t *testing.T) {
	t.Parallel()
	var x inbox.Expected
	x.Expect("first")
	const many = 20_000
	for i := range many {
		x.Expect(strconv.Itoa(i))
	}
	if x.Met("first") {
		t.Error("an old expectation is never dropped")
	}
	if !x.Met(strconv.Itoa(many-1)) || !x.Met(strconv.Itoa(many-8192)) {
		t.Error("a recent expectation is dropped")
	}
}
