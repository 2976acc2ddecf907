-- The flash sale whose price a line has.

-- +goose Up
ALTER TABLE checkout_lines ADD flash_sale_id text; -- null: the regular price
