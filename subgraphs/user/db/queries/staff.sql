-- name: PageOfUsers :many
-- The newest first. Empty parameters do not restrict.
SELECT * FROM users
WHERE (@after::text = '' OR id < @after)
  AND (@role::text = '' OR roles @> ARRAY [@role])
  AND (@pattern::text = '' OR email LIKE @pattern OR lower(display_name) LIKE @pattern)
ORDER BY id DESC
LIMIT @most;

-- name: CountUsers :one
SELECT count(*) FROM users
WHERE (@role::text = '' OR roles @> ARRAY [@role])
  AND (@pattern::text = '' OR email LIKE @pattern OR lower(display_name) LIKE @pattern);

-- name: LockRoles :exec
-- Orders changes of roles, so that two administrators cannot remove each other.
SELECT pg_advisory_xact_lock(hashtext('users.roles'));

-- name: HasOtherAdmin :one
SELECT EXISTS (SELECT FROM users WHERE roles @> ARRAY ['ADMIN'] AND id <> @user_id);

-- name: SetRoles :one
UPDATE users SET roles = @roles::text[] WHERE id = @id RETURNING *;

-- name: RevokeSessionsOfUser :many
UPDATE sessions SET revoked_at = @now WHERE user_id = @user_id AND revoked_at IS NULL RETURNING *;

-- name: CreateAuditEntry :exec
-- One entry has one ID, however often its event arrives.
INSERT INTO audit_log (id, at, actor_id, action, subject_id, before, after)
VALUES (@id, @at, sqlc.narg('actor_id'), @action, @subject_id, @before, @after)
ON CONFLICT (id) DO NOTHING;

-- name: PageOfAuditLog :many
-- The newest first. Empty parameters do not restrict.
SELECT * FROM audit_log
WHERE (@after::text = '' OR id < @after)
  AND (@subject_id::text = '' OR subject_id = @subject_id)
ORDER BY id DESC
LIMIT @most;
