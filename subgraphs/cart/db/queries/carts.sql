-- name: ActiveCarts :many
-- The owners' active carts, in the order of the owners. Carts and their lines are
-- read in one statement, so that they come from one snapshot.
SELECT sqlc.embed(c), COALESCE((
    SELECT jsonb_agg(to_jsonb(l) ORDER BY l.added_at, l.id) FROM cart_lines l WHERE l.cart_id = c.id
), '[]')::jsonb AS lines, promotions_for(c.owner_id, c.discount_codes)::jsonb AS promotions
FROM carts c
WHERE owner_id = ANY (@owners::text[]) AND status = 'ACTIVE'
ORDER BY array_position(@owners::text[], owner_id);

-- name: CartsByIDs :many
-- Carts of the owners. An empty list of owners means any owner: staff and
-- services.
SELECT sqlc.embed(c), COALESCE((
    SELECT jsonb_agg(to_jsonb(l) ORDER BY l.added_at, l.id) FROM cart_lines l WHERE l.cart_id = c.id
), '[]')::jsonb AS lines, promotions_for(c.owner_id, c.discount_codes)::jsonb AS promotions
FROM carts c
WHERE id = ANY (@ids::text[]) AND (cardinality(@owners::text[]) = 0 OR owner_id = ANY (@owners));

-- name: AbandonedCarts :many
-- Active carts with lines that were not changed since a time, the latest first.
SELECT c.id, c.updated_at FROM carts c
WHERE c.status = 'ACTIVE' AND c.updated_at < @before
  AND (sqlc.narg('after_at')::timestamptz IS NULL OR (c.updated_at, c.id) < (sqlc.narg('after_at')::timestamptz, @after_id::text))
  AND EXISTS (SELECT FROM cart_lines l WHERE l.cart_id = c.id)
ORDER BY c.updated_at DESC, c.id DESC LIMIT @size;

-- name: CountAbandonedCarts :one
SELECT count(*) FROM carts c
WHERE c.status = 'ACTIVE' AND c.updated_at < @before AND EXISTS (SELECT FROM cart_lines l WHERE l.cart_id = c.id);

-- name: CreateCart :one
-- Creates the owner's active cart, or locks the existing one: the no-op update
-- takes the row lock, so that concurrent first additions share one cart. xmax is
-- zero only for a row that this statement inserted.
INSERT INTO carts AS c (id, owner_id, currency, country)
VALUES (@id, @owner_id, @currency, @country)
ON CONFLICT (owner_id) WHERE status = 'ACTIVE' DO UPDATE SET updated_at = c.updated_at
RETURNING sqlc.embed(c), (c.xmax = 0)::bool AS fresh;

-- name: LockCart :one
-- Locks a cart of one of the owners until the end of the transaction.
SELECT * FROM carts WHERE id = @id AND owner_id = ANY (@owners::text[]) FOR UPDATE;

-- name: LockCartByID :one
SELECT * FROM carts WHERE id = @id FOR UPDATE;

-- name: IncrementCartVersion :one
UPDATE carts SET version = version + 1, updated_at = now(), active_at = now(), abandoned_at = NULL WHERE id = @id RETURNING *;

-- name: SetContext :exec
UPDATE carts SET currency = @currency, country = @country, postal_code = sqlc.narg('postal_code') WHERE id = @id;

-- name: SetWarnings :exec
UPDATE carts SET warnings = @warnings WHERE id = @id;

-- name: SetNote :exec
UPDATE carts SET note = @note WHERE id = @id;

-- name: Adopt :exec
-- Transfers a guest's cart to the account that the guest signed in to.
UPDATE carts SET owner_id = @owner_id WHERE id = @id AND status = 'ACTIVE';

-- name: CloseMerged :exec
UPDATE carts SET status = 'MERGED', abandoned_at = NULL, merged_into = @into_id::text, version = version + 1, updated_at = now()
WHERE id = @id AND status = 'ACTIVE';

-- name: CloseUnmerged :exec
-- Closes a cart whose owner kept another one. Nothing of it is in another cart, so an
-- order of it takes nothing out of one.
UPDATE carts SET status = 'MERGED', abandoned_at = NULL WHERE id = @id AND status = 'ACTIVE';

-- name: ConvertWhole :one
-- Converts a cart that is unchanged since its order was placed: the version is
-- the one that checkout read.
UPDATE carts SET status = 'CONVERTED', abandoned_at = NULL, order_id = @order_id::text, version = version + 1, updated_at = now()
WHERE id = @id AND status = 'ACTIVE' AND version = @version RETURNING id;

-- name: LockActiveCarts :many
SELECT * FROM carts WHERE owner_id = ANY (@owners::text[]) AND status = 'ACTIVE' ORDER BY id FOR UPDATE;

-- name: OpenCheckout :one
-- The first of a cart's open checkouts is reported.
UPDATE carts SET checkout_ids = array_append(checkout_ids, @checkout_id::text), active_at = now(), abandoned_at = NULL
WHERE id = @id AND status = 'ACTIVE' AND @checkout_id <> ALL (checkout_ids)
RETURNING version, cardinality(checkout_ids) = 1 AS reported;

-- name: EndCheckout :one
-- The end of the last one is reported.
UPDATE carts SET checkout_ids = array_remove(checkout_ids, @checkout_id::text), active_at = now()
WHERE id = @id AND status = 'ACTIVE' AND @checkout_id = ANY (checkout_ids)
RETURNING version, cardinality(checkout_ids) = 0 AS reported;

-- name: MoveCheckouts :exec
-- The checkouts of a cart that is merged into another are of the other.
UPDATE carts c SET checkout_ids = c.checkout_ids || g.checkout_ids
FROM carts g WHERE c.id = @into_id AND g.id = @from_id;

-- name: AbandonCarts :many
-- Carts without a change for some time, the one that was left first first. Carts that are
-- locked are being changed. The end of a checkout whose event was lost is made up for
-- after a day: none is open for so long.
WITH due AS (
    SELECT c.id FROM carts c
    WHERE c.status = 'ACTIVE' AND c.abandoned_at IS NULL AND c.active_at < now() - make_interval(secs => @after_seconds::float8)
      AND (c.checkout_ids = '{}' OR c.active_at < now() - interval '1 day')
    ORDER BY c.active_at LIMIT @size FOR UPDATE SKIP LOCKED
)
UPDATE carts SET abandoned_at = now(), checkout_ids = '{}' FROM due WHERE carts.id = due.id
RETURNING carts.id, carts.owner_id, EXISTS (SELECT FROM cart_lines l WHERE l.cart_id = carts.id)::bool AS has_lines;

-- name: ReadCarts :many
-- Carts as checkout reads them, in one snapshot: version, lines, promotions, the carts
-- that were merged into each and the orders whose lines were removed from it. Without
-- OFFSET 0 the planner, which does not know how few are merged, reads the whole index.
WITH RECURSIVE merged AS (
    SELECT id, merged_into AS into_id FROM carts WHERE merged_into = ANY (@ids::text[])
    UNION
    SELECT c.id, m.into_id FROM merged m, LATERAL (SELECT id FROM carts WHERE merged_into = m.id OFFSET 0) c
)
SELECT sqlc.embed(c),
       l.ids::text[] AS line_ids, l.variant_ids::text[] AS variant_ids, l.quantities::int[] AS quantities, l.unit_minors_seen::bigint[] AS unit_minors_seen,
       ARRAY(SELECT merged.id FROM merged WHERE merged.into_id = c.id ORDER BY merged.id)::text[] AS merged_cart_ids,
       ARRAY(SELECT v.order_id FROM cart_conversions v WHERE v.cart_id = c.id ORDER BY v.order_id)::text[] AS converted_order_ids,
       (CASE WHEN l.left_out THEN '[]' ELSE promotions_for(c.owner_id, c.discount_codes) END)::jsonb AS promotions,
       l.left_out::bool AS promotions_left_out
FROM carts c, LATERAL (
    SELECT coalesce(array_agg(id ORDER BY added_at, id), '{}') AS ids, coalesce(array_agg(variant_id ORDER BY added_at, id), '{}') AS variant_ids,
           coalesce(array_agg(quantity ORDER BY added_at, id), '{}') AS quantities, coalesce(array_agg(unit_minor_seen ORDER BY added_at, id), '{}') AS unit_minors_seen,
           coalesce(bool_or(variant_id = ANY (@refused_variant_ids::text[])), false) AND NOT coalesce(c.id = ANY (@with_promotions::text[]), false) AS left_out
    FROM cart_lines WHERE cart_id = c.id
) l
WHERE c.id = ANY (@ids::text[]);

-- name: LockMergedInto :one
-- The cart that a cart was merged into, directly or through others; the cart
-- itself where it was not merged.
WITH RECURSIVE chain AS (
    SELECT id, merged_into, 0 AS step FROM carts WHERE carts.id = @id
    UNION ALL
    SELECT c.id, c.merged_into, step + 1 FROM carts c JOIN chain ON c.id = chain.merged_into
)
SELECT * FROM carts WHERE carts.id = (SELECT chain.id FROM chain ORDER BY step DESC LIMIT 1) FOR UPDATE;

-- name: RecordConversion :execrows
-- No rows mean that the order converted a cart before.
INSERT INTO cart_conversions (order_id, cart_id) VALUES (@order_id, @cart_id) ON CONFLICT DO NOTHING;

-- name: ClaimGuest :exec
INSERT INTO guest_claims (guest_id, user_id) VALUES (@guest_id, @user_id) ON CONFLICT DO NOTHING;

-- name: GuestsOfUser :many
SELECT guest_id FROM guest_claims WHERE user_id = $1;

-- name: EraseNotes :exec
UPDATE carts SET note = NULL, postal_code = NULL, warnings = '[]', discount_codes = '{}' WHERE owner_id = ANY (@owners::text[]);

-- name: EraseLines :exec
DELETE FROM cart_lines l USING carts c WHERE c.id = l.cart_id AND c.owner_id = ANY (@owners::text[]);

-- name: EraseWishlists :exec
DELETE FROM wishlists WHERE owner_id = ANY (@owners::text[]);

-- name: EraseGroups :exec
DELETE FROM customer_groups WHERE user_id = @user_id;
