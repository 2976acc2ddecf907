-- name: StoreNotification :execrows
-- An account that is being deleted gets none: the lock orders this with its deletion.
INSERT INTO notifications (id, user_id, topic, title, body, link_id, created_at)
SELECT @id, u.id, @topic, @title, @body, sqlc.narg('link_id'), @now
FROM users u WHERE u.id = @user_id AND u.erased_at IS NULL FOR SHARE OF u
ON CONFLICT (id) DO NOTHING;

-- name: DeleteExcessNotifications :exec
-- Keeps the newest.
DELETE FROM notifications n
WHERE n.user_id = @user_id AND n.position <= (
    SELECT k.position FROM notifications k WHERE k.user_id = @user_id ORDER BY k.position DESC OFFSET @most::int LIMIT 1);

-- name: DeleteOldNotifications :execrows
DELETE FROM notifications WHERE created_at < now() - make_interval(secs => @keep_seconds::float8);

-- name: NotificationSentBy :exec
UPDATE notifications SET sent_via = array_append(sent_via, @channel::text)
WHERE id = @id AND user_id = @user_id AND NOT @channel::text = ANY (sent_via);

-- name: PageOfNotifications :many
-- The newest first; before 0 is the first page.
SELECT * FROM notifications n
WHERE n.user_id = @user_id AND (@before::bigint = 0 OR n.position < @before) AND (NOT @unread_only::bool OR n.read_at IS NULL)
ORDER BY n.position DESC LIMIT @most;

-- name: CountUnreadNotifications :one
SELECT count(*) FROM notifications WHERE user_id = @user_id AND read_at IS NULL;

-- name: MarkNotificationsRead :exec
UPDATE notifications SET read_at = @now WHERE user_id = @user_id AND id = ANY (@ids::text[]) AND read_at IS NULL;

-- name: LastNotification :one
SELECT coalesce(max(position), 0)::bigint FROM notifications WHERE user_id = @user_id;

-- name: NotificationsAfter :many
SELECT * FROM notifications WHERE user_id = @user_id AND position > @after ORDER BY position LIMIT @most;

-- name: DeleteNotificationsOfUser :exec
DELETE FROM notifications WHERE user_id = @user_id;

-- name: PreferencesOfUser :many
SELECT topic, channels FROM notification_preferences WHERE user_id = @user_id;

-- name: QuietHoursOfUser :one
SELECT start_minute, end_minute, time_zone FROM quiet_hours WHERE user_id = @user_id;

-- name: SetPreferences :exec
INSERT INTO notification_preferences (user_id, topic, channels)
SELECT @user_id, t.topic, string_to_array(t.channels, ',')
FROM (SELECT unnest(@topics::text[]) AS topic, unnest(@channels::text[]) AS channels) t
ON CONFLICT (user_id, topic) DO UPDATE SET channels = excluded.channels;

-- name: SetQuietHours :exec
INSERT INTO quiet_hours (user_id, start_minute, end_minute, time_zone) VALUES (@user_id, @start_minute, @end_minute, @time_zone)
ON CONFLICT (user_id) DO UPDATE SET start_minute = excluded.start_minute, end_minute = excluded.end_minute, time_zone = excluded.time_zone;

-- name: DeleteQuietHours :exec
DELETE FROM quiet_hours WHERE user_id = @user_id;

-- name: DeletePreferencesOfUser :exec
DELETE FROM notification_preferences WHERE user_id = @user_id;
