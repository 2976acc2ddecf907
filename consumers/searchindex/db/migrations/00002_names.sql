-- Columns and constraints are named for what they hold.

-- +goose Up
ALTER TABLE indexed_products RENAME CONSTRAINT indexed_products_never_run_ahead TO indexed_products_indexed_is_at_most_revision;
ALTER INDEX indexed_products_waiting RENAME TO indexed_products_pending;
ALTER TABLE indexed_variants RENAME COLUMN told TO shown;
