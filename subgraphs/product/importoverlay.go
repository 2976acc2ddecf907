package product

import (
	"cmp"
	"errors"
	"fmt"
	"html"
	"slices"
	"strings"
	"time"

	"cartograph/internal/catalogue"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/limits"
	"cartograph/internal/money"
	"cartograph/internal/productfile"
)

// pictureSide is the size in pixels that a picture is meant for, of which a file
// gives none.
const pictureSide = 800

// overlay sets what p gives of a product.
func (imp *fileImporter) overlay(c *candidate, p *productfile.Product) {
	c.line = cmp.Or(c.line, p.Line)
	d := &c.Draft
	details, err := differing(d, p).checked(c.version == 0)
	if invalid, ok := errors.AsType[*fault.InputError](err); ok {
		f := invalid.Faults[0]
		c.fail(p.Line, "%s: %s", strings.Join(f.Path[min(1, len(f.Path)):], "."), f.Message)
		return
	}
	set(&d.Slug, details.Slug)
	set(&d.Title, details.Title)
	set(&d.Subtitle, details.Subtitle)
	set(&d.DescriptionHTML, details.DescriptionHTML)
	set(&d.Tags, details.Tags)
	set(&d.Keywords, details.Keywords)
	set(&d.Specifications, details.Specifications)
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
	if p.Status != nil && strings.TrimSpace(*p.Status) != "" {
		d.Status = Status(strings.ToUpper(strings.TrimSpace(*p.Status)))
	}
	if d.Status != Unpublished && d.Status != Published && d.Status != Archived {
		c.fail(p.Line, "status %q: DRAFT, PUBLISHED or ARCHIVED is expected", *p.Status)
	}
	if p.Images != nil {
		c.overlayImages(p)
	}
	titles := titlesByDefault(d)
	c.overlayOptions(p)
	imp.overlayVariants(c, p)
	for i := range d.Variants {
		v := &d.Variants[i]
		v.Options = inOrder(v.Options, d.Options)
		if v.Title == "" || titles[v.ID] {
			v.Title = titleOf(v.Options)
		}
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
			c.brand = name
		}
	}
	switch name := sellerOf(p); {
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

func (c *candidate) overlayImages(p *productfile.Product) {
	images := make([]catalogue.Image, 0, len(p.Images))
	for _, given := range p.Images {
		image, err := overlayImage(given, c.Images)
		if err != nil {
			c.fail(p.Line, "%w", err)
		}
		images = append(images, image)
	}
	c.Images = images
}

// overlayImage returns the picture that a file gives. One of the same name keeps its
// ID, and its size unless the file gives another.
func overlayImage(given productfile.Image, known []catalogue.Image) (catalogue.Image, error) {
	if given.URL != "" || given.Name == "" {
		return catalogue.Image{}, errors.New("a picture is given by its name")
	}
	image := catalogue.Image{Name: given.Name, Alt: given.Alt, Width: given.Width, Height: given.Height}
	for _, k := range known {
		if k.Name == given.Name {
			image.ID, image.Width, image.Height = k.ID, cmp.Or(image.Width, k.Width), cmp.Or(image.Height, k.Height)
		}
	}
	image.ID = cmp.Or(image.ID, id.New(id.Image))
	image.Width, image.Height = cmp.Or(image.Width, pictureSide), cmp.Or(image.Height, pictureSide)
	return image, nil
}

// overlayOptions sets the options that a file gives, with the values of the variants
// that stay. A value that is known keeps its swatch.
func (c *candidate) overlayOptions(p *productfile.Product) {
	if p.Options == nil && !slices.ContainsFunc(p.Variants, func(v productfile.Variant) bool { return len(v.Options) > 0 }) {
		return
	}
	before := c.Options
	options := make([]catalogue.Option, len(p.Options))
	for i, o := range p.Options {
		options[i] = catalogue.Option{Name: o.Name, Values: slices.Clone(o.Values)}
	}
	if p.Options == nil {
		options = withoutValues(before)
	}
	add := func(name, value string) {
		i := slices.IndexFunc(options, func(o catalogue.Option) bool { return o.Name == name })
		if i < 0 {
			options, i = append(options, catalogue.Option{Name: name}), len(options)
		}
		if !slices.ContainsFunc(options[i].Values, func(v catalogue.OptionValue) bool { return v.Value == value }) {
			options[i].Values = append(options[i].Values, catalogue.OptionValue{Value: value})
		}
	}
	if p.Options == nil {
		for _, o := range before {
			for _, v := range o.Values {
				add(o.Name, v.Value)
			}
		}
	}
	for _, v := range p.Variants {
		for _, o := range slices.Sorted(keys(v.Options)) {
			add(o, v.Options[o])
		}
	}
	for i := range options {
		options[i].Values = notNil(options[i].Values)
		for j := range options[i].Values {
			v := &options[i].Values[j]
			v.SwatchHex = cmp.Or(v.SwatchHex, swatchOf(before, options[i].Name, v.Value))
		}
	}
	c.Options = options
}

func withoutValues(options []catalogue.Option) []catalogue.Option {
	names := make([]catalogue.Option, len(options))
	for i, o := range options {
		names[i].Name = o.Name
	}
	return names
}

func keys(options map[string]string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for name := range options {
			if !yield(name) {
				return
			}
		}
	}
}

func swatchOf(options []catalogue.Option, name, value string) string {
	for _, o := range options {
		for _, v := range o.Values {
			if o.Name == name && v.Value == value {
				return v.SwatchHex
			}
		}
	}
	return ""
}

// inOrder returns a variant's options in the order of the product's.
func inOrder(selected []catalogue.SelectedOption, options []catalogue.Option) []catalogue.SelectedOption {
	ordered := make([]catalogue.SelectedOption, 0, len(options))
	for _, o := range options {
		for _, s := range selected {
			if s.Name == o.Name {
				ordered = append(ordered, s)
			}
		}
	}
	return ordered
}

func titleOf(options []catalogue.SelectedOption) string {
	values := make([]string, len(options))
	for i, o := range options {
		values[i] = o.Value
	}
	return strings.Join(values, " / ")
}

// titlesByDefault are the variants whose title is made of their options.
func titlesByDefault(d *Draft) map[string]bool {
	byDefault := map[string]bool{}
	for _, v := range d.Variants {
		byDefault[v.ID] = v.Title == titleOf(v.Options)
	}
	return byDefault
}

func (imp *fileImporter) overlayVariants(c *candidate, p *productfile.Product) {
	listed := map[string]bool{}
	for i := range p.Variants {
		given := &p.Variants[i]
		if given.SKU == "" {
			c.fail(given.Line, "a variant has no SKU")
			continue
		}
		if listed[given.SKU] {
			c.fail(given.Line, "SKU %s is there twice", given.SKU)
		}
		listed[given.SKU] = true
		v, err := c.variant(given)
		if err == nil {
			err = overlayVariant(v, given, c.Images)
		}
		if err == nil && given.Stock != nil && *given.Stock > 0 {
			c.deliver(event.Line{VariantID: v.ID, Quantity: *given.Stock})
		}
		if err != nil {
			c.fail(given.Line, "variant %s: %w", given.SKU, err)
		}
	}
	if imp.DeleteVariants && len(listed) > 0 {
		c.Variants = slices.DeleteFunc(c.Variants, func(v VariantDraft) bool { return !listed[v.SKU] })
	}
}

// deliver sets the first delivery of a variant: the one that the file gives last.
func (c *candidate) deliver(l event.Line) {
	c.delivery = slices.DeleteFunc(c.delivery, func(other event.Line) bool { return other.VariantID == l.VariantID })
	c.delivery = append(c.delivery, l)
}

// variant returns the variant of the product that a file gives, a new one if there is
// none.
func (c *candidate) variant(given *productfile.Variant) (*VariantDraft, error) {
	bySKU := slices.IndexFunc(c.Variants, func(v VariantDraft) bool { return v.SKU == given.SKU })
	byID := slices.IndexFunc(c.Variants, func(v VariantDraft) bool { return given.ID != "" && v.ID == given.ID })
	switch {
	case bySKU >= 0 && byID >= 0 && bySKU != byID:
		return nil, fmt.Errorf("the ID %s is that of variant %s", given.ID, c.Variants[byID].SKU)
	case bySKU >= 0:
		return &c.Variants[bySKU], nil
	case byID >= 0:
		return &c.Variants[byID], nil
	case len(c.Variants) >= productfile.MaxVariants:
		return nil, fmt.Errorf("a product has at most %d variants", productfile.MaxVariants)
	}
	c.Variants = append(c.Variants, VariantDraft{
		ID: cmp.Or(given.ID, id.New(id.Variant)), Options: []catalogue.SelectedOption{}, Prices: map[string]int64{}, CompareAt: map[string]int64{},
	})
	return &c.Variants[len(c.Variants)-1], nil
}

// Bounds of a variant, in characters and grams.
const (
	maxSKU     = 64
	maxBarcode = 64
	maxGrams   = 10_000_000
)

func overlayVariant(v *VariantDraft, given *productfile.Variant, known []catalogue.Image) error {
	var c checks
	if v.SKU != given.SKU {
		v.SKU = c.line(given.SKU, 1, maxSKU, "SKU")
	}
	if given.Barcode != nil && *given.Barcode != v.Barcode {
		v.Barcode = c.line(*given.Barcode, 0, maxBarcode, "barcode")
	}
	if given.Title != nil && productfile.Text(*given.Title) != productfile.Text(v.Title) {
		v.Title = c.line(*given.Title, 0, maxTitle, "title")
	}
	if len(c) > 0 {
		return fmt.Errorf("%s: %s", c[0].Path[0], c[0].Message)
	}
	for name, value := range given.Options {
		if value = strings.TrimSpace(value); value == "" {
			continue
		}
		if i := slices.IndexFunc(v.Options, func(o catalogue.SelectedOption) bool { return o.Name == name }); i >= 0 {
			v.Options[i].Value = value
		} else {
			v.Options = append(v.Options, catalogue.SelectedOption{Name: name, Value: value})
		}
	}
	if given.WeightGrams != nil {
		if v.WeightGrams = *given.WeightGrams; v.WeightGrams < 0 || v.WeightGrams > maxGrams {
			return fmt.Errorf("a weight of %d grams: 0 to %d is expected", v.WeightGrams, maxGrams)
		}
	}
	if n := given.Stock; n != nil && (*n < 0 || *n > limits.MaxQuantity) {
		return fmt.Errorf("a stock of %d: 0 to %d is expected", *n, limits.MaxQuantity)
	}
	if given.Image != nil {
		var image catalogue.Image
		if given.Image.Name != "" || given.Image.URL != "" {
			var err error
			if image, err = overlayImage(*given.Image, append([]catalogue.Image{v.Image}, known...)); err != nil {
				return err
			}
		}
		v.Image = image
	}
	return errors.Join(overlayRestock(v, given.RestockAt), overlayPrices(v.Prices, given.Prices), overlayPrices(v.CompareAt, given.CompareAt))
}

func overlayRestock(v *VariantDraft, given *string) (err error) {
	if given == nil {
		return nil
	}
	text := strings.TrimSpace(*given)
	if text == "" {
		v.RestockAt = time.Time{}
		return nil
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		at, err = time.Parse(time.DateOnly, text)
	}
	if err != nil {
		return fmt.Errorf("restock at %q: a day such as 2026-03-10 is expected, or a time such as 2026-03-10T09:00:00Z", text)
	}
	v.RestockAt = at.UTC().Truncate(time.Microsecond)
	return nil
}

func overlayPrices(into map[string]int64, given map[string]productfile.Amount) error {
	for currency, amount := range given {
		if amount == "" {
			delete(into, currency)
			continue
		}
		m, err := money.Parse(string(amount), currency)
		if err != nil {
			return plain(err)
		}
		if m.Minor <= 0 || m.Minor > maxPrice {
			return fmt.Errorf("an amount of %s: more than 0 is expected, and at most %s", m, money.Money{Minor: maxPrice, Currency: currency})
		}
		into[currency] = m.Minor
	}
	return nil
}

// maxPrice keeps the sums of orders far within an int64.
const maxPrice = 100_000_000_000

// plain is what an error says to people.
func plain(err error) error {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return errors.New(f.Message)
	}
	return err
}
