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

-- name: CollectionsThatAge :many
-- Those whose products change as time goes by.
SELECT id FROM collections WHERE rule @? '$.anyOf[*].newWithinDays' ORDER BY id;

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
ON CONFLICT (product_id) DO UPDATE SET queued_at = excluded.queued_at;

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
