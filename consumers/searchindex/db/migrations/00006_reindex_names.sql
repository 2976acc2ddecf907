-- Documents have the heads of their names, quantities and translated titles: all are
-- indexed again.

-- +goose Up
UPDATE indexed_products SET revision = revision + 1;
