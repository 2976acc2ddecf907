-- name: CategoryByID :many
SELECT * FROM categories WHERE id = ANY (@ids::text[]);

-- name: CategoryBySlug :many
-- Also by a slug that a category had earlier.
SELECT * FROM categories WHERE id IN (
    SELECT c.id FROM categories c WHERE c.slug = ANY (@slugs::text[])
    UNION ALL SELECT r.target_id FROM slug_redirects r WHERE r.kind = 'categories' AND r.slug = ANY (@slugs::text[]));

-- name: CategoriesBelow :many
-- The categories of some levels below a parent, or, without one, from the top.
SELECT * FROM categories
WHERE CASE WHEN sqlc.narg(parent_id)::text IS NULL THEN cardinality(ancestors) < @depth::int
           ELSE sqlc.narg(parent_id)::text = ANY (ancestors)
                AND cardinality(ancestors) - array_position(ancestors, sqlc.narg(parent_id)::text) < @depth::int END
ORDER BY cardinality(ancestors), position, id;

-- name: ChildrenOf :many
SELECT * FROM categories WHERE parent_id = ANY (@parent_ids::text[]) ORDER BY position, id;

-- name: CountProducts :many
-- How many published products are in each category and below it.
SELECT above.id::text AS category_id, sum(own.n)::bigint AS products
FROM (SELECT category_id, count(*) AS n FROM products WHERE status = 'PUBLISHED' GROUP BY category_id) AS own
JOIN categories c ON c.id = own.category_id
CROSS JOIN LATERAL unnest(c.ancestors || c.id) AS above (id)
WHERE above.id = ANY (@ids::text[])
GROUP BY above.id;

-- name: CategoriesNamedLike :many
SELECT * FROM categories
WHERE starts_with(lower(name), @beginning::text) OR starts_with(lower(translations -> @language::text ->> 'title'), @beginning::text)
ORDER BY cardinality(ancestors), position, id LIMIT sqlc.arg('limit');
