-- +goose Up
-- Whether the prices include tax. Quotes of before this version have it added.
ALTER TABLE checkouts ADD COLUMN tax_included boolean NOT NULL DEFAULT false;
ALTER TABLE checkouts DROP CONSTRAINT checkouts_total_adds_up;
ALTER TABLE checkouts ADD CONSTRAINT checkouts_total_adds_up
    CHECK (total_minor = subtotal_minor + shipping_minor + CASE WHEN tax_included THEN 0 ELSE tax_minor END);
ALTER TABLE orders ADD COLUMN tax_included boolean NOT NULL DEFAULT false;
ALTER TABLE orders DROP CONSTRAINT orders_total_adds_up;
ALTER TABLE orders ADD CONSTRAINT orders_total_adds_up
    CHECK (total_minor = subtotal_minor + shipping_minor + CASE WHEN tax_included THEN 0 ELSE tax_minor END);
