-- +goose Up
CREATE TABLE categories (
    id          text COLLATE "C" PRIMARY KEY,
    parent_id   text COLLATE "C" REFERENCES categories,
    ancestors   text[] NOT NULL, -- ids from the top down to the parent
    slug        text   NOT NULL,
    name        text   NOT NULL,
    description text   NOT NULL,
    image       jsonb,           -- {id, name, alt, width, height}
    position    int    NOT NULL, -- among its siblings
    CONSTRAINT categories_slug_names_one UNIQUE (slug),
    CONSTRAINT categories_not_within_itself CHECK (id <> ALL (ancestors)),
    CONSTRAINT categories_ancestors_end_in_parent CHECK (ancestors[cardinality(ancestors)] IS NOT DISTINCT FROM parent_id)
);
CREATE INDEX categories_by_parent ON categories (parent_id, position);

CREATE TABLE brands (
    id   text COLLATE "C" PRIMARY KEY,
    slug text             NOT NULL,
    name text COLLATE "C" NOT NULL,
    logo jsonb,
    CONSTRAINT brands_slug_names_one UNIQUE (slug)
);
CREATE INDEX brands_by_name ON brands (name, id);

CREATE TABLE products (
    id               text COLLATE "C" PRIMARY KEY,
    slug             text        NOT NULL,
    title            text        NOT NULL,
    subtitle         text        NOT NULL,
    description      text        NOT NULL,
    description_html text        NOT NULL,
    status           text        NOT NULL,
    version          bigint      NOT NULL,
    brand_id         text COLLATE "C" REFERENCES brands,
    category_id      text COLLATE "C" NOT NULL REFERENCES categories,
    seller_id        text        NOT NULL,
    tags             text[]      NOT NULL,
    specifications   jsonb       NOT NULL, -- [{name, items: [{key, name, value, unit}]}]
    options          jsonb       NOT NULL, -- [{name, values: [{value, swatchHex}]}]
    images           jsonb       NOT NULL, -- [{id, name, alt, width, height}]
    featured         bigint      NOT NULL, -- higher is shown first
    imported_hash    bytea       NOT NULL, -- of the draft that was imported last
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    CONSTRAINT products_slug_names_one UNIQUE (slug),
    CONSTRAINT products_status_is_known CHECK (status IN ('DRAFT', 'PUBLISHED', 'ARCHIVED'))
);
CREATE INDEX products_published_by_category ON products (category_id) WHERE status = 'PUBLISHED';
CREATE INDEX products_by_brand ON products (brand_id);

CREATE TABLE variants (
    id           text COLLATE "C" PRIMARY KEY,
    product_id   text COLLATE "C" NOT NULL REFERENCES products ON DELETE CASCADE,
    sku          text  NOT NULL,
    title        text  NOT NULL,
    options      jsonb NOT NULL, -- [{name, value}]
    image        jsonb,
    weight_grams int   NOT NULL,
    barcode      text  NOT NULL,
    restock_at   timestamptz,
    position     int   NOT NULL, -- within the product
    CONSTRAINT variants_sku_names_one UNIQUE (sku),
    CONSTRAINT variants_weigh_nothing_or_more CHECK (weight_grams >= 0)
);
CREATE INDEX variants_by_product ON variants (product_id, position);

CREATE TABLE variant_prices (
    variant_id       text COLLATE "C" NOT NULL REFERENCES variants ON DELETE CASCADE,
    currency         char(3) NOT NULL,
    price_minor      bigint  NOT NULL,
    compare_at_minor bigint, -- the regular price; null when not on sale
    PRIMARY KEY (variant_id, currency),
    CONSTRAINT variant_prices_cost_something CHECK (price_minor > 0),
    CONSTRAINT variant_prices_were_higher CHECK (compare_at_minor > price_minor)
);

-- The latest level of each variant from Inventory's events, which may precede
-- the variant itself.
CREATE TABLE availability (
    variant_id text COLLATE "C" PRIMARY KEY,
    available  int         NOT NULL,
    version    bigint      NOT NULL, -- Inventory's; only a newer one is stored
    as_of      timestamptz NOT NULL
) WITH (fillfactor = 70);
