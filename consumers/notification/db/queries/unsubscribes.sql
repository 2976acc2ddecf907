-- name: CreateUnsubscribeKey :exec
INSERT INTO unsubscribe_key (key) VALUES ($1) ON CONFLICT DO NOTHING;

-- name: UnsubscribeKey :one
SELECT key FROM unsubscribe_key;

-- name: Unsubscribe :exec
INSERT INTO unsubscribes (address_hash, topic) VALUES (@address_hash, @topic) ON CONFLICT DO NOTHING;

-- name: Resubscribe :exec
DELETE FROM unsubscribes WHERE address_hash = @address_hash AND topic = @topic;

-- name: IsUnsubscribed :one
SELECT EXISTS (SELECT FROM unsubscribes WHERE address_hash = @address_hash AND topic = @topic);
