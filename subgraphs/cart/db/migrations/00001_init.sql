-- +goose Up
CREATE TABLE carts (
    id          text        PRIMARY KEY,
    owner_id    text        NOT NULL,
    status      text        NOT NULL DEFAULT 'ACTIVE',
    currency    char(3)     NOT NULL,
    country     char(2)     NOT NULL,
    note        text,
    version     int         NOT NULL DEFAULT 1,
    order_id    text, -- that bought it
    merged_into text REFERENCES carts (id),
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT carts_status_is_known CHECK (status IN ('ACTIVE', 'CONVERTED', 'MERGED')),
    CONSTRAINT carts_note_is_short CHECK (length(note) <= 500)
);

-- At most one active cart for each owner.
CREATE UNIQUE INDEX carts_one_active ON carts (owner_id) WHERE status = 'ACTIVE';

-- What the line showed when it was last priced is kept beside it: a cart still
-- renders while the catalogue is away. Totals are never stored.
CREATE TABLE cart_lines (
    id                  text        PRIMARY KEY,
    cart_id             text        NOT NULL REFERENCES carts (id),
    variant_id          text        NOT NULL,
    quantity            int         NOT NULL,
    unit_minor_added    bigint      NOT NULL, -- when it was put in
    unit_minor_seen     bigint      NOT NULL, -- when the customer last agreed
    unit_minor_last     bigint      NOT NULL, -- when it was last priced
    currency            char(3)     NOT NULL,
    product_id          text        NOT NULL,
    sku                 text        NOT NULL,
    title               text        NOT NULL,
    subtitle            text        NOT NULL DEFAULT '',
    image_url           text        NOT NULL DEFAULT '',
    added_at            timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT cart_lines_one_per_variant UNIQUE (cart_id, variant_id),
    CONSTRAINT cart_lines_quantity_is_sane CHECK (quantity BETWEEN 1 AND 99)
);
