package product

import (
	"cmp"
	"strings"
	"unicode/utf8"

	"cartograph/internal/fault"
	"cartograph/internal/message"
	"cartograph/internal/optional"
	"cartograph/internal/pg"
)

// Bounds of the texts of a category, brand or collection, in characters.
const (
	maxName     = 120
	maxPageText = 5_000
)

// PageInput is what staff set of the page of a category, brand or collection. Nil
// leaves a value as it is, and an empty one clears what may be empty. A new page needs
// a name; its slug is derived from the name by default.
type PageInput struct {
	Slug, Name, Description                *string
	SEOTitle, SEODescription, CanonicalURL *string
	// EndRedirect takes the slug even if it leads to another object, which had it
	// before.
	EndRedirect bool
	Picture     PictureInput
}

// page is the part of a row that PageInput changes. A new one has no name.
type page struct {
	slug, name, description                *string
	seoTitle, seoDescription, canonicalURL *string
}

// apply sets the texts of a row, or returns every error of the input.
func (in *PageInput) apply(row page) error { return in.applyNamed(row, "name") }

// applyNamed is apply for an input whose name has another name.
func (in *PageInput) applyNamed(row page, name string) error {
	var c checks
	if in.Name != nil || *row.name == "" {
		*row.name = c.line(optional.Value(in.Name), 1, maxName, "input", name)
	}
	if in.Description != nil {
		*row.description = c.text(*in.Description, maxPageText, "input", "description")
	}
	if in.SEOTitle != nil {
		*row.seoTitle = c.line(*in.SEOTitle, 0, maxTitle, "input", "seoTitle")
	}
	if in.SEODescription != nil {
		*row.seoDescription = c.line(*in.SEODescription, 0, maxSEODescription, "input", "seoDescription")
	}
	if in.CanonicalURL != nil {
		*row.canonicalURL = *in.CanonicalURL // the schema's scalar has checked it
	}
	*row.slug = cmp.Or(optional.Value(in.Slug), *row.slug, slugOf(*row.name))
	if len(*row.slug) > maxSlug || !slugForm.MatchString(*row.slug) {
		c.add(fault.Localized(fault.Invalid, "product.slug_form", message.Args{"limit": maxSlug}), "input", "slug")
	}
	return c.err()
}

// text checks a text that may have several paragraphs.
func (c *checks) text(value string, most int, path ...string) string {
	value = strings.TrimSpace(value)
	switch {
	case !utf8.ValidString(value) || strings.ContainsRune(value, 0):
		c.add(fault.Localized(fault.Invalid, "product.text_not_plain"), path...)
	case utf8.RuneCountInString(value) > most:
		c.add(fault.Localized(fault.Invalid, "product.text_length", message.Args{"least": 0, "limit": most}), path...)
	}
	return value
}

// slugError is SLUG_TAKEN where another row of the table has the slug, or had it before:
// links to that keep working.
func slugError(err error, table, slug string) error {
	if pg.IsUnique(err, table+"_slug_is_unique") {
		return fault.Localized(fault.Conflict, "taxonomy.slug_taken", message.Args{"slug": slug}).WithCode("SLUG_TAKEN").At("input", "slug")
	}
	return err
}
