-- name: LockHold :one
-- live is decided by the clock of Postgres, the only one that all processes share.
SELECT checkout_id, status, expires_at, extensions_left, shortages,
       (status = 'HELD' AND expires_at > now())::boolean AS live,
       EXISTS (SELECT FROM reservations r WHERE r.checkout_id = holds.checkout_id AND r.flash_sale_id IS NOT NULL)::boolean AS on_sale
FROM holds WHERE holds.checkout_id = $1 FOR UPDATE;

-- name: Reservations :many
SELECT checkout_id, variant_id, quantity, flash_sale_id FROM reservations
WHERE checkout_id = ANY (sqlc.arg(checkout_ids)::text[]) ORDER BY checkout_id, variant_id;

-- name: ExtendHold :one
UPDATE holds SET expires_at = expires_at + sqlc.arg(seconds)::int * interval '1 second',
                 extensions_left = extensions_left - 1, updated_at = now()
WHERE checkout_id = $1 AND status = 'HELD' AND expires_at > now() AND extensions_left > 0
RETURNING expires_at, extensions_left;

-- name: InsertReleasedHold :execrows
-- A release that arrives before its hold: the hold request then finds this row.
INSERT INTO holds (checkout_id, status) VALUES ($1, 'RELEASED') ON CONFLICT DO NOTHING;

-- name: DueHolds :many
-- SKIP LOCKED: a hold that is being committed or released is left to that
-- transaction.
SELECT checkout_id FROM holds WHERE status = 'HELD' AND expires_at <= now()
ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED;

-- name: GuestHoldsLast :one
-- Whether this is a guest's hold of a variant, or of a flash sale's quota, that is sold
-- out for all others.
SELECT EXISTS (
    SELECT FROM holds h
    JOIN reservations r ON r.checkout_id = h.checkout_id
    JOIN stock s ON s.variant_id = r.variant_id
    LEFT JOIN flash_sale_items i ON i.variant_id = r.variant_id AND i.sale_id = r.flash_sale_id
    WHERE h.checkout_id = $1 AND h.guest AND (s.available = 0 OR i.held + i.sold >= i.allocated)
)::boolean;

-- name: HealHolds :execrows
-- SKIP LOCKED and in order of the key, as all locks of holds.
UPDATE holds h
SET expires_at = now() + least(h.expires_at - h.created_at, sqlc.arg(longest)::int * interval '1 second'), updated_at = now()
FROM (SELECT checkout_id FROM holds
      WHERE status = 'HELD' AND expires_at > now() + sqlc.arg(longest)::int * interval '1 second'
      ORDER BY checkout_id FOR UPDATE SKIP LOCKED) AS far
WHERE h.checkout_id = far.checkout_id;
