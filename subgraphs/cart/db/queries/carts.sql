-- name: ActiveCarts :many
-- The owners' active carts, in the order of the owners.
SELECT * FROM carts
WHERE owner_id = ANY (@owners::text[]) AND status = 'ACTIVE'
ORDER BY array_position(@owners::text[], owner_id);

-- name: CartsByIDs :many
-- Carts of the owners. An empty list of owners means any owner: staff and
-- services.
SELECT * FROM carts
WHERE id = ANY (@ids::text[]) AND (cardinality(@owners::text[]) = 0 OR owner_id = ANY (@owners));

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
UPDATE carts SET version = version + 1, updated_at = now() WHERE id = @id RETURNING *;

-- name: SetContext :exec
UPDATE carts SET currency = @currency, country = @country WHERE id = @id;

-- name: SetNote :exec
UPDATE carts SET note = @note WHERE id = @id;

-- name: Adopt :exec
-- Transfers a guest's cart to the account that the guest signed in to.
UPDATE carts SET owner_id = @owner_id WHERE id = @id AND status = 'ACTIVE';

-- name: CloseMerged :exec
UPDATE carts SET status = 'MERGED', merged_into = @into_id::text, version = version + 1, updated_at = now()
WHERE id = @id AND status = 'ACTIVE';

-- name: ConvertWhole :one
-- Converts a cart that is unchanged since its order was placed: the version is
-- the one that checkout read.
UPDATE carts SET status = 'CONVERTED', order_id = @order_id::text, version = version + 1, updated_at = now()
WHERE id = @id AND status = 'ACTIVE' AND version = @version RETURNING id;

-- name: LockActiveCarts :many
SELECT * FROM carts WHERE owner_id = ANY (@owners::text[]) AND status = 'ACTIVE' ORDER BY id FOR UPDATE;
