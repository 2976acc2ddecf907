-- name: StoreFlashSale :execrows
-- Zero rows: a version that is not newer than the stored one.
INSERT INTO flash_sales AS s (sale_id, version, starts_at, ends_at) VALUES (@sale_id, @version, @starts_at, @ends_at)
ON CONFLICT (sale_id) DO UPDATE SET version = excluded.version, starts_at = excluded.starts_at, ends_at = excluded.ends_at
WHERE s.version < excluded.version;

-- name: VariantsOfFlashSale :many
SELECT variant_id FROM flash_sale_items WHERE sale_id = @sale_id;

-- name: StoreFlashSaleItems :many
-- Expects the stock of all variants locked: of those given, and of those that the sale
-- has. A quota is never below what is claimed of it.
WITH given AS (
    SELECT unnest(@variant_ids::text[]) AS variant_id, unnest(@currencies::text[]) AS currency,
           unnest(@allocated::bigint[]) AS allocated, unnest(@most::bigint[]) AS most
), closed AS (
    UPDATE flash_sale_items i SET offered = false, allocated = i.held + i.sold, version = i.version + 1
    WHERE i.sale_id = @sale_id AND i.variant_id NOT IN (SELECT variant_id FROM given)
    RETURNING i.variant_id, i.allocated, i.held, i.sold, i.version
), stored AS (
    INSERT INTO flash_sale_items AS i (variant_id, sale_id, currency, allocated, max_per_customer)
    SELECT g.variant_id, @sale_id, g.currency, g.allocated, g.most FROM given g
    ON CONFLICT (variant_id, sale_id) DO UPDATE
    SET currency = excluded.currency, allocated = greatest(excluded.allocated, i.held + i.sold),
        max_per_customer = excluded.max_per_customer, offered = true, version = i.version + 1
    RETURNING i.variant_id, i.allocated, i.held, i.sold, i.version
)
SELECT variant_id, allocated, held, sold, version, now()::timestamptz AS at FROM closed
UNION ALL
SELECT variant_id, allocated, held, sold, version, now()::timestamptz AS at FROM stored;
