-- The compacted topic of products' states is new: products that were published before
-- it are published again, so that an index can be filled from it.

-- +goose Up
INSERT INTO snapshot_queue (product_id)
SELECT id FROM products WHERE status = 'PUBLISHED'
ON CONFLICT DO NOTHING;
