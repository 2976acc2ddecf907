-- name: Levels :many
SELECT variant_id, available, reserved, sold, version, updated_at, guest_reserved FROM stock
WHERE variant_id = ANY (sqlc.arg(variant_ids)::text[]) ORDER BY variant_id;

-- name: EnsureStock :exec
INSERT INTO stock (variant_id) VALUES ($1) ON CONFLICT DO NOTHING;

-- name: LockLevel :one
SELECT variant_id, available, reserved, sold, version, updated_at, guest_reserved FROM stock WHERE variant_id = $1 FOR UPDATE;

-- name: ChangeAvailable :one
UPDATE stock SET available = available + sqlc.arg(delta)::bigint, version = version + 1, updated_at = now()
WHERE variant_id = $1 RETURNING variant_id, available, reserved, sold, version, updated_at, guest_reserved;

-- name: WriteLedger :exec
INSERT INTO stock_ledger (variant_id, delta, reason, actor, key)
SELECT unnest(sqlc.arg(variant_ids)::text[]), unnest(sqlc.arg(deltas)::bigint[]),
       sqlc.arg(reason)::text, sqlc.arg(actor)::text, sqlc.arg(key)::text;

-- name: ReceiveStock :many
-- Rows come sorted, so that two deliveries lock them in the same order.
INSERT INTO stock AS s (variant_id, available, version)
SELECT g.variant_id, g.quantity, 1
FROM (SELECT unnest(sqlc.arg(variant_ids)::text[]) AS variant_id,
             unnest(sqlc.arg(quantities)::bigint[]) AS quantity) AS g
ORDER BY g.variant_id
ON CONFLICT (variant_id) DO UPDATE
    SET available = s.available + excluded.available, version = s.version + 1, updated_at = now()
RETURNING variant_id, available, reserved, sold, version, updated_at, guest_reserved;

-- name: ReceiveFirstStock :many
-- Only variants whose stock never changed. Rows come sorted, as in ReceiveStock.
INSERT INTO stock AS s (variant_id, available, version)
SELECT g.variant_id, g.quantity, 1
FROM (SELECT unnest(sqlc.arg(variant_ids)::text[]) AS variant_id,
             unnest(sqlc.arg(quantities)::bigint[]) AS quantity) AS g
ORDER BY g.variant_id
ON CONFLICT (variant_id) DO UPDATE
    SET available = excluded.available, version = 1, updated_at = now() WHERE s.version = 0
RETURNING variant_id, available, reserved, sold, version, updated_at, guest_reserved;

-- name: EnsureStocks :exec
-- Rows come sorted, as in ReceiveStock.
INSERT INTO stock (variant_id)
SELECT v.id FROM unnest(sqlc.arg(variant_ids)::text[]) AS v (id) ORDER BY v.id
ON CONFLICT DO NOTHING;

-- name: LockStocks :exec
SELECT variant_id FROM stock WHERE variant_id = ANY (sqlc.arg(variant_ids)::text[]) ORDER BY variant_id FOR UPDATE;

-- name: Restocked :one
-- Whether units of a return are in the ledger already.
SELECT EXISTS (SELECT FROM stock_ledger
WHERE variant_id = ANY (sqlc.arg(variant_ids)::text[]) AND reason = 'RETURNED' AND key = sqlc.arg(return_id)::text);
