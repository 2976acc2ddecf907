-- name: CreateEvent :exec
INSERT INTO events (id, owner_id, envelope) VALUES (sqlc.arg(id), sqlc.arg(owner_id), sqlc.arg(envelope)) ON CONFLICT (id) DO NOTHING;

-- name: CreateDeliveries :exec
-- An endpoint with too many open deliveries gets the event as failed: its owner can
-- replay it.
INSERT INTO deliveries (id, endpoint_id, event_id, event_type, subject, sequence, expires_at, status, last_error, ended_at)
SELECT d.id, d.endpoint_id, sqlc.arg(event_id), sqlc.arg(event_type), sqlc.arg(subject), sqlc.arg(sequence), now() + sqlc.arg(seconds)::int * interval '1 second',
       CASE WHEN open.n < sqlc.arg(most)::int THEN 'PENDING' ELSE 'FAILED' END,
       CASE WHEN open.n < sqlc.arg(most)::int THEN '' ELSE sqlc.arg(overflow)::text END,
       CASE WHEN open.n < sqlc.arg(most)::int THEN NULL ELSE now() END
FROM (SELECT unnest(sqlc.arg(ids)::text[]) AS id, unnest(sqlc.arg(endpoint_ids)::text[]) AS endpoint_id) AS d
JOIN endpoints e ON e.id = d.endpoint_id
CROSS JOIN LATERAL (SELECT count(*) AS n FROM (
    SELECT FROM deliveries o WHERE o.endpoint_id = d.endpoint_id AND o.status IN ('PENDING', 'RETRYING') LIMIT sqlc.arg(most)::int) AS limited) AS open
ORDER BY d.endpoint_id
ON CONFLICT ON CONSTRAINT deliveries_one_per_endpoint_event DO NOTHING;

-- name: CreateTest :execrows
-- Zero rows: the endpoint is another's, or too many samples are under way.
INSERT INTO deliveries (id, endpoint_id, event_id, event_type, subject, sequence, expires_at, test)
SELECT sqlc.arg(id), e.id, sqlc.arg(event_id), sqlc.arg(event_type), sqlc.arg(subject), sqlc.arg(sequence), now() + sqlc.arg(seconds)::int * interval '1 second', true
FROM endpoints e
WHERE e.id = sqlc.arg(endpoint_id) AND e.owner_id = ANY (sqlc.arg(owner_ids)::text[])
  AND (SELECT count(*) FROM deliveries d WHERE d.endpoint_id = e.id AND d.test AND d.created_at > now() - interval '1 minute') < sqlc.arg(most)::int;

-- name: HasEndpoint :one
SELECT EXISTS (SELECT FROM endpoints WHERE id = sqlc.arg(endpoint_id) AND owner_id = ANY (sqlc.arg(owner_ids)::text[]));

-- name: Lease :many
-- The first open delivery of each subject, for each endpoint as many as it may get at the
-- same time: one after a pause. Of several concurrent senders one looks at an endpoint.
-- The lease is due_at in the future: the delivery of a sender that died is due again.
WITH able AS (
    SELECT e.id, e.gone OR NOT e.active OR coalesce(e.paused_until > now(), false) AS paused,
           CASE WHEN e.pauses > 0 THEN 1 ELSE sqlc.arg(per_endpoint)::int END
               - (SELECT count(*) FROM deliveries l WHERE l.endpoint_id = e.id AND l.status IN ('PENDING', 'RETRYING') AND l.leased_until > now()) AS free
    FROM endpoints e
    WHERE EXISTS (SELECT FROM deliveries o WHERE o.endpoint_id = e.id AND o.status IN ('PENDING', 'RETRYING') AND o.due_at <= now())
    FOR NO KEY UPDATE SKIP LOCKED
), due AS (
    SELECT d.id FROM able
    CROSS JOIN LATERAL (
        SELECT c.id, c.due_at FROM deliveries c
        WHERE c.endpoint_id = able.id AND c.status IN ('PENDING', 'RETRYING') AND c.due_at <= now() AND c.expires_at > now()
          AND (c.test OR NOT able.paused)
          AND NOT EXISTS (SELECT FROM deliveries f
              WHERE f.endpoint_id = c.endpoint_id AND f.subject = c.subject AND f.status IN ('PENDING', 'RETRYING') AND f.position < c.position)
        ORDER BY c.due_at, c.position
        LIMIT greatest(able.free, 0)
    ) AS d
    ORDER BY d.due_at LIMIT sqlc.arg(batch_size)::int
), leased AS (
    UPDATE deliveries d
    SET due_at = now() + sqlc.arg(seconds)::int * interval '1 second', leased_until = now() + sqlc.arg(seconds)::int * interval '1 second', attempts = attempts + 1
    FROM due WHERE d.id = due.id
    RETURNING d.*
)
SELECT l.id, l.endpoint_id, l.event_id, l.event_type, l.attempts, l.expires_at, l.test, v.envelope
FROM leased l JOIN events v ON v.id = l.event_id ORDER BY l.position;

-- name: AddAttempt :exec
WITH added AS (
    INSERT INTO attempts (delivery_id, response_status, error, duration_ms, payload_error)
    SELECT d.id, sqlc.arg(response_status), sqlc.arg(error), sqlc.arg(duration_ms), sqlc.arg(payload_error) FROM deliveries d WHERE d.id = sqlc.arg(delivery_id)
)
DELETE FROM attempts a WHERE a.delivery_id = sqlc.arg(delivery_id) AND a.id < (
    SELECT o.id FROM attempts o WHERE o.delivery_id = sqlc.arg(delivery_id) ORDER BY o.id DESC OFFSET sqlc.arg(most)::int - 2 LIMIT 1);

-- name: Succeed :exec
UPDATE deliveries SET status = 'SUCCEEDED', ended_at = now(), leased_until = NULL, response_status = sqlc.arg(response_status), last_error = ''
WHERE id = sqlc.arg(id) AND status IN ('PENDING', 'RETRYING');

-- name: Retry :exec
-- A retry that would be later than the end is none.
UPDATE deliveries SET
    status = CASE WHEN now() + sqlc.arg(milliseconds)::bigint * interval '1 millisecond' < expires_at THEN 'RETRYING' ELSE 'FAILED' END,
    ended_at = CASE WHEN now() + sqlc.arg(milliseconds)::bigint * interval '1 millisecond' < expires_at THEN NULL ELSE now() END,
    due_at = now() + sqlc.arg(milliseconds)::bigint * interval '1 millisecond',
    leased_until = NULL, response_status = sqlc.arg(response_status), last_error = sqlc.arg(last_error)
WHERE id = sqlc.arg(id) AND status IN ('PENDING', 'RETRYING');

-- name: Postpone :exec
-- Nothing was sent: the attempt does not count.
UPDATE deliveries SET attempts = attempts - 1, due_at = now() + sqlc.arg(milliseconds)::bigint * interval '1 millisecond', leased_until = NULL
WHERE id = sqlc.arg(id) AND status IN ('PENDING', 'RETRYING');

-- name: Fail :exec
UPDATE deliveries SET status = 'FAILED', ended_at = now(), leased_until = NULL, response_status = sqlc.arg(response_status), last_error = sqlc.arg(last_error)
WHERE id = sqlc.arg(id) AND status IN ('PENDING', 'RETRYING');

-- name: Expire :execrows
UPDATE deliveries SET status = 'FAILED', ended_at = now(), last_error = CASE WHEN last_error = '' THEN sqlc.arg(reason)::text ELSE last_error END
WHERE id IN (SELECT d.id FROM deliveries d
    WHERE d.status IN ('PENDING', 'RETRYING') AND d.expires_at <= now() AND coalesce(d.leased_until <= now(), true)
    ORDER BY d.expires_at LIMIT sqlc.arg(most)::int FOR UPDATE SKIP LOCKED);

-- name: Replay :one
-- One that is under way or due stays as it is.
WITH owned AS (
    SELECT d.id, d.endpoint_id, d.status FROM deliveries d JOIN endpoints e ON e.id = d.endpoint_id
    WHERE d.id = sqlc.arg(id) AND e.owner_id = ANY (sqlc.arg(owner_ids)::text[]) FOR NO KEY UPDATE OF d
), replayed AS (
    UPDATE deliveries d SET status = 'PENDING', ended_at = NULL, attempts = 0, due_at = now(), expires_at = now() + sqlc.arg(seconds)::int * interval '1 second'
    FROM owned o WHERE d.id = o.id AND o.status IN ('SUCCEEDED', 'FAILED')
)
SELECT endpoint_id FROM owned;

-- name: PageOfDeliveries :many
-- The latest first. Empty parameters do not restrict.
SELECT d.* FROM deliveries d JOIN endpoints e ON e.id = d.endpoint_id
WHERE d.endpoint_id = sqlc.arg(endpoint_id) AND e.owner_id = ANY (sqlc.arg(owner_ids)::text[])
  AND (sqlc.arg(status)::text = '' OR d.status = sqlc.arg(status))
  AND (sqlc.arg(before)::bigint = 0 OR d.position < sqlc.arg(before))
ORDER BY d.position DESC LIMIT sqlc.arg(most)::int;

-- name: AttemptsOf :many
SELECT * FROM attempts WHERE delivery_id = ANY (sqlc.arg(ids)::text[]) ORDER BY id DESC;

-- name: DeleteOldDeliveries :execrows
DELETE FROM deliveries WHERE id IN (
    SELECT d.id FROM deliveries d WHERE d.ended_at < now() - sqlc.arg(seconds)::int * interval '1 second' ORDER BY d.ended_at LIMIT sqlc.arg(most)::int);

-- name: DeleteExcessDeliveries :execrows
-- The oldest of an endpoint that has more than are kept.
DELETE FROM deliveries d USING (
    SELECT e.id, (SELECT o.position FROM deliveries o WHERE o.endpoint_id = e.id ORDER BY o.position DESC OFFSET sqlc.arg(kept)::int LIMIT 1) AS last FROM endpoints e
) AS e WHERE d.endpoint_id = e.id AND d.position <= e.last AND d.ended_at IS NOT NULL;

-- name: DeleteOldEvents :execrows
DELETE FROM events WHERE id IN (
    SELECT v.id FROM events v WHERE v.created_at < now() - interval '1 minute' AND NOT EXISTS (SELECT FROM deliveries d WHERE d.event_id = v.id) LIMIT sqlc.arg(most)::int);

-- name: EraseCustomer :exec
-- Removes what identifies a customer from events that are kept.
UPDATE events SET owner_id = '', envelope = jsonb_set(envelope, '{data}', (envelope -> 'data') - sqlc.arg(fields)::text[]) WHERE owner_id = sqlc.arg(owner_id);
