package product

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/audit"
	"cartograph/internal/fault"
	"cartograph/internal/message"
	"cartograph/subgraphs/product/db"
)

// DeleteCategory deletes a category. Its products and children are moved to the
// category with the ID moveTo; without one, a category with contents is refused.
func (s *Service) DeleteCategory(ctx context.Context, categoryID string, moveTo *string) error {
	err := s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		q := db.New(tx)
		if err := q.LockCategories(ctx); err != nil {
			return err
		}
		row, err := readCategory(ctx, q, categoryID, "id")
		if err != nil {
			return err
		}
		// After this no product is put into it.
		if err := q.LockSubtree(ctx, row.ID); err != nil {
			return err
		}
		if err := emptyCategory(ctx, q, row, moveTo); err != nil {
			return err
		}
		if err := q.DeleteCategory(ctx, row.ID); err != nil {
			return err
		}
		return audit.Write(ctx, tx, s.now(), audit.CategoryDeleted, row.ID, auditedCategory(row), nil)
	})
	if err == nil {
		s.queued.Notify()
	}
	return wrap("delete category", err)
}

func emptyCategory(ctx context.Context, q *db.Queries, row *db.Category, moveTo *string) error {
	contents, err := q.CategoryContents(ctx, row.ID)
	switch {
	case err != nil || contents.Children+contents.Products == 0:
		return err
	case moveTo != nil:
		return moveContents(ctx, q, row, *moveTo)
	default:
		return fault.Localized(fault.Conflict, "taxonomy.category_not_empty", message.Args{"products": contents.Products, "children": contents.Children}).At("id")
	}
}

// moveContents moves the products and children of a category to another.
func moveContents(ctx context.Context, q *db.Queries, from *db.Category, targetID string) error {
	target, err := readCategory(ctx, q, targetID, "moveContentsTo")
	if err != nil {
		return err
	}
	size, err := q.TreeSize(ctx, from.ID)
	if err != nil {
		return err
	}
	ancestors := append(slices.Clone(target.Ancestors), target.ID)
	switch {
	case isWithin(target, from.ID):
		return fault.Localized(fault.Invalid, "taxonomy.cycle").At("moveContentsTo")
	case len(ancestors)+int(size.Height) > maxDepth:
		return fault.Localized(fault.Invalid, "taxonomy.too_deep", message.Args{"limit": maxDepth}).At("moveContentsTo")
	}
	if err := q.QueueSnapshotsOfCategory(ctx, from.ID); err != nil {
		return err
	}
	err = q.MoveChildren(ctx, db.MoveChildrenParams{ID: from.ID, ParentID: target.ID, Ancestors: ancestors, Depth: int32(len(from.Ancestors))})
	if err != nil {
		return err
	}
	return q.MoveProducts(ctx, db.MoveProductsParams{ID: from.ID, Target: target.ID})
}
