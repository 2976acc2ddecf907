-- +goose Up
-- An address may have several accounts, each with its own password: no one who
-- registers with an address can find out whether it had an account before.
ALTER TABLE users
    DROP CONSTRAINT users_email_is_used_once,
    DROP CONSTRAINT users_email_is_normalised,
    ADD COLUMN password_set_at timestamptz;
UPDATE users SET password_set_at = created_at;
ALTER TABLE users ALTER COLUMN password_set_at SET NOT NULL;
CREATE INDEX users_of_email ON users (email, password_set_at DESC);

-- The form that internal/email gives addresses: a dot-atom in lower case, and a
-- domain of at least two labels without capitals of ASCII. lower() is not it: some
-- scripts have their capitals in domains, and lower() depends on the collation.
ALTER TABLE users ADD CONSTRAINT users_email_is_normalised CHECK (
    email ~ '^[a-z0-9!#$%&''*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&''*+/=?^_`{|}~-]+)*@[^@.[:space:]A-Z]+(\.[^@.[:space:]A-Z]+)+$'
    AND octet_length(split_part(email, '@', 1)) <= 64);
