-- name: CountReturns :one
SELECT count(*)::int FROM returns WHERE order_id = @order_id;

-- name: CreateReturn :exec
-- The lines' constraint refuses to return more than was delivered.
WITH return AS (
    INSERT INTO returns (id, order_id, status, note, created_at, updated_at)
    VALUES (@id, @order_id, @status, @note, @at, @at)
    RETURNING returns.id
), contents AS (
    INSERT INTO return_lines (return_id, order_line_id, quantity, reason, refund_minor)
    SELECT return.id, unnest(@line_ids::text[]), unnest(@quantities::int[]), unnest(@reasons::text[]), unnest(@amounts::bigint[]) FROM return
    RETURNING order_line_id, quantity
), counted AS (
    UPDATE order_lines l SET returning_quantity = l.returning_quantity + contents.quantity
    FROM contents WHERE l.id = contents.order_line_id AND l.order_id = @order_id
    RETURNING l.id
)
SELECT expect_rows(cardinality(@line_ids::text[]), (SELECT count(*) FROM counted));

-- name: LockReturn :one
-- A return of a locked purchase.
SELECT * FROM returns WHERE id = @id AND order_id = @order_id FOR UPDATE;

-- name: LockReturnOfRefund :many
-- The return of a locked purchase that a refund is for, if it is for one.
SELECT * FROM returns WHERE refund_id = @refund_id::text AND order_id = @order_id FOR UPDATE;

-- name: MoveReturn :exec
-- more_returning and more_returned are what each line's counts change by.
WITH moved AS (
    UPDATE returns
    SET status = @status, version = version + 1, decision_note = @decision_note, receipt_note = @receipt_note, carrier = @carrier,
        tracking_number = @tracking_number, label_url = @label_url, due_at = @due_at, refund_id = @refund_id, refund_failed = @refund_failed,
        updated_at = @at, received_at = @received_at
    WHERE returns.id = @id AND returns.version = @from_version
    RETURNING returns.id
), lines AS (
    SELECT unnest(@line_ids::text[]) AS line_id, unnest(@received::int[]) AS received, unnest(@conditions::text[]) AS condition,
           unnest(@restocked::bool[]) AS restocked, unnest(@refunded::bool[]) AS refunded, unnest(@amounts::bigint[]) AS refund_minor,
           unnest(@more_returning::int[]) AS more_returning, unnest(@more_returned::int[]) AS more_returned
), contents AS (
    UPDATE return_lines r
    SET received = lines.received, condition = lines.condition, restocked = lines.restocked, refunded = lines.refunded, refund_minor = lines.refund_minor
    FROM moved, lines WHERE r.return_id = moved.id AND r.order_line_id = lines.line_id
), counted AS (
    UPDATE order_lines l
    SET returning_quantity = l.returning_quantity + lines.more_returning, returned_quantity = l.returned_quantity + lines.more_returned
    FROM moved, lines WHERE l.id = lines.line_id AND (lines.more_returning <> 0 OR lines.more_returned <> 0)
)
SELECT expect_rows(1, (SELECT count(*) FROM moved));

-- name: AddRefundedLines :exec
UPDATE order_lines l SET refunded_quantity = l.refunded_quantity + r.units, refunded_minor = l.refunded_minor + r.minor
FROM (SELECT unnest(@line_ids::text[]) AS line_id, unnest(@units::int[]) AS units, unnest(@amounts::bigint[]) AS minor) AS r
WHERE l.id = r.line_id AND l.order_id = @order_id;

-- name: Returns :many
SELECT sqlc.embed(r), o.checkout_id, o.owner_id, o.currency
FROM returns r JOIN orders o ON o.id = r.order_id
WHERE r.id = ANY (@ids::text[]) AND (@everyones::bool OR o.owner_id = ANY (@owners::text[]));

-- name: ReturnsOfOrders :many
SELECT sqlc.embed(r), o.checkout_id, o.owner_id, o.currency
FROM returns r JOIN orders o ON o.id = r.order_id
WHERE r.order_id = ANY (@order_ids::text[]) ORDER BY r.order_id, r.id;

-- name: ReturnLines :many
SELECT r.* FROM return_lines r JOIN order_lines l ON l.id = r.order_line_id
WHERE r.return_id = ANY (@return_ids::text[]) ORDER BY r.return_id, l.position;

-- name: CheckoutsOfDueReturns :many
-- Purchases with returns that nothing was heard of for too long. Rows locked by another
-- transaction are skipped.
SELECT sqlc.embed(c), clock_timestamp()::timestamptz AS read_at
FROM checkouts c
WHERE c.id IN (SELECT o.checkout_id FROM returns r JOIN orders o ON o.id = r.order_id WHERE r.due_at <= now() ORDER BY r.due_at LIMIT @batch)
FOR UPDATE SKIP LOCKED;

-- name: LockDueReturns :many
SELECT * FROM returns WHERE order_id = @order_id AND due_at <= now() FOR UPDATE;
