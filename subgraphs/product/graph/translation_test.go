package graph_test

import (
	"strings"
	"testing"

	"cartograph/internal/auth"
	"cartograph/internal/subgraph/subgraphtest"
)

const shownTexts = `title subtitle description translation { locale isFallback } category { name translation { locale isFallback } } brand { description }
	options { name values { value } } specifications { name items { key name value } } variants { nodes { title selectedOptions { name value } } }
	variant(selectedOptions: [{name: "Farbe", value: "Kreide"}]) { id } own: variant(selectedOptions: [{name: "Colour", value: "Chalk"}]) { id }`

func reading(locale string) auth.Caller {
	c := subgraphtest.CallerOf(anyone())
	c.Locale = locale
	return c
}

func (c client) translate(t *testing.T, inputs ...string) {
	t.Helper()
	a := c.Must(t, merchant(), `mutation { translationsSet(input: [`+strings.Join(inputs, ",")+`]) { count userErrors { message path } } }`, nil)
	if a.At("translationsSet", "count") != float64(len(inputs)) {
		t.Fatalf("translationsSet answers %v", a.Data)
	}
}

func TestTextsAreInTheCallersLanguage(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.translate(t,
		`{id: "prd_a", locale: "de", field: TITLE, text: "Aurora Kopfhörer"}`,
		`{id: "prd_a", locale: "de", field: SUBTITLE, text: "Kabellos"}`,
		`{id: "prd_a", locale: "de", field: DESCRIPTION, text: "<p>Für <b>jeden</b> Tag.<script>alert(1)</script></p>"}`,
		`{id: "prd_a", locale: "de-AT", field: SUBTITLE, text: "Ohne Kabel"}`,
		`{id: "prd_a", locale: "de", field: OPTION_NAME, keys: ["Colour"], text: "Farbe"}`,
		`{id: "prd_a", locale: "de", field: OPTION_VALUE, keys: ["Colour", "Chalk"], text: "Kreide"}`,
		`{id: "prd_a", locale: "de-AT", field: OPTION_VALUE, keys: ["Colour", "Moss"], text: "Moosgrün"}`,
		`{id: "prd_a", locale: "de", field: SPECIFICATION_GROUP, keys: ["Power"], text: "Strom"}`,
		`{id: "prd_a", locale: "de", field: SPECIFICATION_NAME, keys: ["battery_life"], text: "Akkulaufzeit"}`,
		`{id: "cat_headphones", locale: "de", field: TITLE, text: "Kopfhörer"}`,
		`{id: "brd_fernlyd", locale: "de", field: DESCRIPTION, text: "Klang aus dem Norden."}`,
	)
	c.Statements.Reset()
	a := c.QueryAs(t, reading("de-AT"), `{ product(slug: "slug-a") { descriptionHtml `+shownTexts+` } }`, nil)
	if n := c.Statements.N(); n != 1 {
		t.Errorf("a translated page took %d statements, want 1:\n%v", n, c.Statements.SQL())
	}
	for path, want := range map[string]any{
		"title": "Aurora Kopfhörer", "subtitle": "Ohne Kabel", "description": "Für jeden Tag.", "descriptionHtml": "<p>Für <b>jeden</b> Tag.</p>",
		"translation.locale": "de-AT", "translation.isFallback": false, "category.name": "Kopfhörer", "category.translation.isFallback": false,
		"brand.description": "Klang aus dem Norden.", "options.0.name": "Farbe", "options.0.values.1.value": "Kreide", "options.0.values.0.value": "Moosgrün",
		"specifications.0.name": "Strom", "specifications.0.items.0.name": "Akkulaufzeit", "specifications.0.items.0.value": "45", "specifications.0.items.1.name": "Charging",
		"variants.nodes.1.title": "Kreide", "variants.nodes.1.selectedOptions.0.name": "Farbe", "variant.id": "var_a2", "own.id": "var_a2",
	} {
		if got := at(a, "product."+path); got != want {
			t.Errorf("%s = %v, want %v", path, got, want)
		}
	}
	// A text that is missing is shown in the catalogue's own language, and this is told.
	c.translate(t, `{id: "prd_b", locale: "de", field: TITLE, text: "Bounce Kopfhörer"}`)
	b := c.QueryAs(t, reading("de-DE"), `{ product(slug: "slug-b") { `+shownTexts+` } }`, nil)
	if at(b, "product.title") != "Bounce Kopfhörer" || at(b, "product.translation.isFallback") != true || at(b, "product.translation.locale") != "de" {
		t.Errorf("a half translated product is %v", b.Data)
	}
	french := c.QueryAs(t, reading("fr-FR"), `{ product(slug: "slug-a") { title translation { locale isFallback } } }`, nil)
	if at(french, "product.title") != "Aurora Headphones" || at(french, "product.translation.isFallback") != true || at(french, "product.translation.locale") != "en" {
		t.Errorf("in a language without translations it is %v", french.Data)
	}
	c.Want(t, anyone(), `{ product(slug: "slug-a") { title translation { locale isFallback } } }`, nil,
		`{"product": {"title": "Aurora Headphones", "translation": {"locale": "en", "isFallback": false}}}`)
}

// at follows a path of names and indexes apart by dots.
func at(a subgraphtest.Answer, path string) any {
	var steps []any
	for step := range strings.SplitSeq(path, ".") {
		if len(step) == 1 && step[0] >= '0' && step[0] <= '9' {
			steps = append(steps, int(step[0]-'0'))
		} else {
			steps = append(steps, step)
		}
	}
	return a.At(steps...)
}

func TestTranslatorsReadEveryTextWithItsTranslation(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.translate(t, `{id: "prd_a", locale: "de", field: TITLE, text: "Aurora"}`, `{id: "prd_a", locale: "de", field: OPTION_VALUE, keys: ["Colour", "Moss"], text: "Moos"}`)
	c.translate(t, `{id: "prd_a", locale: "de", field: TITLE, text: null}`)
	c.Want(t, seller(), `{ translatableTexts(id: "prd_a", locale: "de") { field keys text translation } other: translatableTexts(id: "cat_audio", locale: "de") { text } }`, nil, `{"other": [], "translatableTexts": [
		{"field": "TITLE", "keys": [], "text": "Aurora Headphones", "translation": null}, {"field": "SUBTITLE", "keys": [], "text": "Wireless", "translation": null},
		{"field": "DESCRIPTION", "keys": [], "text": "<p>Aurora Headphones</p>", "translation": null}, {"field": "SEO_TITLE", "keys": [], "text": "", "translation": null},
		{"field": "SEO_DESCRIPTION", "keys": [], "text": "", "translation": null}, {"field": "OPTION_NAME", "keys": ["Colour"], "text": "Colour", "translation": null},
		{"field": "OPTION_VALUE", "keys": ["Colour", "Moss"], "text": "Moss", "translation": "Moos"}, {"field": "OPTION_VALUE", "keys": ["Colour", "Chalk"], "text": "Chalk", "translation": null},
		{"field": "SPECIFICATION_GROUP", "keys": ["Power"], "text": "Power", "translation": null},
		{"field": "SPECIFICATION_NAME", "keys": ["battery_life"], "text": "Battery life", "translation": null}, {"field": "SPECIFICATION_VALUE", "keys": ["battery_life"], "text": "45", "translation": null},
		{"field": "SPECIFICATION_NAME", "keys": ["charging"], "text": "Charging", "translation": null}, {"field": "SPECIFICATION_VALUE", "keys": ["charging"], "text": "USB-C", "translation": null}]}`)
}

func TestOnlyWhoMayChangeAnObjectTranslatesIt(t *testing.T) {
	t.Parallel()
	c := open(t)
	other := seller()
	other.ID = "usr_other"
	for _, tt := range []struct {
		who         auth.Actor
		input, code string
	}{
		{seller(), `{id: "prd_a", locale: "de", field: TITLE, text: "Aurora"}`, ""},
		{other, `{id: "prd_a", locale: "de", field: TITLE, text: "Meins"}`, "NOT_FOUND"},
		{seller(), `{id: "cat_audio", locale: "de", field: TITLE, text: "Ton"}`, "NOT_FOUND"},
		{seller(), `{id: "brd_kvarta", locale: "de", field: DESCRIPTION, text: "Gut"}`, "NOT_FOUND"},
		{merchant(), `{id: "cat_moon", locale: "de", field: TITLE, text: "Mond"}`, "NOT_FOUND"},
		{merchant(), `{id: "var_a1", locale: "de", field: TITLE, text: "Moos"}`, "NOT_FOUND"},
		{merchant(), `{id: "prd_a", locale: "en", field: TITLE, text: "Aurora"}`, "INVALID_INPUT"},
		{merchant(), `{id: "prd_a", locale: "de", field: OPTION_NAME, keys: ["Size"], text: "Größe"}`, "INVALID_INPUT"},
		{merchant(), `{id: "prd_a", locale: "de", field: OPTION_VALUE, keys: ["Colour"], text: "Moos"}`, "INVALID_INPUT"},
		{merchant(), `{id: "cat_audio", locale: "de", field: SUBTITLE, text: "Ton"}`, "INVALID_INPUT"},
		{merchant(), `{id: "prd_a", locale: "de", field: TITLE, text: "` + strings.Repeat("x", 501) + `"}`, "INVALID_INPUT"},
		{merchant(), ``, "INVALID_INPUT"},
	} {
		a := c.Query(t, tt.who, `mutation { translationsSet(input: [`+tt.input+`]) { count userErrors { code } } }`, nil)
		if code, _ := a.At("translationsSet", "userErrors", 0, "code").(string); code != tt.code {
			t.Errorf("%s by %s answers %v %v, want %q", tt.input, tt.who.ID, a.Data, a.Errors, tt.code)
		}
	}
	if a := c.Query(t, anyone(), `mutation { translationsSet(input: [{id: "prd_a", locale: "de", field: TITLE, text: "x"}]) { count } }`, nil); len(a.Codes()) != 1 {
		t.Errorf("a visitor translates: %v", a.Data)
	}
}

func TestListsShowTitlesInTheCallersLanguage(t *testing.T) {
	t.Parallel()
	c := open(t)
	a := c.QueryAs(t, reading("de-DE"), `{ search(query: "everyday", sort: RELEVANCE) { nodes { slug title subtitle } } }`, nil)
	if got := at(a, "search.nodes.0.title"); got != "Alltagspfanne" {
		t.Errorf("the list shows %v, want the title in German", got)
	}
	if n := c.Statements.N(); n > 1 {
		t.Errorf("a translated list took %d statements, want one of the index at most:\n%v", n, c.Statements.SQL())
	}
}
