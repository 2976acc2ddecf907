-- What the worker was told, and how much of it the index has. The tables lie
-- in the product database, under a progress table of their own.

-- +goose Up
CREATE TABLE indexed_products (
    product_id text COLLATE "C" PRIMARY KEY,
    version    bigint NOT NULL,           -- the catalogue's; what is older changes nothing
    snapshot   jsonb,                     -- null once the product is archived
    revision   bigint NOT NULL DEFAULT 1, -- grows whenever what can be found changes; the document's version
    indexed    bigint NOT NULL DEFAULT 0, -- the revision that the index has
    CONSTRAINT indexed_products_never_run_ahead CHECK (indexed <= revision)
);
CREATE INDEX indexed_products_waiting ON indexed_products (product_id) WHERE indexed < revision;

-- Stock may speak of a variant before the catalogue does, and the other way.
CREATE TABLE indexed_variants (
    variant_id text COLLATE "C" PRIMARY KEY,
    product_id text COLLATE "C",
    available  int    NOT NULL DEFAULT 0,
    version    bigint NOT NULL DEFAULT 0, -- stock's; what is older changes nothing
    told       int,                       -- what of available its product was last told
    as_of      timestamptz
) WITH (fillfactor = 70);
CREATE INDEX indexed_variants_by_product ON indexed_variants (product_id);
