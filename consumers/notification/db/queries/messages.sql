-- name: EnqueueMessage :exec
INSERT INTO messages (id, user_id, channel, target_id, content) VALUES (@id, @user_id, @channel, @target_id, @content);

-- name: LeaseMessages :many
UPDATE messages SET due_at = now() + sqlc.arg(seconds)::int * interval '1 second', attempts = attempts + 1
WHERE id IN (
    SELECT m.id FROM messages m WHERE m.due_at <= now() ORDER BY m.due_at LIMIT sqlc.arg(batch_size)::int FOR UPDATE SKIP LOCKED
)
RETURNING id, user_id, channel, target_id, content, attempts, created_at;

-- name: PostponeMessage :exec
UPDATE messages SET due_at = now() + sqlc.arg(milliseconds)::bigint * interval '1 millisecond' WHERE id = sqlc.arg(id);

-- name: PostponeMessageUntil :exec
UPDATE messages SET due_at = @until, attempts = attempts - 1 WHERE id = @id;

-- name: DeleteMessage :execrows
DELETE FROM messages WHERE id = @id;

-- name: DeleteMessagesOfUser :exec
DELETE FROM messages WHERE user_id = @user_id;
