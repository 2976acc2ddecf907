-- name: ReserveRefund :execrows
-- Reserves a part of the captured amount for a refund. Zero rows: less than that
-- is left. A reservation counts as refunded for every later refund, so that two
-- refunds under way cannot exceed the capture together.
UPDATE payments SET refund_pending_minor = refund_pending_minor + @amount_minor, updated_at = clock_timestamp()
 WHERE id = @id AND status IN ('CAPTURED', 'PARTIALLY_REFUNDED', 'DISPUTED')
   AND captured_minor - refunded_minor - refund_pending_minor >= @amount_minor;

-- name: InsertRefund :exec
-- The number becomes part of the gateway's idempotency key. The payment's row is
-- locked by ReserveRefund, so that two refunds do not get the same number.
INSERT INTO refunds (id, payment_id, number, amount_minor, gift_minor, reason, note)
SELECT @id, @payment_id::text, (SELECT count(*) + 1 FROM refunds WHERE payment_id = @payment_id::text), @amount_minor, @gift_minor, @reason, @note;

-- name: GiftMinorOfRefunds :one
-- What a payment's refunds, but for those that failed, return to gift cards.
SELECT coalesce(sum(gift_minor), 0)::bigint FROM refunds WHERE payment_id = @payment_id AND status <> 'FAILED';

-- name: LeaseRefunds :many
UPDATE refunds r
   SET leased_until = now() + @lease::interval, due_at = now() + @lease::interval, tries = r.tries + 1, status = 'PENDING'
  FROM payments p
 WHERE p.id = r.payment_id AND r.id IN (
       SELECT w.id FROM refunds w WHERE w.status IN ('REQUESTED', 'PENDING') AND w.due_at <= now()
        ORDER BY w.due_at LIMIT @max_rows FOR UPDATE SKIP LOCKED)
RETURNING r.id, r.payment_id, r.number, r.amount_minor, r.gift_minor, r.tries, p.currency, p.gateway_id AS payment_gateway_id;

-- name: PostponeRefund :exec
UPDATE refunds SET due_at = now() + @delay::interval, leased_until = NULL WHERE id = @id AND status = 'PENDING';

-- name: SettleRefund :execrows
-- Stores a refund's outcome once: zero rows mean that it was stored before, and
-- that the amounts of its payment were adjusted then.
UPDATE refunds SET status = @status, gateway_id = @gateway_id, failure = @failure, leased_until = NULL, settled_at = clock_timestamp()
 WHERE id = @id AND status = 'PENDING';

-- name: AddRefunded :exec
-- Moves an amount from reserved to refunded.
WITH updated AS (
    UPDATE payments
       SET refunded_minor = refunded_minor + @amount_minor, refund_pending_minor = refund_pending_minor - @amount_minor,
           gift_refunded_minor = gift_refunded_minor + @gift_minor,
           status = @status, updated_at = clock_timestamp()
     WHERE id = @id
    RETURNING id
)
SELECT expect_rows(1, count(*)) FROM updated;

-- name: ReleaseRefund :exec
-- Gives a reserved amount back.
WITH updated AS (
    UPDATE payments SET refund_pending_minor = refund_pending_minor - @amount_minor, updated_at = clock_timestamp() WHERE id = @id
    RETURNING id
)
SELECT expect_rows(1, count(*)) FROM updated;

-- name: RefundsByID :many
SELECT sqlc.embed(r), p.order_id, p.currency
  FROM refunds r JOIN payments p ON p.id = r.payment_id JOIN payable_orders o USING (order_id)
 WHERE r.id = ANY(@ids::text[]) AND (@all_owners::bool OR o.owner_id = ANY(@owners::text[]));

-- name: RefundsByPayment :many
SELECT sqlc.embed(r), p.order_id, p.currency FROM refunds r JOIN payments p ON p.id = r.payment_id
 WHERE r.payment_id = ANY(@payment_ids::text[]) ORDER BY r.payment_id, r.number;

-- name: RefundsByOrder :many
SELECT sqlc.embed(r), p.order_id, p.currency
  FROM refunds r JOIN payments p ON p.id = r.payment_id JOIN payable_orders o USING (order_id)
 WHERE p.order_id = ANY(@order_ids::text[]) AND (@all_owners::bool OR o.owner_id = ANY(@owners::text[]))
 ORDER BY r.created_at, r.id;
