-- +goose Up
-- The orders whose lines were removed from a cart that stayed active: checkout
-- refuses a cart that still has the lines of an order.
CREATE TABLE cart_conversions (
    order_id     text        PRIMARY KEY,
    cart_id      text        NOT NULL REFERENCES carts (id),
    converted_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX cart_conversions_of_cart ON cart_conversions (cart_id);
CREATE INDEX carts_merged ON carts (merged_into) WHERE merged_into IS NOT NULL;
