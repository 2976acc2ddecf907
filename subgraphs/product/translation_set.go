package product

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	bcp47 "golang.org/x/text/language"

	"cartograph/internal/audit"
	"cartograph/internal/catalogue"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/message"
	"cartograph/internal/outbox"
	"cartograph/subgraphs/product/db"
)

const (
	maxTranslations = 500 // set in one mutation
	maxLocales      = 20  // of an object
)

// TranslationInput is the translation of one text.
type TranslationInput struct {
	ID     string // of a product, category or brand
	Locale string
	Field  TextField
	Keys   []string
	Text   string // empty removes the translation
}

// SetTranslations sets all the translations, or none and returns every error. Sellers
// translate their own products; categories and brands are the shop's.
func (s *Service) SetTranslations(ctx context.Context, inputs []TranslationInput) error {
	inputs = slices.Clone(inputs)
	if err := s.checkTranslations(inputs); err != nil {
		return err
	}
	byPrefix := map[id.Prefix][]string{}
	for _, in := range inputs {
		prefix, _, _ := strings.Cut(in.ID, "_")
		byPrefix[id.Prefix(prefix)] = append(byPrefix[id.Prefix(prefix)], in.ID)
	}
	by, err := editorOf(ctx)
	if err != nil {
		return err
	}
	pages := func(tx pgx.Tx) error {
		if !by.all && len(byPrefix[id.Category])+len(byPrefix[id.Brand])+len(byPrefix[id.Collection]) > 0 {
			return fault.Localized(fault.NotFound, "taxonomy.unknown_object").At("input")
		}
		return s.translatePages(ctx, tx, inputs, byPrefix)
	}
	if len(byPrefix[id.Product]) == 0 {
		err = s.outbox.InTx(ctx, pages)
	} else {
		err = s.change(ctx, byPrefix[id.Product], pages, func(tx pgx.Tx, locked []db.Product) ([]edit, error) {
			return translateProducts(ctx, tx, inputs, locked)
		})
	}
	if err == nil {
		s.queued.Notify()
	}
	return wrap("set translations", err)
}

// checkTranslations checks what can be checked without the objects, and writes locales
// in their canonical form.
func (s *Service) checkTranslations(inputs []TranslationInput) error {
	if len(inputs) == 0 || len(inputs) > maxTranslations {
		return fault.Localized(fault.Invalid, "taxonomy.translations_limit", message.Args{"limit": maxTranslations}).At("input")
	}
	var c checks
	for i := range inputs {
		in := &inputs[i]
		in.Locale = s.translationLocale(&c, in.Locale, "input", strconv.Itoa(i), "locale")
		prefix, _, _ := strings.Cut(in.ID, "_")
		if !slices.Contains([]id.Prefix{id.Product, id.Category, id.Brand, id.Collection}, id.Prefix(prefix)) || len(storable([]string{in.ID})) == 0 {
			c.add(fault.Localized(fault.NotFound, "taxonomy.unknown_object"), "input", strconv.Itoa(i), "id")
		}
	}
	return c.err()
}

// translationLocale checks a locale that a text is translated to, and returns its
// canonical form.
func (s *Service) translationLocale(c *checks, locale string, path ...string) string {
	tag, err := bcp47.Parse(locale)
	if locale = tag.String(); err != nil || tag == bcp47.Und || locale == s.cfg.Locale {
		c.add(fault.Localized(fault.Invalid, "taxonomy.translation_locale", message.Args{"own": s.cfg.Locale}), path...)
	}
	return locale
}

func translateProducts(ctx context.Context, tx pgx.Tx, inputs []TranslationInput, locked []db.Product) ([]edit, error) {
	var c checks
	var edits []edit
	changed := map[string]catalogue.Translations{}
	for i := range locked {
		p := &locked[i]
		translations, was, is := c.translate(inputs, p.ID, p.Translations, productTexts(p))
		if len(is) > 0 {
			changed[p.ID], edits = translations, append(edits, edit{productID: p.ID, action: audit.TranslationsSet, before: was, after: is})
		}
	}
	if err := c.err(); err != nil {
		return nil, err
	}
	return edits, db.New(tx).SetTranslations(ctx, db.ProductTexts, changed)
}

// translatePages translates categories, brands and collections. The names of categories
// are in the snapshots of products.
func (s *Service) translatePages(ctx context.Context, tx pgx.Tx, inputs []TranslationInput, byPrefix map[id.Prefix][]string) error {
	q := db.New(tx)
	categories, err := lockAll(ctx, byPrefix[id.Category], q.LockCategoryRows)
	if err != nil {
		return err
	}
	brands, err := lockAll(ctx, byPrefix[id.Brand], q.LockBrandRow)
	if err != nil {
		return err
	}
	collections, err := lockAll(ctx, byPrefix[id.Collection], q.LockCollectionRows)
	if err != nil {
		return err
	}
	var c checks
	var entries []event.Payload
	translate := func(into map[string]catalogue.Translations, objectID string, all catalogue.Translations, texts []TranslatableText) error {
		translations, was, is := c.translate(inputs, objectID, all, texts)
		if len(is) == 0 {
			return nil
		}
		into[objectID] = translations
		entry, err := audit.Entry(ctx, s.now(), audit.TranslationsSet, objectID, was, is)
		entries = append(entries, entry)
		return err
	}
	changedCategories, changedBrands := map[string]catalogue.Translations{}, map[string]catalogue.Translations{}
	for _, row := range categories {
		if err := translate(changedCategories, row.ID, row.Translations, pageTexts(row.Name, row.Description, row.SEOTitle, row.SEODescription)); err != nil {
			return err
		}
	}
	for _, row := range brands {
		if err := translate(changedBrands, row.ID, row.Translations, pageTexts(row.Name, row.Description, row.SEOTitle, row.SEODescription)); err != nil {
			return err
		}
	}
	changedCollections := map[string]catalogue.Translations{}
	for _, row := range collections {
		if err := translate(changedCollections, row.ID, row.Translations, pageTexts(row.Title, row.Description, row.SEOTitle, row.SEODescription)); err != nil {
			return err
		}
	}
	if err := c.err(); err != nil {
		return err
	}
	if err := q.SetTranslations(ctx, db.CollectionTexts, changedCollections); err != nil {
		return err
	}
	if err := q.SetTranslations(ctx, db.CategoryTexts, changedCategories); err != nil {
		return err
	}
	if err := q.SetTranslations(ctx, db.BrandTexts, changedBrands); err != nil {
		return err
	}
	if len(changedCategories) > 0 {
		if err := q.QueueSnapshotsOfCategories(ctx, slices.Sorted(maps.Keys(changedCategories))); err != nil {
			return err
		}
	}
	return outbox.Write(ctx, tx, entries...)
}

// lockAll locks the rows with the IDs; all of them must exist.
func lockAll[T any](ctx context.Context, ids []string, lock func(context.Context, []string) ([]T, error)) ([]T, error) {
	distinct := slices.Compact(slices.Sorted(slices.Values(ids)))
	if len(distinct) == 0 {
		return nil, nil
	}
	rows, err := lock(ctx, distinct)
	if err == nil && len(rows) < len(distinct) {
		err = fault.Localized(fault.NotFound, "taxonomy.unknown_object").At("input")
	}
	return rows, err
}

// translate applies the inputs of an object to its translations. was and is are the
// texts that differ, as the audit log has them: none if nothing changed.
func (c *checks) translate(inputs []TranslationInput, objectID string, translations catalogue.Translations, texts []TranslatableText) (_ catalogue.Translations, was, is audit.Values) {
	was, is = audit.Values{}, audit.Values{}
	if translations == nil {
		translations = catalogue.Translations{}
	}
	for i, in := range inputs {
		if in.ID != objectID {
			continue
		}
		at := func(field string) []string { return []string{"input", strconv.Itoa(i), field} }
		exists := slices.ContainsFunc(texts, func(t TranslatableText) bool { return t.Field == in.Field && slices.Equal(t.Keys, in.Keys) })
		if !exists {
			c.add(fault.Localized(fault.Invalid, "taxonomy.unknown_text"), at("keys")...)
			continue
		}
		t := translations[in.Locale]
		before := translated(&t, in.Field, in.Keys)
		switch {
		case in.Field == DescriptionText && strings.HasPrefix(objectID, string(id.Product)+"_"):
			t.DescriptionHTML = c.html(in.Text, at("text")...)
			t.Description = textOf(t.DescriptionHTML)
		case in.Field == DescriptionText:
			t.Description = c.text(in.Text, maxPageText, at("text")...)
		default:
			setTranslated(&t, in.Field, in.Keys, c.line(in.Text, 0, maxSpecification, at("text")...))
		}
		if after := translated(&t, in.Field, in.Keys); after != before {
			name := strings.Join(append([]string{in.Locale, string(in.Field)}, in.Keys...), " ")
			was[name], is[name] = recorded(before), recorded(after)
		}
		if translations[in.Locale] = t; reflect.ValueOf(t).IsZero() {
			delete(translations, in.Locale) // otherwise texts would seem to be in the language
		}
		if len(translations) > maxLocales {
			c.add(fault.Localized(fault.Invalid, "taxonomy.locales_limit", message.Args{"limit": maxLocales}), at("locale")...)
		}
	}
	return translations, was, is
}

// Translatable are the texts of an object that can be translated, with their
// translations to a locale. It is nil for what the caller may not change.
func (s *Service) Translatable(ctx context.Context, objectID, locale string) ([]TranslatableText, error) {
	by, err := editorOf(ctx)
	if err != nil {
		return nil, err
	}
	tag, err := bcp47.Parse(locale)
	if err != nil {
		return nil, fault.Localized(fault.Invalid, "taxonomy.translation_locale", message.Args{"own": s.cfg.Locale}).At("locale")
	}
	texts, translations, err := s.textsOf(ctx, by, objectID)
	if err != nil {
		return nil, wrap("read translations", err)
	}
	t := translations[tag.String()]
	for i := range texts {
		if text := translated(&t, texts[i].Field, texts[i].Keys); text != "" {
			texts[i].Translation = &text
		}
	}
	return texts, nil
}

// textsOf reads the texts of an object with all translations.
func (s *Service) textsOf(ctx context.Context, by editor, objectID string) ([]TranslatableText, catalogue.Translations, error) {
	q, ids := db.New(s.pool), storable([]string{objectID})
	switch prefix, _, _ := strings.Cut(objectID, "_"); {
	case id.Prefix(prefix) == id.Product:
		rows, err := q.ProductsOfEditor(ctx, db.ProductsOfEditorParams{IDs: ids, OfAllSellers: by.all, SellerID: by.sellerID})
		if err == nil && len(rows) > 0 {
			return productTexts(&rows[0]), rows[0].Translations, nil
		}
		return nil, nil, err
	case id.Prefix(prefix) == id.Category && by.all:
		rows, err := q.CategoryByID(ctx, ids)
		if err == nil && len(rows) > 0 {
			c := rows[0]
			return pageTexts(c.Name, c.Description, c.SEOTitle, c.SEODescription), c.Translations, nil
		}
		return nil, nil, err
	case id.Prefix(prefix) == id.Brand && by.all:
		rows, err := q.BrandsByID(ctx, ids)
		if err == nil && len(rows) > 0 {
			b := rows[0]
			return pageTexts(b.Name, b.Description, b.SEOTitle, b.SEODescription), b.Translations, nil
		}
		return nil, nil, err
	case id.Prefix(prefix) == id.Collection && by.all:
		rows, err := q.CollectionsByID(ctx, ids)
		if err == nil && len(rows) > 0 {
			c := rows[0]
			return pageTexts(c.Title, c.Description, c.SEOTitle, c.SEODescription), c.Translations, nil
		}
		return nil, nil, err
	default:
		return nil, nil, nil
	}
}
