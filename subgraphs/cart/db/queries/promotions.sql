-- name: PromotionsFor :one
SELECT promotions_for(@owner_id, @codes::text[])::jsonb AS promotions;

-- name: SetDiscountCodes :exec
UPDATE carts SET discount_codes = @codes WHERE id = @id;

-- name: PromotionByID :one
SELECT * FROM promotions WHERE id = @id;

-- name: PromotionsByIDs :many
SELECT * FROM promotions WHERE id = ANY (@ids::text[]);

-- name: LockPromotion :one
SELECT * FROM promotions WHERE id = @id AND archived_at IS NULL FOR UPDATE;

-- name: LockAutomaticPromotions :exec
-- Their number is limited: two transactions count them one after the other.
SELECT pg_advisory_xact_lock(hashtextextended('automatic promotions', 0));

-- name: CountAutomaticPromotions :one
-- Those that have not ended, apart from one.
SELECT count(*) FROM promotions
WHERE code IS NULL AND archived_at IS NULL AND (ends_at IS NULL OR ends_at > @at) AND id <> @except_id;

-- name: SavePromotion :one
INSERT INTO promotions (id, definition, code, starts_at, ends_at) VALUES (@id, @definition, @code, @starts_at, @ends_at)
ON CONFLICT (id) DO UPDATE
SET definition = excluded.definition, code = excluded.code, starts_at = excluded.starts_at, ends_at = excluded.ends_at, updated_at = now()
RETURNING *;

-- name: ImportPromotion :exec
INSERT INTO promotions (id, definition, code, starts_at, ends_at) VALUES (@id, @definition, @code, @starts_at, @ends_at)
ON CONFLICT DO NOTHING;

-- name: ArchivePromotion :one
UPDATE promotions SET archived_at = coalesce(archived_at, @at) WHERE id = @id RETURNING *;

-- name: PromotionPage :many
-- The newest first. active leaves out those that do not apply at a time.
SELECT * FROM promotions p
WHERE (@after_id::text = '' OR p.id < @after_id)
  AND (NOT @active::bool OR p.archived_at IS NULL AND p.starts_at <= @at AND (p.ends_at IS NULL OR p.ends_at > @at)
       AND p.used_count < coalesce((p.definition->>'usageLimit')::int, 2147483647))
ORDER BY p.id DESC LIMIT @size;

-- name: CountPromotions :one
SELECT count(*) FROM promotions p
WHERE NOT @active::bool OR p.archived_at IS NULL AND p.starts_at <= @at AND (p.ends_at IS NULL OR p.ends_at > @at)
      AND p.used_count < coalesce((p.definition->>'usageLimit')::int, 2147483647);

-- name: CountUses :exec
-- Counts the promotions of a confirmed order, once. One that the shop does not know any
-- more is left out. They are updated in the order of their ids, so that two orders
-- never wait for each other.
WITH used AS (
    INSERT INTO promotion_uses (promotion_id, order_id, owner_id)
    SELECT p.id, @order_id, @owner_id FROM promotions p WHERE p.id = ANY (@promotion_ids::text[])
    ON CONFLICT DO NOTHING
    RETURNING promotion_id
), locked AS (
    SELECT p.id FROM promotions p JOIN used ON used.promotion_id = p.id ORDER BY p.id FOR UPDATE OF p
)
UPDATE promotions p SET used_count = p.used_count + 1 FROM locked WHERE p.id = locked.id;

-- name: CancelOrder :exec
-- Releases the uses of an order that was cancelled, once. It is no order of its customer
-- any more.
WITH whole AS (
    UPDATE carts SET order_cancelled = true WHERE carts.id = @cart_id AND carts.order_id = @order_id::text
), part AS (
    UPDATE cart_conversions SET order_cancelled = true WHERE cart_conversions.order_id = @order_id
), released AS (
    UPDATE promotion_uses SET released = true WHERE order_id = @order_id AND NOT released RETURNING promotion_id
), locked AS (
    SELECT p.id FROM promotions p JOIN released ON released.promotion_id = p.id ORDER BY p.id FOR UPDATE OF p
)
UPDATE promotions p SET used_count = p.used_count - 1 FROM locked WHERE p.id = locked.id;

-- name: UpdateCustomerGroup :one
WITH removed AS (
    DELETE FROM customer_groups g WHERE g.name = @name AND g.user_id = ANY (@remove_user_ids::text[])
    RETURNING g.user_id
), added AS (
    INSERT INTO customer_groups (name, user_id)
    SELECT @name, u FROM unnest(@add_user_ids::text[]) AS u WHERE u <> ALL (@remove_user_ids::text[])
    ON CONFLICT DO NOTHING
    RETURNING user_id
)
SELECT ((SELECT count(*) FROM customer_groups g WHERE g.name = @name)
        - (SELECT count(*) FROM removed) + (SELECT count(*) FROM added))::int AS members;
