package product

import (
	"cmp"
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/audit"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/message"
	"cartograph/subgraphs/product/db"
	"cartograph/subgraphs/product/media"
)

// maxCategories bounds the tree.
const maxCategories = 10_000

// CategoryInput is what staff set of a category.
type CategoryInput struct {
	PageInput
	ID       *string // nil: a new one
	Move     bool    // to ParentID; a new one is always below it
	ParentID *string // nil: the top level
	Position *int    // among its siblings, from 0; nil: at the end where it is new there
}

// UpsertCategory creates a category, or changes and moves one with all below it. The
// snapshots of its products follow soon after.
func (s *Service) UpsertCategory(ctx context.Context, pictures *media.Service, in CategoryInput) (*Category, error) {
	if in.Position != nil && (*in.Position < 0 || *in.Position > maxCategories) {
		return nil, fault.Localized(fault.Invalid, "taxonomy.position", message.Args{"limit": maxCategories}).At("input", "position")
	}
	if err := in.Picture.await(ctx, pictures); err != nil {
		return nil, err
	}
	var row db.Category
	err := s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		q := db.New(tx)
		if err := q.LockCategories(ctx); err != nil {
			return err
		}
		was, parent, err := readForUpsert(ctx, q, in)
		if err != nil {
			return err
		}
		if row, err = in.row(was, parent); err != nil {
			return err
		}
		size, err := q.TreeSize(ctx, row.ID)
		if err != nil {
			return err
		}
		if err := checkPlace(row, was == nil, parent, size); err != nil {
			return err
		}
		if in.EndRedirect {
			if err := q.EndRedirect(ctx, db.EndRedirectParams{Kind: "categories", Slug: row.Slug}); err != nil {
				return err
			}
		}
		if err := in.Picture.attach(ctx, tx, &row.Image); err != nil {
			return err
		}
		if err := writeCategory(ctx, q, was, row, in.Position); err != nil {
			return err
		}
		return audit.Write(ctx, tx, s.now(), audit.CategorySaved, row.ID, auditedCategory(was), auditedCategory(&row))
	})
	if err != nil {
		return nil, wrap("save category", slugError(err, "categories", row.Slug))
	}
	s.queued.Notify()
	return categoryOf(row, s.reader(ctx)), nil
}

// readForUpsert reads the category before the change, nil for a new one, and the
// parent that it is to have, nil at the top level.
func readForUpsert(ctx context.Context, q *db.Queries, in CategoryInput) (was, parent *db.Category, err error) {
	parentID := in.ParentID
	if in.ID != nil {
		if was, err = readCategory(ctx, q, *in.ID, "input", "id"); err != nil {
			return nil, nil, err
		}
		if !in.Move {
			parentID = was.ParentID
		}
	}
	if parentID != nil {
		parent, err = readCategory(ctx, q, *parentID, "input", "parentId")
	}
	return was, parent, err
}

// readCategory reads a category that the argument at the path names.
func readCategory(ctx context.Context, q *db.Queries, categoryID string, path ...string) (*db.Category, error) {
	rows, err := q.CategoryByID(ctx, storable([]string{categoryID}))
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, fault.Localized(fault.NotFound, "taxonomy.unknown_category").At(path...)
	}
	return &rows[0], nil
}

// row is the category after the change.
func (in *CategoryInput) row(was, parent *db.Category) (db.Category, error) {
	row := db.Category{ID: id.New(id.Category)}
	if was != nil {
		row = *was
	}
	row.ParentID, row.Ancestors = nil, []string{}
	if parent != nil {
		row.ParentID, row.Ancestors = &parent.ID, append(slices.Clone(parent.Ancestors), parent.ID)
	}
	return row, in.apply(page{&row.Slug, &row.Name, &row.Description, &row.SEOTitle, &row.SEODescription, &row.CanonicalURL})
}

// checkPlace returns why a category cannot be below its parent.
func checkPlace(row db.Category, isNew bool, parent *db.Category, size db.TreeSizeRow) error {
	switch {
	case parent != nil && isWithin(parent, row.ID):
		return fault.Localized(fault.Invalid, "taxonomy.cycle").At("input", "parentId")
	case len(row.Ancestors)+1+int(size.Height) > maxDepth:
		return tooDeep().At("input", "parentId")
	case isNew && size.Total >= maxCategories:
		return fault.Localized(fault.Invalid, "taxonomy.too_many", message.Args{"limit": maxCategories})
	default:
		return nil
	}
}

func tooDeep() *fault.Error {
	return fault.Localized(fault.Invalid, "taxonomy.too_deep", message.Args{"limit": maxDepth})
}

// isWithin reports whether c is the category with the ID or below it.
func isWithin(c *db.Category, categoryID string) bool {
	return c.ID == categoryID || slices.Contains(c.Ancestors, categoryID)
}

// writeCategory stores a new row, or the changes of one, and queues the snapshots of
// products that contain what changed.
func writeCategory(ctx context.Context, q *db.Queries, was *db.Category, row db.Category, position *int) error {
	last := maxCategories
	if was == nil {
		err := q.InsertCategory(ctx, db.InsertCategoryParams{
			ID: row.ID, ParentID: row.ParentID, Ancestors: row.Ancestors, Slug: row.Slug, Name: row.Name, Description: row.Description, Image: row.Image,
			SEOTitle: row.SEOTitle, SEODescription: row.SEODescription, CanonicalURL: row.CanonicalURL,
		})
		if err != nil {
			return err
		}
		return placeCategory(ctx, q, row, cmp.Or(position, &last))
	}
	if err := q.LockSubtree(ctx, row.ID); err != nil {
		return err
	}
	err := q.UpdateCategory(ctx, db.UpdateCategoryParams{
		ID: row.ID, Slug: row.Slug, Name: row.Name, Description: row.Description, Image: row.Image,
		SEOTitle: row.SEOTitle, SEODescription: row.SEODescription, CanonicalURL: row.CanonicalURL,
	})
	if err != nil {
		return err
	}
	moved := !slices.Equal(was.Ancestors, row.Ancestors)
	if moved {
		err := q.MoveCategory(ctx, db.MoveCategoryParams{ID: row.ID, ParentID: row.ParentID, Ancestors: row.Ancestors, Depth: int32(len(was.Ancestors))})
		if err != nil {
			return err
		}
		position = cmp.Or(position, &last)
	}
	if moved || was.Slug != row.Slug || was.Name != row.Name {
		if err := q.QueueSnapshotsOfCategory(ctx, row.ID); err != nil {
			return err
		}
	}
	return placeCategory(ctx, q, row, position)
}

// auditedCategory is what the audit log shows of a category.
func auditedCategory(row *db.Category) audit.Values {
	if row == nil {
		return nil
	}
	return auditPicture(audit.Values{"name": row.Name, "slug": row.Slug, "parentId": row.ParentID}, row.Image)
}

// placeCategory puts a category at a position among its siblings; nil leaves it.
func placeCategory(ctx context.Context, q *db.Queries, row db.Category, position *int) error {
	if position == nil {
		return nil
	}
	return q.PlaceCategory(ctx, db.PlaceCategoryParams{ID: row.ID, ParentID: row.ParentID, Position: int32(*position)})
}
