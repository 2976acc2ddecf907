-- +goose Up
ALTER TABLE purchases ADD COLUMN quantity int NOT NULL DEFAULT 1;
ALTER TABLE purchases ADD CONSTRAINT purchases_quantity_is_positive CHECK (quantity > 0);
CREATE INDEX purchases_latest_by_product ON purchases (product_id, confirmed_at DESC);

-- How much a product sells. A unit weighs twice as much as one that was sold a week
-- earlier: 2 ^ (weeks from 2026 to the confirmation). Sums of such weights are in the
-- order of units that decay with a half-life of a week, at any time and without an
-- update, and events can be added in any order. A double holds them for 19 years.
CREATE TABLE product_popularity (
    product_id text COLLATE "C" PRIMARY KEY REFERENCES products ON DELETE CASCADE,
    weight     double precision NOT NULL,
    CONSTRAINT product_popularity_is_never_negative CHECK (weight >= 0)
);
CREATE INDEX product_popularity_by_weight ON product_popularity (weight DESC, product_id);

-- +goose StatementBegin
CREATE FUNCTION sale_weight(quantity int, at timestamptz) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN quantity * power(2::double precision, extract(epoch FROM at - timestamptz '2026-01-01 00:00:00+00') / 604800);
-- +goose StatementEnd

INSERT INTO product_popularity (product_id, weight)
SELECT product_id, sum(sale_weight(quantity, confirmed_at)) FROM purchases GROUP BY product_id;
