-- name: ClaimGuest :one
-- Whether this is the first claim. No row means that another user has claimed the
-- guest.
INSERT INTO known_guests AS g (guest_id, user_id, since) VALUES (@guest_id, @user_id, @now)
ON CONFLICT (guest_id) DO UPDATE SET since = g.since WHERE g.user_id = excluded.user_id
RETURNING (xmax = 0)::bool AS first;

-- name: RevokeGuestSessions :exec
UPDATE sessions SET revoked_at = @now
WHERE guest_id = @guest_id AND user_id IS NULL AND revoked_at IS NULL;

-- name: CreateSession :one
INSERT INTO sessions (id, user_id, guest_id, cart_merge, created_at, last_seen_at, expires_at, user_agent, ip_country)
VALUES (@id, sqlc.narg('user_id'), sqlc.narg('guest_id'), sqlc.narg('cart_merge'), @now, @now, @expires_at, sqlc.narg('user_agent'), sqlc.narg('ip_country'))
RETURNING *;

-- name: CreateRefreshToken :exec
INSERT INTO refresh_tokens (hash, session_id, issued_at, expires_at) VALUES (@hash, @session_id, @now, @expires_at);

-- name: SpendRefreshToken :one
-- Of concurrent uses of the same token, one finds it unused.
UPDATE refresh_tokens t
SET used_at = @now, successor_key = @successor_key
FROM sessions s
WHERE t.hash = @hash AND t.used_at IS NULL AND t.expires_at > @now
  AND s.id = t.session_id AND s.revoked_at IS NULL
RETURNING t.session_id;

-- name: RefreshTokenState :one
SELECT session_id, expires_at, used_at, successor_key FROM refresh_tokens WHERE hash = @hash;

-- name: LiveSession :one
SELECT * FROM sessions WHERE id = @id AND revoked_at IS NULL AND expires_at > @now;

-- name: SessionIsLive :one
-- A guest who was claimed has no account data, and may repeat a sign-in whose
-- answer was lost: the token is accepted until it expires.
SELECT EXISTS (
    SELECT FROM sessions s
    WHERE s.id = @id AND (s.revoked_at IS NULL
        OR (s.user_id IS NULL AND EXISTS (SELECT FROM known_guests g WHERE g.guest_id = s.guest_id))));

-- name: ContinueSession :one
-- A request that does not state its origin leaves the one that is there.
UPDATE sessions SET last_seen_at = @now, expires_at = @expires_at,
    user_agent = CASE WHEN user_id IS NOT NULL THEN coalesce(sqlc.narg('user_agent'), user_agent) END,
    ip_country = CASE WHEN user_id IS NOT NULL THEN coalesce(sqlc.narg('ip_country'), ip_country) END
WHERE id = @id AND revoked_at IS NULL RETURNING *;

-- name: RevokeFamily :many
UPDATE sessions SET revoked_at = @now WHERE id = @id AND revoked_at IS NULL RETURNING *;

-- name: RevokeSession :many
UPDATE sessions SET revoked_at = @now WHERE id = @id AND user_id = @user_id AND revoked_at IS NULL RETURNING *;

-- name: HasSession :one
SELECT EXISTS (SELECT FROM sessions WHERE id = @id AND user_id = @user_id);

-- name: RevokeOtherSessions :many
UPDATE sessions SET revoked_at = @now
WHERE user_id = @user_id AND id <> @keep_id AND revoked_at IS NULL
RETURNING *;

-- name: LiveSessions :many
SELECT * FROM sessions
WHERE user_id = @user_id AND revoked_at IS NULL AND expires_at > @now
ORDER BY last_seen_at DESC, id DESC
LIMIT 100;

-- name: DeleteEndedSessions :execrows
DELETE FROM sessions WHERE expires_at < now();

-- name: DeleteEndedRefreshTokens :execrows
DELETE FROM refresh_tokens WHERE expires_at < now();

-- name: ForgetSuccessors :execrows
UPDATE refresh_tokens SET successor_key = NULL WHERE successor_key IS NOT NULL AND used_at < now() - make_interval(secs => @grace_seconds::float8);
