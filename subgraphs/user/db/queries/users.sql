-- name: CreateUser :execrows
-- Zero rows mean that the id is there already.
INSERT INTO users (id, email, password_hash, display_name, phone, locale, roles, created_at, password_set_at)
VALUES (@id, @email, @password_hash, @display_name, sqlc.narg('phone'), @locale, @roles, @now, @now)
ON CONFLICT (id) DO NOTHING;

-- name: UsersByIDs :many
SELECT * FROM users WHERE id = ANY (@ids::text[]);

-- name: AccountsOfEmail :many
-- The account whose password was set last comes first.
SELECT * FROM users WHERE email = @email ORDER BY password_set_at DESC, id DESC LIMIT @most;

-- name: LockEmail :exec
-- Orders the registrations with an address. Addresses that share a lock wait for
-- each other, nothing else.
SELECT pg_advisory_xact_lock(hashtext('users.email'), hashtext(@email::text));

-- name: LockUser :one
-- An erased account is not found: nothing of it changes any more.
SELECT * FROM users WHERE id = @id AND erased_at IS NULL FOR NO KEY UPDATE;

-- name: LockUserOrErased :one
SELECT * FROM users WHERE id = @id FOR NO KEY UPDATE;

-- name: UpdateProfile :one
UPDATE users
SET display_name = @display_name, phone = sqlc.narg('phone'), locale = @locale
WHERE id = @id
RETURNING *;

-- name: SetPasswordHash :execrows
-- Zero rows mean that the password was changed meanwhile.
UPDATE users SET password_hash = @new_hash, password_set_at = @now WHERE id = @id AND password_hash = @old_hash;

-- name: SetDefaultAddresses :execrows
-- Sets those that are given; the address has to be the user's own.
UPDATE users
SET default_shipping_address_id = CASE WHEN @shipping::bool THEN @address_id ELSE default_shipping_address_id END,
    default_billing_address_id  = CASE WHEN @billing::bool THEN @address_id ELSE default_billing_address_id END
WHERE users.id = @user_id
  AND EXISTS (SELECT FROM addresses a WHERE a.user_id = @user_id AND a.id = @address_id);

-- name: UserByID :one
SELECT * FROM users WHERE id = @id;
