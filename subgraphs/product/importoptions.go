package product

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"cartograph/internal/address"
	"cartograph/internal/catalogue"
	"cartograph/internal/productfile"
)

// tidyOptions writes the names and values of options as checks.options does, so that
// those of the variants are equal to those of the product.
func tidyOptions(p *productfile.Product) {
	tidy := func(text string) string {
		if tidied, printable := address.Tidy(text); printable {
			return tidied
		}
		return text // is refused
	}
	for i := range p.Options {
		o := &p.Options[i]
		o.Name, o.Values = tidy(o.Name), slices.Clone(o.Values)
		for j := range o.Values {
			o.Values[j].Value = tidy(o.Values[j].Value)
		}
	}
	for i := range p.Variants {
		options := make(map[string]string, len(p.Variants[i].Options))
		for name, value := range p.Variants[i].Options {
			if value = tidy(value); value != "" {
				options[tidy(name)] = value
			}
		}
		p.Variants[i].Options = options
	}
}

// overlayOptions sets the options that a file gives, with the values of the variants
// that stay. A value that is known keeps its swatch.
func (imp *fileImporter) overlayOptions(c *candidate, p *productfile.Product) {
	if p.Options == nil && !slices.ContainsFunc(p.Variants, func(v productfile.Variant) bool { return len(v.Options) > 0 }) {
		return
	}
	before := c.Options
	options := make([]catalogue.Option, len(p.Options))
	for i, o := range p.Options {
		options[i] = catalogue.Option{Name: o.Name, Values: slices.Clone(o.Values)}
	}
	if p.Options == nil {
		for _, o := range before {
			options = append(options, catalogue.Option{Name: o.Name, Values: slices.Clone(o.Values)})
		}
	}
	// add adds a value that the option lacks.
	add := func(i int, value string) {
		if !slices.ContainsFunc(options[i].Values, func(v catalogue.OptionValue) bool { return v.Value == value }) {
			options[i].Values = append(options[i].Values, catalogue.OptionValue{Value: value})
		}
	}
	named := func(name string) int {
		return slices.IndexFunc(options, func(o catalogue.Option) bool { return o.Name == name })
	}
	listed := map[string]bool{}
	for _, v := range p.Variants {
		listed[v.SKU] = true
		for _, name := range slices.Sorted(maps.Keys(v.Options)) {
			if named(name) < 0 {
				options = append(options, catalogue.Option{Name: name})
			}
			add(named(name), v.Options[name])
		}
	}
	for _, v := range c.Variants {
		if listed[v.SKU] || imp.DeleteVariants && !c.listed[v.SKU] {
			continue
		}
		for _, o := range v.Options {
			if i := named(o.Name); i >= 0 {
				add(i, o.Value)
			}
		}
	}
	for i := range options {
		options[i].Values = notNil(options[i].Values)
		for j := range options[i].Values {
			v := &options[i].Values[j]
			v.SwatchHex = cmp.Or(v.SwatchHex, swatchOf(before, options[i].Name, v.Value))
		}
	}
	if !slices.EqualFunc(before, options, sameOption) {
		var problems checks
		problems.options(options)
		c.failChecks(p.Line, problems)
	}
	c.Options = options
}

func sameOption(a, b catalogue.Option) bool {
	return a.Name == b.Name && slices.Equal(a.Values, b.Values)
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
