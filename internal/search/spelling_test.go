package search

import (
	"slices"
	"testing"
)

func TestFormsOfAWordShareAStem(t *testing.T) {
	t.Parallel()
	for word, other := range map[string]string{
		"shelves": "shelf", "bookshelves": "bookshelf", "penknives": "penknife", "colour": "color", "coloured": "colored", "grey": "gray",
		"litres": "liter", "centre": "center", "cancelling": "canceling", "woollen": "woolen", "aluminium": "aluminum", "organiser": "organizer",
	} {
		if a, b := stems(word)[0], stems(other)[0]; a != b {
			t.Errorf("the stem of %s is %s, that of %s is %s", word, a, other, b)
		}
	}
}

func TestAQuantityIsTheSameHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	for _, same := range [][]string{
		{"500 ml", "500ml", "0.5 l", "0,5 Liter", "500-ml", "50 cl"},
		{"20 oz", "20oz", "20 ounces"},
		{"27 inch", "27-inch", "27 Zoll", "27in"},
		{"1 TB", "1tb", "1000 GB"},
		{"1.5 kg", "1500 g"},
	} {
		first := measuresOf(fieldsOf(same[0]))
		for _, text := range same {
			got := measuresOf(fieldsOf("a bottle of " + text + ", blue"))
			if len(first) != 1 || len(got) != 1 || got[0].lexeme != first[0].lexeme {
				t.Errorf("%q has %v, want %v", text, got, first)
			}
		}
	}
	for _, text := range []string{"500", "ml", "4K", "210D", "IP67", "1080p"} {
		if got := measuresOf(fieldsOf(text)); len(got) > 0 {
			t.Errorf("%q is the quantity %v", text, got)
		}
	}
}

func TestTheHeadOfANameSaysWhatTheThingIs(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"Bookshelf Speakers": {"speakers"}, "lamp for the desk": {"lamp"}, "Keyboards & Mice": {"keyboards", "mice"}, "in-ear headphones": {"headphones"},
		"Becher aus Steinzeug": {"becher"}, "Over-Ear-Kopfhörer": {"kopfhorer"}, "FER-AUR-1TB": nil, "the": nil,
	} {
		var got []string
		for _, head := range headsOf(name) {
			got = append(got, head.word)
		}
		if !slices.Equal(got, want) {
			t.Errorf("the heads of %q are %v, want %v", name, got, want)
		}
	}
}
