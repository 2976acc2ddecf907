package search

import (
	"reflect"
	"strings"
	"testing"
)

func TestWordsAreFolded(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"Café Crème":            {"cafe", "creme"},
		"Straße, Øre & Łódź":    {"strasse", "ore", "lodz"},
		"USB-C 3.5mm":           {"usb", "c", "3", "5mm"},
		"!?":                    {},
		strings.Repeat("é", 41): {strings.Repeat("e", 40)},
		"ＦＵＬＬ ﬁt":               {"full", "fit"}, // compatibility forms
		"\xff lamp":             {"lamp"},
	} {
		if got := words(text); !reflect.DeepEqual(got, want) {
			t.Errorf("words(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestHyphenatedWordsAreAlsoFoundAsOne(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"T-Shirt":        {"tshirt"},
		"(Rock'n'Roll)!": {"rocknroll"},
		"plain words":    nil,
		"3.5-mm":         nil, // still two words
		strings.Repeat("a", 20) + "-" + strings.Repeat("b", 20): {strings.Repeat("a", 20) + strings.Repeat("b", 20)},
		strings.Repeat("a", 20) + "-" + strings.Repeat("b", 21): nil,
	} {
		if got := joined(text); !reflect.DeepEqual(got, want) {
			t.Errorf("joined(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestShortWordsTolerateFewerTypos(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]int{"mug": 0, "müg": 0, "lamp": 1, "kette": 2, "kettle": 2} {
		if got := slack(word); got != want {
			t.Errorf("slack(%q) = %d, want %d", word, got, want)
		}
	}
}

func TestHighlightsEscapeTheText(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text  string
		query []string
		want  string
	}{
		{`<b>Lamp</b> & "shade"`, []string{"lamp"}, "&lt;b&gt;<em>Lamp</em>&lt;/b&gt; &amp; &#34;shade&#34;"},
		{"Café lamps", []string{"cafe", "lamp"}, "<em>Café</em> <em>lamps</em>"},
		{"A lamp", []string{"a"}, "<em>A</em> lamp"},
		{"An arm", []string{"a"}, ""}, // one letter matches whole words only
		{"Nothing here", []string{"lamp"}, ""},
	} {
		got, found := mark(tt.text, newMatcher(spellings(strings.Join(tt.query, " "))))
		if got != tt.want || found != (tt.want != "") {
			t.Errorf("mark(%q, %q) = %q, %t, want %q", tt.text, tt.query, got, found, tt.want)
		}
	}
}

func TestHighlightsOfALongTextShowTheFirstMatch(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("before ", 100) + "lamp " + strings.Repeat("after ", 100)
	got, found := mark(text, newMatcher(spellings("lamp")))
	if !found || !strings.HasPrefix(got, "…before ") || !strings.HasSuffix(got, "…") || !strings.Contains(got, " <em>lamp</em> after ") {
		t.Errorf("mark = %q, want the surroundings of the match", got)
	}
	if n := len([]rune(got)); n > 2*excerpt {
		t.Errorf("the excerpt has %d characters, want about %d", n, excerpt)
	}
}

// Documents without a price in the currency come last in both orders by price.
func TestAForeignPriceRanksBehindAllOthers(t *testing.T) {
	t.Parallel()
	native := Card{Prices: map[string]Price{"USD": {Min: 5}, "EUR": {Min: 1_000_000_000_000, CompareAtMin: 2}}}
	foreign := Card{Prices: map[string]Price{"USD": {Min: 1, CompareAtMin: 2}}}
	up, down, onSale := native.Rank("EUR")
	if up != down || up != 1_000_000_000_000 || !onSale {
		t.Errorf("rank = %d, %d, %t, want the price in euros, on sale", up, down, onSale)
	}
	foreignUp, foreignDown, onSale := foreign.Rank("EUR")
	if foreignUp <= up || foreignDown >= down || !onSale {
		t.Errorf("without a price in euros rank = %d, %d, %t, want it above %d and below %d, on sale", foreignUp, foreignDown, onSale, up, down)
	}
}

func TestTermsAreSortedAndDistinct(t *testing.T) {
	t.Parallel()
	d := Document{
		Card:       Card{Brand: Brand{Slug: "kvarta", Name: "Kvarta"}, Tags: []string{"gift", "gift"}},
		Categories: []Category{{Slug: "lamps", Name: "Lamps"}},
		Attributes: []Attribute{{Key: "weight", Name: "Weight", Value: "2", Unit: "kg"}, {Key: "colour", Name: "Colour", Value: "Moss", Swatch: "#556b2f"}},
	}
	want := []Term{
		{Key: "attr:colour=Moss", Field: "Colour", Label: "Moss", Swatch: "#556b2f"},
		{Key: "attr:weight=2", Field: "Weight", Label: "2 kg"},
		{Key: "brand=kvarta", Field: "Brand", Label: "Kvarta"},
		{Key: "category=lamps", Field: "Category", Label: "Lamps"},
		{Key: "tag=gift", Field: "Tag", Label: "gift"},
	}
	if got := d.Terms(); !reflect.DeepEqual(got, want) {
		t.Errorf("terms = %v, want %v", got, want)
	}
}
