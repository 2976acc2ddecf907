-- name: CollectionsByID :many
SELECT * FROM collections WHERE id = ANY (@ids::text[]);

-- name: CollectionBySlug :many
-- Also by a slug that a collection had earlier.
SELECT * FROM collections WHERE id IN (
    SELECT c.id FROM collections c WHERE c.slug = ANY (@slugs::text[])
    UNION ALL SELECT r.target_id FROM slug_redirects r WHERE r.kind = 'collections' AND r.slug = ANY (@slugs::text[]));

-- name: Collections :many
SELECT * FROM collections WHERE (title, id) > (@after_title::text, @after_id::text) ORDER BY title, id LIMIT sqlc.arg('limit');

-- name: CountCollections :one
SELECT count(*) AS total, count(rule) AS with_rules FROM collections;

-- name: LockCollections :exec
-- Orders changes of collections and evaluations of their rules: the statements after this
-- one see what those before wrote, also collections that are new. Reads go on.
SELECT pg_advisory_xact_lock(hashtext('collections'), 0);

-- name: LockCollectionRows :many
SELECT * FROM collections WHERE id = ANY (@ids::text[]) ORDER BY id FOR UPDATE;

-- name: Aging :one
-- The time up to which products have left the collections that they are too old for.
SELECT until, now()::timestamptz AS at FROM collection_aging;

-- name: TooOld :many
-- Products of collections that became older than a condition of the rule allows, since a
-- time. They may meet another one.
SELECT DISTINCT p.id
FROM (SELECT id, jsonb_path_query(rule, '$.anyOf[*].newWithinDays')::int * interval '1 day' AS span FROM collections) c
JOIN products p ON p.created_at >= sqlc.arg('since')::timestamptz - c.span AND p.created_at < sqlc.arg('at')::timestamptz - c.span
JOIN collection_products m ON m.collection_id = c.id AND m.product_id = p.id
WHERE p.id > sqlc.arg('after')::text
ORDER BY p.id LIMIT sqlc.arg('limit');

-- name: SetAging :exec
UPDATE collection_aging SET until = greatest(until, @until::timestamptz);

-- name: SaveCollection :exec
INSERT INTO collections (id, slug, title, description, image, seo_title, seo_description, canonical_url, rule)
VALUES (@id, @slug, @title, @description, @image, @seo_title, @seo_description, @canonical_url, @rule)
ON CONFLICT (id) DO UPDATE
SET slug = excluded.slug, title = excluded.title, description = excluded.description, image = excluded.image, seo_title = excluded.seo_title,
    seo_description = excluded.seo_description, canonical_url = excluded.canonical_url, rule = excluded.rule;

-- name: DeleteCollection :exec
DELETE FROM collections WHERE id = @id;

-- name: ChooseProducts :one
-- Gives a collection those of the products that exist, in the order of their ids, and no
-- others. It returns how many they are.
WITH given AS (
    SELECT p.id, array_position(@product_ids::text[], p.id)::bigint AS position FROM products p WHERE p.id = ANY (@product_ids::text[])
), gone AS (
    DELETE FROM collection_products c WHERE c.collection_id = @collection_id AND c.product_id <> ALL (@product_ids::text[])
), placed AS (
    INSERT INTO collection_products (collection_id, product_id, position) SELECT @collection_id, id, position FROM given
    ON CONFLICT (collection_id, product_id) DO UPDATE SET position = excluded.position
)
SELECT count(*) FROM given;

-- name: QueueSnapshotsOfCollection :exec
INSERT INTO snapshot_queue (product_id)
SELECT p.id FROM collection_products c JOIN products p ON p.id = c.product_id AND p.status = 'PUBLISHED'
WHERE c.collection_id = @collection_id
ORDER BY p.id
ON CONFLICT (product_id) DO UPDATE SET queued_at = snapshot_queue.queued_at;

-- name: TakeQueuedForCollections :many
DELETE FROM collection_queue
WHERE number IN (SELECT number FROM collection_queue ORDER BY number LIMIT sqlc.arg('limit') FOR UPDATE SKIP LOCKED)
RETURNING product_id;

-- name: ProductsOfCollection :many
SELECT c.product_id, c.position FROM collection_products c JOIN products p ON p.id = c.product_id AND p.status = 'PUBLISHED'
WHERE c.collection_id = @collection_id AND (c.position, c.product_id) > (@after_position::bigint, @after_id::text)
ORDER BY c.position, c.product_id LIMIT sqlc.arg('limit');

-- name: CountProductsOfCollections :many
SELECT c.collection_id, count(*) AS products FROM collection_products c JOIN products p ON p.id = c.product_id AND p.status = 'PUBLISHED'
WHERE c.collection_id = ANY (@collection_ids::text[]) GROUP BY c.collection_id;

-- name: CollectionsOfProducts :many
SELECT m.product_id, sqlc.embed(c) FROM collection_products m JOIN collections c ON c.id = m.collection_id
WHERE m.product_id = ANY (@product_ids::text[]) ORDER BY c.title, c.id;
