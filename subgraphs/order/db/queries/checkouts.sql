-- name: LockCart :exec
-- Those who open checkouts of one cart take turns, until they commit.
SELECT pg_advisory_xact_lock(hashtextextended(@cart_id::text, 0));

-- name: OpenCheckoutsOfCart :many
SELECT sqlc.embed(checkouts), clock_timestamp()::timestamptz AS read_at
FROM checkouts WHERE cart_id = @cart_id AND status = 'OPEN' FOR UPDATE;

-- name: LockCheckout :one
-- Everything about one purchase is decided under the lock of its checkout.
SELECT sqlc.embed(checkouts), clock_timestamp()::timestamptz AS read_at
FROM checkouts WHERE id = @id AND (@everyones::bool OR owner_id = ANY (@owners::text[])) FOR UPDATE;

-- name: Checkouts :many
SELECT sqlc.embed(checkouts), now()::timestamptz AS read_at
FROM checkouts WHERE id = ANY (@ids::text[]) AND (@everyones::bool OR owner_id = ANY (@owners::text[]));

-- name: CheckoutsUnderWay :many
-- The purchases of carts that have not ended, the newest last.
SELECT sqlc.embed(checkouts), now()::timestamptz AS read_at
FROM checkouts
WHERE cart_id = ANY (@cart_ids::text[]) AND owner_id = ANY (@owners::text[]) AND status IN ('OPEN', 'PLACING')
ORDER BY created_at, id;

-- name: InsertCheckout :one
-- When it ends is counted by the clock that will end it.
INSERT INTO checkouts (
    id, owner_id, cart_id, cart_version, status, locale, country, email, shipping_address, billing_address,
    method_id, weight_grams, currency, subtotal_minor, shipping_minor, tax_minor, total_minor, tax_rate, quote_hash,
    hold_status, extensions_left, expires_at, due_at, nudge_at)
VALUES (
    @id, @owner_id, @cart_id, @cart_version, @status, @locale, @country, @email, @shipping_address, @billing_address,
    @method_id, @weight_grams, @currency, @subtotal_minor, @shipping_minor, @tax_minor, @total_minor, @tax_rate, @quote_hash,
    @hold_status, @extensions_left, now() + sqlc.arg(hold_seconds)::float8 * interval '1 second',
    now() + sqlc.arg(hold_seconds)::float8 * interval '1 second', now() + sqlc.arg(nudge_seconds)::float8 * interval '1 second')
RETURNING created_at, expires_at;

-- name: SaveCheckout :execrows
-- Zero rows: somebody else moved it, which the lock forbids.
UPDATE checkouts
SET status = @status, version = @version, country = @country, email = @email, shipping_address = @shipping_address,
    billing_address = @billing_address, method_id = @method_id, subtotal_minor = @subtotal_minor,
    shipping_minor = @shipping_minor, tax_minor = @tax_minor, total_minor = @total_minor, tax_rate = @tax_rate,
    quote_hash = @quote_hash, hold_status = @hold_status, extensions_left = @extensions_left, shortages = @shortages,
    expires_at = @expires_at, due_at = @due_at, nudge_at = @nudge_at, nudges = 0, updated_at = @updated_at
WHERE id = @id AND status = @from_status AND version = @from_version;

-- name: InsertCheckoutLines :exec
INSERT INTO checkout_lines (id, checkout_id, position, product_id, variant_id, sku, title, subtitle, image_url, quantity, unit_minor, tax_minor, total_minor)
SELECT unnest(@ids::text[]), @checkout_id, unnest(@positions::int[]), unnest(@product_ids::text[]), unnest(@variant_ids::text[]),
       unnest(@skus::text[]), unnest(@titles::text[]), nullif(unnest(@subtitles::text[]), ''), nullif(unnest(@image_urls::text[]), ''),
       unnest(@quantities::int[]), unnest(@units::bigint[]), unnest(@taxes::bigint[]), unnest(@totals::bigint[]);

-- name: SaveLineTaxes :exec
UPDATE checkout_lines l SET tax_minor = t.tax_minor
FROM (SELECT unnest(@ids::text[]) AS id, unnest(@taxes::bigint[]) AS tax_minor) AS t
WHERE l.id = t.id;

-- name: CheckoutLines :many
SELECT sqlc.embed(l), c.currency
FROM checkout_lines l JOIN checkouts c ON c.id = l.checkout_id
WHERE l.checkout_id = ANY (@checkout_ids::text[]) ORDER BY l.checkout_id, l.position;

-- name: DueCheckouts :many
-- Purchases whose time is over. What somebody else works on is left to them.
SELECT sqlc.embed(checkouts), clock_timestamp()::timestamptz AS read_at
FROM checkouts WHERE due_at <= now()
ORDER BY due_at LIMIT @batch FOR UPDATE SKIP LOCKED;

-- name: CheckoutsToNudge :many
SELECT sqlc.embed(checkouts), clock_timestamp()::timestamptz AS read_at
FROM checkouts WHERE nudge_at <= now()
ORDER BY nudge_at LIMIT @batch FOR UPDATE SKIP LOCKED;

-- name: CountNudge :exec
-- Each nudge doubles the pause before the next, up to ten minutes; after the
-- last there is none.
UPDATE checkouts
SET nudges = nudges + 1,
    nudge_at = CASE WHEN nudges < sqlc.arg(most)::int
        THEN now() + least(sqlc.arg(pause_seconds)::float8 * (1 << nudges), 600) * interval '1 second' END
WHERE id = ANY (@ids::text[]);

-- name: PruneCheckouts :execrows
-- Checkouts that ended long ago without an order.
DELETE FROM checkouts WHERE id IN (
    SELECT c.id FROM checkouts c
    WHERE c.status IN ('EXPIRED', 'CANCELLED') AND c.updated_at < @before::timestamptz AND c.nudge_at IS NULL
      AND NOT EXISTS (SELECT FROM orders o WHERE o.checkout_id = c.id)
    ORDER BY c.updated_at LIMIT @batch);
