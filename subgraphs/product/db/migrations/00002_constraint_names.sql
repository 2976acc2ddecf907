-- Constraints are named for the rule that they hold.

-- +goose Up
ALTER TABLE categories RENAME CONSTRAINT categories_slug_names_one TO categories_slug_is_unique;
ALTER TABLE brands RENAME CONSTRAINT brands_slug_names_one TO brands_slug_is_unique;
ALTER TABLE products RENAME CONSTRAINT products_slug_names_one TO products_slug_is_unique;
ALTER TABLE variants RENAME CONSTRAINT variants_sku_names_one TO variants_sku_is_unique;
ALTER TABLE variants RENAME CONSTRAINT variants_weigh_nothing_or_more TO variants_weight_is_never_negative;
ALTER TABLE variant_prices RENAME CONSTRAINT variant_prices_cost_something TO variant_prices_are_positive;
ALTER TABLE variant_prices RENAME CONSTRAINT variant_prices_were_higher TO variant_prices_regular_exceeds_reduced;
