package db

import "context"

// LockCategories orders changes of the tree of categories, also those of imports.
// Reads and changes of products go on.
func (q *Queries) LockCategories(ctx context.Context) error {
	_, err := q.db.Exec(ctx, "LOCK TABLE categories IN SHARE ROW EXCLUSIVE MODE")
	return err
}

// LockBrands orders the creation of brands, so that their number stays bounded. Reads of
// brands, and products that refer to them, go on.
func (q *Queries) LockBrands(ctx context.Context) error {
	_, err := q.db.Exec(ctx, "LOCK TABLE brands IN SHARE ROW EXCLUSIVE MODE")
	return err
}
