-- name: InsertReceipt :one
INSERT INTO stock_receipts (id, seller_id, reference, actor, lines) VALUES (@id, @seller_id, @reference, @actor, @lines)
RETURNING *;

-- name: ReceiptByID :one
SELECT * FROM stock_receipts WHERE id = @id;

-- name: ReceiptsOfSeller :many
-- The latest first. A plan that is made for every parameter reads a range of an index,
-- which a condition that also allows all sellers would prevent.
SELECT * FROM stock_receipts WHERE seller_id = @seller_id AND id < @before ORDER BY id DESC LIMIT sqlc.arg('limit');

-- name: ReceiptsOfAll :many
SELECT * FROM stock_receipts WHERE id < @before ORDER BY id DESC LIMIT sqlc.arg('limit');
