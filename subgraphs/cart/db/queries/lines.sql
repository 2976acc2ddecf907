-- name: LinesOfCarts :many
SELECT * FROM cart_lines WHERE cart_id = ANY (@cart_ids::text[]) ORDER BY cart_id, added_at, id;

-- name: QuantitiesOfOwner :many
-- How many of each variant the owners' active carts hold.
SELECT l.variant_id, sum(l.quantity)::int AS quantity
FROM cart_lines l JOIN carts c ON c.id = l.cart_id
WHERE c.owner_id = ANY (@owners::text[]) AND c.status = 'ACTIVE' AND l.variant_id = ANY (@variant_ids::text[])
GROUP BY l.variant_id;

-- name: PutLine :exec
-- Sets a variant's line to what it is now; a new one is put at the end.
INSERT INTO cart_lines (id, cart_id, variant_id, quantity, unit_minor_added, unit_minor_seen, unit_minor_last,
                        currency, product_id, sku, title, subtitle, image_url)
VALUES (@id, @cart_id, @variant_id, @quantity, @unit_minor, @unit_minor, @unit_minor,
        @currency, @product_id, @sku, @title, @subtitle, @image_url)
ON CONFLICT ON CONSTRAINT cart_lines_one_per_variant DO UPDATE
SET quantity = excluded.quantity, unit_minor_last = excluded.unit_minor_last, title = excluded.title,
    subtitle = excluded.subtitle, sku = excluded.sku, image_url = excluded.image_url;

-- name: MoveLine :exec
-- Puts a line of another cart into this one, with its own snapshot.
INSERT INTO cart_lines (id, cart_id, variant_id, quantity, unit_minor_added, unit_minor_seen, unit_minor_last,
                        currency, product_id, sku, title, subtitle, image_url)
SELECT @id, @cart_id, f.variant_id, @quantity, f.unit_minor_added, f.unit_minor_seen, f.unit_minor_last,
       f.currency, f.product_id, f.sku, f.title, f.subtitle, f.image_url
FROM cart_lines f WHERE f.id = @from_line_id
ON CONFLICT ON CONSTRAINT cart_lines_one_per_variant DO UPDATE SET quantity = excluded.quantity;

-- name: SetQuantity :exec
UPDATE cart_lines SET quantity = @quantity WHERE id = @id;

-- name: RemoveLines :exec
DELETE FROM cart_lines WHERE cart_id = @cart_id AND id = ANY (@ids::text[]);

-- name: ClearLines :exec
DELETE FROM cart_lines WHERE cart_id = @cart_id;

-- name: Reprice :exec
-- The lines in another currency: what was agreed in the old one is agreed anew.
UPDATE cart_lines l
SET currency = @currency, unit_minor_added = p.minor, unit_minor_seen = p.minor, unit_minor_last = p.minor
FROM (SELECT unnest(@variant_ids::text[]) AS variant_id, unnest(@minors::bigint[]) AS minor) p
WHERE l.cart_id = @cart_id AND l.variant_id = p.variant_id;

-- name: AcknowledgePrices :exec
-- The customer has seen what the lines cost now.
UPDATE cart_lines l
SET unit_minor_seen = p.minor, unit_minor_last = p.minor
FROM (SELECT unnest(@variant_ids::text[]) AS variant_id, unnest(@minors::bigint[]) AS minor) p
WHERE l.cart_id = @cart_id AND l.variant_id = p.variant_id;
