package product

import (
	"maps"
	"reflect"
	"slices"

	"cartograph/internal/catalogue"
	"cartograph/internal/productfile"
	"cartograph/subgraphs/product/db"
)

// texts are those of a product that can be translated.
func (d *Draft) texts() []TranslatableText {
	return productTexts(&db.Product{
		Title: d.Title, Subtitle: d.Subtitle, DescriptionHTML: d.DescriptionHTML, SEOTitle: d.SEO.Title, SEODescription: d.SEO.Description,
		Options: d.Options, Specifications: d.Specifications,
	})
}

// overlayTranslations sets the translations that a file gives, after the texts that are
// translated.
func (imp *fileImporter) overlayTranslations(c *candidate, p *productfile.Product) {
	if len(p.Translations) == 0 {
		return
	}
	var problems checks
	translations, texts := cloned(c.Translations), c.texts()
	for _, given := range slices.Sorted(maps.Keys(p.Translations)) {
		t := p.Translations[given]
		if t == nil {
			continue
		}
		locale := imp.translationLocale(&problems, given, "translations", given)
		was := translations[locale]
		inputs := changedTexts(&was, t, texts)
		for i := range inputs {
			inputs[i].ID, inputs[i].Locale = c.ID, locale
		}
		translations, _, _ = problems.translate(inputs, c.ID, translations, texts)
		imp.overlayTranslatedDescription(&problems, translations, locale, t)
	}
	if len(problems) > 0 {
		c.fail(p.Line, "translations: %s", problems[0].Message)
		return
	}
	c.Translations = nil
	if len(translations) > 0 {
		c.Translations = translations
	}
}

// overlayTranslatedDescription sets the description, which is HTML and plain text.
func (imp *fileImporter) overlayTranslatedDescription(c *checks, translations catalogue.Translations, locale string, given *productfile.Texts) {
	t := translations[locale]
	if given.DescriptionHTML != nil && productfile.Text(*given.DescriptionHTML) != productfile.Text(t.DescriptionHTML) {
		t.DescriptionHTML = c.html(*given.DescriptionHTML)
		t.Description = textOf(t.DescriptionHTML)
	}
	if given.Description != nil && productfile.Text(*given.Description) != productfile.Text(t.Description) {
		t.Description = c.text(productfile.Text(*given.Description), maxDescription)
		if given.DescriptionHTML == nil {
			t.DescriptionHTML = ""
		}
	}
	if translations[locale] = t; reflect.ValueOf(t).IsZero() {
		delete(translations, locale)
	}
}

// cloned is a copy whose maps can be written to.
func cloned(t catalogue.Translations) catalogue.Translations {
	copied := make(catalogue.Translations, len(t))
	for locale, texts := range t {
		texts.Options, texts.Groups, texts.Specifications = maps.Clone(texts.Options), maps.Clone(texts.Groups), maps.Clone(texts.Specifications)
		for name, o := range texts.Options {
			o.Values = maps.Clone(o.Values)
			texts.Options[name] = o
		}
		copied[locale] = texts
	}
	return copied
}

// changedTexts are the texts other than the description that a file translates
// differently. What a list of the file leaves out is not translated; what the product
// does not have is refused by translate.
func changedTexts(was *catalogue.Texts, given *productfile.Texts, texts []TranslatableText) []TranslationInput {
	var changed []TranslationInput
	change := func(field TextField, keys []string, text string) {
		if text = productfile.Text(text); text != productfile.Text(translated(was, field, keys)) {
			changed = append(changed, TranslationInput{Field: field, Keys: keys, Text: text})
		}
	}
	for field, text := range map[TextField]*string{TitleText: given.Title, SubtitleText: given.Subtitle, SEOTitleText: given.SEOTitle, SEODescriptionText: given.SEODescription} {
		if text != nil {
			change(field, nil, *text)
		}
	}
	lists := catalogue.Texts{Options: given.Options, Groups: given.Groups, Specifications: given.Specifications}
	for _, text := range texts {
		isGiven := map[TextField]bool{
			OptionNameText: lists.Options != nil, OptionValueText: lists.Options != nil, SpecificationGroupText: lists.Groups != nil,
			SpecificationNameText: lists.Specifications != nil, SpecificationValueText: lists.Specifications != nil,
		}
		if isGiven[text.Field] {
			change(text.Field, text.Keys, translated(&lists, text.Field, text.Keys))
		}
	}
	for _, text := range listedTexts(&lists) {
		if !slices.ContainsFunc(texts, func(t TranslatableText) bool { return t.Field == text.Field && slices.Equal(t.Keys, text.Keys) }) {
			changed = append(changed, text)
		}
	}
	return changed
}

// listedTexts are the translations of options and specifications.
func listedTexts(t *catalogue.Texts) (all []TranslationInput) {
	add := func(field TextField, text string, keys ...string) {
		if text != "" {
			all = append(all, TranslationInput{Field: field, Keys: keys, Text: text})
		}
	}
	for name, o := range t.Options {
		add(OptionNameText, o.Name, name)
		for value, text := range o.Values {
			add(OptionValueText, text, name, value)
		}
	}
	for name, text := range t.Groups {
		add(SpecificationGroupText, text, name)
	}
	for key, s := range t.Specifications {
		add(SpecificationNameText, s.Name, key)
		add(SpecificationValueText, s.Value, key)
	}
	return all
}

// fileTranslations are the translations of the texts that the product has.
func (d *Draft) fileTranslations() map[string]*productfile.Texts {
	all := make(map[string]*productfile.Texts, len(d.Translations))
	texts := d.texts()
	for locale, t := range d.Translations {
		var live catalogue.Texts
		for _, text := range texts {
			setTranslated(&live, text.Field, text.Keys, translated(&t, text.Field, text.Keys))
		}
		all[locale] = &productfile.Texts{
			Title: &t.Title, Subtitle: &t.Subtitle, Description: &t.Description, DescriptionHTML: &t.DescriptionHTML,
			SEOTitle: &t.SEOTitle, SEODescription: &t.SEODescription,
			Options: notNilMap(live.Options), Groups: notNilMap(live.Groups), Specifications: notNilMap(live.Specifications),
		}
	}
	return all
}

func notNilMap[K comparable, V any](m map[K]V) map[K]V {
	if m == nil {
		return map[K]V{}
	}
	return m
}
