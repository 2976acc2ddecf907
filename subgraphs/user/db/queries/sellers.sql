-- name: Sellers :many
-- The accounts of addresses or ids that may sell.
SELECT id, email FROM users
WHERE (email = ANY (@emails::text[]) OR id = ANY (@ids::text[])) AND roles && ARRAY ['SELLER', 'ADMIN'];
