-- name: LockSubtree :exec
-- Waits for transactions that put products into the categories: the statements
-- after this one see these products, and later ones see the changed categories.
SELECT id FROM categories WHERE id = @id OR @id = ANY (ancestors) ORDER BY id FOR UPDATE;

-- name: LockBrandRow :many
-- Waits for transactions that give the brand to products.
SELECT * FROM brands WHERE id = ANY (@ids::text[]) ORDER BY id FOR UPDATE;

-- name: TreeSize :one
-- How many categories there are, and how many levels a category has below it.
SELECT (SELECT count(*) FROM categories)::int AS total,
       coalesce((SELECT max(cardinality(below.ancestors) - array_position(below.ancestors, @id::text)) + 1
                 FROM categories below WHERE @id::text = ANY (below.ancestors)), 0)::int AS height;

-- name: InsertCategory :exec
INSERT INTO categories (id, parent_id, ancestors, slug, name, description, image, seo_title, seo_description, canonical_url, position)
VALUES (@id, @parent_id, @ancestors, @slug, @name, @description, @image, @seo_title, @seo_description, @canonical_url, 2147483647);

-- name: UpdateCategory :exec
UPDATE categories
SET slug = @slug, name = @name, description = @description, image = @image, seo_title = @seo_title, seo_description = @seo_description, canonical_url = @canonical_url
WHERE id = @id;

-- name: MoveCategory :exec
-- Moves a category with all below it; depth is the number of its ancestors before.
UPDATE categories
SET parent_id = CASE WHEN id = sqlc.arg(id) THEN sqlc.narg(parent_id) ELSE parent_id END,
    position  = CASE WHEN id = sqlc.arg(id) THEN 2147483647 ELSE position END,
    ancestors = sqlc.arg(ancestors)::text[] || ancestors[sqlc.arg(depth)::int + 1:]
WHERE id = sqlc.arg(id) OR sqlc.arg(id) = ANY (ancestors);

-- name: MoveChildren :exec
-- Moves the children of a category with all below them to the end of another's;
-- depth is the number of the category's ancestors.
UPDATE categories
SET parent_id = CASE WHEN parent_id = sqlc.arg(id)::text THEN sqlc.arg(parent_id)::text ELSE parent_id END,
    position  = CASE WHEN parent_id = sqlc.arg(id)::text THEN 1000000000 + position ELSE position END,
    ancestors = sqlc.arg(ancestors)::text[] || ancestors[sqlc.arg(depth)::int + 2:]
WHERE sqlc.arg(id)::text = ANY (ancestors);

-- name: PlaceCategory :exec
-- Numbers siblings from 0, with one of them at a position.
WITH ranked AS (
    SELECT s.id, row_number() OVER (PARTITION BY s.id = sqlc.arg(id) ORDER BY s.position, s.id) - 1 AS rank
    FROM categories s WHERE s.parent_id IS NOT DISTINCT FROM sqlc.narg(parent_id)
), placed AS (
    SELECT ranked.id, row_number() OVER (ORDER BY CASE WHEN ranked.id = sqlc.arg(id) THEN sqlc.arg(position)::int - 0.5 ELSE ranked.rank END) - 1 AS position
    FROM ranked
)
UPDATE categories c SET position = placed.position FROM placed WHERE c.id = placed.id AND c.position <> placed.position;

-- name: CategoryContents :one
SELECT (SELECT count(*) FROM categories c WHERE c.parent_id = @id::text)::int AS children,
       (SELECT count(*) FROM products p WHERE p.category_id = @id::text)::int AS products;

-- name: MoveProducts :exec
UPDATE products SET category_id = @target WHERE category_id = @id;

-- name: DeleteCategory :exec
DELETE FROM categories WHERE id = @id;

-- name: InsertBrand :exec
INSERT INTO brands (id, slug, name, description, logo, seo_title, seo_description, canonical_url)
VALUES (@id, @slug, @name, @description, @logo, @seo_title, @seo_description, @canonical_url);

-- name: UpdateBrand :exec
UPDATE brands
SET slug = @slug, name = @name, description = @description, logo = @logo, seo_title = @seo_title, seo_description = @seo_description, canonical_url = @canonical_url
WHERE id = @id;

-- name: CountProductsOfBrand :one
SELECT count(*) FROM products WHERE brand_id = @brand_id::text;

-- name: DeleteBrand :exec
DELETE FROM brands WHERE id = @id;

-- name: EndRedirect :exec
DELETE FROM slug_redirects WHERE kind = @kind AND slug = @slug;

-- name: QueueSnapshotsOfCategory :exec
-- A row that is queued already is locked until the commit, so that no worker takes
-- it and reads the state before.
INSERT INTO snapshot_queue (product_id)
SELECT p.id FROM products p JOIN categories c ON c.id = p.category_id
WHERE (c.id = @id OR @id = ANY (c.ancestors)) AND p.status = 'PUBLISHED'
ORDER BY p.id
ON CONFLICT (product_id) DO UPDATE SET queued_at = snapshot_queue.queued_at;

-- name: QueueSnapshotsOfBrand :exec
INSERT INTO snapshot_queue (product_id)
SELECT id FROM products WHERE brand_id = @brand_id::text AND status = 'PUBLISHED'
ORDER BY id
ON CONFLICT (product_id) DO UPDATE SET queued_at = snapshot_queue.queued_at;

-- name: TakeQueuedSnapshots :many
DELETE FROM snapshot_queue
WHERE product_id IN (SELECT product_id FROM snapshot_queue ORDER BY queued_at, product_id LIMIT sqlc.arg('limit') FOR UPDATE SKIP LOCKED)
RETURNING product_id;

-- name: LockCategoryRows :many
SELECT * FROM categories WHERE id = ANY (@ids::text[]) ORDER BY id FOR UPDATE;

-- name: QueueSnapshotsOfCategories :exec
INSERT INTO snapshot_queue (product_id)
SELECT p.id FROM products p JOIN categories c ON c.id = p.category_id
WHERE (c.id = ANY (@ids::text[]) OR c.ancestors && @ids::text[]) AND p.status = 'PUBLISHED'
ORDER BY p.id
ON CONFLICT (product_id) DO UPDATE SET queued_at = snapshot_queue.queued_at;

-- name: ProductsOfEditor :many
-- Products that the seller may change, or those of all sellers.
SELECT * FROM products WHERE id = ANY (@ids::text[]) AND (@of_all_sellers::bool OR seller_id = @seller_id);
