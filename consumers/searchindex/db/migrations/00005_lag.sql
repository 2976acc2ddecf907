-- Since when a product is pending, how well it sells, and documents with the texts of
-- every language: all are indexed again.

-- +goose Up
ALTER TABLE indexed_products
    ADD COLUMN pending_since timestamptz NOT NULL DEFAULT now(), -- while indexed < revision
    ADD COLUMN rank          bigint NOT NULL DEFAULT 0,          -- by sales
    ADD COLUMN rank_version  bigint NOT NULL DEFAULT 0;          -- the catalogue's; only a newer one is stored
CREATE INDEX indexed_products_pending_by_age ON indexed_products (pending_since) WHERE indexed < revision;
UPDATE indexed_products SET revision = revision + 1;
