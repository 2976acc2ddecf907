package product_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/event"
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

// TestOnlyATranslationThatDiffersIsAChange sets texts, sets them again, and removes them.
func TestOnlyATranslationThatDiffersIsAChange(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	set := func(text string) {
		t.Helper()
		err := s.SetTranslations(merchant(t), []product.TranslationInput{
			{ID: "prd_a", Locale: "de", Field: product.OptionValueText, Keys: []string{"Colour", "Moss"}, Text: text},
			{ID: "brd_fernlyd", Locale: "de", Field: product.DescriptionText, Text: text},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, text := range []string{"Moos", "Moos", ""} {
		set(text)
	}
	var log []string
	for _, e := range s.Published(t) {
		if e.Type == event.Type[event.StaffActed]() {
			entry, err := event.Decode[event.StaffActed](e)
			if err != nil {
				t.Fatal(err)
			}
			log = append(log, fmt.Sprintf("%s %s %s", entry.SubjectID, entry.Before, entry.After))
		}
	}
	slices.Sort(log)
	want := []string{
		`brd_fernlyd {"de DESCRIPTION": ""} {"de DESCRIPTION": "Moos"}`,
		`brd_fernlyd {"de DESCRIPTION": "Moos"} {"de DESCRIPTION": ""}`,
		`prd_a {"de OPTION_VALUE Colour Moss": ""} {"de OPTION_VALUE Colour Moss": "Moos"}`,
		`prd_a {"de OPTION_VALUE Colour Moss": "Moos"} {"de OPTION_VALUE Colour Moss": ""}`,
	}
	if diff := cmp.Diff(want, log); diff != "" {
		t.Errorf("audit log (-want +got):\n%s", diff)
	}
	for _, table := range []string{"products", "brands"} {
		var kept int
		if err := s.Pool.QueryRow(t.Context(), "SELECT count(*) FROM "+table+" WHERE translations ? 'de' AND id IN ('prd_a', 'brd_fernlyd')").Scan(&kept); err != nil || kept > 0 {
			t.Errorf("%d %s seem to be translated after all texts were removed (%v)", kept, table, err)
		}
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
