-- name: LockCarts :exec
-- Transactions that open checkouts of one cart run one after the other. Carts
-- are locked in the order of their ids, so that two transactions never wait for
-- each other. A claim of the guest who owns the cart is excluded (LockGuest).
SELECT pg_advisory_xact_lock_shared(hashtextextended('guest ' || @owner_id::text, 0)), pg_advisory_xact_lock(hashtextextended(id, 0)) FROM (SELECT unnest(@cart_ids::text[]) AS id ORDER BY id) AS carts;

-- name: RecordMergedCarts :exec
INSERT INTO merged_carts (cart_id, into_id) SELECT unnest(@cart_ids::text[]), @into_id
ON CONFLICT DO NOTHING;

-- name: PurchasesOfCarts :many
-- The purchases that occupy one of the carts, under way or sold, with what they
-- must be decided about locked.
SELECT sqlc.embed(checkouts), clock_timestamp()::timestamptz AS read_at
FROM checkouts WHERE occupied_cart_id = ANY (@cart_ids::text[]) AND status IN ('OPEN', 'PLACING', 'COMPLETED')
ORDER BY id FOR UPDATE;

-- name: OccupiedCarts :many
-- Those of the carts that a purchase occupies with a claim to stock.
SELECT DISTINCT occupied_cart_id::text FROM checkouts
WHERE occupied_cart_id = ANY (@cart_ids::text[]) AND status IN ('OPEN', 'PLACING', 'COMPLETED') AND hold_status <> 'AWAITING_CONTACT';

-- name: LockCheckout :one
-- Everything about one purchase is decided under the lock of its checkout.
SELECT sqlc.embed(checkouts), clock_timestamp()::timestamptz AS read_at
FROM checkouts WHERE id = @id AND (@everyones::bool OR owner_id = ANY (@owners::text[])) FOR UPDATE;

-- name: LockPurchase :one
-- A checkout and its order. Both are locked: of any other row, a statement that
-- had to wait would see what was before.
SELECT sqlc.embed(c), sqlc.embed(o), clock_timestamp()::timestamptz AS read_at
FROM checkouts c JOIN orders o ON o.checkout_id = c.id
WHERE c.id = @id AND (@everyones::bool OR c.owner_id = ANY (@owners::text[])) FOR UPDATE OF c, o;

-- name: Checkouts :many
SELECT sqlc.embed(checkouts), now()::timestamptz AS read_at
FROM checkouts WHERE id = ANY (@ids::text[]) AND (@everyones::bool OR owner_id = ANY (@owners::text[]));

-- name: ActiveCheckouts :many
-- The checkouts of carts that are not ended or completed, the newest last.
SELECT sqlc.embed(checkouts), now()::timestamptz AS read_at
FROM checkouts
WHERE cart_id = ANY (@cart_ids::text[]) AND owner_id = ANY (@owners::text[]) AND status IN ('OPEN', 'PLACING')
ORDER BY created_at, id;

-- name: OpenCheckout :one
-- The time starts by the clock of the database, which also decides when it ends.
-- No row means that the cart was merged into another one since it was read.
WITH opened AS (
    INSERT INTO checkouts (
        id, owner_id, cart_id, cart_version, status, locale, country, email, shipping_address, billing_address,
        method_id, weight_grams, currency, subtotal_minor, discount_minor, discounts, shipping_minor, tax_minor, total_minor, tax_rate, taxes_by_rate, tax_included, quote_hash,
        gift_cards, hold_status, extensions_left, occupied_cart_id, replaced_order_id, expires_at, due_at, rescue_at)
    SELECT
        @id, coalesce((SELECT user_id FROM guest_claims WHERE guest_id = @owner_id), @owner_id::text), @cart_id, @cart_version, @status, @locale, @country, @email, @shipping_address, @billing_address,
        @method_id, @weight_grams, @currency, @subtotal_minor, @discount_minor, @discounts, @shipping_minor, @tax_minor, @total_minor, @tax_rate, @taxes_by_rate, @tax_included, @quote_hash,
        @gift_cards, @hold_status::text, @extensions_left, @cart_id, nullif(@replaced_order_id::text, ''), now() + sqlc.arg(hold_seconds)::float8 * interval '1 second',
        now() + sqlc.arg(hold_seconds)::float8 * interval '1 second',
        CASE WHEN @hold_status = 'PENDING' THEN now() + sqlc.arg(rescue_seconds)::float8 * interval '1 second' END
    WHERE NOT EXISTS (SELECT FROM merged_carts WHERE merged_carts.cart_id = @cart_id)
    RETURNING id, created_at, expires_at
), lines AS (
    INSERT INTO checkout_lines (
        checkout_id, id, position, product_id, variant_id, sku, title, subtitle, image_url, quantity, unit_minor, discount_minor, discounts, tax_minor, total_minor, tax_class, flash_sale_id)
    SELECT opened.id, unnest(@line_ids::text[]), unnest(@positions::int[]), unnest(@product_ids::text[]), unnest(@variant_ids::text[]),
           unnest(@skus::text[]), unnest(@titles::text[]), nullif(unnest(@subtitles::text[]), ''), nullif(unnest(@image_urls::text[]), ''),
           unnest(@quantities::int[]), unnest(@units::bigint[]), unnest(@discount_minors::bigint[]), unnest(@line_discounts::jsonb[]), unnest(@taxes::bigint[]), unnest(@totals::bigint[]), unnest(@tax_classes::text[]),
           nullif(unnest(@flash_sale_ids::text[]), '')
    FROM opened
)
SELECT created_at, expires_at FROM opened;

-- name: SaveQuote :exec
-- The delivery of a checkout and what it costs with it.
WITH taxes AS (
    UPDATE checkout_lines l SET tax_minor = t.tax_minor
    FROM (SELECT unnest(@line_ids::text[]) AS id, unnest(@taxes::bigint[]) AS tax_minor) AS t
    WHERE l.id = t.id AND l.checkout_id = @id
    RETURNING l.id
), quoted AS (
    UPDATE checkouts
    SET country = @country, email = @email, shipping_address = @shipping_address, billing_address = @billing_address,
        method_id = @method_id, subtotal_minor = @subtotal_minor, discounts = @discounts, shipping_minor = @shipping_minor, tax_minor = @tax_minor,
        total_minor = @total_minor, tax_rate = @tax_rate, taxes_by_rate = @taxes_by_rate, quote_hash = @quote_hash
    WHERE checkouts.id = @id
    RETURNING checkouts.id
)
SELECT expect_rows(1, (SELECT count(*) FROM quoted)), expect_rows(cardinality(@line_ids::text[]), (SELECT count(*) FROM taxes));

-- name: SetGiftCards :exec
-- The checkout is locked.
UPDATE checkouts SET gift_cards = @gift_cards WHERE id = @id;

-- name: SavePurchase :exec
-- A change of a purchase, with the entries of the order's history. The lock keeps
-- the rows in the state that they are expected in; expect_rows makes sure of it.
WITH checkout AS (
    UPDATE checkouts
    SET status = @status, version = @version, hold_status = @hold_status, extensions_left = @extensions_left,
        shortages = @shortages, expires_at = @expires_at, due_at = @due_at, rescue_at = @rescue_at, rescues = 0, updated_at = @at,
        occupied_cart_id = CASE WHEN @status IN ('EXPIRED', 'CANCELLED') THEN NULL ELSE occupied_cart_id END
    WHERE checkouts.id = @id AND checkouts.status = @from_status AND checkouts.version = @from_version
    RETURNING checkouts.id
), purchased AS (
    UPDATE orders
    SET status = @order_status, stage = @stage, payment_status = @payment_status, fulfillment_status = @fulfillment_status, delivered_at = @delivered_at, pack_at = @pack_at, version = @order_version,
        payment_id = @payment_id, payment_ids = @payment_ids, payment_token = @payment_token, awaits_buyer = @awaits_buyer,
        decline_code = @decline_code, decline_retryable = @decline_retryable,
        refund_ids = @refund_ids, refunded_minor = @refunded_minor, cancel_reason = @cancel_reason,
        cancel_note = @cancel_note, cancelled_at = @cancelled_at, confirmed_at = @confirmed_at, updated_at = @at
    WHERE orders.id = @order_id AND orders.status = @from_order_status AND orders.stage = @from_stage AND orders.version = @from_order_version
    RETURNING orders.id
), released AS (
    UPDATE promotion_uses u SET released_at = @at
    FROM purchased WHERE u.order_id = purchased.id AND u.released_at IS NULL AND @order_status IN ('CANCELLED', 'EXPIRED')
), history AS (
    INSERT INTO order_history (order_id, at, keyed, kind, title, detail, amount_minor, amount_currency, actor, actor_id, note, internal, status, stage, payment_status)
    SELECT purchased.id, @at, true, e.kind, e.title, nullif(e.detail, ''), CASE WHEN e.currency <> '' THEN e.amount END, nullif(e.currency, ''),
           e.actor, nullif(e.actor_id, ''), nullif(e.note, ''), e.internal, @order_status, @stage, @payment_status
    FROM purchased, (
        SELECT unnest(@kinds::text[]) AS kind, unnest(@titles::text[]) AS title, unnest(@details::text[]) AS detail,
               unnest(@amounts::bigint[]) AS amount, unnest(@currencies::text[]) AS currency, unnest(@actors::text[]) AS actor,
               unnest(@actor_ids::text[]) AS actor_id, unnest(@notes::text[]) AS note, unnest(@internals::bool[]) AS internal) AS e
)
SELECT expect_rows(1, (SELECT count(*) FROM checkout)), expect_rows(@orders::bigint, (SELECT count(*) FROM purchased));

-- name: CheckoutLines :many
SELECT sqlc.embed(l), c.currency, c.tax_included
FROM checkout_lines l JOIN checkouts c ON c.id = l.checkout_id
WHERE l.checkout_id = ANY (@checkout_ids::text[]) ORDER BY l.checkout_id, l.position;

-- name: DueCheckouts :many
-- Purchases whose time is over. Rows locked by another transaction are skipped.
SELECT sqlc.embed(checkouts), clock_timestamp()::timestamptz AS read_at
FROM checkouts WHERE due_at <= now()
ORDER BY due_at LIMIT @batch FOR UPDATE SKIP LOCKED;

-- name: CheckoutsToRescue :many
SELECT sqlc.embed(checkouts), clock_timestamp()::timestamptz AS read_at
FROM checkouts WHERE rescue_at <= now()
ORDER BY rescue_at LIMIT @batch FOR UPDATE SKIP LOCKED;

-- name: CountRescue :exec
-- Each rescue doubles the pause before the next, up to ten minutes; after the
-- last there is none.
UPDATE checkouts
SET rescues = rescues + 1,
    rescue_at = CASE WHEN rescues < sqlc.arg(max_rescues)::int
        THEN now() + least(sqlc.arg(pause_seconds)::float8 * (1 << rescues), 600) * interval '1 second' END
WHERE id = ANY (@ids::text[]);

-- name: PruneCheckouts :execrows
-- Checkouts that ended long ago without an order, by the clock that dated them.
DELETE FROM checkouts WHERE id IN (
    SELECT c.id FROM checkouts c
    WHERE c.status IN ('EXPIRED', 'CANCELLED') AND c.updated_at < now() - make_interval(secs => @keep_seconds::float8) AND c.rescue_at IS NULL
      AND NOT EXISTS (SELECT FROM orders o WHERE o.checkout_id = c.id)
    ORDER BY c.updated_at LIMIT @batch);

-- name: EarlierQuote :one
-- The last checkout of a cart, besides one, that was quoted at a total.
SELECT id FROM checkouts
WHERE owner_id = @owner_id AND cart_id = @cart_id AND id <> @except_id AND currency = @currency AND total_minor = @total_minor
ORDER BY created_at DESC, id DESC LIMIT 1;

-- name: CartContact :one
-- What was given with the last checkout of an owner's cart that has an e-mail address, and
-- whether a purchase of the cart is under way or paid.
SELECT coalesce(c.email, '')::text AS email, coalesce(c.shipping_address ->> 'name', '')::text AS name, coalesce(c.locale, '')::text AS locale,
       EXISTS (SELECT FROM checkouts o WHERE o.occupied_cart_id = @cart_id::text AND o.status IN ('OPEN', 'PLACING', 'COMPLETED'))::bool AS occupied
FROM (SELECT 1) AS one LEFT JOIN LATERAL (
    SELECT * FROM checkouts g WHERE g.owner_id = @owner_id AND g.cart_id = @cart_id AND g.email IS NOT NULL
    ORDER BY g.created_at DESC, g.id DESC LIMIT 1
) c ON true;
