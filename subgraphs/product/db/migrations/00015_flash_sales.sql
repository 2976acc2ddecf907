-- +goose Up

-- Sales at a lower price for a time, of a number of units that Inventory decides about.
CREATE TABLE flash_sales (
    id         text COLLATE "C" PRIMARY KEY,
    seller_id  text        NOT NULL, -- empty: the shop
    title      text        NOT NULL,
    starts_at  timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL,
    version    bigint      NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT flash_sales_end_after_their_beginning CHECK (ends_at > starts_at)
);
CREATE INDEX flash_sales_by_end ON flash_sales (ends_at);

-- While an item is active, variant_prices has its price, and the regular one is here.
-- held, sold and what follows are Inventory's.
CREATE TABLE flash_sale_items (
    sale_id                  text COLLATE "C" NOT NULL REFERENCES flash_sales ON DELETE CASCADE,
    variant_id               text COLLATE "C" NOT NULL REFERENCES variants ON DELETE CASCADE,
    currency                 char(3) NOT NULL,
    price_minor              bigint  NOT NULL,
    allocated                int     NOT NULL,
    max_per_customer         int     NOT NULL,
    position                 int     NOT NULL,
    removed                  boolean NOT NULL DEFAULT false, -- by a change of the sale
    active                   boolean NOT NULL DEFAULT false,
    regular_minor            bigint,
    regular_compare_at_minor bigint,
    held                     int     NOT NULL DEFAULT 0,
    sold                     int     NOT NULL DEFAULT 0,
    claims_version           bigint  NOT NULL DEFAULT 0,
    known_version            bigint  NOT NULL DEFAULT 0, -- of the sale, that Inventory decides by; 0: it has none
    PRIMARY KEY (sale_id, variant_id),
    CONSTRAINT flash_sale_items_are_positive CHECK (price_minor > 0 AND allocated > 0 AND max_per_customer > 0),
    CONSTRAINT flash_sale_items_active_have_a_regular_price CHECK (NOT active OR regular_minor IS NOT NULL)
);
CREATE INDEX flash_sale_items_of_variant ON flash_sale_items (variant_id);
CREATE UNIQUE INDEX flash_sale_items_one_active_per_variant ON flash_sale_items (variant_id) WHERE active;

-- Whether the price of an item is to be in effect: in the time of the sale, from when
-- Inventory has the quota until all of it is sold.
CREATE VIEW flash_sale_states AS
SELECT i.sale_id, i.variant_id, i.currency, i.price_minor, i.active, i.regular_minor, i.regular_compare_at_minor, s.starts_at, s.ends_at,
       (NOT i.removed AND i.sold < i.allocated AND i.known_version > 0 AND (i.active OR i.known_version >= s.version)
        AND s.starts_at <= statement_timestamp() AND s.ends_at > statement_timestamp()
        AND EXISTS (SELECT FROM variant_prices r WHERE r.variant_id = i.variant_id AND r.currency = i.currency)) AS due
FROM flash_sale_items i JOIN flash_sales s ON s.id = i.sale_id;

-- variant_prices as it is without flash sales.
CREATE VIEW regular_prices AS
SELECT r.variant_id, r.currency,
       CASE WHEN i.active THEN i.regular_minor ELSE r.price_minor END AS price_minor,
       CASE WHEN i.active THEN i.regular_compare_at_minor ELSE r.compare_at_minor END AS compare_at_minor
FROM variant_prices r LEFT JOIN flash_sale_items i ON i.variant_id = r.variant_id AND i.currency = r.currency AND i.active;
