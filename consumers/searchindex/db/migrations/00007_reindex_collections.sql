-- Documents have the collections of their products: all are indexed again.

-- +goose Up
UPDATE indexed_products SET revision = revision + 1;
