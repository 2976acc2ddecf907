-- name: InitAttempts :exec
-- Creates the missing rows, so that LockAttempts finds one for each key. The order
-- of the keys keeps concurrent attempts from deadlocking.
INSERT INTO password_attempts (key, attempts, began_at, last_at)
SELECT key, 0, @now, @now FROM unnest(@keys::text[]) AS key ORDER BY key
ON CONFLICT DO NOTHING;

-- name: LockAttempts :many
SELECT * FROM password_attempts WHERE key = ANY (@keys::text[]) ORDER BY key FOR UPDATE;

-- name: SetAttempts :exec
UPDATE password_attempts SET attempts = @attempts, began_at = @began_at, last_at = @last_at WHERE key = @key;

-- name: CountFailure :one
-- Counts a wrong password and returns how many there were in the window.
INSERT INTO password_attempts AS a (key, attempts, began_at, last_at) VALUES (@key, 1, @now, @now)
ON CONFLICT (key) DO UPDATE
SET attempts = CASE WHEN a.began_at <= @window_start THEN 1 ELSE a.attempts + 1 END,
    began_at = CASE WHEN a.began_at <= @window_start THEN excluded.began_at ELSE a.began_at END,
    last_at  = excluded.last_at
RETURNING attempts;

-- name: ResetAttempts :exec
DELETE FROM password_attempts WHERE key = @key;

-- name: DecrementAttempts :exec
UPDATE password_attempts SET attempts = attempts - 1 WHERE key = @key AND attempts > 0;

-- name: DeleteOldAttempts :execrows
DELETE FROM password_attempts WHERE began_at <= now() - make_interval(secs => @window_seconds::float8);

-- name: DeleteExcessAttempts :execrows
-- Keeps the newest rows.
DELETE FROM password_attempts
WHERE began_at < (SELECT a.began_at FROM password_attempts a ORDER BY a.began_at DESC OFFSET @most::int LIMIT 1);
