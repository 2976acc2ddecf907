-- name: SavePushSubscription :exec
-- A browser that is signed in to another account belongs to that one from now on.
INSERT INTO push_subscriptions (id, user_id, session_id, endpoint, p256dh, auth, created_at)
VALUES (@id, @user_id, @session_id, @endpoint, @p256dh, @auth, @now)
ON CONFLICT (endpoint) DO UPDATE
SET id = excluded.id, user_id = excluded.user_id, session_id = excluded.session_id, p256dh = excluded.p256dh, auth = excluded.auth, created_at = excluded.created_at;

-- name: DeleteExcessPushSubscriptions :exec
-- Keeps the newest.
DELETE FROM push_subscriptions p
WHERE p.user_id = @user_id AND p.id NOT IN (
    SELECT k.id FROM push_subscriptions k WHERE k.user_id = @user_id ORDER BY k.created_at DESC, k.id DESC LIMIT @most::int);

-- name: DeletePushSubscription :exec
DELETE FROM push_subscriptions WHERE user_id = @user_id AND (endpoint = @endpoint OR id = @id);

-- name: LivePushSubscriptions :many
SELECT p.id FROM push_subscriptions p JOIN sessions s ON s.id = p.session_id
WHERE p.user_id = @user_id AND s.revoked_at IS NULL AND s.expires_at > @now
ORDER BY p.created_at;

-- name: PushSubscription :one
SELECT p.* FROM push_subscriptions p JOIN sessions s ON s.id = p.session_id
WHERE p.id = @id AND s.revoked_at IS NULL AND s.expires_at > @now;

-- name: DeletePushSubscriptionsOfUser :exec
DELETE FROM push_subscriptions WHERE user_id = @user_id;
