-- +goose Up
-- The cart that a purchase occupies: set when the checkout opens, kept while it
-- is under way and once it is sold, and cleared when it ends without a sale.
-- Rows of before do not occupy their cart, except for the newest one under way.
ALTER TABLE checkouts ADD COLUMN occupied_cart_id text;
-- The unpaid order that this checkout replaced.
ALTER TABLE checkouts ADD COLUMN replaced_order_id text;
UPDATE checkouts SET occupied_cart_id = cart_id WHERE id IN (
    SELECT DISTINCT ON (cart_id) id FROM checkouts
    WHERE status IN ('OPEN', 'PLACING') ORDER BY cart_id, created_at DESC, id DESC);
ALTER TABLE checkouts ADD CONSTRAINT checkouts_ended_occupy_no_cart
    CHECK (status NOT IN ('EXPIRED', 'CANCELLED') OR occupied_cart_id IS NULL);
DROP INDEX checkouts_one_open_per_cart;
-- At most one purchase of each cart is under way.
CREATE UNIQUE INDEX checkouts_one_under_way_per_cart ON checkouts (occupied_cart_id) WHERE status IN ('OPEN', 'PLACING');
CREATE INDEX checkouts_sold_carts ON checkouts (occupied_cart_id) WHERE status = 'COMPLETED';

-- Carts that were merged into another one: a checkout that read such a cart
-- before the merge must not open after it.
CREATE TABLE merged_carts (
    cart_id text PRIMARY KEY,
    into_id text NOT NULL
);
