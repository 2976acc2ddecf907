-- +goose Up
-- A second factor: codes of an authenticator by RFC 6238. The secret is there from the
-- enrolment on, and in use since totp_enabled_at.
ALTER TABLE users
    ADD COLUMN totp_enabled_at timestamptz,
    ADD CONSTRAINT users_erased_have_no_second_factor CHECK (erased_at IS NULL OR totp_enabled_at IS NULL);

CREATE TABLE totp_secrets (
    user_id    text        PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    secret     bytea       NOT NULL, -- sealed, if the role has a key
    last_step  bigint      NOT NULL DEFAULT 0, -- of the last code that was used: 30 seconds each, since 1970
    created_at timestamptz NOT NULL
);

-- Codes for a user whose authenticator is lost. Each works once.
CREATE TABLE recovery_codes (
    user_id    text        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash       bytea       NOT NULL, -- SHA-256
    created_at timestamptz NOT NULL,
    used_at    timestamptz,
    PRIMARY KEY (user_id, hash),
    CONSTRAINT recovery_codes_are_hashes CHECK (length(hash) = 32)
);

-- Sign-ins whose password was right and whose second factor is to come.
CREATE TABLE sign_in_challenges (
    hash       bytea       PRIMARY KEY, -- SHA-256
    user_id    text        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    cart_merge text        NOT NULL,
    attempts   int         NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT sign_in_challenges_are_hashes CHECK (length(hash) = 32)
);
CREATE INDEX sign_in_challenges_of_user ON sign_in_challenges (user_id);
CREATE INDEX sign_in_challenges_by_end ON sign_in_challenges (expires_at);
