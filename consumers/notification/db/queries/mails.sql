-- name: Owe :exec
INSERT INTO mails (id, order_id, kind, occasion, letter) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT ON CONSTRAINT mails_tell_each_thing_once DO NOTHING;

-- name: DropPaymentFailed :exec
-- An order that has ended waits for no payment any more.
UPDATE mails SET status = 'DROPPED' WHERE order_id = $1 AND kind = 'PAYMENT_FAILED' AND status = 'PENDING';

-- name: Lease :many
-- Being due later is the lease: should the sender die, the mail is due again.
UPDATE mails SET due_at = now() + sqlc.arg(seconds)::int * interval '1 second', attempts = attempts + 1
WHERE id IN (
    SELECT m.id FROM mails m WHERE m.status = 'PENDING' AND m.due_at <= now()
    ORDER BY m.due_at LIMIT sqlc.arg(most)::int FOR UPDATE SKIP LOCKED
)
RETURNING id, order_id, kind, occasion, letter, attempts, created_at;

-- name: MarkSent :exec
UPDATE mails SET status = 'SENT', sent_at = now(), last_error = '' WHERE id = $1 AND status = 'PENDING';

-- name: Postpone :exec
UPDATE mails SET due_at = now() + sqlc.arg(milliseconds)::bigint * interval '1 millisecond', last_error = sqlc.arg(last_error)
WHERE id = $1 AND status = 'PENDING';

-- name: GiveUp :exec
UPDATE mails SET status = 'FAILED', last_error = $2 WHERE id = $1 AND status = 'PENDING';

