-- name: SaveEndpoint :exec
-- An older version changes nothing. A change by the owner ends a pause: the owner may have
-- repaired the endpoint.
INSERT INTO endpoints AS e (id, owner_id, scopes, event_types, active, version)
VALUES (sqlc.arg(id), sqlc.arg(owner_id), sqlc.arg(scopes)::text[], sqlc.arg(event_types)::text[], sqlc.arg(active), sqlc.arg(version))
ON CONFLICT (id) DO UPDATE SET
    owner_id = excluded.owner_id, scopes = excluded.scopes, event_types = excluded.event_types,
    active = excluded.active, version = excluded.version,
    consecutive_failures = 0, pauses = 0, paused_until = NULL, gone = false, last_error = ''
WHERE e.version < excluded.version;

-- name: DeleteEndpoint :exec
DELETE FROM endpoints WHERE id = $1;

-- name: Subscribers :many
SELECT id, owner_id, scopes FROM endpoints
WHERE active AND event_types @> ARRAY [sqlc.arg(event_type)::text] ORDER BY id;

-- name: SubscribedTypes :many
-- Those of the types that any endpoint subscribes to.
SELECT DISTINCT t::text AS event_type FROM endpoints CROSS JOIN LATERAL unnest(event_types) AS t
WHERE active AND event_types && sqlc.arg(event_types)::text[];

-- name: EndpointStates :many
SELECT * FROM endpoints WHERE id = ANY (sqlc.arg(endpoint_ids)::text[]) AND owner_id = ANY (sqlc.arg(owner_ids)::text[]);

-- name: EndpointSucceeded :exec
UPDATE endpoints SET consecutive_failures = 0, pauses = 0, paused_until = NULL, gone = false, last_error = ''
WHERE id = $1 AND (consecutive_failures > 0 OR pauses > 0 OR gone OR last_error <> '');

-- name: EndpointFailed :one
-- Counts a failure. At the limit, and at each failure of the single attempt after a pause,
-- deliveries pause; each pause is twice as long as the one before.
WITH before AS (
    SELECT id, gone FROM endpoints WHERE endpoints.id = sqlc.arg(id) FOR NO KEY UPDATE
)
UPDATE endpoints e SET
    consecutive_failures = e.consecutive_failures + 1,
    last_error = sqlc.arg(last_error),
    gone = e.gone OR sqlc.arg(gone)::boolean,
    pauses = CASE WHEN e.consecutive_failures + 1 >= sqlc.arg(failures)::int AND coalesce(e.paused_until <= now(), true) THEN e.pauses + 1 ELSE e.pauses END,
    paused_until = CASE WHEN e.consecutive_failures + 1 >= sqlc.arg(failures)::int AND coalesce(e.paused_until <= now(), true)
        THEN now() + least(sqlc.arg(first_pause_seconds)::int * 2 ^ least(e.pauses, 20), sqlc.arg(longest_pause_seconds)::int) * interval '1 second'
        ELSE e.paused_until END
FROM before WHERE e.id = before.id
RETURNING e.owner_id, e.consecutive_failures, e.paused_until, e.gone, (e.gone AND NOT before.gone)::boolean AS became_gone;
