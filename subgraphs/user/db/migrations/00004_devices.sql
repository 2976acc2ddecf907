-- +goose Up
-- When the last attempt under a key began or will begin.
ALTER TABLE password_attempts
    ADD COLUMN last_at timestamptz;
UPDATE password_attempts SET last_at = began_at;
ALTER TABLE password_attempts ALTER COLUMN last_at SET NOT NULL;
CREATE INDEX password_attempts_by_begin ON password_attempts (began_at);

-- Devices on which a user has signed in. Their attempts are counted apart from
-- everybody else's.
CREATE TABLE devices (
    token_hash   bytea       PRIMARY KEY, -- SHA-256
    user_id      text        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at   timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL
);
CREATE INDEX devices_of_user ON devices (user_id, last_used_at DESC);
CREATE INDEX devices_by_use ON devices (last_used_at);
