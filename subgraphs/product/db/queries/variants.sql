-- name: EditableVariants :many
-- The variants of the seller, or of all sellers, among the ids.
SELECT v.id, v.product_id FROM variants v JOIN products p ON p.id = v.product_id
WHERE v.id = ANY (@ids::text[]) AND (@of_all_sellers::bool OR p.seller_id = @seller_id);

-- name: SKUsElsewhere :many
-- Those of the SKUs that variants of other products have.
SELECT sku FROM variants WHERE sku = ANY (@skus::text[]) AND product_id <> @product_id;

-- name: DeleteVariants :exec
DELETE FROM variants WHERE id = ANY (@ids::text[]);

-- name: LowStock :many
-- The variants of published products of which few are left, the fewest first.
SELECT v.id, a.available
FROM availability a JOIN variants v ON v.id = a.variant_id JOIN products p ON p.id = v.product_id AND p.status = 'PUBLISHED'
WHERE a.available <= @threshold AND (@of_all_sellers::bool OR p.seller_id = @seller_id)
  AND (a.available, v.id) > (@after_available::int, @after_id::text)
ORDER BY a.available, v.id LIMIT sqlc.arg('limit');
