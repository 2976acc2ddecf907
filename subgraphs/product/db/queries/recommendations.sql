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
-- The products that sell and are viewed most, of a category and those below it or,
-- without one, of the shop.
SELECT t.product_id FROM product_popularity t
JOIN products p ON p.id = t.product_id AND p.status = 'PUBLISHED'
JOIN categories c ON c.id = p.category_id
WHERE trend(t.weight, t.views) > 0 AND (sqlc.narg(category_id)::text IS NULL OR c.id = sqlc.narg(category_id) OR sqlc.narg(category_id) = ANY (c.ancestors))
ORDER BY trend(t.weight, t.views) DESC, t.product_id LIMIT sqlc.arg('limit');

-- name: ViewedTogether :many
-- For each product, others that its viewers viewed too, those that most did first.
SELECT given.id::text AS of_id, found.other_id
FROM unnest(@product_ids::text[]) AS given (id)
CROSS JOIN LATERAL (
    SELECT t.other_id, t.weight FROM viewed_together t
    JOIN products p ON p.id = t.other_id AND p.status = 'PUBLISHED'
    WHERE t.product_id = given.id
    ORDER BY t.weight DESC, t.other_id LIMIT sqlc.arg('limit')
) AS found
ORDER BY given.id, found.weight DESC, found.other_id;

-- name: OpenViewWindow :one
-- Of concurrent calls, the first one sets the key.
INSERT INTO view_windows AS w (began, key) VALUES (@began, @key) ON CONFLICT (began) DO UPDATE SET key = w.key RETURNING key;

-- name: CloseViewWindows :exec
DELETE FROM view_windows WHERE began < @before;

-- name: CountViews :exec
-- Views count once for each viewer and product of a window, and up to a number of
-- products for each viewer. Locks are taken in the order of products.
WITH given AS (
    SELECT DISTINCT g.viewer, p.id AS product_id
    FROM (SELECT unnest(@viewers::bytea[]) AS viewer, unnest(@product_ids::text[]) AS product_id) AS g
    JOIN products p ON p.id = g.product_id AND p.status = 'PUBLISHED'
), earlier AS (
    SELECT v.viewer, v.product_id FROM viewers v WHERE v.began = @began AND v.viewer = ANY (@viewers::bytea[])
), few AS (
    SELECT viewer FROM (SELECT viewer FROM given UNION ALL SELECT viewer FROM earlier) AS seen GROUP BY viewer HAVING count(*) <= @most::int
), fresh AS (
    INSERT INTO viewers (began, viewer, product_id)
    SELECT @began, given.viewer, given.product_id FROM given JOIN few USING (viewer) ORDER BY given.viewer, given.product_id
    ON CONFLICT DO NOTHING
    RETURNING viewer, product_id
), counted AS (
    INSERT INTO product_popularity AS t (product_id, weight, views)
    SELECT fresh.product_id, 0, sale_weight(count(*)::int, @at::timestamptz) FROM fresh GROUP BY fresh.product_id ORDER BY fresh.product_id
    ON CONFLICT (product_id) DO UPDATE SET views = t.views + excluded.views
), pairs AS (
    SELECT a.product_id, b.product_id AS other_id FROM fresh a JOIN fresh b USING (viewer) WHERE a.product_id <> b.product_id
    UNION ALL
    SELECT fresh.product_id, earlier.product_id FROM fresh JOIN earlier USING (viewer) WHERE fresh.product_id <> earlier.product_id
    UNION ALL
    SELECT earlier.product_id, fresh.product_id FROM fresh JOIN earlier USING (viewer) WHERE fresh.product_id <> earlier.product_id
)
INSERT INTO viewed_together AS t (product_id, other_id, weight)
SELECT pairs.product_id, pairs.other_id, sale_weight(count(*)::int, @at::timestamptz) FROM pairs GROUP BY pairs.product_id, pairs.other_id ORDER BY pairs.product_id, pairs.other_id
ON CONFLICT (product_id, other_id) DO UPDATE SET weight = t.weight + excluded.weight;

-- name: ForgetViews :exec
-- Removes pairs that weigh less than one that was viewed once at a time.
DELETE FROM viewed_together WHERE weight < sale_weight(1, @before::timestamptz);

-- name: TakeUnpublishedRanks :many
UPDATE product_popularity t SET published_rank = sales_rank(t.weight), published = t.published + 1
FROM (
    SELECT u.product_id FROM product_popularity u WHERE abs(sales_rank(u.weight) - u.published_rank) >= 50
    ORDER BY u.product_id LIMIT sqlc.arg('limit') FOR UPDATE SKIP LOCKED
) AS taken
WHERE t.product_id = taken.product_id
RETURNING t.product_id, t.published_rank, t.published;
