-- name: LockUses :exec
-- Orders that use a promotion with a limit are placed one after the other, as are those
-- of one customer that do. They are locked in the order of their keys, after the
-- checkout, so that two transactions never wait for each other.
SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) FROM (SELECT unnest(@keys::text[]) AS key ORDER BY key) AS uses;

-- name: PromotionUses :many
-- How often promotions are used, in all and by a customer: the owner, or whoever
-- ordered with the same e-mail address. What a purchase of the carts uses that is not
-- paid does not count: a new checkout of them replaces it.
SELECT p.id::text AS id,
       (SELECT count(*) FROM promotion_uses u JOIN orders o ON o.id = u.order_id
        WHERE u.promotion_id = p.id AND u.released_at IS NULL
          AND NOT (o.cart_id = ANY (@cart_ids::text[]) AND o.status = 'PENDING_PAYMENT'))::int AS in_all,
       (SELECT count(*) FROM promotion_uses u JOIN orders o ON o.id = u.order_id
        WHERE u.promotion_id = p.id AND u.released_at IS NULL
          AND NOT (o.cart_id = ANY (@cart_ids::text[]) AND o.status = 'PENDING_PAYMENT')
          AND (o.owner_id = @owner_id OR lower(o.email) = @email::text))::int AS of_customer,
       (EXISTS (SELECT FROM orders o WHERE o.owner_id = @owner_id AND o.status IN ('PENDING_PAYMENT', 'CONFIRMED')
                  AND NOT (o.cart_id = ANY (@cart_ids::text[]) AND o.status = 'PENDING_PAYMENT'))
        OR EXISTS (SELECT FROM orders o WHERE lower(o.email) = @email::text AND o.status IN ('PENDING_PAYMENT', 'CONFIRMED')
                     AND NOT (o.cart_id = ANY (@cart_ids::text[]) AND o.status = 'PENDING_PAYMENT')))::bool AS has_ordered
FROM unnest(@ids::text[]) AS p(id);
