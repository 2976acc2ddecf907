-- The worker's copy of the catalogue and of stock, and which revision of it is
-- indexed. The tables are in the product database, with a migration table of
-- their own.

-- +goose Up
CREATE TABLE indexed_products (
    product_id text COLLATE "C" PRIMARY KEY,
    version    bigint NOT NULL,           -- the catalogue's; only a newer one is stored
    snapshot   jsonb,                     -- null once the product is archived
    revision   bigint NOT NULL DEFAULT 1, -- incremented when the document changes; its version
    indexed    bigint NOT NULL DEFAULT 0, -- the revision in the index
    CONSTRAINT indexed_products_never_run_ahead CHECK (indexed <= revision)
);
CREATE INDEX indexed_products_waiting ON indexed_products (product_id) WHERE indexed < revision;

-- A variant's level may arrive before its product, or after.
CREATE TABLE indexed_variants (
    variant_id text COLLATE "C" PRIMARY KEY,
    product_id text COLLATE "C",
    available  int    NOT NULL DEFAULT 0,
    version    bigint NOT NULL DEFAULT 0, -- Inventory's; only a newer one is stored
    told       int,                       -- available, up to plenty, as of the product's revision
    as_of      timestamptz
) WITH (fillfactor = 70);
CREATE INDEX indexed_variants_by_product ON indexed_variants (product_id);
