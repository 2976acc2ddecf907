-- name: LinesOfCarts :many
SELECT * FROM cart_lines WHERE cart_id = ANY (@cart_ids::text[]) ORDER BY cart_id, added_at, id;

-- name: QuantitiesOfOwner :many
-- Quantity of each variant in the owners' active carts.
SELECT l.variant_id, sum(l.quantity)::int AS quantity
FROM cart_lines l JOIN carts c ON c.id = l.cart_id
WHERE c.owner_id = ANY (@owners::text[]) AND c.status = 'ACTIVE' AND l.variant_id = ANY (@variant_ids::text[])
GROUP BY l.variant_id;

-- name: PutLine :exec
-- Creates or overwrites the line of a variant. An existing line keeps the prices
-- at which it was added and last acknowledged.
INSERT INTO cart_lines (id, cart_id, variant_id, quantity, unit_minor_added, unit_minor_seen, unit_minor_last,
                        currency, product_id, sku, title, subtitle, image_url)
VALUES (@id, @cart_id, @variant_id, @quantity, @unit_minor, @unit_minor, @unit_minor,
        @currency, @product_id, @sku, @title, @subtitle, @image_url)
ON CONFLICT ON CONSTRAINT cart_lines_one_per_variant DO UPDATE
SET quantity = excluded.quantity, unit_minor_last = excluded.unit_minor_last,
    title = excluded.title, subtitle = excluded.subtitle, sku = excluded.sku, image_url = excluded.image_url;

-- name: CopyLine :exec
-- Copies a line of another cart. Its prices stay if they are in @currency, the
-- cart's, and become @unit_minor otherwise. A line that the cart has already
-- takes the quantity only and keeps its own price history.
INSERT INTO cart_lines (id, cart_id, variant_id, quantity, unit_minor_added, unit_minor_seen, unit_minor_last,
                        currency, product_id, sku, title, subtitle, image_url)
SELECT @id, @cart_id, f.variant_id, @quantity,
       CASE WHEN f.currency = @currency THEN f.unit_minor_added ELSE @unit_minor::bigint END AS added,
       CASE WHEN f.currency = @currency THEN f.unit_minor_seen ELSE @unit_minor::bigint END AS seen,
       CASE WHEN f.currency = @currency THEN f.unit_minor_last ELSE @unit_minor::bigint END AS last,
       @currency AS currency, f.product_id, f.sku, f.title, f.subtitle, f.image_url
FROM cart_lines f WHERE f.id = @from_line_id
ON CONFLICT ON CONSTRAINT cart_lines_one_per_variant DO UPDATE SET quantity = excluded.quantity;

-- name: SetQuantity :exec
UPDATE cart_lines SET quantity = @quantity WHERE id = @id;

-- name: RemoveLines :exec
DELETE FROM cart_lines WHERE cart_id = @cart_id AND id = ANY (@ids::text[]);

-- name: ClearLines :exec
DELETE FROM cart_lines WHERE cart_id = @cart_id;

-- name: Reprice :exec
-- Prices in another currency replace those of the old one, the acknowledged price
-- included: an amount in the old currency cannot be compared with them.
UPDATE cart_lines l
SET currency = @currency, unit_minor_added = p.minor, unit_minor_seen = p.minor, unit_minor_last = p.minor
FROM (SELECT unnest(@variant_ids::text[]) AS variant_id, unnest(@minors::bigint[]) AS minor) p
WHERE l.cart_id = @cart_id AND l.variant_id = p.variant_id;

-- name: AcknowledgePrices :exec
-- The current prices are the acknowledged ones from now on.
UPDATE cart_lines l
SET unit_minor_seen = p.minor, unit_minor_last = p.minor
FROM (SELECT unnest(@variant_ids::text[]) AS variant_id, unnest(@minors::bigint[]) AS minor) p
WHERE l.cart_id = @cart_id AND l.variant_id = p.variant_id;
