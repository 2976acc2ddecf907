-- Documents are stored in another form: all are indexed again.

-- +goose Up
UPDATE indexed_products SET revision = revision + 1;
