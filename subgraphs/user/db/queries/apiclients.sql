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
UPDATE api_clients SET secret_hash = @secret_hash WHERE id = @id AND revoked_at IS NULL RETURNING *;

-- name: RevokeAPIClient :one
-- A second revocation is as good as the first.
UPDATE api_clients SET revoked_at = coalesce(revoked_at, @now) WHERE id = @id RETURNING *;

-- name: APIClientBySecret :one
SELECT * FROM api_clients WHERE secret_hash = @secret_hash AND revoked_at IS NULL;

-- name: RecordAPIClientUse :exec
-- One of several concurrent verifications writes.
UPDATE api_clients SET last_used_at = @now
WHERE id = @id AND (last_used_at IS NULL OR last_used_at < @recorded_before);
