-- +goose Up
CREATE TABLE wishlists (
    id          text        PRIMARY KEY,
    owner_id    text        NOT NULL,
    name        text, -- null: shown in the reader's language
    is_default  boolean     NOT NULL DEFAULT false,
    share_token text, -- null: only the owner reads it
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT wishlists_all_but_the_default_have_a_name CHECK (is_default OR name IS NOT NULL),
    CONSTRAINT wishlists_name_is_short CHECK (length(name) BETWEEN 1 AND 80)
);
CREATE INDEX wishlists_of_owner ON wishlists (owner_id);
CREATE UNIQUE INDEX wishlists_one_default ON wishlists (owner_id) WHERE is_default;
CREATE UNIQUE INDEX wishlists_share_token_names_one ON wishlists (share_token);

-- What the variant showed when it was added is kept beside it, as for lines of a cart.
CREATE TABLE wishlist_items (
    id               text        PRIMARY KEY, -- in the order in which items were added
    wishlist_id      text        NOT NULL REFERENCES wishlists (id) ON DELETE CASCADE,
    variant_id       text        NOT NULL,
    unit_minor_added bigint      NOT NULL,
    currency         char(3)     NOT NULL,
    product_id       text        NOT NULL,
    sku              text        NOT NULL,
    title            text        NOT NULL,
    subtitle         text        NOT NULL DEFAULT '',
    image_url        text        NOT NULL DEFAULT '',
    added_at         timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT wishlist_items_one_per_variant UNIQUE (wishlist_id, variant_id)
);
CREATE INDEX wishlist_items_in_order ON wishlist_items (wishlist_id, id);
