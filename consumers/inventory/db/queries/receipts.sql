-- name: InsertReceipt :one
INSERT INTO stock_receipts (id, seller_id, reference, actor, lines) VALUES (@id, @seller_id, @reference, @actor, @lines)
RETURNING *;

-- name: ReceiptByID :one
SELECT * FROM stock_receipts WHERE id = @id;

-- name: Receipts :many
-- A page of a seller's, or of all, the latest first.
SELECT * FROM stock_receipts
WHERE (@of_all_sellers::bool OR seller_id = @seller_id) AND (@after::text = '' OR id < @after::text)
ORDER BY id DESC LIMIT sqlc.arg('limit');
