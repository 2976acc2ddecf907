-- name: LockUses :exec
-- Orders of one customer that use a promotion with a condition on it are placed one after
-- the other, as are all that use a promotion with a limit in all. They are locked in the
-- order of their keys, after the checkout, so that two transactions never wait for each
-- other.
SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) FROM (SELECT unnest(@keys::text[]) AS key ORDER BY key) AS uses;

-- name: PromotionUses :many
-- How often promotions are used, in all, of those that are counted so, and by a customer:
-- the owner, or whoever ordered with the same e-mail address. What a purchase of the
-- carts uses that is not paid does not count: a new checkout of them replaces it.
WITH own AS MATERIALIZED (
    SELECT o.id, o.status FROM orders o
    WHERE o.owner_id = @owner_id AND NOT (o.cart_id = ANY (@cart_ids::text[]) AND o.status = 'PENDING_PAYMENT')
    UNION
    SELECT o.id, o.status FROM orders o
    WHERE lower(o.email) = @email::text AND NOT (o.cart_id = ANY (@cart_ids::text[]) AND o.status = 'PENDING_PAYMENT')
)
SELECT p.id::text AS id,
       CASE WHEN p.id = ANY (@counted_ids::text[]) THEN
           (SELECT count(*) FROM promotion_uses u JOIN orders o ON o.id = u.order_id
            WHERE u.promotion_id = p.id AND u.released_at IS NULL
              AND NOT (o.cart_id = ANY (@cart_ids::text[]) AND o.status = 'PENDING_PAYMENT'))
       ELSE 0 END::int AS in_all,
       (SELECT count(*) FROM own JOIN promotion_uses u ON u.order_id = own.id AND u.promotion_id = p.id
        WHERE u.released_at IS NULL)::int AS of_customer,
       EXISTS (SELECT FROM own WHERE own.status NOT IN ('CANCELLED', 'EXPIRED'))::bool AS has_ordered
FROM unnest(@ids::text[]) AS p(id);
