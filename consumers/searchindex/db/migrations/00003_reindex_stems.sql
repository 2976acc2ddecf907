-- Documents have the stems of their words: all are indexed again.

-- +goose Up
UPDATE indexed_products SET revision = revision + 1;
