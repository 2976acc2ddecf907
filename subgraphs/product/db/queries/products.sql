-- name: LockCategory :one
-- Shared with other products; a change of the category waits, so that no product is
-- published with the name that the category had before.
SELECT id FROM categories WHERE id = @id FOR SHARE;

-- name: LockBrand :one
SELECT id FROM brands WHERE id = @id FOR SHARE;

-- name: LockProducts :many
-- Those of the seller, or of all sellers. Rows are locked in the order of their ids,
-- so that concurrent changes of several products do not deadlock.
SELECT * FROM products
WHERE id = ANY (@ids::text[]) AND (@of_all_sellers::bool OR seller_id = @seller_id)
ORDER BY id FOR UPDATE;

-- name: InsertProduct :exec
INSERT INTO products (id, slug, title, subtitle, description, description_html, status, version, brand_id, category_id, seller_id,
                      tags, keywords, specifications, options, images, featured, seo_title, seo_description, canonical_url, created_at, updated_at)
VALUES (@id, @slug, @title, @subtitle, @description, @description_html, 'DRAFT', 1, @brand_id, @category_id, @seller_id,
        @tags, @keywords, @specifications, '[]', '[]', 0, @seo_title, @seo_description, @canonical_url, now(), now());

-- name: UpdateProduct :exec
UPDATE products
SET slug = @slug, title = @title, subtitle = @subtitle, description = @description, description_html = @description_html,
    brand_id = @brand_id, category_id = @category_id, seller_id = @seller_id, tags = @tags, keywords = @keywords,
    specifications = @specifications, seo_title = @seo_title, seo_description = @seo_description, canonical_url = @canonical_url
WHERE id = @id;

-- name: LockInitialData :exec
-- Makes those who import the data wait for each other.
SELECT pg_advisory_xact_lock(hashtext('initial_data'), hashtext(@name::text));

-- name: HasInitialData :one
SELECT EXISTS (SELECT FROM initial_data WHERE name = @name);

-- name: MarkInitialData :exec
INSERT INTO initial_data (name) VALUES (@name) ON CONFLICT DO NOTHING;

-- name: SetPublication :exec
UPDATE products SET status = @status, publish_at = sqlc.narg(publish_at) WHERE id = @id;

-- name: SetOptions :exec
UPDATE products SET options = @options WHERE id = @id;

-- name: DueProducts :many
-- Those that are to be published now, or whose prices change. Sales that have ended are
-- found by their active items.
SELECT p.id FROM products p WHERE p.publish_at <= now()
UNION
SELECT v.product_id FROM scheduled_prices s JOIN variants v ON v.id = s.variant_id WHERE s.effective_at <= now()
UNION
SELECT v.product_id FROM flash_sale_states st JOIN variants v ON v.id = st.variant_id WHERE st.active AND NOT st.due
UNION
SELECT v.product_id FROM flash_sale_states st JOIN variants v ON v.id = st.variant_id
WHERE st.starts_at <= now() AND st.ends_at > now() AND NOT st.active AND st.due
LIMIT @at_most;

-- name: DatabaseTime :one
SELECT clock_timestamp()::timestamptz AS at;

-- name: ProductsOfSeller :many
-- Those of the seller, or of all sellers, the latest created first.
SELECT id FROM products
WHERE (@of_all_sellers::bool OR seller_id = @seller_id)
  AND (sqlc.narg(status)::text IS NULL OR status = sqlc.narg(status))
  AND (@after::text = '' OR id < @after)
ORDER BY id DESC LIMIT sqlc.arg('limit');
