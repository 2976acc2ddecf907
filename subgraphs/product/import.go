package product

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/outbox"
	"cartograph/subgraphs/product/db"
)

// importBatch is how many products are imported in one transaction.
const importBatch = 100

// Import puts an assortment into the catalogue and tells the world. A product
// whose draft is the one that was imported last is left as it is, so importing
// again changes nothing; it returns how many products changed.
//
// A variant that a draft no longer has is deleted. Products come in batches,
// each of which is imported as a whole or not at all.
func (s *Service) Import(ctx context.Context, a Assortment) (changed int, err error) {
	for i := range a.Products {
		if err := a.Products[i].check(); err != nil {
			return 0, err
		}
	}
	if err := s.importShelves(ctx, a); err != nil {
		return 0, err
	}
	shelves, brands, err := s.shelves(ctx)
	if err != nil {
		return 0, err
	}
	for batch := range slices.Chunk(a.Products, importBatch) {
		n, err := s.importProducts(ctx, batch, shelves, brands)
		if err != nil {
			return changed, fmt.Errorf("import products from %s: %w", batch[0].ID, err)
		}
		changed += n
	}
	return changed, nil
}

// Empty says whether the catalogue has no products at all.
func (s *Service) Empty(ctx context.Context) (bool, error) {
	some, err := db.New(s.pool).HasProducts(ctx)
	return !some, wrap("look for products", err)
}

func (s *Service) importShelves(ctx context.Context, a Assortment) error {
	above := map[string][]string{} // of each category that was seen
	known, _, err := s.shelves(ctx)
	if err != nil {
		return err
	}
	for id, c := range known {
		above[id] = c.Ancestors
	}
	categories := make([]db.CategoryImport, len(a.Categories))
	for i, c := range a.Categories {
		categories[i] = db.CategoryImport{
			ID: c.ID, ParentID: optional(c.ParentID), Ancestors: []string{}, Slug: c.Slug, Name: c.Name,
			Description: c.Description, Image: c.Image.row(), Position: c.Position,
		}
		if c.ParentID != "" {
			parents, ok := above[c.ParentID]
			if !ok {
				return fault.New(fault.Invalid, "Category %s: its parent %s is not there.", c.ID, c.ParentID)
			}
			categories[i].Ancestors = append(slices.Clone(parents), c.ParentID)
		}
		above[c.ID] = categories[i].Ancestors
	}
	brands := make([]db.BrandImport, len(a.Brands))
	for i, b := range a.Brands {
		brands[i] = db.BrandImport{ID: b.ID, Slug: b.Slug, Name: b.Name, Logo: b.Logo.row()}
	}
	return wrap("import categories and brands", s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		return db.New(tx).ImportShelves(ctx, categories, brands)
	}))
}

// shelves are all categories and brands by id.
func (s *Service) shelves(ctx context.Context) (map[string]db.Category, map[string]db.Brand, error) {
	q := db.New(s.pool)
	categories, err := q.CategoriesBelow(ctx, db.CategoriesBelowParams{Depth: 1 << 20})
	if err != nil {
		return nil, nil, wrap("read categories", err)
	}
	all, err := q.Brands(ctx, db.BrandsParams{Limit: 1 << 20})
	if err != nil {
		return nil, nil, wrap("read brands", err)
	}
	shelves, brands := map[string]db.Category{}, map[string]db.Brand{}
	for _, c := range categories {
		shelves[c.ID] = c
	}
	for _, b := range all {
		brands[b.ID] = b
	}
	return shelves, brands, nil
}

func (s *Service) importProducts(ctx context.Context, drafts []Draft, shelves map[string]db.Category, brands map[string]db.Brand) (changed int, err error) {
	rows := make([]db.ProductImport, len(drafts))
	byID := make(map[string]*Draft, len(drafts))
	for i := range drafts {
		d := &drafts[i]
		if _, ok := shelves[d.CategoryID]; !ok {
			return 0, fault.New(fault.Invalid, "Product %s: its category %s is not there.", d.ID, d.CategoryID)
		}
		if rows[i], err = d.row(s.now()); err != nil {
			return 0, err
		}
		byID[d.ID] = d
	}
	err = s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		imported, err := db.New(tx).ImportProducts(ctx, rows)
		if err != nil {
			return err
		}
		var told []event.Payload
		var variants []db.VariantImport
		var prices []db.PriceImport
		for _, row := range imported {
			d := byID[row.ID]
			told = append(told, d.news(row, shelves, brands)...)
			v, p := d.variantRows()
			variants, prices = append(variants, v...), append(prices, p...)
		}
		changed = len(imported)
		if err := db.New(tx).ImportVariants(ctx, variants, prices); err != nil {
			return err
		}
		return outbox.Write(ctx, tx, told...)
	})
	return changed, err
}

// news are what the world is told after d was imported.
func (d *Draft) news(row db.ImportedProduct, shelves map[string]db.Category, brands map[string]db.Brand) []event.Payload {
	switch {
	case d.Status == Published && row.Version == 1:
		return []event.Payload{event.ProductPublished{ProductSnapshot: d.snapshot(row.Version, shelves, brands)}}
	case d.Status == Published:
		return []event.Payload{event.ProductChanged{ProductSnapshot: d.snapshot(row.Version, shelves, brands)}}
	case d.Status == Archived || row.Version > 1:
		return []event.Payload{event.ProductArchived{ProductID: d.ID, Version: row.Version}}
	default:
		return nil // a draft that nobody knew of
	}
}
