-- name: HasProducts :one
SELECT EXISTS (SELECT FROM products);
