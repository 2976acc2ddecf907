-- name: OrdersOfCheckouts :many
SELECT sqlc.embed(o), c.expires_at AS pay_before
FROM orders o JOIN checkouts c ON c.id = o.checkout_id
WHERE o.checkout_id = ANY (@checkout_ids::text[]);

-- name: Orders :many
SELECT sqlc.embed(o), c.expires_at AS pay_before
FROM orders o JOIN checkouts c ON c.id = o.checkout_id
WHERE o.id = ANY (@ids::text[]) AND (@everyones::bool OR o.owner_id = ANY (@owners::text[]));

-- name: OrderByNumber :one
-- The address must fit as well: a number alone opens nothing.
SELECT sqlc.embed(o), c.expires_at AS pay_before
FROM orders o JOIN checkouts c ON c.id = o.checkout_id
WHERE o.number = @number AND lower(o.email) = lower(@email::text);

-- name: LastOrdersOfProducts :many
-- The owner's orders of products, the newest last.
SELECT l.product_id, sqlc.embed(o), c.expires_at AS pay_before
FROM orders o
     JOIN order_lines l ON l.order_id = o.id
     JOIN checkouts c ON c.id = o.checkout_id
WHERE o.owner_id = ANY (@owners::text[]) AND l.product_id = ANY (@product_ids::text[]) AND o.status IN ('PENDING_PAYMENT', 'CONFIRMED')
ORDER BY o.placed_at, o.id;

-- name: InsertOrder :execrows
-- Zero rows: the number is taken; draw another.
INSERT INTO orders (
    id, number, checkout_id, cart_id, cart_version, owner_id, locale, email, status, stage, payment_status, currency,
    subtotal_minor, shipping_minor, tax_minor, total_minor, tax_rate, line_count, shipping_address, billing_address,
    method_id, payment_id, payment_ids, payment_token, return_url, placed_at, updated_at)
VALUES (
    @id, @number, @checkout_id, @cart_id, @cart_version, @owner_id, @locale, @email, @status, @stage, @payment_status, @currency,
    @subtotal_minor, @shipping_minor, @tax_minor, @total_minor, @tax_rate, @line_count, @shipping_address, @billing_address,
    @method_id, @payment_id, @payment_ids, @payment_token, @return_url, @placed_at, @placed_at)
ON CONFLICT ON CONSTRAINT orders_number_unique DO NOTHING;

-- name: InsertOrderLines :exec
-- What was quoted is what was bought.
INSERT INTO order_lines (id, order_id, position, product_id, variant_id, sku, title, subtitle, image_url, quantity, unit_minor, tax_minor, total_minor)
SELECT id, @order_id, position, product_id, variant_id, sku, title, subtitle, image_url, quantity, unit_minor, tax_minor, total_minor
FROM checkout_lines WHERE checkout_id = @checkout_id;

-- name: SaveOrder :execrows
-- Zero rows: somebody else moved it, which the checkout's lock forbids.
UPDATE orders
SET status = @status, stage = @stage, payment_status = @payment_status, version = @version, payment_id = @payment_id,
    payment_ids = @payment_ids, payment_token = @payment_token, awaits_buyer = @awaits_buyer,
    decline_code = @decline_code, decline_message = @decline_message, decline_retryable = @decline_retryable,
    refund_ids = @refund_ids, refunded_minor = @refunded_minor, cancel_reason = @cancel_reason,
    cancel_note = @cancel_note, cancelled_at = @cancelled_at, confirmed_at = @confirmed_at, updated_at = @updated_at
WHERE id = @id AND status = @from_status AND stage = @from_stage AND version = @from_version;

-- name: OrderLines :many
-- Lines count from 1 without gaps, so that positions are pages.
SELECT sqlc.embed(l), o.currency
FROM order_lines l JOIN orders o ON o.id = l.order_id
WHERE l.order_id = ANY (@order_ids::text[]) AND l.position > @after::int AND l.position <= @upto::int
ORDER BY l.order_id, l.position;

-- name: InsertHistory :exec
INSERT INTO order_history (order_id, at, kind, title, detail, actor, status, stage, payment_status)
SELECT @order_id, @at, unnest(@kinds::text[]), unnest(@titles::text[]), nullif(unnest(@details::text[]), ''),
       unnest(@actors::text[]), @status, @stage, @payment_status;

-- name: Histories :many
-- What happened to orders after a number, the oldest first. An order has a
-- dozen entries or two.
SELECT * FROM order_history WHERE order_id = ANY (@order_ids::text[]) AND number > @after::bigint ORDER BY number;
