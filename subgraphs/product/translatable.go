package product

import (
	"reflect"

	"cartograph/internal/catalogue"
	"cartograph/subgraphs/product/db"
)

// TextField is a text that can be translated; the values are the schema's. The keys
// of a TranslatableText say which one of several it is.
type TextField string

// The fields.
const (
	TitleText              TextField = "TITLE" // of a category or brand, its name
	SubtitleText           TextField = "SUBTITLE"
	DescriptionText        TextField = "DESCRIPTION" // of a product, as HTML
	SEOTitleText           TextField = "SEO_TITLE"
	SEODescriptionText     TextField = "SEO_DESCRIPTION"
	OptionNameText         TextField = "OPTION_NAME"         // the option
	OptionValueText        TextField = "OPTION_VALUE"        // the option, the value
	SpecificationGroupText TextField = "SPECIFICATION_GROUP" // the group
	SpecificationNameText  TextField = "SPECIFICATION_NAME"  // the key of the specification
	SpecificationValueText TextField = "SPECIFICATION_VALUE" // the key of the specification
)

// TranslatableText is a text of an object, and its translation.
type TranslatableText struct {
	Field       TextField
	Keys        []string
	Text        string
	Translation *string // nil: not translated
}

// productTexts are all texts of a product that can be translated.
func productTexts(p *db.Product) []TranslatableText {
	all := []TranslatableText{
		{Field: TitleText, Text: p.Title},
		{Field: SubtitleText, Text: p.Subtitle},
		{Field: DescriptionText, Text: p.DescriptionHTML},
		{Field: SEOTitleText, Text: p.SEOTitle},
		{Field: SEODescriptionText, Text: p.SEODescription},
	}
	for _, o := range p.Options {
		all = append(all, TranslatableText{Field: OptionNameText, Keys: []string{o.Name}, Text: o.Name})
		for _, v := range o.Values {
			all = append(all, TranslatableText{Field: OptionValueText, Keys: []string{o.Name, v.Value}, Text: v.Value})
		}
	}
	for _, g := range p.Specifications {
		all = append(all, TranslatableText{Field: SpecificationGroupText, Keys: []string{g.Name}, Text: g.Name})
		for _, s := range g.Items {
			all = append(all, TranslatableText{Field: SpecificationNameText, Keys: []string{s.Key}, Text: s.Name},
				TranslatableText{Field: SpecificationValueText, Keys: []string{s.Key}, Text: s.Value})
		}
	}
	return all
}

// pageTexts are those of a category or brand.
func pageTexts(name, description, seoTitle, seoDescription string) []TranslatableText {
	return []TranslatableText{
		{Field: TitleText, Text: name},
		{Field: DescriptionText, Text: description},
		{Field: SEOTitleText, Text: seoTitle},
		{Field: SEODescriptionText, Text: seoDescription},
	}
}

// translated returns the translation of a text; "" if there is none.
func translated(t *catalogue.Texts, field TextField, keys []string) string {
	switch field {
	case TitleText:
		return t.Title
	case SubtitleText:
		return t.Subtitle
	case DescriptionText:
		if t.DescriptionHTML != "" {
			return t.DescriptionHTML
		}
		return t.Description
	case SEOTitleText:
		return t.SEOTitle
	case SEODescriptionText:
		return t.SEODescription
	case OptionNameText:
		return t.Options[keys[0]].Name
	case OptionValueText:
		return t.Options[keys[0]].Values[keys[1]]
	case SpecificationGroupText:
		return t.Groups[keys[0]]
	case SpecificationNameText:
		return t.Specifications[keys[0]].Name
	case SpecificationValueText:
		return t.Specifications[keys[0]].Value
	default:
		return ""
	}
}

// setTranslated sets the translation of a text other than a description; "" removes
// it.
func setTranslated(t *catalogue.Texts, field TextField, keys []string, text string) {
	switch field {
	case TitleText:
		t.Title = text
	case SubtitleText:
		t.Subtitle = text
	case SEOTitleText:
		t.SEOTitle = text
	case SEODescriptionText:
		t.SEODescription = text
	case OptionNameText, OptionValueText:
		t.Options = put(t.Options, keys[0], func(o *catalogue.OptionTexts) {
			if field == OptionNameText {
				o.Name = text
			} else {
				o.Values = put(o.Values, keys[1], func(v *string) { *v = text })
			}
		})
	case SpecificationGroupText:
		t.Groups = put(t.Groups, keys[0], func(v *string) { *v = text })
	case SpecificationNameText, SpecificationValueText:
		t.Specifications = put(t.Specifications, keys[0], func(s *catalogue.SpecificationTexts) {
			if field == SpecificationNameText {
				s.Name = text
			} else {
				s.Value = text
			}
		})
	case DescriptionText: // is sanitised first
	}
}

// put changes a value of a map, which may be nil. An empty value leaves the map, and an
// empty map is nil.
func put[V any](m map[string]V, key string, change func(*V)) map[string]V {
	if m == nil {
		m = map[string]V{}
	}
	v := m[key]
	change(&v)
	if m[key] = v; reflect.ValueOf(v).IsZero() {
		delete(m, key)
	}
	if len(m) == 0 {
		return nil
	}
	return m
}
