-- name: InsertWebhook :execrows
INSERT INTO webhook_events (provider, event_id, type, payment_id)
VALUES (@provider, @event_id, @type, @payment_id)
ON CONFLICT ON CONSTRAINT webhook_events_once DO NOTHING;

-- name: PaymentByGatewayID :one
SELECT id FROM payments WHERE gateway_id = @gateway_id AND gateway_id <> '' ORDER BY created_at DESC LIMIT 1;

-- name: LeaseWebhooks :many
-- Leases events that are due, in any order and several of one payment at once:
-- an event only causes the payment to be read from the gateway.
UPDATE webhook_events e
   SET leased_until = now() + @lease::interval, due_at = now() + @lease::interval, tries = tries + 1
 WHERE (e.provider, e.event_id) IN (
       SELECT w.provider, w.event_id FROM webhook_events w WHERE w.handled_at IS NULL AND w.due_at <= now()
        ORDER BY w.due_at LIMIT @max_rows FOR UPDATE SKIP LOCKED)
RETURNING *;

-- name: MarkWebhookHandled :exec
UPDATE webhook_events SET handled_at = clock_timestamp(), leased_until = NULL WHERE provider = @provider AND event_id = @event_id;

-- name: PostponeWebhook :exec
UPDATE webhook_events SET due_at = now() + @delay::interval, leased_until = NULL
 WHERE provider = @provider AND event_id = @event_id AND handled_at IS NULL;

-- name: PruneWebhooks :exec
DELETE FROM webhook_events WHERE handled_at < now() - interval '30 days';
