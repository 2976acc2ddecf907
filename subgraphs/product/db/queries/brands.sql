-- name: BrandsByID :many
SELECT * FROM brands WHERE id = ANY (@ids::text[]);

-- name: BrandBySlug :many
-- Also by a slug that a brand had earlier.
SELECT * FROM brands WHERE id IN (
    SELECT b.id FROM brands b WHERE b.slug = ANY (@slugs::text[])
    UNION ALL SELECT r.target_id FROM slug_redirects r WHERE r.kind = 'brands' AND r.slug = ANY (@slugs::text[]));

-- name: Brands :many
SELECT * FROM brands WHERE (name, id) > (@after_name::text, @after_id::text) ORDER BY name, id LIMIT sqlc.arg('limit');

-- name: CountBrands :one
SELECT count(*) FROM brands;

-- name: BrandsNamedLike :many
SELECT * FROM brands WHERE starts_with(lower(name), @beginning::text) ORDER BY name, id LIMIT sqlc.arg('limit');
