-- name: BrandsByID :many
SELECT * FROM brands WHERE id = ANY (@ids::text[]);

-- name: Brands :many
SELECT * FROM brands WHERE (name, id) > (@after_name::text, @after_id::text) ORDER BY name, id LIMIT sqlc.arg('limit');

-- name: CountBrands :one
SELECT count(*) FROM brands;

-- name: BrandsNamedLike :many
SELECT * FROM brands WHERE starts_with(lower(name), @beginning::text) ORDER BY name, id LIMIT sqlc.arg('limit');
