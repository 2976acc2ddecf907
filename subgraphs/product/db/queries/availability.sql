-- name: StoreLevels :exec
-- A version that is not newer than the stored one changes nothing. Concurrent calls do
-- not deadlock if the variants are sorted.
INSERT INTO availability AS a (variant_id, available, version, as_of)
SELECT unnest(@variant_ids::text[]), unnest(@available::int[]), unnest(@versions::bigint[]), unnest(@as_of::timestamptz[])
ON CONFLICT (variant_id) DO UPDATE SET available = excluded.available, version = excluded.version, as_of = excluded.as_of
WHERE a.version < excluded.version;

-- name: PriceVariants :many
-- Of the translations only what a line shows is read: descriptions are long.
SELECT v.id, v.product_id, v.sku, p.title AS product_title, v.title, v.options, v.image, p.images, v.weight_grams, v.tax_class, v.restock_at,
       r.price_minor, r.compare_at_minor, a.available, a.as_of, i.sale_id, i.max_per_customer, i.allocated, i.held, i.sold,
       coalesce((SELECT jsonb_object_agg(t.key, jsonb_build_object('title', t.value -> 'title', 'options', t.value -> 'options'))
                 FROM jsonb_each(p.translations) AS t), '{}')::jsonb AS texts,
       (c.ancestors || c.id)::text[] AS category_ids
FROM variants v
JOIN products p ON p.id = v.product_id AND p.status = 'PUBLISHED'
JOIN categories c ON c.id = p.category_id
JOIN variant_prices r ON r.variant_id = v.id AND r.currency = @currency
LEFT JOIN availability a ON a.variant_id = v.id
LEFT JOIN flash_sale_items i ON i.variant_id = v.id AND i.currency = r.currency AND i.active AND i.price_minor < i.regular_minor
WHERE v.id = ANY (@ids::text[]);
