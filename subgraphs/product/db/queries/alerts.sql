-- name: CountAlertRequest :one
-- Counts a request of a requester within a day, and locks the recipient, so that
-- concurrent requests cannot exceed a limit together.
INSERT INTO stock_alert_requests AS r (requester, began, requests) VALUES (@requester, now(), 1)
ON CONFLICT (requester) DO UPDATE
SET began = CASE WHEN r.began > now() - interval '1 day' THEN r.began ELSE now() END,
    requests = CASE WHEN r.began > now() - interval '1 day' THEN r.requests + 1 ELSE 1 END
RETURNING requests, extract(epoch FROM began + interval '1 day' - now())::float8 AS retry_seconds,
          (pg_advisory_xact_lock(hashtextextended('stock_alerts ' || @recipient::text, 0)) IS NOT NULL)::bool AS locked;

-- name: StoreAlert :one
-- Stores a subscription, or renews it, unless a limit is reached. The variant is queued:
-- what it waits for may have come between the check and the commit.
WITH counts AS (
    SELECT EXISTS (SELECT FROM stock_alerts a WHERE a.variant_id = @variant_id AND a.kind = @kind AND a.recipient = @recipient) AS known,
           (SELECT count(*) FROM stock_alerts a WHERE a.recipient = @recipient) AS open,
           (SELECT count(*) FROM stock_alert_tokens t WHERE t.recipient = @recipient AND t.created_at > now() - interval '30 days') AS sent,
           (SELECT count(*) FROM (SELECT FROM stock_alerts LIMIT @most_in_all::int) AS l) AS in_all
), stored AS (
    INSERT INTO stock_alerts AS a (id, variant_id, kind, recipient, owner_id, locale, currency, price_minor, expires_at)
    SELECT @id, @variant_id, @kind, @recipient, @owner_id, @locale, @currency, @price_minor, now() + @lifetime::interval
    FROM counts
    WHERE counts.in_all < @most_in_all::int
      AND (counts.known OR counts.open + CASE WHEN @count_sent::bool THEN counts.sent ELSE 0 END < @most::int)
    ON CONFLICT ON CONSTRAINT stock_alerts_one_per_variant_kind_recipient DO UPDATE
    SET locale = excluded.locale, currency = excluded.currency, price_minor = excluded.price_minor, expires_at = excluded.expires_at
    RETURNING a.variant_id
), queued AS (
    INSERT INTO stock_alert_queue (variant_id) SELECT stored.variant_id FROM stored
)
SELECT EXISTS (SELECT FROM stored) AS stored, (counts.in_all >= @most_in_all::int)::bool AS full_in_all FROM counts;

-- name: DropAlertsByToken :exec
-- All of the recipient of the mail that has the token.
DELETE FROM stock_alerts WHERE recipient = (SELECT t.recipient FROM stock_alert_tokens t WHERE t.token_sha256 = @token_sha256);

-- name: DropAlertsOf :exec
DELETE FROM stock_alerts WHERE owner_id = ANY (@owner_ids::text[]) AND owner_id <> '' AND variant_id = @variant_id;

-- name: TakeQueuedAlerts :many
DELETE FROM stock_alert_queue
WHERE number IN (SELECT q.number FROM stock_alert_queue q ORDER BY q.number LIMIT sqlc.arg('limit') FOR UPDATE SKIP LOCKED)
RETURNING variant_id;

-- name: QueueAlerts :exec
INSERT INTO stock_alert_queue (variant_id) SELECT unnest(@variant_ids::text[]);

-- name: StoreAlertTokens :exec
INSERT INTO stock_alert_tokens (token_sha256, recipient, owner_id)
SELECT unnest(@tokens::bytea[]), unnest(@recipients::text[]), unnest(@owner_ids::text[]);

-- name: PruneAlerts :one
-- Deletes a batch of what has expired, by the clock that set the expiry, and returns how
-- many rows it deleted of the table that had the most.
WITH expired AS (
    DELETE FROM stock_alerts WHERE id IN (
        SELECT a.id FROM stock_alerts a WHERE a.expires_at <= now() ORDER BY a.expires_at LIMIT sqlc.arg('limit') FOR UPDATE SKIP LOCKED)
    RETURNING 1
), requested AS (
    DELETE FROM stock_alert_requests WHERE requester IN (
        SELECT r.requester FROM stock_alert_requests r WHERE r.began <= now() - interval '1 day' ORDER BY r.began LIMIT sqlc.arg('limit') FOR UPDATE SKIP LOCKED)
    RETURNING 1
), mailed AS (
    DELETE FROM stock_alert_tokens WHERE token_sha256 IN (
        SELECT t.token_sha256 FROM stock_alert_tokens t WHERE t.created_at <= now() - @lifetime::interval ORDER BY t.created_at LIMIT sqlc.arg('limit') FOR UPDATE SKIP LOCKED)
    RETURNING 1
)
SELECT greatest((SELECT count(*) FROM expired), (SELECT count(*) FROM requested), (SELECT count(*) FROM mailed))::bigint AS most;
