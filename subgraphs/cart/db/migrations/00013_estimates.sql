-- +goose Up
-- Delivery is estimated to it. It is of the cart's country.
ALTER TABLE carts
    ADD COLUMN postal_code text,
    ADD CONSTRAINT carts_postal_code_is_short CHECK (length(postal_code) BETWEEN 1 AND 12);

-- Whoever cancelled their only order has ordered nothing yet.
ALTER TABLE carts ADD COLUMN order_cancelled boolean NOT NULL DEFAULT false;
ALTER TABLE cart_conversions ADD COLUMN order_cancelled boolean NOT NULL DEFAULT false;

-- Cancellations from before, as far as their orders used promotions.
UPDATE carts c SET order_cancelled = true
WHERE c.order_id IN (SELECT u.order_id FROM promotion_uses u WHERE u.released);
UPDATE cart_conversions v SET order_cancelled = true
WHERE v.order_id IN (SELECT u.order_id FROM promotion_uses u WHERE u.released);

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION promotions_for(owner text, codes text[]) RETURNS jsonb STABLE LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'promotion', p.definition,
        'used', p.used_count,
        'usedByOwner', (SELECT count(*) FROM promotion_uses u WHERE u.promotion_id = p.id AND u.owner_id = owner AND NOT u.released),
        'hasOrdered', EXISTS (SELECT FROM carts c WHERE c.owner_id = owner AND c.status = 'CONVERTED' AND NOT c.order_cancelled)
            OR EXISTS (SELECT FROM carts c JOIN cart_conversions v ON v.cart_id = c.id WHERE c.owner_id = owner AND NOT v.order_cancelled),
        'groups', (SELECT coalesce(jsonb_agg(g.name), '[]') FROM customer_groups g WHERE g.user_id = owner)
    ) ORDER BY p.id), '[]')
    FROM promotions p
    WHERE p.archived_at IS NULL
      AND (p.code = ANY (codes) OR p.code IS NULL AND p.starts_at <= now() AND (p.ends_at IS NULL OR p.ends_at > now())));
END
$$;
-- +goose StatementEnd
