-- +goose Up
CREATE TABLE users (
    id                          text        PRIMARY KEY,
    email                       text        NOT NULL,
    password_hash               text        NOT NULL, -- PHC string
    display_name                text        NOT NULL,
    phone                       text,
    locale                      text        NOT NULL,
    roles                       text[]      NOT NULL,
    default_shipping_address_id text,
    default_billing_address_id  text,
    created_at                  timestamptz NOT NULL,
    CONSTRAINT users_email_is_used_once UNIQUE (email),
    CONSTRAINT users_email_is_normalised CHECK (email = lower(btrim(email))),
    CONSTRAINT users_display_name_is_short CHECK (length(display_name) BETWEEN 1 AND 60),
    CONSTRAINT users_roles_are_known CHECK (
        cardinality(roles) > 0 AND roles <@ ARRAY ['CUSTOMER', 'SELLER', 'SUPPORT', 'ADMIN'])
);

CREATE TABLE addresses (
    id           text        PRIMARY KEY,
    user_id      text        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name         text        NOT NULL,
    company      text,
    line1        text        NOT NULL,
    line2        text,
    city         text        NOT NULL,
    region       text,
    postal_code  text        NOT NULL, -- empty where the country has none
    country_code char(2)     NOT NULL,
    phone        text,
    created_at   timestamptz NOT NULL,
    CONSTRAINT addresses_of_user UNIQUE (user_id, id)
);

-- A default address is one of the user's own, and none once it is deleted.
ALTER TABLE users
    ADD CONSTRAINT users_default_shipping_is_own FOREIGN KEY (id, default_shipping_address_id)
        REFERENCES addresses (user_id, id) ON DELETE SET NULL (default_shipping_address_id) DEFERRABLE,
    ADD CONSTRAINT users_default_billing_is_own FOREIGN KEY (id, default_billing_address_id)
        REFERENCES addresses (user_id, id) ON DELETE SET NULL (default_billing_address_id) DEFERRABLE;

-- A guest who signs in becomes one user, and never another's past.
CREATE TABLE known_guests (
    guest_id text        PRIMARY KEY,
    user_id  text        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    since    timestamptz NOT NULL
);

-- A session is a user's, or a guest's where user_id is null. A user's keeps
-- the guest that they were before.
CREATE TABLE sessions (
    id           text        PRIMARY KEY,
    user_id      text        REFERENCES users (id) ON DELETE CASCADE,
    guest_id     text,
    created_at   timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    revoked_at   timestamptz,
    CONSTRAINT sessions_are_somebodys CHECK (user_id IS NOT NULL OR guest_id IS NOT NULL)
);
CREATE INDEX sessions_of_user ON sessions (user_id, last_seen_at DESC) WHERE user_id IS NOT NULL;
CREATE INDEX sessions_of_guest ON sessions (guest_id) WHERE user_id IS NULL;
CREATE INDEX sessions_by_end ON sessions (expires_at);

-- Every token that a session was given, so that the reuse of an old one is
-- noticed. Only hashes are kept.
CREATE TABLE refresh_tokens (
    hash       bytea       PRIMARY KEY, -- SHA-256
    session_id text        NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    issued_at  timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);
CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session_id);
CREATE INDEX refresh_tokens_by_end ON refresh_tokens (expires_at);

-- At most one token of a session is still good.
CREATE UNIQUE INDEX refresh_tokens_one_good ON refresh_tokens (session_id) WHERE used_at IS NULL;

-- Wrong passwords within a window, per e-mail address (hashed) and per actor.
CREATE TABLE password_attempts (
    key       text        PRIMARY KEY,
    attempts  int         NOT NULL,
    began_at  timestamptz NOT NULL
);

CREATE TABLE signing_keys (
    id          text        PRIMARY KEY,
    private_key bytea       NOT NULL, -- Ed25519 seed
    active_from timestamptz NOT NULL, -- published before that
    retires_at  timestamptz, -- no longer published; unknown until there is a successor
    created_at  timestamptz NOT NULL,
    CONSTRAINT signing_keys_are_ed25519 CHECK (length(private_key) = 32)
);

-- Only the newest key has no successor.
CREATE UNIQUE INDEX signing_keys_one_newest ON signing_keys ((true)) WHERE retires_at IS NULL;
