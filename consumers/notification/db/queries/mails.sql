-- name: Enqueue :execrows
-- A mail that is enqueued already stays as it is: a repeated event, or another
-- one with the same meaning, sends nothing. Its age counts from when it is due first.
INSERT INTO mails (id, subject_id, kind, occasion, content, notification_id, user_id, due_at, created_at)
VALUES (@id, @subject_id, @kind, @occasion, @content, sqlc.narg('notification_id'), sqlc.narg('user_id'),
        now() + sqlc.arg(delay_milliseconds)::bigint * interval '1 millisecond', now() + sqlc.arg(delay_milliseconds)::bigint * interval '1 millisecond')
ON CONFLICT ON CONSTRAINT mails_one_per_subject_kind_occasion DO NOTHING;

-- name: DropOutdated :exec
-- What the customer has done already, or cannot do any more, is not requested of them.
UPDATE mails SET status = 'DROPPED', content = '{}', last_error = ''
WHERE subject_id = @subject_id AND kind = ANY (@kinds::text[]) AND status = 'PENDING';

-- name: Lease :many
-- Moving due_at into the future is the lease: if the sender dies, the mail is
-- due again. SKIP LOCKED keeps concurrent senders from waiting for each other.
UPDATE mails SET due_at = now() + sqlc.arg(seconds)::int * interval '1 second', attempts = attempts + 1
WHERE id IN (
    SELECT m.id FROM mails m WHERE m.status = 'PENDING' AND m.due_at <= now()
    ORDER BY m.due_at LIMIT sqlc.arg(batch_size)::int FOR UPDATE SKIP LOCKED
)
RETURNING id, subject_id, kind, occasion, content, attempts, created_at, notification_id, user_id;

-- name: MarkSent :execrows
UPDATE mails SET status = 'SENT', content = '{}', sent_at = now(), last_error = '' WHERE id = $1 AND status = 'PENDING';

-- name: Postpone :exec
UPDATE mails SET due_at = now() + sqlc.arg(milliseconds)::bigint * interval '1 millisecond', last_error = sqlc.arg(last_error)
WHERE id = $1 AND status = 'PENDING';

-- name: PostponeUntil :exec
-- The recipient's quiet hours are no failure: the attempt does not count.
UPDATE mails SET due_at = @until, attempts = attempts - 1, last_error = '' WHERE id = @id AND status = 'PENDING';

-- name: MarkFailed :execrows
UPDATE mails SET status = 'FAILED', last_error = $2 WHERE id = $1 AND status = 'PENDING';

-- name: Drop :exec
-- The last error may quote the address of the recipient.
UPDATE mails SET status = 'DROPPED', content = '{}', last_error = '' WHERE id = $1 AND status = 'PENDING';

-- name: EraseMailsOfUser :exec
-- Those about the account that was deleted. Those about its orders are still sent.
UPDATE mails SET status = 'DROPPED', content = '{}', last_error = '' WHERE subject_id = $1 AND status IN ('PENDING', 'FAILED');
