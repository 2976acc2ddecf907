package product_test

import (
	"slices"
	"testing"

	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/producttest"
)

func TestSnapshotsHaveTheTranslations(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	n := len(s.Published(t))
	err := s.SetTranslations(merchant(t), []product.TranslationInput{
		{ID: "prd_a", Locale: "de", Field: product.TitleText, Text: "Aurora Kopfhörer"},
		{ID: "cat_headphones", Locale: "de", Field: product.TitleText, Text: "Kopfhörer"},
	})
	if err != nil {
		t.Fatal(err)
	}
	publishQueued(t, s)
	changed := snapshots(t, s, n)
	if got := changed["prd_a"].Translations["de"]; got.Title != "Aurora Kopfhörer" || !slices.Equal(got.CategoryNames, []string{"Kopfhörer", "Audio"}) {
		t.Errorf("prd_a is published with %+v, want its title and category in German", got)
	}
	if got := changed["prd_b"].Translations["de"]; got.Title != "" || !slices.Equal(got.CategoryNames, []string{"Kopfhörer", "Audio"}) {
		t.Errorf("prd_b is published with %+v, want its category in German", got)
	}
}

func TestAnImportKeepsTranslationsThatItDoesNotBring(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	if err := s.SetTranslations(merchant(t), []product.TranslationInput{{ID: "prd_b", Locale: "de", Field: product.TitleText, Text: "Bounce Kopfhörer"}}); err != nil {
		t.Fatal(err)
	}
	draft := producttest.Assortment().Products[1]
	draft.Subtitle = "New"
	s.Take(t, product.Assortment{Products: []product.Draft{draft}})
	texts, err := s.Translatable(merchant(t), "prd_b", "de")
	if err != nil || len(texts) == 0 || texts[0].Translation == nil || *texts[0].Translation != "Bounce Kopfhörer" {
		t.Errorf("after an import without translations: %+v, %v, want the title as before", texts, err)
	}
}
