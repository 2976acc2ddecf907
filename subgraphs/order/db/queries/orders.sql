-- name: OrdersOfCheckouts :many
SELECT sqlc.embed(o), c.expires_at AS pay_before
FROM orders o JOIN checkouts c ON c.id = o.checkout_id
WHERE o.checkout_id = ANY (@checkout_ids::text[]);

-- name: Orders :many
SELECT sqlc.embed(o), c.expires_at AS pay_before
FROM orders o JOIN checkouts c ON c.id = o.checkout_id
WHERE o.id = ANY (@ids::text[]) AND (@everyones::bool OR o.owner_id = ANY (@owners::text[]));

-- name: OrderByNumber :one
-- The e-mail address must match as well: a number alone can be guessed.
SELECT sqlc.embed(o), c.expires_at AS pay_before
FROM orders o JOIN checkouts c ON c.id = o.checkout_id
WHERE o.number = @number AND lower(o.email) = lower(@email::text);

-- name: LastOrdersOfProducts :many
-- The owner's orders of products, the newest last.
SELECT l.product_id, sqlc.embed(o), c.expires_at AS pay_before
FROM orders o
     JOIN order_lines l ON l.order_id = o.id
     JOIN checkouts c ON c.id = o.checkout_id
WHERE o.owner_id = ANY (@owners::text[]) AND l.product_id = ANY (@product_ids::text[]) AND o.status NOT IN ('CANCELLED', 'EXPIRED')
ORDER BY o.placed_at, o.id;

-- name: PlaceOrder :many
-- Copies the quote and its lines from the checkout and returns the lines. No
-- rows mean that the number is taken.
WITH placed AS (
    INSERT INTO orders (
        id, number, checkout_id, cart_id, cart_version, owner_id, locale, email, status, stage, payment_status, currency,
        subtotal_minor, discount_minor, discounts, shipping_minor, tax_minor, total_minor, tax_rate, taxes_by_rate, tax_included, line_count, shipping_address, billing_address,
        method_id, gift_cards, payment_id, payment_ids, payment_token, return_url, placed_at, updated_at)
    SELECT @id, @number, c.id, c.cart_id, c.cart_version, c.owner_id, c.locale, c.email, @status, @stage, @payment_status, c.currency,
           c.subtotal_minor, c.discount_minor, c.discounts, c.shipping_minor, c.tax_minor, c.total_minor, c.tax_rate, c.taxes_by_rate, c.tax_included,
           (SELECT count(*) FROM checkout_lines l WHERE l.checkout_id = c.id), c.shipping_address, c.billing_address,
           c.method_id, @gift_cards, @payment_id, @payment_ids, @payment_token, @return_url, @at, @at
    FROM checkouts c WHERE c.id = @checkout_id AND c.status = @from_status AND c.version = @from_version
    ON CONFLICT ON CONSTRAINT orders_number_unique DO NOTHING
    RETURNING orders.id, orders.checkout_id
), moved AS (
    UPDATE checkouts SET status = @checkout_status, version = @checkout_version, due_at = @due_at, rescue_at = @rescue_at, rescues = 0, updated_at = @at
    FROM placed WHERE checkouts.id = placed.checkout_id
), history AS (
    INSERT INTO order_history (order_id, at, keyed, kind, title, detail, amount_minor, amount_currency, actor, actor_id, status, stage, payment_status)
    SELECT placed.id, @at, true, e.kind, e.title, nullif(e.detail, ''), CASE WHEN e.currency <> '' THEN e.amount END, nullif(e.currency, ''),
           e.actor, nullif(e.actor_id, ''), @status, @stage, @payment_status
    FROM placed, (
        SELECT unnest(@kinds::text[]) AS kind, unnest(@titles::text[]) AS title, unnest(@details::text[]) AS detail,
               unnest(@amounts::bigint[]) AS amount, unnest(@currencies::text[]) AS currency, unnest(@actors::text[]) AS actor,
               unnest(@actor_ids::text[]) AS actor_id) AS e
), uses AS (
    INSERT INTO promotion_uses (order_id, promotion_id, usage_limit)
    SELECT placed.id, d.discount->>'id', (d.discount->>'usageLimit')::int
    FROM placed JOIN checkouts c ON c.id = placed.checkout_id, jsonb_array_elements(c.discounts) AS d(discount)
), lines AS (
    INSERT INTO order_lines (id, order_id, position, product_id, variant_id, sku, title, subtitle, image_url, quantity, unit_minor, discount_minor, discounts, tax_minor, total_minor, tax_class)
    SELECT l.id, placed.id, l.position, l.product_id, l.variant_id, l.sku, l.title, l.subtitle, l.image_url, l.quantity, l.unit_minor, l.discount_minor, l.discounts, l.tax_minor, l.total_minor, l.tax_class
    FROM checkout_lines l JOIN placed ON placed.checkout_id = l.checkout_id
    RETURNING *
)
SELECT * FROM lines ORDER BY position;

-- name: OrderLines :many
-- Lines count from 1 without gaps, so that positions are pages.
SELECT sqlc.embed(l), o.currency, o.tax_included
FROM order_lines l JOIN orders o ON o.id = l.order_id
WHERE l.order_id = ANY (@order_ids::text[]) AND l.position > @after::int AND l.position <= @upto::int
ORDER BY l.order_id, l.position;

-- name: Histories :many
-- Entries of orders after a number, the oldest first. An order has one or two
-- dozen, and a bounded number of notes.
SELECT * FROM order_history
WHERE order_id = ANY (@order_ids::text[]) AND number > @after::bigint AND (@internal::bool OR NOT internal) ORDER BY number;

-- name: CountNotes :one
SELECT count(*)::int FROM order_history WHERE order_id = @order_id AND kind = 'NOTE';
