-- What the embedded index has while another one is away.

-- +goose Up
ALTER TABLE indexed_products ADD COLUMN embedded bigint NOT NULL DEFAULT 0; -- a revision that the embedded index has; written only while the other one lacks it
CREATE INDEX indexed_products_pending_embedded_by_age ON indexed_products (pending_since) WHERE indexed < revision AND embedded < revision;
