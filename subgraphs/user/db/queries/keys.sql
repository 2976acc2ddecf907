-- name: LockKeyRotation :exec
-- One replica at a time looks whether a key is due.
SELECT pg_advisory_xact_lock(hashtext('signing_keys'));

-- name: NewestKey :one
SELECT * FROM signing_keys WHERE retires_at IS NULL;

-- name: RetireKey :exec
UPDATE signing_keys SET retires_at = @retires_at WHERE id = @id;

-- name: CreateKey :exec
INSERT INTO signing_keys (id, private_key, active_from, created_at) VALUES (@id, @private_key, @active_from, @now);

-- name: PublishedKeys :many
SELECT * FROM signing_keys WHERE retires_at IS NULL OR retires_at > @now ORDER BY active_from, id;

-- name: DeleteRetiredKeys :execrows
-- By the database's clock: that of one process may be ahead, and what is deleted
-- is gone for all.
DELETE FROM signing_keys WHERE retires_at <= now();
