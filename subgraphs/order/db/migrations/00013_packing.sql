-- +goose Up
-- When the order is packed by itself; null: only staff pack it. Orders of before this
-- version were shipped elsewhere.
ALTER TABLE orders ADD COLUMN pack_at timestamptz;
CREATE INDEX orders_to_pack ON orders (pack_at) WHERE pack_at IS NOT NULL;
