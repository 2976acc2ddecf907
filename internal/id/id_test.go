package id_test

import (
	"testing"

	"cartograph/internal/id"
)

func TestPrefixNamesTheType(t *testing.T) {
	for _, tt := range []struct {
		id   string
		want id.Prefix
	}{
		{id.New(id.Cart), id.Cart},
		{"crt_01ARZ3NDEKTSV4RRFFQ69G5FAV", id.Cart},
		{"crt_short", ""},
		{"crt", ""},
		{"", ""},
		{"crt_01ARZ3NDEKTSV4RRFFQ69G5FA!", ""},
	} {
		if got := id.PrefixOf(tt.id); got != tt.want {
			t.Errorf("PrefixOf(%q) = %q, want %q", tt.id, got, tt.want)
		}
	}
}

func TestLaterIdentifiersSortAfterEarlierOnes(t *testing.T) {
	last := ""
	for range 10_000 {
		made := id.New(id.Event)
		if made <= last {
			t.Fatalf("%s was made after %s and sorts before it", made, last)
		}
		last = made
	}
}
