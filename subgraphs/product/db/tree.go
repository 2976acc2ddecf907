package db

import "context"

// LockCategories orders changes of the tree of categories, also those of imports.
// Reads and changes of products go on.
func (q *Queries) LockCategories(ctx context.Context) error {
	_, err := q.db.Exec(ctx, "LOCK TABLE categories IN SHARE ROW EXCLUSIVE MODE")
	return err
}
