-- name: CreateLinks :many
-- Creates a link for each user whose address has fewer than so many of the purpose
-- since a time.
INSERT INTO account_links (id, user_id, purpose, created_at, expires_at)
SELECT n.id, n.user_id, @purpose, @now, @expires_at
FROM (SELECT unnest(@ids::text[]) AS id, unnest(@user_ids::text[]) AS user_id) n
WHERE (SELECT count(*) FROM users self JOIN users u ON u.email = self.email
       JOIN account_links l ON l.user_id = u.id AND l.purpose = @purpose AND l.created_at > @since
       WHERE self.id = n.user_id) < @most::int
RETURNING id, user_id, expires_at;

-- name: OldestLinkSince :one
-- When the user's link was created that has so many newer ones; no row if there is
-- none.
SELECT created_at FROM account_links
WHERE user_id = @user_id AND purpose = @purpose AND created_at > @since
ORDER BY created_at DESC OFFSET @newer::int LIMIT 1;

-- name: CreateLinkToken :execrows
-- Zero rows mean that the link was used or has expired.
INSERT INTO account_link_tokens (hash, link_id, created_at)
SELECT @hash, l.id, @now FROM account_links l WHERE l.id = @link_id AND l.used_at IS NULL AND l.expires_at > @now;

-- name: DeleteExcessLinkTokens :exec
-- Keeps the newest.
DELETE FROM account_link_tokens t
WHERE t.link_id = @link_id AND t.hash NOT IN (
    SELECT k.hash FROM account_link_tokens k WHERE k.link_id = @link_id ORDER BY k.created_at DESC, k.hash LIMIT @most::int);

-- name: LinkOfToken :one
SELECT l.* FROM account_links l JOIN account_link_tokens t ON t.link_id = l.id
WHERE t.hash = @hash AND l.purpose = @purpose;

-- name: UseLink :execrows
-- Of concurrent uses one finds the link unused. A link from before the last change of
-- the password resets it no more.
UPDATE account_links l SET used_at = @now
FROM users u
WHERE l.id = @id AND l.used_at IS NULL AND l.expires_at > @now AND u.id = l.user_id
  AND (l.purpose <> 'RESET_PASSWORD' OR u.password_set_at <= l.created_at);

-- name: DeleteEndedLinks :execrows
DELETE FROM account_links WHERE expires_at < now() - make_interval(secs => @keep_seconds::float8);

-- name: SetEmailVerified :one
UPDATE users SET email_verified_at = coalesce(email_verified_at, @now) WHERE id = @id RETURNING *;

-- name: ResetPassword :one
-- Whoever has the link has the mailbox.
UPDATE users
SET password_hash = @new_hash, password_set_at = @now, email_verified_at = coalesce(email_verified_at, @now)
WHERE id = @id
RETURNING *;

-- name: DeleteDevicesOfUser :exec
DELETE FROM devices WHERE user_id = @user_id;

-- name: RequestPasswordReset :exec
INSERT INTO password_reset_requests (email, requested_at) VALUES (@email, @now) ON CONFLICT DO NOTHING;

-- name: TakePasswordResetRequests :many
DELETE FROM password_reset_requests
WHERE email IN (SELECT r.email FROM password_reset_requests r ORDER BY r.requested_at LIMIT @most::int FOR UPDATE SKIP LOCKED)
RETURNING email;

-- name: AccountsToReset :many
-- One account of each address: one whose address is verified before others, then the
-- oldest.
SELECT DISTINCT ON (email) * FROM users WHERE email = ANY (@emails::text[]) AND erased_at IS NULL
ORDER BY email, email_verified_at NULLS LAST, created_at, id;
