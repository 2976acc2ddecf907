-- Goods of different tax classes have different rates. Lines of before have the standard
-- one.

-- +goose Up
ALTER TABLE checkout_lines ADD COLUMN tax_class text NOT NULL DEFAULT 'STANDARD';
ALTER TABLE order_lines ADD COLUMN tax_class text NOT NULL DEFAULT 'STANDARD';
-- [{rate, minor}], the highest rate first; null: all of the tax is at tax_rate.
ALTER TABLE checkouts ADD COLUMN taxes_by_rate jsonb;
ALTER TABLE orders ADD COLUMN taxes_by_rate jsonb;
