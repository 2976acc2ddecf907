-- name: Pending :many
SELECT product_id, revision, snapshot FROM indexed_products WHERE indexed < revision AND product_id > @after ORDER BY product_id LIMIT sqlc.arg('limit');

-- name: LevelsOf :many
SELECT variant_id, available, as_of FROM indexed_variants WHERE product_id = ANY (@product_ids::text[]);

-- name: MarkIndexed :exec
UPDATE indexed_products p SET indexed = greatest(p.indexed, done.revision)
FROM (SELECT unnest(@product_ids::text[]) AS product_id, unnest(@revisions::bigint[]) AS revision) AS done
WHERE p.product_id = done.product_id;

-- name: CountStored :one
SELECT count(*) FROM indexed_products WHERE snapshot IS NOT NULL;

-- name: StoredAfter :many
SELECT product_id, revision, snapshot FROM indexed_products
WHERE snapshot IS NOT NULL AND product_id > @after::text ORDER BY product_id LIMIT sqlc.arg('limit');
