package product

import (
	"regexp"
	"strconv"
	"unicode/utf8"

	"github.com/gosimple/slug"

	"cartograph/internal/address"
	"cartograph/internal/catalogue"
	"cartograph/internal/fault"
	"cartograph/internal/message"
	"cartograph/internal/subgraph"
)

// Bounds of what an editor writes about a product, in characters and elements.
const (
	maxSlug           = 100
	maxTitle          = 200
	maxSubtitle       = 300
	maxDescription    = 50_000 // of HTML
	maxTags           = 50
	maxTag            = 50
	maxKeywords       = 100
	maxGroups         = 20
	maxSpecifications = 50 // in a group
	maxSpecification  = 500
	maxSEODescription = 320
)

// Details are what an editor sets of a product. Nil leaves a value as it is, and an
// empty one clears what may be empty.
type Details struct {
	SellerID        *string // set by staff of the shop; empty: the shop itself
	Slug            *string
	Title           *string
	Subtitle        *string
	DescriptionHTML *string
	CategoryID      *string
	BrandID         *string
	Tags            *[]string
	Keywords        *[]string
	Specifications  *[]catalogue.SpecificationGroup
	SEOTitle        *string
	SEODescription  *string
	CanonicalURL    *string
}

var (
	slugForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	keyForm  = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
)

// slugOf derives a slug from a title, in Latin letters; "" where nothing can be read
// of it.
func slugOf(title string) string {
	s := slug.Make(title)
	for len(s) > maxSlug {
		cut := s[:maxSlug]
		s = slugEnd.ReplaceAllString(cut, "")
	}
	return s
}

var slugEnd = regexp.MustCompile(`-[^-]*$|-$`)

// checks collects the errors of an input.
type checks []*fault.Error

// err is nil without errors.
func (c checks) err() error {
	if len(c) == 0 {
		return nil
	}
	return &fault.InputError{Faults: c}
}

func (c *checks) add(f *fault.Error, path ...string) { *c = append(*c, f.At(path...)) }

// line checks one line of text and returns it normalised.
func (c *checks) line(value string, least, most int, path ...string) string {
	value, printable := address.Tidy(value)
	n := utf8.RuneCountInString(value)
	switch {
	case !printable:
		c.add(fault.Localized(fault.Invalid, "product.text_not_plain"), path...)
	case n < least || n > most:
		c.add(fault.Localized(fault.Invalid, "product.text_length", message.Args{"least": least, "limit": most}), path...)
	}
	return value
}

// lines checks a list of lines and returns those that differ.
func (c *checks) lines(values []string, mostValues, most int, path ...string) []string {
	if len(values) > mostValues {
		c.add(fault.Localized(fault.Invalid, "product.list_length", message.Args{"limit": mostValues}), path...)
		return nil
	}
	distinct, seen := make([]string, 0, len(values)), map[string]bool{}
	for i, value := range values {
		if value = c.line(value, 1, most, append(path, strconv.Itoa(i))...); !seen[value] {
			seen[value], distinct = true, append(distinct, value)
		}
	}
	return distinct
}

// checked returns the details normalised, or every error of them. A new product needs
// a title and a category.
func (d Details) checked(isNew bool) (Details, error) {
	var c checks
	line := func(value **string, least, most int, name string) {
		if *value != nil {
			tidy := c.line(**value, least, most, "input", name)
			*value = &tidy
		}
	}
	if isNew && d.Title == nil {
		d.Title = new("")
	}
	if isNew && d.CategoryID == nil {
		c.add(fault.Localized(fault.Invalid, "product.category_required"), "input", "categoryId")
	}
	line(&d.Title, 1, maxTitle, "title")
	line(&d.Subtitle, 0, maxSubtitle, "subtitle")
	line(&d.SEOTitle, 0, maxTitle, "seoTitle")
	line(&d.SEODescription, 0, maxSEODescription, "seoDescription")
	if isNew && d.Slug == nil && d.Title != nil {
		if derived := slugOf(*d.Title); derived != "" {
			d.Slug = &derived
		}
	}
	if d.Slug != nil && (len(*d.Slug) > maxSlug || !slugForm.MatchString(*d.Slug)) {
		c.add(fault.Localized(fault.Invalid, "product.slug_form", message.Args{"limit": maxSlug}), "input", "slug")
	}
	if d.DescriptionHTML != nil {
		html := c.html(*d.DescriptionHTML, "input", "descriptionHtml")
		d.DescriptionHTML = &html
	}
	if d.CanonicalURL != nil && *d.CanonicalURL != "" {
		if _, err := subgraph.UnmarshalURL(*d.CanonicalURL); err != nil {
			c.add(fault.Localized(fault.Invalid, "common.malformed_url", message.Args{"value": *d.CanonicalURL}), "input", "canonicalUrl")
		}
	}
	if d.Tags != nil {
		tags := c.lines(*d.Tags, maxTags, maxTag, "input", "tags")
		d.Tags = &tags
	}
	if d.Keywords != nil {
		keywords := c.lines(*d.Keywords, maxKeywords, maxTag, "input", "keywords")
		d.Keywords = &keywords
	}
	if d.Specifications != nil {
		groups := c.specifications(*d.Specifications)
		d.Specifications = &groups
	}
	return d, c.err()
}

func (c *checks) specifications(groups []catalogue.SpecificationGroup) []catalogue.SpecificationGroup {
	if len(groups) > maxGroups {
		c.add(fault.Localized(fault.Invalid, "product.list_length", message.Args{"limit": maxGroups}), "input", "specifications")
		return nil
	}
	checked, keys := make([]catalogue.SpecificationGroup, len(groups)), map[string]bool{}
	for i, g := range groups {
		at := func(path ...string) []string {
			return append([]string{"input", "specifications", strconv.Itoa(i)}, path...)
		}
		checked[i] = catalogue.SpecificationGroup{Name: c.line(g.Name, 1, maxTitle, at("name")...), Items: []catalogue.Specification{}}
		if len(g.Items) > maxSpecifications {
			c.add(fault.Localized(fault.Invalid, "product.list_length", message.Args{"limit": maxSpecifications}), at("items")...)
			continue
		}
		for j, item := range g.Items {
			n := strconv.Itoa(j)
			switch {
			case len(item.Key) > maxTag || !keyForm.MatchString(item.Key):
				c.add(fault.Localized(fault.Invalid, "product.specification_key", message.Args{"limit": maxTag}), at("items", n, "key")...)
			case keys[item.Key]:
				c.add(fault.Localized(fault.Invalid, "product.specification_twice", message.Args{"key": item.Key}), at("items", n, "key")...)
			}
			keys[item.Key] = true
			checked[i].Items = append(checked[i].Items, catalogue.Specification{
				Key: item.Key, Name: c.line(item.Name, 1, maxTitle, at("items", n, "name")...),
				Value: c.line(item.Value, 1, maxSpecification, at("items", n, "value")...), Unit: c.line(item.Unit, 0, maxTag, at("items", n, "unit")...),
			})
		}
	}
	return checked
}
