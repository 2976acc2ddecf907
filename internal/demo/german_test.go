package demo_test

import (
	"testing"
	"time"

	"cartograph/internal/demo"
)

func TestTheWholeCatalogueIsTranslated(t *testing.T) {
	t.Parallel()
	shop := demo.Open(time.Now())
	for _, c := range shop.Categories {
		if german := c.Translations["de"]; german.Title == "" || german.Description == "" || german.Description == c.Description {
			t.Errorf("category %s has German texts %+v", c.Slug, german)
		}
	}
	for _, b := range shop.Brands {
		if german := b.Translations["de"]; german.Description == "" || german.Description == b.Line {
			t.Errorf("brand %s has German texts %+v", b.Slug, german)
		}
	}
	for _, p := range shop.Products {
		german := p.Translations["de"]
		if german.Title == "" || german.Subtitle == "" || german.Subtitle == p.Subtitle || german.Description == "" || german.DescriptionHTML == "" {
			t.Errorf("product %s has German title %q and subtitle %q", p.Slug, german.Title, german.Subtitle)
		}
		for _, o := range p.Options {
			if german.Options[o.Name].Name == "" {
				t.Errorf("option %q of %s has no German name", o.Name, p.Slug)
			}
		}
		for _, g := range p.Specifications {
			if german.Groups[g.Name] == "" {
				t.Errorf("group %q of %s has no German name", g.Name, p.Slug)
			}
			for _, s := range g.Items {
				if german.Specifications[s.Key].Name == "" {
					t.Errorf("specification %q of %s has no German name", s.Name, p.Slug)
				}
			}
		}
	}
}
