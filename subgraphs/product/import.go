package product

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/fault"
	"cartograph/internal/optional"
	"cartograph/subgraphs/product/db"
)

// importBatch is how many products are imported in one transaction.
const importBatch = 100

// Import writes an assortment to the catalogue and publishes an event for each
// product that changed. Importing the same draft again changes and publishes
// nothing. It returns the number of changed products.
//
// Variants that a draft no longer has are deleted, and prices replaced: after
// an import a variant has exactly the draft's currencies. Each batch is one
// transaction together with its events, so consumers never miss a price.
func (s *Service) Import(ctx context.Context, a Assortment) (changed int, err error) {
	for i := range a.Products {
		if err := a.Products[i].check(); err != nil {
			return 0, err
		}
	}
	if err := s.importCategories(ctx, a); err != nil {
		return 0, err
	}
	categories, err := s.categoriesByID(ctx)
	if err != nil {
		return 0, err
	}
	for batch := range slices.Chunk(a.Products, importBatch) {
		n, err := s.importProducts(ctx, batch, categories)
		if err != nil {
			return changed, fmt.Errorf("import products from %s: %w", batch[0].ID, err)
		}
		changed += n
	}
	return changed, nil
}

// Empty reports whether the catalogue has no products at all.
func (s *Service) Empty(ctx context.Context) (bool, error) {
	some, err := db.New(s.pool).HasProducts(ctx)
	return !some, wrap("look for products", err)
}

func (s *Service) importCategories(ctx context.Context, a Assortment) error {
	ancestors := map[string][]string{} // by category, from the top
	known, err := s.categoriesByID(ctx)
	if err != nil {
		return err
	}
	for id, c := range known {
		ancestors[id] = c.Ancestors
	}
	categories := make([]db.Category, len(a.Categories))
	for i, c := range a.Categories {
		categories[i] = db.Category{
			ID: c.ID, ParentID: optional.Of(c.ParentID), Ancestors: []string{}, Slug: c.Slug, Name: c.Name,
			Description: c.Description, Image: imageRow(c.Image), Position: int32(c.Position),
		}
		if c.ParentID != "" {
			parents, ok := ancestors[c.ParentID]
			if !ok {
				return fault.New(fault.Invalid, "Category %s: parent %s does not exist.", c.ID, c.ParentID)
			}
			categories[i].Ancestors = append(slices.Clone(parents), c.ParentID)
		}
		ancestors[c.ID] = categories[i].Ancestors
	}
	brands := make([]db.Brand, len(a.Brands))
	for i, b := range a.Brands {
		brands[i] = db.Brand{ID: b.ID, Slug: b.Slug, Name: b.Name, Description: b.Description, Logo: imageRow(b.Logo)}
	}
	return wrap("import categories and brands", s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		q := db.New(tx)
		if err := q.ImportCategories(ctx, categories); err != nil {
			return err
		}
		return q.ImportBrands(ctx, brands)
	}))
}

// categoriesByID are all categories.
func (s *Service) categoriesByID(ctx context.Context) (map[string]db.Category, error) {
	rows, err := db.New(s.pool).CategoriesBelow(ctx, db.CategoriesBelowParams{Depth: 1 << 20})
	categories := make(map[string]db.Category, len(rows))
	for _, c := range rows {
		categories[c.ID] = c
	}
	return categories, wrap("read categories", err)
}

func (s *Service) importProducts(ctx context.Context, drafts []Draft, categories map[string]db.Category) (changed int, err error) {
	rows := make([]db.ProductImport, len(drafts))
	byID := make(map[string]*Draft, len(drafts))
	for i := range drafts {
		d := &drafts[i]
		if _, ok := categories[d.CategoryID]; !ok {
			return 0, fault.New(fault.Invalid, "Product %s: category %s does not exist.", d.ID, d.CategoryID)
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
		if changed = len(imported); changed == 0 {
			return nil
		}
		var variants []db.Variant
		var prices []db.PriceImport
		ids, before := make([]string, len(imported)), map[string]Status{}
		for i, row := range imported {
			v, p := byID[row.ID].variantRows()
			variants, prices = append(variants, v...), append(prices, p...)
			if ids[i] = row.ID; row.Version > 1 {
				before[row.ID] = Published // may have been: consumers replace or remove what they have
			}
		}
		if err := db.New(tx).ImportVariants(ctx, variants, prices); err != nil {
			return err
		}
		rows, err := db.New(tx).Snapshots(ctx, ids)
		if err != nil {
			return err
		}
		return publish(ctx, tx, before, rows)
	})
	return changed, err
}
