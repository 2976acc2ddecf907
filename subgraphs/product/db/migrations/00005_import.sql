-- Imports compare products with what is stored.

-- +goose Up
ALTER TABLE products DROP COLUMN imported_hash;

-- Data that was imported once, such as the demo shop. A catalogue that has products
-- already is not filled later.
CREATE TABLE initial_data (
    name      text        PRIMARY KEY,
    filled_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO initial_data (name) SELECT 'demo' WHERE EXISTS (SELECT FROM products);
