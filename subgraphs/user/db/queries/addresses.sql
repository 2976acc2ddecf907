-- name: CreateAddress :execrows
-- Zero rows mean that the user has as many addresses as one may have. The user
-- is locked by the caller, so that two creations count one after the other.
INSERT INTO addresses (id, user_id, name, company, line1, line2, city, region, postal_code, country_code, phone, created_at)
SELECT @id, @user_id, @name, sqlc.narg('company'), @line1, sqlc.narg('line2'), @city, sqlc.narg('region'),
       @postal_code, @country_code, sqlc.narg('phone'), @now
WHERE (SELECT count(*) FROM addresses a WHERE a.user_id = @user_id) < @most::int;

-- name: UpdateAddress :execrows
UPDATE addresses
SET name = @name, company = sqlc.narg('company'), line1 = @line1, line2 = sqlc.narg('line2'), city = @city,
    region = sqlc.narg('region'), postal_code = @postal_code, country_code = @country_code, phone = sqlc.narg('phone')
WHERE id = @id AND user_id = @user_id;

-- name: DeleteAddress :one
DELETE FROM addresses WHERE id = @id AND user_id = @user_id RETURNING *;

-- name: AddressesByIDs :many
SELECT * FROM addresses WHERE id = ANY (@ids::text[]) AND (user_id = @user_id OR @anybodys::bool);

-- name: AddressesOfUsers :many
SELECT * FROM addresses WHERE user_id = ANY (@user_ids::text[]) ORDER BY user_id, id;
