-- name: LockGuest :exec
-- Excludes the storing of orders of a guest until the end of the transaction.
SELECT pg_advisory_xact_lock(hashtextextended('guest ' || @guest_id::text, 0));

-- name: StoreClaim :exec
INSERT INTO guest_claims (guest_id, user_id) VALUES (@guest_id, @user_id) ON CONFLICT DO NOTHING;

-- name: MoveClaimedOrders :exec
UPDATE payable_orders o SET owner_id = c.user_id, updated_at = now()
  FROM guest_claims c WHERE c.guest_id = @guest_id AND o.owner_id = c.guest_id;
