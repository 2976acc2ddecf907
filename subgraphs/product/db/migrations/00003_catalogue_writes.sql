-- +goose Up
ALTER TABLE products
    ADD keywords        text[] NOT NULL DEFAULT '{}', -- further words that it is found by; never shown
    ADD publish_at      timestamptz,                  -- when it is published; null: not scheduled
    ADD seo_title       text NOT NULL DEFAULT '',     -- empty: the title
    ADD seo_description text NOT NULL DEFAULT '',     -- empty: the beginning of the description
    ADD canonical_url   text NOT NULL DEFAULT '',     -- empty: the shop's own
    ADD CONSTRAINT products_published_are_not_scheduled CHECK (publish_at IS NULL OR status <> 'PUBLISHED');
ALTER TABLE products ALTER imported_hash SET DEFAULT ''; -- no draft was imported
CREATE INDEX products_by_seller ON products (seller_id, id);
CREATE INDEX products_to_publish ON products (publish_at) WHERE publish_at IS NOT NULL;

-- Deferred, so that two variants can exchange their options. A hash, because long
-- options would not fit into an index.
ALTER TABLE variants ADD options_hash text GENERATED ALWAYS AS (md5(options::text)) STORED;
ALTER TABLE variants ADD CONSTRAINT variants_options_are_unique UNIQUE (product_id, options_hash) DEFERRABLE INITIALLY DEFERRED;

-- The lowest price in the 30 days before the present reduction began. Null when the
-- variant is not reduced, or had no price before.
ALTER TABLE variant_prices ADD lowest_before_minor bigint;

-- Every price that was in effect, without gaps: the row that ends is followed by the
-- one that begins.
CREATE TABLE price_history (
    variant_id       text COLLATE "C" NOT NULL REFERENCES variants ON DELETE CASCADE,
    currency         char(3)     NOT NULL,
    valid_from       timestamptz NOT NULL,
    valid_until      timestamptz, -- null: in effect
    price_minor      bigint      NOT NULL,
    compare_at_minor bigint,
    PRIMARY KEY (variant_id, currency, valid_from),
    CONSTRAINT price_history_ends_after_its_beginning CHECK (valid_until >= valid_from)
);
CREATE UNIQUE INDEX price_history_has_one_current ON price_history (variant_id, currency) WHERE valid_until IS NULL;
INSERT INTO price_history (variant_id, currency, valid_from, price_minor, compare_at_minor)
SELECT r.variant_id, r.currency, p.updated_at, r.price_minor, r.compare_at_minor
FROM variant_prices r JOIN variants v ON v.id = r.variant_id JOIN products p ON p.id = v.product_id;

-- Prices that take effect later.
CREATE TABLE scheduled_prices (
    variant_id       text COLLATE "C" NOT NULL REFERENCES variants ON DELETE CASCADE,
    currency         char(3)     NOT NULL,
    effective_at     timestamptz NOT NULL,
    until_at         timestamptz, -- when the price before returns; null: never
    price_minor      bigint      NOT NULL,
    compare_at_minor bigint,
    is_return        boolean     NOT NULL DEFAULT false, -- ends another scheduled price
    PRIMARY KEY (variant_id, currency, effective_at),
    CONSTRAINT scheduled_prices_are_positive CHECK (price_minor > 0),
    CONSTRAINT scheduled_prices_regular_exceeds_reduced CHECK (compare_at_minor > price_minor),
    CONSTRAINT scheduled_prices_end_after_their_beginning CHECK (until_at > effective_at)
);
CREATE INDEX scheduled_prices_due ON scheduled_prices (effective_at);
