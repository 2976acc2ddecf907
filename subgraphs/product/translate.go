package product

import (
	"cmp"
	"context"
	"maps"
	"strings"

	"cartograph/internal/auth"
	"cartograph/internal/catalogue"
	"cartograph/internal/locale"
	"cartograph/internal/optional"
)

// Translation is the language in which an object is shown.
type Translation struct {
	Locale     string // of its texts, or most of them
	IsFallback bool   // its title, subtitle or description is not in the caller's language
}

// reader is the languages in which a caller reads.
type reader struct {
	locales []string // the preferred first: de-AT, de
	own     string   // in which the catalogue's own texts are
}

func (s *Service) reader(ctx context.Context) reader {
	return reader{locales: locale.Preferred(auth.From(ctx).Locale), own: s.cfg.Locale}
}

// language is the caller's.
func (r reader) language() string { return r.locales[len(r.locales)-1] }

// translator replaces the texts of one object.
type translator struct {
	texts       catalogue.Texts
	translation Translation
	foreign     bool // the caller's language is not the catalogue's own
}

// translator takes each text of the first locale that has it.
func (r reader) translator(all catalogue.Translations) *translator {
	t := &translator{translation: Translation{Locale: r.own}, foreign: r.language() != locale.Language(r.own)}
	for _, l := range r.locales {
		texts, ok := all[l]
		if !ok {
			continue
		}
		if t.translation.Locale == r.own {
			t.translation.Locale = l
		}
		t.texts = merged(t.texts, texts)
	}
	return t
}

// merged adds the texts that the first does not have.
func merged(first, then catalogue.Texts) catalogue.Texts {
	first.Title, first.Subtitle = cmp.Or(first.Title, then.Title), cmp.Or(first.Subtitle, then.Subtitle)
	if first.DescriptionHTML == "" && first.Description == "" {
		first.Description, first.DescriptionHTML = then.Description, then.DescriptionHTML
	}
	first.SEOTitle, first.SEODescription = cmp.Or(first.SEOTitle, then.SEOTitle), cmp.Or(first.SEODescription, then.SEODescription)
	first.Options = mergedMaps(first.Options, then.Options, func(a, b catalogue.OptionTexts) catalogue.OptionTexts {
		return catalogue.OptionTexts{Name: cmp.Or(a.Name, b.Name), Values: mergedMaps(a.Values, b.Values, firstText)}
	})
	first.Groups = mergedMaps(first.Groups, then.Groups, firstText)
	first.Specifications = mergedMaps(first.Specifications, then.Specifications, func(a, b catalogue.SpecificationTexts) catalogue.SpecificationTexts {
		return catalogue.SpecificationTexts{Name: cmp.Or(a.Name, b.Name), Value: cmp.Or(a.Value, b.Value)}
	})
	return first
}

func firstText(a, b string) string { return cmp.Or(a, b) }

// mergedMaps has the values of both maps, merged where both have one. It changes
// neither.
func mergedMaps[V any](first, then map[string]V, merge func(a, b V) V) map[string]V {
	if len(first) == 0 {
		return then
	}
	all := maps.Clone(first)
	for key, b := range then {
		if a, ok := first[key]; ok {
			b = merge(a, b)
		}
		all[key] = b
	}
	return all
}

// text is the translation of an object's text, or the text itself.
func (t *translator) text(own, translated string) string {
	if translated == "" && own != "" && t.foreign {
		t.translation.IsFallback = true
	}
	return cmp.Or(translated, own)
}

// translate shows p in the caller's language.
func (p *Product) translate(t *translator) {
	p.Title = t.text(p.Title, t.texts.Title)
	p.Subtitle = optional.Of(t.text(optional.Value(p.Subtitle), t.texts.Subtitle))
	if p.Description = t.text(p.Description, t.texts.Description); t.texts.Description != "" {
		p.DescriptionHTML = t.texts.DescriptionHTML
	}
	p.SEO.Title, p.SEO.Description = cmp.Or(t.texts.SEOTitle, p.SEO.Title), cmp.Or(t.texts.SEODescription, p.SEO.Description)
	for i := range p.Options {
		p.Options[i].translate(t.texts.Options)
	}
	for _, v := range p.Variants {
		v.translate(t.texts.Options)
	}
	for i := range p.Specifications {
		translateGroup(&p.Specifications[i], t.texts)
	}
	p.Translation = t.translation
}

func (o *Option) translate(options map[string]catalogue.OptionTexts) {
	texts := options[o.Name]
	o.Name = cmp.Or(texts.Name, o.Name)
	for i, v := range o.Values {
		o.Values[i].Value = cmp.Or(texts.Values[v.Value], v.Value)
	}
}

// translate keeps the options as the catalogue has them: a client may select by either.
func (v *Variant) translate(options map[string]catalogue.OptionTexts) {
	var own, translated []string
	v.ownOptions, v.SelectedOptions = v.SelectedOptions, make([]catalogue.SelectedOption, len(v.SelectedOptions))
	for i, o := range v.ownOptions {
		texts := options[o.Name]
		v.SelectedOptions[i] = catalogue.SelectedOption{Name: cmp.Or(texts.Name, o.Name), Value: cmp.Or(texts.Values[o.Value], o.Value)}
		own, translated = append(own, o.Value), append(translated, v.SelectedOptions[i].Value)
	}
	const separator = " / "
	if v.Title == strings.Join(own, separator) {
		v.Title = strings.Join(translated, separator)
	}
}

func translateGroup(g *catalogue.SpecificationGroup, texts catalogue.Texts) {
	g.Name = cmp.Or(texts.Groups[g.Name], g.Name)
	for i, s := range g.Items {
		t := texts.Specifications[s.Key]
		g.Items[i].Name, g.Items[i].Value = cmp.Or(t.Name, s.Name), cmp.Or(t.Value, s.Value)
	}
}

func (c *Category) translate(t *translator) {
	c.Name = t.text(c.Name, t.texts.Title)
	c.Description = optional.Of(t.text(optional.Value(c.Description), t.texts.Description))
	c.SEO.Title, c.SEO.Description = cmp.Or(t.texts.SEOTitle, c.SEO.Title), cmp.Or(t.texts.SEODescription, c.SEO.Description)
	c.Translation = t.translation
}

// translate leaves the name, which most brands have in every language, unless there is a
// translation of it.
func (b *Brand) translate(t *translator) {
	b.Name = cmp.Or(t.texts.Title, b.Name)
	b.Description = optional.Of(t.text(optional.Value(b.Description), t.texts.Description))
	b.SEO.Title, b.SEO.Description = cmp.Or(t.texts.SEOTitle, b.SEO.Title), cmp.Or(t.texts.SEODescription, b.SEO.Description)
	b.Translation = t.translation
}
