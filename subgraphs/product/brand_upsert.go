package product

import (
	"context"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/audit"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/message"
	"cartograph/subgraphs/product/db"
	"cartograph/subgraphs/product/media"
)

const maxBrands = 10_000

// BrandInput is what staff set of a brand.
type BrandInput struct {
	PageInput
	ID *string // nil: a new one
}

// UpsertBrand creates or changes a brand. The snapshots of its products follow soon
// after.
func (s *Service) UpsertBrand(ctx context.Context, pictures *media.Service, in BrandInput) (*Brand, error) {
	if err := in.Picture.await(ctx, pictures); err != nil {
		return nil, err
	}
	var row db.Brand
	err := s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		q := db.New(tx)
		var was *db.Brand
		if row = (db.Brand{ID: id.New(id.Brand)}); in.ID != nil {
			var err error
			if was, err = lockBrand(ctx, q, *in.ID, "input", "id"); err != nil {
				return err
			}
			row = *was
		}
		if err := in.apply(page{&row.Slug, &row.Name, &row.Description, &row.SEOTitle, &row.SEODescription, &row.CanonicalURL}); err != nil {
			return err
		}
		if in.EndRedirect {
			if err := q.EndRedirect(ctx, db.EndRedirectParams{Kind: "brands", Slug: row.Slug}); err != nil {
				return err
			}
		}
		if err := in.Picture.attach(ctx, tx, &row.Logo); err != nil {
			return err
		}
		if err := writeBrand(ctx, q, was, row); err != nil {
			return err
		}
		return audit.Write(ctx, tx, s.now(), audit.BrandSaved, row.ID, auditedBrand(was), auditedBrand(&row))
	})
	if err != nil {
		return nil, wrap("save brand", slugError(err, "brands", row.Slug))
	}
	s.queued.Notify()
	return brandOf(row, s.reader(ctx)), nil
}

// lockBrand reads a brand that the argument at the path names, and waits for
// transactions that give it to products.
func lockBrand(ctx context.Context, q *db.Queries, brandID string, path ...string) (*db.Brand, error) {
	rows, err := q.LockBrandRow(ctx, storable([]string{brandID}))
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, fault.Localized(fault.NotFound, "taxonomy.unknown_brand").At(path...)
	}
	return &rows[0], nil
}

func writeBrand(ctx context.Context, q *db.Queries, was *db.Brand, row db.Brand) error {
	if was != nil {
		err := q.UpdateBrand(ctx, db.UpdateBrandParams{
			ID: row.ID, Slug: row.Slug, Name: row.Name, Description: row.Description, Logo: row.Logo,
			SEOTitle: row.SEOTitle, SEODescription: row.SEODescription, CanonicalURL: row.CanonicalURL,
		})
		if err != nil || was.Slug == row.Slug && was.Name == row.Name {
			return err
		}
		return q.QueueSnapshotsOfBrand(ctx, row.ID)
	}
	if err := q.LockBrands(ctx); err != nil {
		return err
	}
	n, err := q.CountBrands(ctx)
	if err != nil {
		return err
	}
	if n >= maxBrands {
		return fault.Localized(fault.Invalid, "taxonomy.too_many", message.Args{"limit": maxBrands})
	}
	return q.InsertBrand(ctx, db.InsertBrandParams{
		ID: row.ID, Slug: row.Slug, Name: row.Name, Description: row.Description, Logo: row.Logo,
		SEOTitle: row.SEOTitle, SEODescription: row.SEODescription, CanonicalURL: row.CanonicalURL,
	})
}

// DeleteBrand deletes a brand that no product has.
func (s *Service) DeleteBrand(ctx context.Context, brandID string) error {
	err := s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		q := db.New(tx)
		row, err := lockBrand(ctx, q, brandID, "id")
		if err != nil {
			return err
		}
		n, err := q.CountProductsOfBrand(ctx, brandID)
		if err != nil {
			return err
		}
		if n > 0 {
			return fault.Localized(fault.Conflict, "taxonomy.brand_in_use", message.Args{"count": int(n)}).At("id")
		}
		if err := q.DeleteBrand(ctx, brandID); err != nil {
			return err
		}
		return audit.Write(ctx, tx, s.now(), audit.BrandDeleted, brandID, auditedBrand(row), nil)
	})
	return wrap("delete brand", err)
}

// auditedBrand is what the audit log shows of a brand.
func auditedBrand(row *db.Brand) audit.Values {
	if row == nil {
		return nil
	}
	return auditPicture(audit.Values{"name": row.Name, "slug": row.Slug}, row.Logo)
}

// Brand is the brand with the id or else the slug, which may be an earlier one, or
// nil. Exactly one of them is given.
func (s *Service) Brand(ctx context.Context, brandID, slug *string) (*Brand, error) {
	var rows []db.Brand
	var err error
	switch {
	case (brandID == nil) == (slug == nil):
		return nil, exactlyOne("slug")
	case brandID != nil:
		rows, err = db.New(s.pool).BrandsByID(ctx, storable([]string{*brandID}))
	default:
		rows, err = db.New(s.pool).BrandBySlug(ctx, storable([]string{*slug}))
	}
	if err != nil || len(rows) == 0 {
		return nil, wrap("read brand", err)
	}
	return brandOf(rows[0], s.reader(ctx)), nil
}
