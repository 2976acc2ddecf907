package product

import (
	"cmp"
	"errors"
	"html"
	"slices"
	"strings"
	"time"

	"cartograph/internal/catalogue"
	"cartograph/internal/fault"
	"cartograph/internal/productfile"
)

// overlay sets what p gives of a product.
func (imp *fileImporter) overlay(c *candidate, p *productfile.Product) {
	c.line = cmp.Or(c.line, p.Line)
	d := &c.Draft
	details, err := differing(d, p).checked(c.version == 0)
	if invalid, ok := errors.AsType[*fault.InputError](err); ok {
		c.failChecks(p.Line, invalid.Faults)
		return
	}
	set(&d.Slug, details.Slug)
	set(&d.Title, details.Title)
	set(&d.Subtitle, details.Subtitle)
	set(&d.DescriptionHTML, details.DescriptionHTML)
	set(&d.Tags, details.Tags)
	set(&d.Keywords, details.Keywords)
	set(&d.Specifications, details.Specifications)
	set(&d.SEO.Title, details.SEOTitle)
	set(&d.SEO.Description, details.SEODescription)
	set(&d.SEO.CanonicalURL, details.CanonicalURL)
	if details.DescriptionHTML != nil && p.Description == nil {
		d.Description = textOf(d.DescriptionHTML)
	} else {
		setText(&d.Description, p.Description)
	}
	set(&d.FeaturedRank, p.FeaturedRank)
	if d.FeaturedRank < 0 || d.FeaturedRank >= lastRank {
		c.fail(p.Line, "featured rank %d: 1 to %d is expected, or 0 for none", d.FeaturedRank, lastRank-1)
	}
	switch {
	case p.CreatedAt != nil:
		d.CreatedAt = p.CreatedAt.UTC().Truncate(time.Microsecond) // as the database stores it
	case c.version == 0 && d.CreatedAt.IsZero():
		d.CreatedAt = imp.now().UTC().Truncate(time.Microsecond)
	}
	imp.overlayReferences(c, p)
	c.overlayStatus(p)
	if p.Images != nil {
		imp.overlayImages(c, p)
	}
	titles := titlesByDefault(d)
	tidyOptions(p)
	imp.overlayOptions(c, p)
	imp.overlayVariants(c, p)
	for i := range d.Variants {
		v := &d.Variants[i]
		if ordered := inOrderOf(d.Options, v.Options); ordered != nil { // else checkDraft refuses it
			v.Options = ordered
		}
		if v.Title == "" || titles[v.ID] {
			v.Title = titleOf(v.Options)
		}
	}
	imp.overlayTranslations(c, p)
}

// failChecks fails with the first of the errors of an input.
func (c *candidate) failChecks(line int, problems checks) {
	if len(problems) == 0 {
		return
	}
	path := problems[0].Path
	if len(path) > 0 && path[0] == "input" {
		path = path[1:]
	}
	c.fail(line, "%s: %s", strings.Join(path, "."), problems[0].Message)
}

// overlayStatus sets the status. It changes as publication and archiving change it.
func (c *candidate) overlayStatus(p *productfile.Product) {
	if p.Status == nil || strings.TrimSpace(*p.Status) == "" {
		return
	}
	was := c.Status
	c.Status = Status(strings.ToUpper(strings.TrimSpace(*p.Status)))
	switch {
	case c.version == 0 || c.Status == was:
	case was == Unpublished && c.Status == Archived:
		c.fail(p.Line, "status: %w", plain(neverPublished()))
	case c.Status == Unpublished:
		c.fail(p.Line, "status: a product that was published cannot be a draft again: archive it")
	}
}

func set[T any](into, given *T) {
	if given != nil {
		*into = *given
	}
}

// setText leaves a text as it is that differs from the file's only in what
// productfile.Text drops.
func setText(into, given *string) {
	if given != nil && productfile.Text(*into) != productfile.Text(*given) {
		*into = productfile.Text(*given)
	}
}

// differing are what p gives of a product that is not in the catalogue already: only
// that is checked and normalised.
func differing(d *Draft, p *productfile.Product) Details {
	text := func(is string, given *string) *string {
		if given == nil || productfile.Text(is) == productfile.Text(*given) {
			return nil
		}
		return new(productfile.Text(*given))
	}
	list := func(is, given []string) *[]string {
		if given == nil || slices.Equal(is, given) {
			return nil
		}
		return &given
	}
	changed := Details{
		Title: text(d.Title, p.Title), Subtitle: text(d.Subtitle, p.Subtitle), DescriptionHTML: text(d.DescriptionHTML, p.DescriptionHTML),
		Tags: list(d.Tags, p.Tags), Keywords: list(d.Keywords, p.Keywords),
		CategoryID: new(""), // which the file gives otherwise
	}
	changed.SEOTitle, changed.SEODescription = text(d.SEO.Title, p.SEOTitle), text(d.SEO.Description, p.SEODescription)
	changed.CanonicalURL = text(d.SEO.CanonicalURL, p.CanonicalURL)
	if p.Slug != "" && p.Slug != d.Slug {
		changed.Slug = &p.Slug
	}
	if d.Slug != "" && changed.Slug == nil {
		changed.Slug = &d.Slug // it is not derived from the title again
	}
	if p.Specifications != nil && !slices.EqualFunc(d.Specifications, p.Specifications, sameGroup) {
		changed.Specifications = &p.Specifications
	}
	if plain := text(d.Description, p.Description); plain != nil && p.DescriptionHTML == nil {
		changed.DescriptionHTML = new(paragraphs(*plain))
	}
	return changed
}

func sameGroup(a, b catalogue.SpecificationGroup) bool {
	return a.Name == b.Name && slices.Equal(a.Items, b.Items)
}

// paragraphs is a text as HTML. Empty lines are between paragraphs.
func paragraphs(text string) string {
	var b strings.Builder
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		if paragraph = strings.TrimSpace(paragraph); paragraph != "" {
			b.WriteString("<p>" + strings.ReplaceAll(html.EscapeString(paragraph), "\n", "<br>") + "</p>")
		}
	}
	return b.String()
}

// overlayReferences sets the category, the brand and the seller.
func (imp *fileImporter) overlayReferences(c *candidate, p *productfile.Product) {
	if p.Category != nil && strings.TrimSpace(*p.Category) != "" {
		found, missing, err := imp.taxonomy.category(*p.Category)
		switch {
		case err != nil:
			c.fail(p.Line, "%w", err)
		case missing != nil && imp.OnlyKnown:
			c.fail(p.Line, "there is no category %q", *p.Category)
		default:
			c.CategoryID, c.category = found, missing
		}
	}
	if p.Brand != nil {
		name := productfile.Text(*p.Brand)
		found := imp.taxonomy.byName[strings.ToLower(name)]
		c.BrandID, c.brand = found, ""
		if name != "" && found == "" {
			if imp.OnlyKnown {
				c.fail(p.Line, "there is no brand %q", name)
			}
			var problems checks
			c.brand = problems.line(name, 1, maxName, "brand")
			c.failChecks(p.Line, problems)
		}
	}
	switch name := sellerOf(p); {
	case imp.Sellers == nil && strings.Contains(name, "@"):
		c.fail(p.Line, "seller %q: the database of accounts is needed to find one by its e-mail address", name)
	case name != "" && imp.Sellers == nil:
		c.SellerID = name
	case name != "":
		if c.SellerID = imp.sellers[name]; c.SellerID == "" {
			c.fail(p.Line, "there is no account %q to sell it", name)
		}
	case p.Seller != nil: // the shop itself
		c.SellerID = ""
	case c.version == 0:
		c.SellerID = imp.Seller
	}
}
