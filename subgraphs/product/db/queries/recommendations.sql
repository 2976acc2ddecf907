-- name: BoughtTogether :many
-- For each product, others that are in its latest 500 orders, those in most of them
-- first.
SELECT given.id::text AS of_id, found.product_id
FROM unnest(@product_ids::text[]) AS given (id)
CROSS JOIN LATERAL (
    SELECT other.product_id, count(*) AS orders
    FROM (SELECT latest.order_id FROM purchases latest WHERE latest.product_id = given.id ORDER BY latest.confirmed_at DESC LIMIT 500) AS of_product
    JOIN purchases other ON other.order_id = of_product.order_id AND other.product_id <> given.id
    JOIN products p ON p.id = other.product_id AND p.status = 'PUBLISHED'
    GROUP BY other.product_id
    ORDER BY count(*) DESC, other.product_id
    LIMIT sqlc.arg('limit')
) AS found
ORDER BY given.id, found.orders DESC, found.product_id;

-- name: Trending :many
-- The products that sell most, of a category and those below it or, without one, of
-- the shop.
SELECT t.product_id FROM product_popularity t
JOIN products p ON p.id = t.product_id AND p.status = 'PUBLISHED'
JOIN categories c ON c.id = p.category_id
WHERE t.weight > 0 AND (sqlc.narg(category_id)::text IS NULL OR c.id = sqlc.narg(category_id) OR sqlc.narg(category_id) = ANY (c.ancestors))
ORDER BY t.weight DESC, t.product_id LIMIT sqlc.arg('limit');
