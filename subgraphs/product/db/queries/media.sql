-- name: LockUploadsOf :exec
-- Uploads of an owner are counted and created one after another.
SELECT pg_advisory_xact_lock(hashtextextended('media_uploads ' || @owner_id::text, 0));

-- name: RecentUploads :one
-- What an owner has created within an hour, and after how many seconds the oldest is
-- no longer counted.
SELECT count(*) AS uploads, coalesce(sum(size_bytes), 0)::bigint AS bytes,
       coalesce(extract(epoch FROM min(created_at) + interval '1 hour' - now()), 0)::float8 AS retry_seconds
FROM media_uploads WHERE owner_id = @owner_id AND created_at > now() - interval '1 hour';

-- name: InsertUpload :one
INSERT INTO media_uploads (id, owner_id, filename, content_type, size_bytes, status, due_at, takes, created_at, expires_at)
VALUES (@id, @owner_id, @filename, @content_type, @size_bytes, 'PENDING', now() + @first_look::interval, 0, now(), now() + @expiry::interval)
RETURNING expires_at;

-- name: InsertReceivedUpload :one
-- An upload whose file is here already, or its owner's earlier one with the same id. An
-- earlier one that is a picture is as new, so that it is not deleted as unused now.
INSERT INTO media_uploads AS u (id, owner_id, filename, content_type, size_bytes, status, due_at, takes, created_at, expires_at)
VALUES (@id, @owner_id, @filename, @content_type, @size_bytes, 'PENDING', now() + @lease::interval, 1, now(), now() + @expiry::interval)
ON CONFLICT (id) DO UPDATE SET created_at = CASE WHEN u.status = 'READY' THEN now() ELSE u.created_at END
RETURNING *;

-- name: UploadsFrom :many
-- The pictures that the files at addresses became, which are as new, see
-- InsertReceivedUpload.
WITH sources AS (
    SELECT s.address_sha256, s.upload_id FROM media_sources s WHERE s.owner_id = @owner_id AND s.address_sha256 = ANY (@addresses::bytea[])
), used AS (
    UPDATE media_uploads w SET created_at = now() WHERE w.id IN (SELECT sources.upload_id FROM sources) AND w.status = 'READY'
)
SELECT sources.address_sha256, u.id, u.image FROM sources JOIN media_uploads u ON u.id = sources.upload_id WHERE u.status = 'READY';

-- name: StoreSource :exec
INSERT INTO media_sources (owner_id, address_sha256, upload_id) VALUES (@owner_id, @address_sha256, @upload_id)
ON CONFLICT (owner_id, address_sha256) DO UPDATE SET upload_id = excluded.upload_id;

-- name: UploadOf :one
-- One of the owner's. Unless a worker has it, it is looked at now.
WITH nudged AS (
    UPDATE media_uploads w SET due_at = now()
    WHERE w.id = @id AND w.owner_id = @owner_id AND w.status = 'PENDING' AND w.takes = 0 AND w.due_at > now()
)
SELECT u.* FROM media_uploads u WHERE u.id = @id AND u.owner_id = @owner_id;

-- name: TakeUpload :one
-- The next that is due, for one worker. When the lease ends before the upload is
-- settled, the worker has crashed, and the next one takes it.
UPDATE media_uploads SET due_at = now() + @lease::interval, takes = takes + 1
WHERE id = (SELECT id FROM media_uploads WHERE due_at <= now() ORDER BY due_at FOR UPDATE SKIP LOCKED LIMIT 1)
RETURNING *, (now() > expires_at + interval '1 minute')::bool AS overdue, extract(epoch FROM now() - created_at)::float8 AS age_seconds;

-- name: PostponeUpload :exec
UPDATE media_uploads SET due_at = now() + @pause::interval, takes = 0
WHERE id = @id AND status = 'PENDING';

-- name: NameUpload :execrows
-- The renditions are named before they are written, so that they are found after a
-- crash. Those of an earlier name are of a file that was replaced meanwhile.
WITH pending AS (
    SELECT w.id, w.image_name FROM media_uploads w WHERE w.id = @id AND w.status = 'PENDING' FOR UPDATE
), replaced AS (
    INSERT INTO media_deletions (prefix, due_at)
    SELECT 'images/' || w.image_name || '/', now() + interval '1 hour' FROM pending w WHERE w.image_name <> @image_name::text
    ON CONFLICT (prefix) DO NOTHING
)
UPDATE media_uploads u SET image_name = @image_name::text FROM pending p WHERE u.id = p.id;

-- name: SettleUpload :execrows
WITH settled AS (
    UPDATE media_uploads SET status = 'READY', due_at = NULL, image = @image
    WHERE id = @id AND status = 'PENDING' AND image_name = @image_name::text
    RETURNING id, expires_at
)
INSERT INTO media_deletions (prefix, due_at)
SELECT 'incoming/' || id, greatest(expires_at, now()) + interval '1 minute' FROM settled
ON CONFLICT (prefix) DO NOTHING;

-- name: RejectUpload :exec
WITH settled AS (
    UPDATE media_uploads SET status = 'REJECTED', due_at = NULL, rejected_for = @rejected_for::text
    WHERE id = @id AND status = 'PENDING'
    RETURNING id, expires_at, image_name
), file AS (
    INSERT INTO media_deletions (prefix, due_at)
    SELECT 'incoming/' || id, greatest(expires_at, now()) + interval '1 minute' FROM settled
    ON CONFLICT (prefix) DO NOTHING
)
INSERT INTO media_deletions (prefix, due_at)
SELECT 'images/' || image_name || '/', now() FROM settled WHERE image_name IS NOT NULL
ON CONFLICT (prefix) DO NOTHING;

-- name: AttachUploads :many
-- Those of the owner's that are pictures, which are kept from now on.
UPDATE media_uploads SET attached_at = coalesce(attached_at, now())
WHERE id = ANY (@ids::text[]) AND owner_id = @owner_id AND status = 'READY'
RETURNING id, image;

-- name: DetachUploads :exec
-- Pictures that a review of the owner's has no more are deleted like unused ones, unless
-- another one or a product of the owner has them.
UPDATE media_uploads u SET attached_at = NULL
WHERE u.owner_id = @owner_id AND u.status = 'READY' AND u.image->>'id' = ANY (@image_ids::text[])
  AND NOT EXISTS (SELECT FROM reviews r WHERE r.author_id = @owner_id AND r.images @> jsonb_build_array(jsonb_build_object('id', u.image->>'id')))
  AND NOT EXISTS (SELECT FROM products p WHERE p.seller_id = @owner_id AND p.images @> jsonb_build_array(jsonb_build_object('id', u.image->>'id')));

-- name: DeleteUnusedUploads :execrows
-- A row is locked against its use; in the end it is either used or deleted.
WITH unused AS (
    DELETE FROM media_uploads
    WHERE id IN (SELECT id FROM media_uploads WHERE attached_at IS NULL AND status <> 'PENDING' AND created_at < now() - @older_than::interval
                 ORDER BY created_at FOR UPDATE SKIP LOCKED LIMIT 100)
    RETURNING image_name
), objects AS (
    INSERT INTO media_deletions (prefix, due_at)
    SELECT 'images/' || image_name || '/', now() FROM unused WHERE image_name IS NOT NULL
    ON CONFLICT (prefix) DO NOTHING
)
SELECT FROM unused;

-- name: DueDeletion :one
-- The next that is due. It is due again soon, unless FinishDeletion removes it.
UPDATE media_deletions SET due_at = now() + interval '1 minute'
WHERE prefix = (SELECT prefix FROM media_deletions WHERE due_at <= now() ORDER BY due_at FOR UPDATE SKIP LOCKED LIMIT 1)
RETURNING prefix;

-- name: FinishDeletion :exec
DELETE FROM media_deletions WHERE prefix = @prefix;

-- name: SetImages :exec
UPDATE products SET images = @images WHERE id = @id;
