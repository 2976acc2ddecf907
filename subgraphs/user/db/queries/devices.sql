-- name: AccountOfDevice :one
SELECT u.id FROM devices d JOIN users u ON u.id = d.user_id WHERE d.token_hash = @token_hash AND u.email = @email;

-- name: UseDevice :execrows
-- Zero rows mean that the device is unknown, or another user's.
UPDATE devices SET last_used_at = @now WHERE token_hash = @token_hash AND user_id = @user_id;

-- name: IsDeviceOf :one
SELECT EXISTS (SELECT FROM devices WHERE token_hash = @token_hash AND user_id = @user_id);

-- name: CreateDevice :exec
INSERT INTO devices (token_hash, user_id, created_at, last_used_at) VALUES (@token_hash, @user_id, @now, @now);

-- name: CountDevicesSince :one
-- Without the device of the registration.
SELECT count(*) FROM devices d JOIN users u ON u.id = d.user_id
WHERE d.user_id = @user_id AND d.created_at > @since AND d.created_at > u.created_at;

-- name: DeleteExcessDevices :exec
-- Keeps those that were used last.
DELETE FROM devices d
WHERE d.user_id = @user_id AND d.token_hash NOT IN (
    SELECT k.token_hash FROM devices k WHERE k.user_id = @user_id ORDER BY k.last_used_at DESC, k.token_hash LIMIT @most::int);

-- name: DeleteUnusedDevices :execrows
DELETE FROM devices WHERE last_used_at < now() - make_interval(secs => @keep_seconds::float8);
