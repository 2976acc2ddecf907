-- How many units are sold at the price of a flash sale, and to whom.

-- +goose Up

-- The terms of a sale come from the catalogue, in versions.
CREATE TABLE flash_sales (
    sale_id   text        PRIMARY KEY,
    version   bigint      NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at   timestamptz NOT NULL,
    CONSTRAINT flash_sales_end_after_their_beginning CHECK (ends_at > starts_at)
);

-- One row for each variant of a sale. held and sold are written under the lock of the
-- variant's stock row, in the transaction that changes the hold, and are what its
-- reservations with this sale add up to.
CREATE TABLE flash_sale_items (
    variant_id       text        NOT NULL,
    sale_id          text        NOT NULL REFERENCES flash_sales,
    currency         text        NOT NULL,
    allocated        bigint      NOT NULL,
    max_per_customer bigint      NOT NULL,
    held             bigint      NOT NULL DEFAULT 0,
    sold             bigint      NOT NULL DEFAULT 0,
    offered          boolean     NOT NULL DEFAULT true, -- false: the sale has it no more
    version          bigint      NOT NULL DEFAULT 1,
    PRIMARY KEY (variant_id, sale_id),
    CONSTRAINT flash_sale_items_held_is_never_negative  CHECK (held >= 0),
    CONSTRAINT flash_sale_items_sold_is_never_negative  CHECK (sold >= 0),
    CONSTRAINT flash_sale_items_quota_is_never_exceeded CHECK (held + sold <= allocated)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
CREATE INDEX flash_sale_items_of_sale ON flash_sale_items (sale_id);

-- What each customer holds and has bought at the price of a sale. Written as the items.
CREATE TABLE flash_sale_claims (
    variant_id text   NOT NULL,
    holder     text   NOT NULL,
    sale_id    text   NOT NULL,
    units      bigint NOT NULL,
    PRIMARY KEY (variant_id, holder, sale_id),
    CONSTRAINT flash_sale_claims_are_never_negative CHECK (units >= 0)
) WITH (fillfactor = 70);

ALTER TABLE reservations ADD flash_sale_id text; -- null: at the regular price
