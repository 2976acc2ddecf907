package product

import (
	"cmp"
	"strings"

	"cartograph/internal/optional"
)

// summaryLength is the number of characters of a description that search engines show.
const summaryLength = 160

// SeoOfProduct is the metadata of a product's page: what was set, or else derived from
// its texts and its present slug.
func (s *Service) SeoOfProduct(p *Product) *SEO {
	return s.seo(p.SEO, "products", p.Slug, p.Title, p.Description)
}

// SeoOfCategory is the metadata of a category's page.
func (s *Service) SeoOfCategory(c *Category) *SEO {
	return s.seo(c.SEO, "categories", c.Slug, c.Name, optional.Value(c.Description))
}

// SeoOfBrand is the metadata of a brand's page.
func (s *Service) SeoOfBrand(b *Brand) *SEO {
	return s.seo(b.SEO, "brands", b.Slug, b.Name, optional.Value(b.Description))
}

// SeoOfCollection is the metadata of a collection's page.
func (s *Service) SeoOfCollection(c *Collection) *SEO {
	return s.seo(c.SEO, "collections", c.Slug, c.Title, optional.Value(c.Description))
}

func (s *Service) seo(set SEO, section, slug, title, text string) *SEO {
	return &SEO{
		Title: cmp.Or(set.Title, title), Description: cmp.Or(set.Description, summary(text)),
		CanonicalURL: cmp.Or(set.CanonicalURL, strings.TrimRight(s.cfg.ShopURL, "/")+"/"+section+"/"+slug),
	}
}

// summary cuts a text at the end of a word.
func summary(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	r := []rune(text)
	if len(r) <= summaryLength {
		return text
	}
	cut := string(r[:summaryLength-1])
	if space := strings.LastIndexByte(cut, ' '); space > 0 {
		cut = cut[:space]
	}
	return cut + "…"
}
