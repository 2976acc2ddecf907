-- name: CreateParcel :exec
-- A parcel that was cancelled before its request arrived stays cancelled.
INSERT INTO parcels (shipment_id, checkout_id, order_number, carrier, recipient, is_return, due_at)
VALUES (@shipment_id, @checkout_id, @order_number, @carrier, @recipient, @is_return, now())
ON CONFLICT (shipment_id) DO NOTHING;

-- name: CancelParcel :exec
-- Where the carrier may have issued a label, it is cancelled too: a request without an
-- answer counts, and its lease ends before.
INSERT INTO parcels (shipment_id, checkout_id, order_number, carrier, status)
VALUES (@shipment_id, @checkout_id, '', '', 'CANCELLED')
ON CONFLICT (shipment_id) DO UPDATE
SET status = CASE WHEN parcels.tries = 0 AND parcels.tracking_number IS NULL THEN 'CANCELLED' ELSE 'CANCELLING' END,
    due_at = CASE WHEN parcels.tries = 0 AND parcels.tracking_number IS NULL THEN NULL ELSE greatest(now(), coalesce(parcels.leased_until, now())) END,
    recipient = NULL, tries = 0, idle = 0
WHERE parcels.status IN ('REQUESTED', 'CARRIED');

-- name: Lease :many
-- The lease is due_at in the future: the request of a worker that died is due again.
UPDATE parcels
SET due_at = now() + sqlc.arg(seconds)::float8 * interval '1 second', leased_until = now() + sqlc.arg(seconds)::float8 * interval '1 second', tries = tries + 1
WHERE shipment_id IN (
    SELECT p.shipment_id FROM parcels p WHERE p.due_at <= now() ORDER BY p.due_at LIMIT @batch FOR UPDATE SKIP LOCKED)
RETURNING *;

-- name: StoreLabel :execrows
UPDATE parcels
SET status = 'CARRIED', tracking_number = @tracking_number::text, recipient = NULL, tries = 0, last_error = '', leased_until = NULL,
    due_at = now() + sqlc.arg(seconds)::float8 * interval '1 second'
WHERE shipment_id = @shipment_id AND status = 'REQUESTED';

-- name: StoreReports :many
-- The ids of the reports that are new.
INSERT INTO reports (shipment_id, report_id)
SELECT @shipment_id::text, unnest(@report_ids::text[])
ON CONFLICT DO NOTHING RETURNING report_id;

-- name: StorePoll :exec
-- Nothing is requested any more of a parcel that arrived a while ago.
UPDATE parcels
SET status = CASE WHEN @arrived::bool THEN 'ARRIVED' ELSE status END, tries = 0, last_error = '', leased_until = NULL, idle = @idle,
    due_at = CASE WHEN @ended::bool THEN NULL ELSE now() + sqlc.arg(seconds)::float8 * interval '1 second' END
WHERE shipment_id = @shipment_id AND status IN ('CARRIED', 'ARRIVED');

-- name: StoreCancellation :exec
UPDATE parcels SET status = 'CANCELLED', tries = 0, last_error = '', leased_until = NULL, due_at = NULL
WHERE shipment_id = @shipment_id AND status = 'CANCELLING';

-- name: Postpone :exec
UPDATE parcels SET leased_until = NULL, last_error = @error, due_at = now() + sqlc.arg(seconds)::float8 * interval '1 second'
WHERE shipment_id = @shipment_id AND due_at IS NOT NULL;
