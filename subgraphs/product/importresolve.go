package product

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strings"

	"cartograph/internal/event"
	"cartograph/internal/id"
	"cartograph/internal/optional"
	"cartograph/internal/productfile"
	"cartograph/subgraphs/product/db"
)

// storedDraft is a product as it is to be, and the version from which it was derived:
// 0 for a new one.
type storedDraft struct {
	Draft
	version int64
	uploads []string // of its pictures, to attach
}

// candidate is a product of a file that is compared with the catalogue. Several
// entries of a file that give the same product are one.
type candidate struct {
	storedDraft
	line     int      // where the file gives it first
	stored   []byte   // the product in the catalogue; nil for a new one
	category []string // the path of a category that does not exist
	brand    string   // likewise
	delivery []event.Line
	listed   map[string]bool        // SKUs that the file gives, if others are deleted
	err      *productfile.LineError // the first
}

func (c *candidate) fail(line int, format string, args ...any) {
	if c.err == nil {
		c.err = &productfile.LineError{Line: line, Err: fmt.Errorf(format, args...)}
	}
}

func (c *candidate) differs() bool {
	return c.version == 0 || c.category != nil || c.brand != "" || !bytes.Equal(c.stored, content(&c.Draft))
}

// content is what a product is compared by.
func content(d *Draft) []byte {
	encoded, err := json.Marshal(d)
	if err != nil {
		panic(err) // a draft has nothing that JSON cannot hold
	}
	return encoded
}

// resolve finds the products of a file in the catalogue and derives what they are to
// be. Categories and brands that a valid product needs are created.
func (imp *fileImporter) resolve(ctx context.Context, products []productfile.Product) ([]*candidate, error) {
	found, err := imp.find(ctx, products)
	if err != nil {
		return nil, err
	}
	if err := imp.findSellers(ctx, products); err != nil {
		return nil, err
	}
	var candidates []*candidate
	for i := range products {
		p := &products[i]
		c, err := found.match(p)
		if err == nil {
			err = imp.checkSlug(c, p)
		}
		if err != nil {
			c = &candidate{}
			c.fail(p.Line, "%w", err)
		} else {
			imp.overlay(c, p)
			found.add(c)
		}
		if !slices.Contains(candidates, c) {
			candidates = append(candidates, c)
		}
	}
	for _, c := range candidates {
		if c.err == nil {
			c.deleteUnlisted()
			c.checkDraft()
		}
	}
	return candidates, imp.createReferences(ctx, candidates)
}

// foundProducts are the products that a batch may mean, by all that names them.
type foundProducts struct {
	byID, bySlug, bySKU, byVariant map[string]*candidate
}

func (imp *fileImporter) find(ctx context.Context, products []productfile.Product) (*foundProducts, error) {
	var keys db.ProductKeys
	for i := range products {
		p := &products[i]
		p.ID, p.Slug = strings.TrimSpace(p.ID), strings.TrimSpace(p.Slug)
		keys.IDs, keys.Slugs = appendKey(keys.IDs, p.ID), appendKey(keys.Slugs, p.Slug)
		for _, v := range p.Variants {
			keys.SKUs, keys.VariantIDs = appendKey(keys.SKUs, v.SKU), appendKey(keys.VariantIDs, v.ID)
		}
	}
	rows, err := db.New(imp.pool).ProductDrafts(ctx, keys)
	if err != nil {
		return nil, wrap("read products", err)
	}
	f := &foundProducts{map[string]*candidate{}, map[string]*candidate{}, map[string]*candidate{}, map[string]*candidate{}}
	for i := range rows {
		c := &candidate{storedDraft: storedDraft{Draft: draftOf(&rows[i]), version: rows[i].Version}}
		c.stored = content(&c.Draft)
		f.add(c)
	}
	return f, nil
}

func appendKey(keys []string, key string) []string {
	if key = strings.TrimSpace(key); key == "" || strings.ContainsRune(key, 0) {
		return keys
	}
	return append(keys, key)
}

// add makes c known by its names, also to later entries of the same file.
func (f *foundProducts) add(c *candidate) {
	f.byID[c.ID], f.bySlug[c.Slug] = c, c
	for _, v := range c.Variants {
		f.bySKU[v.SKU], f.byVariant[v.ID] = c, c
	}
}

// match returns the product that p gives, a new one if the catalogue has none. All
// that names it must name the same.
func (f *foundProducts) match(p *productfile.Product) (*candidate, error) {
	c, by := f.byID[p.ID], "ID "+p.ID
	if other := f.bySlug[p.Slug]; c == nil {
		c, by = other, "slug "+p.Slug
	} else if other != nil && other != c {
		return nil, fmt.Errorf("the slug %s is that of another product than the ID %s", p.Slug, p.ID)
	}
	for i := range p.Variants {
		v := &p.Variants[i]
		v.SKU = strings.TrimSpace(v.SKU)
		for name, other := range map[string]*candidate{"SKU " + v.SKU: f.bySKU[v.SKU], "variant " + v.ID: f.byVariant[v.ID]} {
			switch {
			case other == nil || other == c:
			case c == nil:
				c, by = other, name
			default:
				return nil, fmt.Errorf("the %s is of product %s, but the %s of product %s", name, other.Slug, by, c.Slug)
			}
		}
	}
	if c == nil {
		c = &candidate{storedDraft: storedDraft{Draft: Draft{ID: p.ID, Status: Published}}}
		if c.ID == "" {
			c.ID = id.New(id.Product)
		}
	}
	return c, nil
}

// checkSlug refuses an entry that is found by a SKU, but has another slug than an
// earlier entry for the same product: they are two products with one SKU by mistake.
func (imp *fileImporter) checkSlug(c *candidate, p *productfile.Product) error {
	if p.Slug == "" {
		return nil
	}
	of, slug := maphash.String(imp.seed, c.ID), maphash.String(imp.seed, p.Slug)
	if earlier, ok := imp.slugs[of]; ok && earlier != slug && len(p.Variants) > 0 {
		return fmt.Errorf("the SKU %s is that of product %s, which the file has already", p.Variants[0].SKU, c.Slug)
	}
	imp.slugs[of] = slug
	return nil
}

// draftOf converts a product's rows. Lists are never nil, so that two drafts of the
// same content are equal.
func draftOf(row *db.DraftRow) Draft {
	d := Draft{
		ID: row.ID, Slug: row.Slug, Title: row.Title, Subtitle: row.Subtitle, Description: row.Description, DescriptionHTML: row.DescriptionHTML,
		Status: Status(row.Status), BrandID: optional.Value(row.BrandID), CategoryID: row.CategoryID, SellerID: row.SellerID,
		Tags: notNil(row.Tags), Keywords: notNil(row.Keywords), Specifications: notNil(row.Specifications), Options: notNil(row.Options), Images: notNil(row.Images),
		CreatedAt: row.CreatedAt.UTC(), SEO: SEO{row.SEOTitle, row.SEODescription, row.CanonicalURL},
	}
	if len(row.Translations) > 0 {
		d.Translations = row.Translations
	}
	if row.Featured > 0 {
		d.FeaturedRank = int(lastRank - row.Featured)
	}
	for _, v := range row.Variants {
		d.Variants = append(d.Variants, variantDraftOf(v))
	}
	return d
}

func variantDraftOf(row db.SnapshotVariant) VariantDraft {
	v := VariantDraft{
		ID: row.ID, SKU: row.SKU, Title: row.Title, Options: notNil(row.Options), WeightGrams: row.WeightGrams, TaxClass: row.TaxClass, Barcode: row.Barcode,
		Prices: map[string]int64{}, CompareAt: map[string]int64{},
	}
	if row.Image != nil {
		v.Image = *row.Image
	}
	if row.RestockAt != nil {
		v.RestockAt = row.RestockAt.UTC()
	}
	for _, p := range row.Prices {
		v.Prices[p.Currency] = p.PriceMinor
		if p.CompareAtMinor != nil {
			v.CompareAt[p.Currency] = *p.CompareAtMinor
		}
	}
	return v
}

func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// findSellers completes the known sellers by those that the products name.
func (imp *fileImporter) findSellers(ctx context.Context, products []productfile.Product) error {
	var unknown []string
	for _, p := range products {
		if name := sellerOf(&p); name != "" && imp.sellers[name] == "" && !slices.Contains(unknown, name) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) == 0 || imp.Sellers == nil {
		return nil
	}
	known, err := imp.Sellers(ctx, unknown)
	maps.Copy(imp.sellers, known)
	return wrap("find sellers", err)
}

func sellerOf(p *productfile.Product) string {
	if p.Seller == nil {
		return ""
	}
	return strings.TrimSpace(*p.Seller)
}

// createReferences creates the categories and brands that candidates need, and sets
// them.
func (imp *fileImporter) createReferences(ctx context.Context, candidates []*candidate) error {
	var paths [][]string
	var brands []string
	for _, c := range candidates {
		if c.err != nil {
			continue
		}
		if c.category != nil {
			paths = append(paths, c.category)
		}
		if c.brand != "" {
			brands = append(brands, c.brand)
		}
	}
	if len(paths)+len(brands) == 0 || imp.DryRun {
		return nil
	}
	known, err := imp.create(ctx, paths, brands)
	if err != nil {
		return err
	}
	imp.taxonomy = known
	for _, c := range candidates {
		if c.err != nil {
			continue
		}
		if c.category != nil {
			c.CategoryID, c.category = known.byPath[pathKey(c.category)][0], nil
		}
		if c.brand != "" {
			c.BrandID, c.brand = known.byName[strings.ToLower(c.brand)], ""
		}
	}
	return nil
}

// checkDraft checks what only the whole product shows.
func (c *candidate) checkDraft() {
	if c.CategoryID == "" && c.category == nil {
		c.fail(c.line, "a new product needs a category")
	}
	if err := c.check(); err != nil {
		c.fail(c.line, "%w", err)
	}
}
