-- name: CountAttempts :many
-- Counts an attempt under each key and returns the keys below the limit.
-- Concurrent attempts are serialised by the row locks, in the order of the keys.
INSERT INTO password_attempts AS a (key, attempts, began_at)
SELECT key, 1, @now FROM unnest(@keys::text[]) AS key ORDER BY key
ON CONFLICT (key) DO UPDATE
SET attempts = CASE WHEN a.began_at <= @window_start THEN 1 ELSE a.attempts + 1 END,
    began_at = CASE WHEN a.began_at <= @window_start THEN excluded.began_at ELSE a.began_at END
WHERE a.attempts < @most::int OR a.began_at <= @window_start
RETURNING key;

-- name: ResetAttempts :exec
DELETE FROM password_attempts WHERE key = @key;

-- name: DecrementAttempts :exec
UPDATE password_attempts SET attempts = attempts - 1 WHERE key = @key AND attempts > 0;

-- name: DeleteOldAttempts :execrows
DELETE FROM password_attempts WHERE began_at <= @window_start;
