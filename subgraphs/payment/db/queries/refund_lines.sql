-- name: StorePayableLines :exec
-- A line that is stored keeps what was paid for it.
INSERT INTO payable_lines (order_line_id, order_id, quantity, paid_minor)
SELECT unnest(@order_line_ids::text[]), @order_id::text, unnest(@quantities::int[]), unnest(@paid_minor::bigint[])
ON CONFLICT DO NOTHING;

-- name: LinesOfOrder :many
-- The lines of an order that is locked.
SELECT * FROM payable_lines WHERE order_id = @order_id ORDER BY order_line_id;

-- name: InsertRefundLines :exec
-- Follows InsertRefund.
WITH lines AS (
    INSERT INTO refund_lines (refund_id, order_line_id, units, amount_minor)
    SELECT @refund_id::text, unnest(@order_line_ids::text[]), unnest(@units::int[]), unnest(@amounts::bigint[])
    RETURNING order_line_id, units, amount_minor
)
UPDATE payable_lines p SET refunded_units = p.refunded_units + l.units, refunded_minor = p.refunded_minor + l.amount_minor
  FROM lines l WHERE p.order_line_id = l.order_line_id;

-- name: ReleaseRefundLines :exec
-- Of a refund that failed: its units can be refunded again.
UPDATE payable_lines p SET refunded_units = p.refunded_units - l.units, refunded_minor = p.refunded_minor - l.amount_minor
  FROM refund_lines l WHERE l.refund_id = @refund_id AND p.order_line_id = l.order_line_id;

-- name: RefundLines :many
SELECT sqlc.embed(l), p.currency
  FROM refund_lines l JOIN refunds r ON r.id = l.refund_id JOIN payments p ON p.id = r.payment_id
 WHERE l.refund_id = ANY(@refund_ids::text[]) ORDER BY l.refund_id, l.order_line_id;

-- name: RefundExists :one
SELECT EXISTS (SELECT FROM refunds WHERE id = @id);
