-- +goose Up

-- What was claimed of a sale stays when the variant is removed: it is compared with what
-- Inventory has.
ALTER TABLE flash_sale_items DROP CONSTRAINT flash_sale_items_variant_id_fkey;
