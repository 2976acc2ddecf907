-- name: ClaimGuest :execrows
-- Zero rows mean that another user has claimed the guest.
INSERT INTO known_guests AS g (guest_id, user_id, since) VALUES (@guest_id, @user_id, @now)
ON CONFLICT (guest_id) DO UPDATE SET since = g.since WHERE g.user_id = excluded.user_id;

-- name: EndGuestSessions :exec
UPDATE sessions SET revoked_at = @now WHERE guest_id = @guest_id AND user_id IS NULL AND revoked_at IS NULL;

-- name: CreateSession :one
INSERT INTO sessions (id, user_id, guest_id, created_at, last_seen_at, expires_at)
VALUES (@id, sqlc.narg('user_id'), sqlc.narg('guest_id'), @now, @now, @expires_at)
RETURNING *;

-- name: CreateRefreshToken :exec
INSERT INTO refresh_tokens (hash, session_id, issued_at, expires_at) VALUES (@hash, @session_id, @now, @expires_at);

-- name: SpendRefreshToken :one
-- Of concurrent uses of the same token, one finds it unused.
UPDATE refresh_tokens t
SET used_at = @now
FROM sessions s
WHERE t.hash = @hash AND t.used_at IS NULL AND t.expires_at > @now
  AND s.id = t.session_id AND s.revoked_at IS NULL
RETURNING t.session_id;

-- name: RefreshTokenState :one
SELECT session_id, expires_at, used_at FROM refresh_tokens WHERE hash = @hash;

-- name: ContinueSession :one
UPDATE sessions SET last_seen_at = @now, expires_at = @expires_at WHERE id = @id RETURNING *;

-- name: RevokeFamily :execrows
UPDATE sessions SET revoked_at = @now WHERE id = @id AND revoked_at IS NULL;

-- name: RevokeSession :execrows
-- A second revocation is as good as the first.
UPDATE sessions SET revoked_at = coalesce(revoked_at, @now) WHERE id = @id AND user_id = @user_id;

-- name: RevokeOtherSessions :exec
UPDATE sessions SET revoked_at = @now WHERE user_id = @user_id AND id <> @keep_id AND revoked_at IS NULL;

-- name: LiveSessions :many
SELECT * FROM sessions
WHERE user_id = @user_id AND revoked_at IS NULL AND expires_at > @now
ORDER BY last_seen_at DESC, id DESC
LIMIT 100;

-- name: DeleteEndedSessions :execrows
DELETE FROM sessions WHERE expires_at < @now;

-- name: DeleteEndedRefreshTokens :execrows
DELETE FROM refresh_tokens WHERE expires_at < @now;
