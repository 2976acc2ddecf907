-- name: LockGuest :exec
-- Excludes the opening of checkouts by a guest (LockCarts) until the end of the
-- transaction.
SELECT pg_advisory_xact_lock(hashtextextended('guest ' || @guest_id::text, 0));

-- name: StoreClaim :exec
INSERT INTO guest_claims (guest_id, user_id) VALUES (@guest_id, @user_id) ON CONFLICT DO NOTHING;

-- name: MoveClaimedCheckouts :exec
UPDATE checkouts SET owner_id = claim.user_id
  FROM guest_claims claim WHERE claim.guest_id = @guest_id AND checkouts.owner_id = claim.guest_id;

-- name: MoveClaimedOrders :exec
-- Follows MoveClaimedCheckouts, which waits for orders that are being placed: an
-- order has the owner of its checkout, read under the checkout's lock.
UPDATE orders SET owner_id = claim.user_id
  FROM guest_claims claim WHERE claim.guest_id = @guest_id AND orders.owner_id = claim.guest_id;
