-- +goose Up
-- What promotions take off: each with its definition as it was read from the cart,
-- and its amount. That of free shipping is not part of discount_minor, but of the
-- price of the shipping method.
ALTER TABLE checkouts
    ADD COLUMN discount_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN discounts jsonb NOT NULL DEFAULT '[]',
    ADD CONSTRAINT checkouts_discount_within_subtotal CHECK (discount_minor BETWEEN 0 AND subtotal_minor),
    DROP CONSTRAINT checkouts_total_adds_up,
    ADD CONSTRAINT checkouts_total_adds_up
        CHECK (total_minor = subtotal_minor - discount_minor + shipping_minor + CASE WHEN tax_included THEN 0 ELSE tax_minor END);
ALTER TABLE checkout_lines
    ADD COLUMN discount_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN discounts jsonb NOT NULL DEFAULT '[]',
    ADD CONSTRAINT checkout_lines_discount_within_price CHECK (discount_minor BETWEEN 0 AND unit_minor * quantity),
    DROP CONSTRAINT checkout_lines_total_adds_up,
    ADD CONSTRAINT checkout_lines_total_adds_up CHECK (total_minor = unit_minor * quantity - discount_minor);
ALTER TABLE orders
    ADD COLUMN discount_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN discounts jsonb NOT NULL DEFAULT '[]',
    ADD CONSTRAINT orders_discount_within_subtotal CHECK (discount_minor BETWEEN 0 AND subtotal_minor),
    DROP CONSTRAINT orders_total_adds_up,
    ADD CONSTRAINT orders_total_adds_up
        CHECK (total_minor = subtotal_minor - discount_minor + shipping_minor + CASE WHEN tax_included THEN 0 ELSE tax_minor END);
ALTER TABLE order_lines
    ADD COLUMN discount_minor bigint NOT NULL DEFAULT 0,
    ADD COLUMN discounts jsonb NOT NULL DEFAULT '[]',
    ADD CONSTRAINT order_lines_discount_within_price CHECK (discount_minor BETWEEN 0 AND unit_minor * quantity),
    DROP CONSTRAINT order_lines_total_adds_up,
    ADD CONSTRAINT order_lines_total_adds_up CHECK (total_minor = unit_minor * quantity - discount_minor);

-- The orders that use a promotion. A use is written with its order and released with
-- the order's end, so that neither can be lost.
CREATE TABLE promotion_uses (
    order_id     text NOT NULL REFERENCES orders,
    promotion_id text NOT NULL,
    usage_limit  int, -- of the promotion at the time; null: none
    released_at  timestamptz,
    PRIMARY KEY (order_id, promotion_id)
);
CREATE INDEX promotion_uses_of_promotion ON promotion_uses (promotion_id) WHERE released_at IS NULL;
CREATE INDEX orders_of_email ON orders (lower(email));
