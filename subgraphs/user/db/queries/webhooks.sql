-- name: LockWebhookEndpoints :exec
-- Serialises the creations of an owner, so that each counts the previous ones.
SELECT pg_advisory_xact_lock(hashtext('webhook_endpoints'), hashtext(@owner_id));

-- name: CreateWebhookEndpoint :many
-- No row means that the maximum is reached.
INSERT INTO webhook_endpoints (id, owner_id, url, event_types, active, payload_query, secret, created_at)
SELECT @id, @owner_id, @url, @event_types::text[], @active, sqlc.narg('payload_query'), @secret, @now
WHERE (SELECT count(*) FROM webhook_endpoints w WHERE w.owner_id = @owner_id) < @most::int
RETURNING *;

-- name: UpdateWebhookEndpoint :one
UPDATE webhook_endpoints SET url = @url, event_types = @event_types::text[], active = @active, payload_query = sqlc.narg('payload_query'), version = version + 1
WHERE id = @id AND owner_id = @owner_id RETURNING *;

-- name: RotateWebhookSecret :one
-- Two secrets sign at the same time at most.
UPDATE webhook_endpoints SET secret = @secret,
    previous_secret = CASE WHEN sqlc.narg('previous_until')::timestamptz IS NULL THEN NULL ELSE secret END, previous_until = sqlc.narg('previous_until')
WHERE id = @id AND owner_id = @owner_id RETURNING *;

-- name: DeleteWebhookEndpoint :one
DELETE FROM webhook_endpoints WHERE id = @id AND owner_id = @owner_id RETURNING *;

-- name: WebhookEndpointsOfOwner :many
SELECT * FROM webhook_endpoints WHERE owner_id = $1 ORDER BY id;

-- name: WebhookEndpointOfOwner :one
SELECT * FROM webhook_endpoints WHERE id = @id AND owner_id = @owner_id;

-- name: DeleteWebhookEndpointsOfOwner :many
DELETE FROM webhook_endpoints WHERE owner_id = $1 RETURNING id;

-- name: ReadWebhookEndpoint :one
-- With the scopes of an owner that is an API client, or the roles of one that is a user;
-- none while the client is revoked or the account is deleted.
SELECT w.url, w.secret, w.owner_id, w.payload_query, coalesce(CASE WHEN w.previous_until > @now THEN w.previous_secret END, '')::text AS previous_secret,
       coalesce(c.scopes, '{}')::text[] AS scopes, coalesce(u.roles, '{}')::text[] AS roles
FROM webhook_endpoints w
LEFT JOIN api_clients c ON c.id = w.owner_id AND c.revoked_at IS NULL
LEFT JOIN users u ON u.id = w.owner_id AND u.erased_at IS NULL
WHERE w.id = @id;

-- name: ContactOfWebhookEndpoint :one
-- The user who has an endpoint, or who applied for the API client that does. No row: there
-- is nobody to write to.
SELECT w.url, u.id, u.email, u.display_name, u.locale
FROM webhook_endpoints w
LEFT JOIN api_clients c ON c.id = w.owner_id AND c.revoked_at IS NULL
JOIN users u ON u.id = coalesce(c.user_id, w.owner_id) AND u.erased_at IS NULL
WHERE w.id = $1;
