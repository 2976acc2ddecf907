-- name: UpsertOrder :one
-- Stores an order that is to be paid, unless it exists, and locks it. The update
-- changes nothing: it takes the lock and makes RETURNING return the existing
-- row. An inserted order (xmax = 0) has no payments yet.
INSERT INTO payable_orders AS o (order_id, checkout_id, owner_id, number, amount_minor, currency, status, gift_cards)
VALUES (@order_id, @checkout_id, @owner_id, @number, @amount_minor, @currency, @status, @gift_cards)
ON CONFLICT (order_id) DO UPDATE SET updated_at = o.updated_at
RETURNING sqlc.embed(o), (o.xmax = 0)::bool AS inserted;

-- name: LockOrder :one
-- Lock order: an order before its payments. Every transaction follows it.
SELECT * FROM payable_orders WHERE order_id = @order_id FOR UPDATE;

-- name: LockOwnedOrder :one
SELECT * FROM payable_orders WHERE order_id = @order_id AND owner_id = ANY(@owners::text[]) FOR UPDATE;

-- name: OrderVisible :one
SELECT EXISTS (SELECT FROM payable_orders
 WHERE order_id = @order_id AND (@all_owners::bool OR owner_id = ANY(@owners::text[])));

-- name: CloseOrder :exec
UPDATE payable_orders SET status = 'CLOSED', updated_at = now() WHERE order_id = @order_id AND status <> 'CLOSED';

-- name: MarkOrderPaid :exec
UPDATE payable_orders SET status = 'PAID', updated_at = now() WHERE order_id = @order_id AND status = 'OPEN';

-- name: Summaries :many
-- Sums of what was paid for each order, and whether the caller may see them.
SELECT o.order_id,
       (@all_owners::bool OR o.owner_id = ANY(@owners::text[]))::bool AS visible,
       coalesce(sum(p.authorized_minor - p.voided_minor), 0)::bigint AS authorized_minor,
       coalesce(sum(p.captured_minor), 0)::bigint AS captured_minor,
       coalesce(sum(p.refunded_minor), 0)::bigint AS refunded_minor,
       coalesce(sum(p.captured_minor - p.refunded_minor - p.refund_pending_minor)
                FILTER (WHERE p.status NOT IN ('DISPUTED', 'CHARGED_BACK')), 0)::bigint AS refundable_minor
  FROM payable_orders o LEFT JOIN payments p USING (order_id)
 WHERE o.order_id = ANY(@order_ids::text[])
 GROUP BY o.order_id;
