-- +goose Up
ALTER TABLE users ADD COLUMN email_verified_at timestamptz; -- null until a mail to the address was followed

-- Links that are sent by mail. Whoever has one has the mailbox of the account.
CREATE TABLE account_links (
    id         text        PRIMARY KEY,
    user_id    text        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    purpose    text        NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    CONSTRAINT account_links_purpose_is_known CHECK (purpose IN ('VERIFY_EMAIL', 'RESET_PASSWORD')),
    CONSTRAINT account_links_end_after_they_begin CHECK (expires_at > created_at)
);
CREATE INDEX account_links_of_user ON account_links (user_id, purpose, created_at);
CREATE INDEX account_links_by_end ON account_links (expires_at);

-- A link has a token for each delivery of its mail: only hashes are stored, so that
-- the token of the delivery before cannot be sent again.
CREATE TABLE account_link_tokens (
    hash       bytea       PRIMARY KEY, -- SHA-256
    link_id    text        NOT NULL REFERENCES account_links (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    CONSTRAINT account_link_tokens_are_hashes CHECK (length(hash) = 32)
);
CREATE INDEX account_link_tokens_of_link ON account_link_tokens (link_id, created_at DESC);

-- Addresses for which a new password was requested, whether or not they have an
-- account. The accounts are looked up after the request was answered.
CREATE TABLE password_reset_requests (
    email        text        PRIMARY KEY,
    requested_at timestamptz NOT NULL
);
