package inbox_test

import (
	"strconv"
	"testing"

	"cartograph/internal/inbox"
)

func TestAnEventIsForeseenAsOftenAsItWasNoted(t *testing.T) {
	t.Parallel()
	var f inbox.Foreseen
	if f.Take("placed") {
		t.Error("what nobody noted was foreseen")
	}
	f.Note("placed", "paid", "placed")
	for i, want := range []bool{true, true, false} {
		if got := f.Take("placed"); got != want {
			t.Errorf("taken %d times before, foreseen = %t, want %t", i, got, want)
		}
	}
	if !f.Take("paid") {
		t.Error("paid was noted, and not foreseen")
	}
}

func TestForeseenForgetsTheOldestOnly(t *testing.T) {
	t.Parallel()
	var f inbox.Foreseen
	f.Note("first")
	const many = 20_000
	for i := range many {
		f.Note(strconv.Itoa(i))
	}
	if f.Take("first") {
		t.Error("it remembers for ever")
	}
	if !f.Take(strconv.Itoa(many-1)) || !f.Take(strconv.Itoa(many-8192)) {
		t.Error("it forgot what it was just told")
	}
}
