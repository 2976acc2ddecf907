package product

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/catalogue"
	"cartograph/internal/fault"
	"cartograph/internal/optional"
	"cartograph/internal/pg"
	"cartograph/subgraphs/product/db"
	"cartograph/subgraphs/product/media"
)

const (
	// importBatch is how many products are imported in one transaction.
	importBatch = 250
	// importBatchBytes bounds them in a file, but for the last one.
	importBatchBytes = 4 << 20
)

// Import writes an assortment to the catalogue and publishes an event for each
// product that changed. Importing the same draft again changes and publishes
// nothing. It returns the number of changed products.
//
// Variants that a draft no longer has are deleted, and prices replaced: after
// an import a variant has exactly the draft's currencies. Each batch is one
// transaction together with its events, so consumers never miss a price.
func (s *Service) Import(ctx context.Context, a Assortment) (changed int, err error) {
	for i := range a.Products {
		d := &a.Products[i]
		if err := d.check(); err != nil {
			return 0, fault.New(fault.Invalid, "Product %s: %v", d.ID, err)
		}
		if d.ID == "" || d.Slug == "" || d.CategoryID == "" {
			return 0, fault.New(fault.Invalid, "Product %s: an ID, a slug and a category are needed.", d.ID)
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
		n, err := s.importDrafts(ctx, batch, categories)
		if err != nil {
			return changed, fmt.Errorf("import products from %s: %w", batch[0].ID, err)
		}
		changed += n
	}
	return changed, s.importCollections(ctx, a.Collections)
}

// ImportOnce imports an assortment of this name unless that was done before, also by
// another process at this moment. Products of other imports do not matter. The dates
// of the assortment are those of the first import.
func (s *Service) ImportOnce(ctx context.Context, name string, a Assortment) error {
	return wrap("import "+name, pg.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		q := db.New(tx)
		if err := q.LockInitialData(ctx, name); err != nil {
			return err
		}
		if filled, err := q.HasInitialData(ctx, name); err != nil || filled {
			return err
		}
		if _, err := s.Import(ctx, a); err != nil {
			return err
		}
		if err := s.Analyze(ctx); err != nil {
			return err
		}
		return q.MarkInitialData(ctx, name)
	}))
}

// Analyze updates the planner's statistics of the catalogue, after much was imported.
func (s *Service) Analyze(ctx context.Context) error {
	return wrap("update statistics", db.New(s.pool).AnalyzeCatalogue(ctx))
}

func (s *Service) importCategories(ctx context.Context, a Assortment) error {
	if len(a.Categories)+len(a.Brands) == 0 {
		return nil
	}
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
		if err := q.LockCategories(ctx); err != nil {
			return err
		}
		if err := q.ImportCategories(ctx, categories); err != nil {
			return err
		}
		if err := q.ImportBrands(ctx, brands); err != nil {
			return err
		}
		return a.importTranslations(ctx, q)
	}))
}

// importTranslations replaces those of categories and brands that have any.
func (a *Assortment) importTranslations(ctx context.Context, q *db.Queries) error {
	categories, brands := map[string]catalogue.Translations{}, map[string]catalogue.Translations{}
	for _, c := range a.Categories {
		if c.Translations != nil {
			categories[c.ID] = c.Translations
		}
	}
	for _, b := range a.Brands {
		if b.Translations != nil {
			brands[b.ID] = b.Translations
		}
	}
	if err := q.SetTranslations(ctx, db.CategoryTexts, categories); err != nil {
		return err
	}
	return q.SetTranslations(ctx, db.BrandTexts, brands)
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

// importDrafts writes those drafts that differ from the catalogue, and returns how many
// they are. A product that is there keeps what the draft does not have.
func (s *Service) importDrafts(ctx context.Context, drafts []Draft, categories map[string]db.Category) (changed int, err error) {
	ids := make([]string, len(drafts))
	for i := range drafts {
		ids[i] = drafts[i].ID
		if _, ok := categories[drafts[i].CategoryID]; !ok {
			return 0, fault.New(fault.Invalid, "Product %s: category %s does not exist.", drafts[i].ID, drafts[i].CategoryID)
		}
	}
	for range importAttempts {
		rows, err := db.New(s.pool).ProductDrafts(ctx, db.ProductKeys{IDs: ids})
		if err != nil {
			return 0, wrap("read products", err)
		}
		known := make(map[string]storedDraft, len(rows))
		for i := range rows {
			known[rows[i].ID] = storedDraft{Draft: draftOf(&rows[i]), version: rows[i].Version}
		}
		var changes []storedDraft
		for i := range drafts {
			d := storedDraft{Draft: normalised(&drafts[i]), version: known[drafts[i].ID].version}
			if d.Translations == nil {
				d.Translations = known[d.ID].Translations
			}
			if d.SEO == (SEO{}) {
				d.SEO = known[d.ID].SEO
			}
			if was := known[d.ID]; d.version == 0 || !bytes.Equal(content(&d.Draft), content(&was.Draft)) {
				changes = append(changes, d)
			}
		}
		if err = s.storeDrafts(ctx, changes); !errors.Is(err, errChanged) {
			return len(changes), err
		}
	}
	return 0, errChanged
}

// normalised is d as it is read from the database, where lists are never nil and times
// are in microseconds.
func normalised(d *Draft) Draft {
	row := (&storedDraft{Draft: *d}).row(d.CreatedAt)
	read := db.DraftRow{
		ID: row.ID, Slug: row.Slug, Title: row.Title, Subtitle: row.Subtitle, Description: row.Description, DescriptionHTML: row.DescriptionHTML,
		Status: row.Status, BrandID: row.BrandID, CategoryID: row.CategoryID, SellerID: row.SellerID, Tags: row.Tags, Keywords: row.Keywords,
		Specifications: row.Specifications, Options: row.Options, Images: row.Images, Featured: row.Featured, CreatedAt: row.CreatedAt,
		SEOTitle: row.SEOTitle, SEODescription: row.SEODescription, CanonicalURL: row.CanonicalURL,
		Translations: d.Translations, Variants: d.snapshotVariants(),
	}
	return draftOf(&read)
}

// storeDrafts writes products and publishes events, in one transaction. It is
// errChanged, and writes nothing, if one of them has another version by now.
func (s *Service) storeDrafts(ctx context.Context, drafts []storedDraft) error {
	if len(drafts) == 0 {
		return nil
	}
	var known, categories, brands, uploads []string
	rows := make([]db.ProductImport, len(drafts))
	var variants []db.Variant
	var prices []db.PriceImport
	translations := map[string]catalogue.Translations{}
	for i := range drafts {
		d := &drafts[i]
		rows[i] = d.row(s.now())
		v, p := d.variantRows()
		variants, prices = append(variants, v...), append(prices, p...)
		if d.Translations != nil {
			translations[d.ID] = d.Translations
		}
		categories, brands, uploads = append(categories, d.CategoryID), append(brands, d.BrandID), append(uploads, d.uploads...)
		if d.version > 0 {
			known = append(known, d.ID)
		}
	}
	return s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		q := db.New(tx)
		if err := q.LockReferences(ctx, categories, brands); err != nil {
			return err
		}
		var before map[string]Status
		if len(known) > 0 {
			locked, err := q.LockProducts(ctx, db.LockProductsParams{IDs: known, OfAllSellers: true})
			if err != nil {
				return err
			}
			before = statusesOf(locked)
		}
		if len(uploads) > 0 {
			if _, err := media.Attach(ctx, tx, ImportOwner, uploads...); err != nil {
				return err
			}
		}
		written, err := q.ImportProducts(ctx, rows)
		if err == nil && written < int64(len(rows)) {
			err = errChanged
		}
		if err != nil {
			return err
		}
		if err := q.ImportVariants(ctx, variants, prices); err != nil {
			return err
		}
		if err := q.SetTranslations(ctx, db.ProductTexts, translations); err != nil {
			return err
		}
		snapshots, err := q.Snapshots(ctx, known)
		if err != nil {
			return err
		}
		created, err := snapshotsOfNew(ctx, q, drafts, categories, brands)
		if err != nil {
			return err
		}
		return publish(ctx, tx, before, append(snapshots, created...))
	})
}
