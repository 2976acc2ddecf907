package searchindex_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/catalogue"
	"cartograph/internal/event"
	"cartograph/internal/search"
)

func TestAProductIsFoundInEveryLanguageItIsTranslatedTo(t *testing.T) {
	t.Parallel()
	w := open(t)
	p := lamp("p1", 1)
	p.Translations = map[string]event.ProductTexts{"de": {Texts: catalogue.Texts{Title: "Schreibtischleuchte", Subtitle: "Leuchtet"}, CategoryNames: []string{"Leuchten", "Wohnen"}}}
	w.handle(t, p)
	w.indexAll(t)
	for _, text := range []string{"schreibtischleuchte", "leuchtet", "wohnen", "lamp"} {
		hits := w.find(t, text)
		if len(hits) != 1 {
			t.Errorf("%q finds %d products, want the lamp", text, len(hits))
			continue
		}
		if diff := cmp.Diff(map[string]search.CardTexts{"de": {Title: "Schreibtischleuchte", Subtitle: "Leuchtet"}}, hits[0].Texts); diff != "" {
			t.Errorf("the card's texts (-want +got):\n%s", diff)
		}
	}
}
