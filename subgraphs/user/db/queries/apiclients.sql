-- name: LockAPIClients :exec
-- Serialises creations, so that each counts the previous ones.
SELECT pg_advisory_xact_lock(hashtext('api_clients'));

-- name: CreateAPIClient :execrows
-- Zero rows mean that the maximum is reached.
INSERT INTO api_clients (id, name, secret_hash, scopes, rate_per_minute, created_at)
SELECT @id, @name, @secret_hash, @scopes::text[], @rate_per_minute, @now
WHERE (SELECT count(*) FROM api_clients a WHERE a.revoked_at IS NULL) < @most::int;

-- name: ImportAPIClient :exec
INSERT INTO api_clients (id, name, secret_hash, scopes, rate_per_minute, created_at)
VALUES (@id, @name, @secret_hash, @scopes, @rate_per_minute, @now)
ON CONFLICT (id) DO NOTHING;

-- name: APIClients :many
SELECT * FROM api_clients WHERE revoked_at IS NULL ORDER BY id DESC;

-- name: RotateAPIClient :one
-- Two keys work at the same time at most.
UPDATE api_clients SET secret_hash = @secret_hash,
    previous_hash = CASE WHEN sqlc.narg('previous_until')::timestamptz IS NULL THEN NULL ELSE secret_hash END, previous_until = sqlc.narg('previous_until')
WHERE id = @id AND revoked_at IS NULL RETURNING *;

-- name: RevokeAPIClient :one
-- A second revocation is as good as the first.
UPDATE api_clients SET revoked_at = coalesce(revoked_at, @now) WHERE id = @id RETURNING *;

-- name: APIClientBySecret :one
SELECT * FROM api_clients
WHERE (secret_hash = @secret_hash OR previous_hash = @secret_hash AND previous_until > @now) AND revoked_at IS NULL;

-- name: RecordAPIClientUse :exec
-- One of several concurrent verifications writes.
UPDATE api_clients SET last_used_at = @now
WHERE id = @id AND (last_used_at IS NULL OR last_used_at < @recorded_before);

-- name: AddAPIClientUsage :exec
-- Beyond the most names of operations that a client has in a day, usage counts as that
-- of other operations.
WITH given AS (
    SELECT unnest(@client_ids::text[]) AS client_id, unnest(@operations::text[]) AS operation,
           unnest(@requests::bigint[]) AS requests, unnest(@failures::bigint[]) AS failures, unnest(@costs::bigint[]) AS cost
), named AS (
    SELECT g.client_id, g.requests, g.failures, g.cost,
           CASE WHEN EXISTS (SELECT FROM api_client_usage u WHERE u.client_id = g.client_id AND u.day = @day::date AND u.operation = g.operation)
                  OR (SELECT count(*) FROM api_client_usage u WHERE u.client_id = g.client_id AND u.day = @day::date)
                     + row_number() OVER (PARTITION BY g.client_id ORDER BY g.operation) <= @most::int
                THEN g.operation ELSE @other::text END AS operation
    FROM given g JOIN api_clients c ON c.id = g.client_id
)
INSERT INTO api_client_usage AS u (client_id, day, operation, requests, failures, cost)
SELECT n.client_id, @day::date, n.operation, sum(n.requests), sum(n.failures), sum(n.cost) FROM named n GROUP BY n.client_id, n.operation ORDER BY n.client_id, n.operation
ON CONFLICT (client_id, day, operation) DO UPDATE SET
    requests = u.requests + excluded.requests, failures = u.failures + excluded.failures, cost = u.cost + excluded.cost;

-- name: APIClientUsage :many
-- Of each client the latest days, as far as its entries are read.
SELECT u.* FROM unnest(@client_ids::text[]) AS c (id)
CROSS JOIN LATERAL (
    SELECT * FROM api_client_usage a WHERE a.client_id = c.id AND a.day > @after::date
    ORDER BY a.day DESC, a.requests DESC, a.operation LIMIT @most::int
) AS u
ORDER BY u.day DESC, u.requests DESC, u.operation;

-- name: DeleteOldAPIClientUsage :exec
DELETE FROM api_client_usage WHERE day < @before::date;

-- name: APIClientByID :one
SELECT * FROM api_clients WHERE id = $1 AND revoked_at IS NULL;
