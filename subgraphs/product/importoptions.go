package product

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"cartograph/internal/catalogue"
	"cartograph/internal/productfile"
)

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
		for _, o := range slices.Sorted(maps.Keys(v.Options)) {
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
