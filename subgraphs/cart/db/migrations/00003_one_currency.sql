-- +goose Up
-- The lines of a cart have its currency: amounts of two currencies can neither
-- be added up nor compared. A merge used to keep the amounts of a guest's cart;
-- such a line gets no price, and the next quote reports its change.
UPDATE cart_lines l
SET currency = c.currency, unit_minor_added = 0, unit_minor_seen = 0, unit_minor_last = 0
FROM carts c WHERE c.id = l.cart_id AND c.currency <> l.currency;

ALTER TABLE carts ADD CONSTRAINT carts_id_and_currency UNIQUE (id, currency);

-- Deferred: a change of currency updates the cart and its lines in two statements.
ALTER TABLE cart_lines
    DROP CONSTRAINT cart_lines_cart_id_fkey,
    ADD CONSTRAINT cart_lines_have_the_carts_currency FOREIGN KEY (cart_id, currency)
        REFERENCES carts (id, currency) DEFERRABLE INITIALLY DEFERRED;

-- What a merge did not take over: [{"code", "variantId", "title", "requested", "kept"}].
ALTER TABLE carts ADD COLUMN warnings jsonb NOT NULL DEFAULT '[]';
