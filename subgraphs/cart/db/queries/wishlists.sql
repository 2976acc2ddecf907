-- name: WishlistsOfOwners :many
SELECT * FROM wishlists WHERE owner_id = ANY (@owners::text[]) ORDER BY owner_id, is_default DESC, id;

-- name: WishlistsByIDs :many
-- Wishlists of the owners, or of everybody: for staff and services.
SELECT id, owner_id, name, is_default, share_token, created_at FROM wishlists
WHERE id = ANY (@ids::text[]) AND (owner_id = ANY (@owners::text[]) OR @everybody::bool);

-- name: SharedWishlist :one
SELECT * FROM wishlists WHERE share_token = @token::text;

-- name: CreateDefaultWishlist :one
-- Creates the owner's default wishlist, or locks the existing one. Its lock
-- serialises what must see the number of the owner's wishlists.
INSERT INTO wishlists AS w (id, owner_id, is_default) VALUES (@id, @owner_id, true)
ON CONFLICT (owner_id) WHERE is_default DO UPDATE SET owner_id = w.owner_id
RETURNING *;

-- name: CreateWishlist :one
-- No row means that the owner has as many as possible.
INSERT INTO wishlists (id, owner_id, name)
SELECT @id, @owner_id, @name::text
WHERE (SELECT count(*) FROM wishlists w WHERE w.owner_id = @owner_id) < @most::int
RETURNING *;

-- name: LockWishlist :one
SELECT * FROM wishlists WHERE id = @id AND owner_id = ANY (@owners::text[]) FOR UPDATE;

-- name: ShareWishlist :one
-- A wishlist that is shared keeps its token.
UPDATE wishlists SET share_token = CASE WHEN @shared::bool THEN coalesce(share_token, @token::text) END
WHERE id = @id AND owner_id = ANY (@owners::text[])
RETURNING *;

-- name: RenameWishlist :one
UPDATE wishlists SET name = @name::text WHERE id = @id AND owner_id = ANY (@owners::text[]) RETURNING *;

-- name: RemoveWishlist :execrows
-- The default wishlist stays.
DELETE FROM wishlists WHERE id = @id AND owner_id = ANY (@owners::text[]) AND NOT is_default;

-- name: AddWishlistItems :exec
-- A variant that the wishlist has already keeps its date and price.
INSERT INTO wishlist_items (id, wishlist_id, variant_id, unit_minor_added, currency, product_id, sku, title, subtitle, image_url)
SELECT unnest(@ids::text[]), @wishlist_id, unnest(@variant_ids::text[]), unnest(@minors::bigint[]), @currency,
       unnest(@product_ids::text[]), unnest(@skus::text[]), unnest(@titles::text[]), unnest(@subtitles::text[]), unnest(@image_urls::text[])
ON CONFLICT ON CONSTRAINT wishlist_items_one_per_variant DO NOTHING;

-- name: CountWishlistItems :many
SELECT wishlist_id, count(*)::int AS items FROM wishlist_items WHERE wishlist_id = ANY (@ids::text[]) GROUP BY wishlist_id;

-- name: RemoveWishlistItems :execrows
DELETE FROM wishlist_items i USING wishlists w
WHERE w.id = i.wishlist_id AND w.id = @wishlist_id AND w.owner_id = ANY (@owners::text[]) AND i.id = ANY (@ids::text[]);

-- name: WishlistItemsByID :many
SELECT * FROM wishlist_items WHERE wishlist_id = @wishlist_id AND id = ANY (@ids::text[]) ORDER BY id;

-- name: TakeWishlistItems :many
DELETE FROM wishlist_items WHERE wishlist_id = @wishlist_id AND id = ANY (@ids::text[]) RETURNING id;

-- name: WishlistItemPages :many
-- A page of each wishlist, the newest items first.
SELECT i.id, i.wishlist_id, i.variant_id, i.unit_minor_added, i.currency, i.product_id, i.sku, i.title, i.subtitle, i.image_url, i.added_at
FROM (
    SELECT w.*, row_number() OVER (PARTITION BY w.wishlist_id ORDER BY w.id DESC) AS position
    FROM wishlist_items w
    WHERE w.wishlist_id = ANY (@ids::text[]) AND (@after_id::text = '' OR w.id < @after_id)
) i
WHERE i.position <= @size::int
ORDER BY i.wishlist_id, i.id DESC;

-- name: WishlistedVariants :many
SELECT DISTINCT i.variant_id
FROM wishlist_items i JOIN wishlists w ON w.id = i.wishlist_id
WHERE w.owner_id = ANY (@owners::text[]) AND i.variant_id = ANY (@variant_ids::text[]);

-- name: LockWishlistsOf :many
SELECT * FROM wishlists WHERE owner_id = @owner_id ORDER BY id FOR UPDATE;

-- name: CountOfBothWishlists :one
-- The number of variants in both wishlists together.
SELECT count(DISTINCT variant_id)::int FROM wishlist_items WHERE wishlist_id IN (@into_id, @from_id);

-- name: MoveWishlistItems :exec
UPDATE wishlist_items f SET wishlist_id = @into_id
WHERE f.wishlist_id = @from_id
  AND NOT EXISTS (SELECT FROM wishlist_items i WHERE i.wishlist_id = @into_id AND i.variant_id = f.variant_id);

-- name: DeleteWishlist :exec
DELETE FROM wishlists WHERE id = @id;

-- name: AdoptWishlists :exec
-- Transfers wishlists of a guest to an account.
UPDATE wishlists SET owner_id = @owner_id, is_default = false, name = coalesce(name, @name::text)
WHERE id = ANY (@ids::text[]) AND owner_id = @guest_id;
