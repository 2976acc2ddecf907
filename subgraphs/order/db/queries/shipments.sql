-- name: LinesToShip :many
-- The lines of an order and how far they are. Whoever decides by them has locked the
-- purchase.
SELECT sqlc.embed(l), o.currency, o.tax_included
FROM order_lines l JOIN orders o ON o.id = l.order_id
WHERE l.order_id = @order_id ORDER BY l.position;

-- name: CountShipments :one
SELECT count(*)::int FROM shipments WHERE order_id = @order_id;

-- name: CreateShipment :exec
-- The lines' constraint refuses to pack more than was ordered.
WITH shipment AS (
    INSERT INTO shipments (id, order_id, status, carrier, tracking_number, tracking_url, moved_at, arrives_after, arrives_before, created_at)
    VALUES (@id, @order_id, @status, @carrier, nullif(@tracking_number::text, ''), nullif(@tracking_url::text, ''), @at, @arrives_after, @arrives_before, @at)
    RETURNING shipments.id
), contents AS (
    INSERT INTO shipment_lines (shipment_id, order_line_id, quantity)
    SELECT shipment.id, unnest(@line_ids::text[]), unnest(@quantities::int[]) FROM shipment
    RETURNING order_line_id, quantity
), packed AS (
    UPDATE order_lines l SET packed_quantity = l.packed_quantity + contents.quantity
    FROM contents WHERE l.id = contents.order_line_id AND l.order_id = @order_id
    RETURNING l.id
)
SELECT expect_rows(cardinality(@line_ids::text[]), (SELECT count(*) FROM packed));

-- name: LockShipment :one
-- A shipment of a locked purchase.
SELECT * FROM shipments WHERE id = @id AND order_id = @order_id FOR UPDATE;

-- name: NewestTrackingEvent :many
-- The newest of a shipment's events, and how many there are.
SELECT sqlc.embed(tracking_events), count(*) OVER ()::int AS events
FROM tracking_events WHERE shipment_id = @shipment_id ORDER BY at DESC, number DESC LIMIT 1;

-- name: AddTrackingEvent :execrows
-- No row means that the carrier reported the same before.
INSERT INTO tracking_events (shipment_id, at, status, location, message, received_at)
VALUES (@shipment_id, @at, @status, @location, @message, @received_at)
ON CONFLICT ON CONSTRAINT tracking_events_once DO NOTHING;

-- name: MoveShipment :exec
-- The units of a shipment are counted by how far it is: packed, shipped and delivered
-- are what each of them adds to the counts of its line.
WITH moved AS (
    UPDATE shipments
    SET status = @status, version = version + 1, moved_at = @moved_at,
        tracking_number = coalesce(nullif(@tracking_number::text, ''), tracking_number), tracking_url = coalesce(nullif(@tracking_url::text, ''), tracking_url)
    WHERE shipments.id = @id AND shipments.version = @from_version
    RETURNING shipments.id
), counted AS (
    UPDATE order_lines l
    SET packed_quantity = l.packed_quantity + s.quantity * sqlc.arg(packed)::int, shipped_quantity = l.shipped_quantity + s.quantity * sqlc.arg(shipped)::int,
        delivered_quantity = l.delivered_quantity + s.quantity * sqlc.arg(delivered)::int
    FROM moved JOIN shipment_lines s ON s.shipment_id = moved.id
    WHERE l.id = s.order_line_id AND (sqlc.arg(packed)::int <> 0 OR sqlc.arg(shipped)::int <> 0 OR sqlc.arg(delivered)::int <> 0)
)
SELECT expect_rows(1, (SELECT count(*) FROM moved));

-- name: Shipments :many
SELECT sqlc.embed(s), o.checkout_id
FROM shipments s JOIN orders o ON o.id = s.order_id
WHERE s.id = ANY (@ids::text[]) AND (@everyones::bool OR o.owner_id = ANY (@owners::text[]));

-- name: ShipmentByTrackingNumber :many
-- Carriers use their numbers again: the newest.
SELECT sqlc.embed(s), o.checkout_id
FROM shipments s JOIN orders o ON o.id = s.order_id
WHERE s.tracking_number = @tracking_number::text AND (@everyones::bool OR o.owner_id = ANY (@owners::text[]))
ORDER BY s.id DESC LIMIT 1;

-- name: ShipmentsOfOrders :many
SELECT sqlc.embed(s), o.checkout_id
FROM shipments s JOIN orders o ON o.id = s.order_id
WHERE s.order_id = ANY (@order_ids::text[]) ORDER BY s.order_id, s.id;

-- name: ShipmentLines :many
SELECT s.* FROM shipment_lines s JOIN order_lines l ON l.id = s.order_line_id
WHERE s.shipment_id = ANY (@shipment_ids::text[]) ORDER BY s.shipment_id, l.position;

-- name: TrackingEvents :many
-- A shipment has a dozen.
SELECT * FROM tracking_events WHERE shipment_id = ANY (@shipment_ids::text[]) ORDER BY shipment_id, at, number;

-- name: CheckoutsToPack :many
-- Purchases whose orders are packed by themselves now. Rows locked by another
-- transaction are skipped.
SELECT sqlc.embed(c), clock_timestamp()::timestamptz AS read_at
FROM orders o JOIN checkouts c ON c.id = o.checkout_id
WHERE o.pack_at <= now() ORDER BY o.pack_at LIMIT @batch FOR UPDATE OF c SKIP LOCKED;
