-- name: CreatePartnerApplication :execrows
-- Zero rows: one waits already, or the user has made too many.
INSERT INTO partner_applications (id, user_id, organisation, purpose, scopes, created_at)
SELECT @id, @user_id, @organisation, @purpose, @scopes::text[], @now
WHERE (SELECT count(*) FROM partner_applications p WHERE p.user_id = @user_id) < @most::int
ON CONFLICT (user_id) WHERE status = 'PENDING' DO NOTHING;

-- name: PartnerApplicationsOfUser :many
SELECT * FROM partner_applications WHERE user_id = $1 ORDER BY id DESC;

-- name: PendingPartnerApplications :many
SELECT * FROM partner_applications WHERE status = 'PENDING' ORDER BY id LIMIT $1;

-- name: LockPartnerApplication :one
SELECT * FROM partner_applications WHERE id = $1 FOR NO KEY UPDATE;

-- name: DecidePartnerApplication :one
UPDATE partner_applications SET status = @status, note = @note, client_id = sqlc.narg('client_id'), decided_at = @now
WHERE id = @id AND status = 'PENDING' RETURNING *;

-- name: ClientOfApplication :one
SELECT c.id FROM partner_applications p JOIN api_clients c ON c.id = p.client_id
WHERE p.id = @id AND p.user_id = @user_id AND c.user_id = @user_id AND c.revoked_at IS NULL;

-- name: OwnAPIClient :exec
UPDATE api_clients SET user_id = @user_id WHERE id = @id;

-- name: APIClientsByIDs :many
SELECT * FROM api_clients WHERE id = ANY (@ids::text[]) AND revoked_at IS NULL;

-- name: DeletePartnerApplicationsOfUser :exec
DELETE FROM partner_applications WHERE user_id = $1;

-- name: RevokeAPIClientsOfUser :many
UPDATE api_clients SET revoked_at = @now WHERE user_id = @user_id AND revoked_at IS NULL RETURNING id;
