-- name: EraseUser :exec
UPDATE users
SET email = @email, password_hash = @password_hash, password_set_at = @now, display_name = @display_name, phone = NULL,
    roles = ARRAY ['CUSTOMER'], email_verified_at = NULL, totp_enabled_at = NULL, erased_at = @now
WHERE id = @id;

-- name: DeleteAddressesOfUser :exec
DELETE FROM addresses WHERE user_id = @user_id;

-- name: ClearOriginsOfSessions :exec
UPDATE sessions SET user_agent = NULL, ip_country = NULL WHERE user_id = @user_id;

-- name: DeleteLinksOfUser :exec
DELETE FROM account_links WHERE user_id = @user_id;
